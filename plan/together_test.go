package plan

import (
	"maps"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// furtherGroups are a stack with a further target group, and a generation in which it was found.
func furtherGroups(t *testing.T) (wanted, found *targetGroup) {
	t.Helper()
	s := resourcetest.Scope(t)
	api := &understudy.TargetGroup{Name: "api", Port: 8081, Target: s.Declared.Target}
	wanted = &targetGroup{Scope: s, vpc: &network.VPC{ID: "vpc-1"}, arn: "two", number: 2}
	wanted.followers = []*targetGroup{{Scope: s, vpc: wanted.vpc, further: api, lead: wanted, arn: "two-api"}}
	found = &targetGroup{Scope: s, vpc: wanted.vpc, arn: "one", number: 1, used: true, seen: wanted.Desired(), port: 8080}
	found.members = []*targetGroup{{Scope: s, vpc: wanted.vpc, further: &understudy.TargetGroup{Name: "api"}, arn: "one-api", number: 1, port: 8081,
		seen: wanted.followers[0].Desired()}}
	return wanted, found
}

func TestAnotherSetOfTargetGroupsIsAnotherGeneration(t *testing.T) {
	for name, c := range map[string]struct {
		change func(wanted, found *targetGroup)
		want   bool
	}{
		"as declared":         {func(_, _ *targetGroup) {}, false},
		"another path":        {func(w, _ *targetGroup) { w.followers[0].further.Path = "/other" }, false},
		"another port":        {func(w, _ *targetGroup) { w.followers[0].further.Port = 8082 }, true},
		"one more":            {func(_, f *targetGroup) { f.members = nil }, true},
		"one more in the bud": {func(_, f *targetGroup) { f.members, f.used = nil, false }, false},
		"one less":            {func(w, _ *targetGroup) { w.followers = nil }, true},
		"without the service": {func(_, f *targetGroup) { f.arn = "" }, true},
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
	for want, g := range map[string]*targetGroup{
		"understudy2-hello-Tapi": wanted.followers[0], "understudy-hello-Tapi": found.members[0], "understudy2-hello": wanted,
	} {
		number, name := partOf(wanted.Scope, g.groupName())
		if g.groupName() != want || name != g.name() || number == 0 {
			t.Errorf("%s is named %s, and read as %q of generation %d", want, g.groupName(), name, number)
		}
	}
	if number, name := partOf(wanted.Scope, "understudy2-hello--api"); number != 2 || name != "api" {
		t.Errorf("an earlier name is read as %q of generation %d", name, number)
	}
}

// What goes to a target group goes to its like of the generation that serves, and to the service's where it has none.
func TestRequestsOfFurtherTargetGroupsMoveWithTheOthers(t *testing.T) {
	wanted, found := furtherGroups(t)
	wanted.earlier = []*targetGroup{found}
	l := &listener{Scope: wanted.Scope, group: wanted, shares: []share{{"one", whole}}}
	for want, got := range map[string][]share{
		"one-api with weight 1, two-api with weight 0": l.toward("api", l.introduces()),
		"one-api with weight 0, two-api with weight 1": l.toward("api", l.moves()),
		"one-api":                              l.toward("api", l.returns()),
		"one with weight 1, two with weight 0": l.toward("", l.introduces()),
	} {
		if sharesText(got) != want {
			t.Errorf("they go to %s, not to %s", sharesText(got), want)
		}
	}
	found.members = nil
	if got, want := sharesText(l.toward("api", l.introduces())), "one with weight 1, two-api with weight 0"; got != want {
		t.Errorf("beside a generation without, they go to %s, not to %s", got, want)
	}
	for name, shares := range map[string][]share{"api": {{"one", 1}, {"two-api", 0}}, "": {{"one", 0}, {"two", 1}}} {
		if got := l.toWhom(shares); got != name {
			t.Errorf("%v are of %q, not of %q", shares, got, name)
		}
	}
}

// An instance serves where it serves at all of its target groups.
func TestTheWorseHealthOfATargetCounts(t *testing.T) {
	is := func(states map[string]string) map[string]*targetState {
		all := map[string]*targetState{}
		for id, s := range states {
			state := targetState{}
			state.State = (&targetState{}).State
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
		got[id] = s.healthy()
	}
	if want := map[string]bool{"a": true, "b": false, "c": false, "d": false}; !maps.Equal(got, want) {
		t.Errorf("%v serve, not %v", got, want)
	}
}

// Instances are registered at all target groups, and waited for once something forwards to each.
func TestFurtherTargetGroupsAreParts(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Groups = []understudy.TargetGroup{{Name: "api", Port: 8081, Target: d.Target}}
	d.Rules = []understudy.Rule{{Path: []string{"/api/*"}, Action: understudy.Action{Forward: "api"}}}
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Secondary]
	node := v.graph.byID["secondary/target group api"]
	if node == nil || !r.listenerNode.comesAfter(node) || !r.fleetNode.comesAfter(node) || !r.readyNodes[0].comesAfter(r.rulesNode) {
		t.Fatalf("%v is not among what is waited for", node)
	}
	_, b := drawing(t, d)
	for _, p := range b.Pieces {
		for _, f := range p.Settings {
			if p.ID == "secondary/fleet" && f.Name == "target groups" && f.Value != "@secondary/target group, @secondary/target group api" {
				t.Errorf("the fleet is registered at %s", f.Value)
			}
		}
		if rule, ok := p.Content.(blueprint.AnsweringRule); ok && p.Kind == blueprint.KindDeclaredRule && p.Side == understudy.Secondary {
			if got := ruleActionsText(rule.Actions); got != "forwards to @secondary/target group api" {
				t.Errorf("the rule %s", got)
			}
		}
	}
}
