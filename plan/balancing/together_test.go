package balancing

import (
	"maps"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// furtherGroups are a stack with a further target group, and a generation in which it was found.
func furtherGroups(t *testing.T) (wanted, found *TargetGroup) {
	t.Helper()
	s := resourcetest.Scope(t)
	api := &understudy.TargetGroup{Name: "api", Port: 8081, Target: s.Declared.Target}
	wanted = &TargetGroup{Scope: s, VPC: &network.VPC{ID: "vpc-1"}, ARN: "two", Number: 2}
	wanted.Followers = []*TargetGroup{{Scope: s, VPC: wanted.VPC, Further: api, Lead: wanted, ARN: "two-api"}}
	found = &TargetGroup{Scope: s, VPC: wanted.VPC, ARN: "one", Number: 1, used: true, Seen: wanted.Desired(), Port: 8080}
	found.members = []*TargetGroup{{Scope: s, VPC: wanted.VPC, Further: &understudy.TargetGroup{Name: "api"}, ARN: "one-api", Number: 1, Port: 8081,
		Seen: wanted.Followers[0].Desired()}}
	return wanted, found
}

func TestAnotherSetOfTargetGroupsIsAnotherGeneration(t *testing.T) {
	for name, c := range map[string]struct {
		change func(wanted, found *TargetGroup)
		want   bool
	}{
		"as declared":         {func(_, _ *TargetGroup) {}, false},
		"another path":        {func(w, _ *TargetGroup) { w.Followers[0].Further.Path = "/other" }, false},
		"another port":        {func(w, _ *TargetGroup) { w.Followers[0].Further.Port = 8082 }, true},
		"one more":            {func(_, f *TargetGroup) { f.members = nil }, true},
		"one more in the bud": {func(_, f *TargetGroup) { f.members, f.used = nil, false }, false},
		"one less":            {func(w, _ *TargetGroup) { w.Followers = nil }, true},
		"without the service": {func(_, f *TargetGroup) { f.ARN = "" }, true},
	} {
		wanted, found := furtherGroups(t)
		c.change(wanted, found)
		if got := wanted.outgrows(found); got != c.want {
			t.Errorf("%s: is outgrown: %v", name, got)
		}
	}
}

func TestFurtherTargetGroupsHaveNamesOfTheirOwn(t *testing.T) {
	wanted, found := furtherGroups(t)
	for want, g := range map[string]*TargetGroup{
		"understudy2-hello-Tapi": wanted.Followers[0], "understudy-hello-Tapi": found.members[0], "understudy2-hello": wanted,
	} {
		number, name := partOf(wanted.Scope, g.GroupName())
		if g.GroupName() != want || name != g.name() || number == 0 {
			t.Errorf("%s is named %s, and read as %q of generation %d", want, g.GroupName(), name, number)
		}
	}
	if number, name := partOf(wanted.Scope, "understudy2-hello--api"); number != 2 || name != "api" {
		t.Errorf("an earlier name is read as %q of generation %d", name, number)
	}
}

// What goes to a target group goes to its like of the generation that serves, and to the service's where it has none.
func TestRequestsOfFurtherTargetGroupsMoveWithTheOthers(t *testing.T) {
	wanted, found := furtherGroups(t)
	wanted.Earlier = []*TargetGroup{found}
	l := &Listener{Scope: wanted.Scope, Group: wanted, shares: []Share{{"one", Whole}}}
	for want, got := range map[string][]Share{
		"one-api with weight 1, two-api with weight 0": l.toward("api", l.introduces()),
		"one-api with weight 0, two-api with weight 1": l.toward("api", l.moves()),
		"one-api":                              l.toward("api", l.Returns()),
		"one with weight 1, two with weight 0": l.toward("", l.introduces()),
	} {
		if SharesText(got) != want {
			t.Errorf("they go to %s, not to %s", SharesText(got), want)
		}
	}
	found.members = nil
	if got, want := SharesText(l.toward("api", l.introduces())), "one with weight 1, two-api with weight 0"; got != want {
		t.Errorf("beside a generation without, they go to %s, not to %s", got, want)
	}
	for name, shares := range map[string][]Share{"api": {{"one", 1}, {"two-api", 0}}, "": {{"one", 0}, {"two", 1}}} {
		if got := l.toWhom(shares); got != name {
			t.Errorf("%v are of %q, not of %q", shares, got, name)
		}
	}
}

// An instance serves where it serves at all of its target groups.
func TestTheWorseHealthOfATargetCounts(t *testing.T) {
	is := func(states map[string]string) map[string]*TargetState {
		all := map[string]*TargetState{}
		for id, s := range states {
			state := TargetState{}
			state.State = (&TargetState{}).State
			switch s {
			case "healthy":
				state.State = "healthy"
			default:
				state.State = "unhealthy"
			}
			all[id] = &state
		}
		return all
	}
	got := map[string]bool{}
	for id, s := range worse(is(map[string]string{"a": "healthy", "b": "healthy", "c": "ill", "d": "healthy"}),
		is(map[string]string{"a": "healthy", "b": "ill", "c": "healthy"})) {
		got[id] = s.Healthy()
	}
	if want := map[string]bool{"a": true, "b": false, "c": false, "d": false}; !maps.Equal(got, want) {
		t.Errorf("%v serve, not %v", got, want)
	}
}
