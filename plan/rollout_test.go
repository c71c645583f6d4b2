package plan

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// pretend makes a region look built, with its health check as given.
func (r *region) pretend(found map[*node]bool, g *graph, passes bool) {
	for _, n := range g.nodes {
		if strings.HasPrefix(n.id, string(r.Side)+"/") {
			found[n] = true
		}
	}
	if passes {
		r.passing.Seen = failover.Measured{Checkers: 10, Healthy: 10}
	}
}

// stepsOf returns a change of each side's template and fleet, and the waits for what comes of it.
func stepsOf(v *inventory) []Step {
	var steps []Step
	for _, side := range understudy.Sides {
		r := v.regions[side]
		for _, n := range []*node{r.templateNode, r.fleetNode, r.readyNodes[0], r.hostNodes[0]} {
			steps = append(steps, Step{Resource: n.id, Action: Change, node: n})
		}
	}
	return steps
}

func TestASideThatServesIsChangedLast(t *testing.T) {
	// Hosts come after the bake, and hold nothing up: they are left out here.
	order := func(first, second understudy.Side) string {
		return strings.NewReplacer("1", string(first), "2", string(second)).
			Replace("1/launch template, 1/fleet, 1/targets, 1/bake, 2/launch template, 2/fleet, 2/targets")
	}
	secondaryFirst, primaryFirst := order(understudy.Secondary, understudy.Primary), order(understudy.Primary, understudy.Secondary)
	for name, c := range map[string]struct {
		built, passes []understudy.Side
		only          understudy.Side
		want          string // empty is no order among the sides
	}{
		"both serve":                       {understudy.Sides, understudy.Sides, "", secondaryFirst},
		"the secondary is ill":             {understudy.Sides, understudy.Sides[:1], "", secondaryFirst},
		"the primary is ill":               {understudy.Sides, understudy.Sides[1:], "", primaryFirst},
		"the primary is not there":         {understudy.Sides[1:], understudy.Sides[1:], "", primaryFirst},
		"both are ill":                     {understudy.Sides, nil, "", ""},
		"neither is there":                 {nil, nil, "", ""},
		"the secondary only was asked for": {understudy.Sides, understudy.Sides, understudy.Secondary, ""},
	} {
		v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		found := map[*node]bool{}
		for _, side := range c.built {
			v.regions[side].pretend(found, &v.graph, slices.Contains(c.passes, side))
		}
		ordered := v.order(Rollout{Only: c.only}, found, stepsOf(v))
		p, s := v.regions[understudy.Primary], v.regions[understudy.Secondary]
		if c.want == "" {
			if p.templateNode.comesAfter(s.fleetNode) || s.templateNode.comesAfter(p.fleetNode) || len(ordered) != 8 {
				t.Errorf("%s: one side waits for the other", name)
			}
			continue
		}
		var got []string
		for _, s := range ordered {
			if !strings.HasSuffix(s.Resource, "host a") {
				got = append(got, s.Resource)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
			continue
		}
		first, bake, second := v.graph.byID[got[2]], v.graph.byID[got[3]], v.graph.byID[got[4]]
		side, _, _ := strings.Cut(bake.id, "/")
		if !second.comesAfter(bake) || !bake.comesAfter(first) || !v.graph.byID[side+"/host a"].comesAfter(bake) {
			t.Errorf("%s: %s and the hosts do not come after the bake, or it not after the targets", name, second.id)
		}
	}
}

// Healing what only one side lacks does not wait for the other.
func TestADriftOfOneSideIsHealedAtOnce(t *testing.T) {
	v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	found := map[*node]bool{}
	for _, r := range v.regions {
		r.pretend(found, &v.graph, true)
	}
	if steps := v.order(Rollout{}, found, stepsOf(v)[:4]); len(steps) != 4 {
		t.Errorf("%d steps", len(steps))
	}
}

func TestOneSideIsWorkedOnWithWhatItNeeds(t *testing.T) {
	v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	g := &v.graph
	for side, want := range map[understudy.Side]map[string]bool{
		understudy.Secondary: {"secondary/fleet": true, "primary/image": true, "primary/fleet": false, "global/records": false},
		understudy.Primary:   {"secondary/vpc": false, "primary/image": true, "primary/fleet": true, "global/records": false},
	} {
		chosen := Rollout{Only: side}.chosen(g)
		for id, is := range want {
			if chosen[g.byID[id]] != is {
				t.Errorf("only %s: %s is chosen: %v", side, id, !is)
			}
		}
	}
	if n := len(Rollout{}.chosen(g)); n != len(g.nodes) {
		t.Errorf("%d of %d nodes are chosen for both sides", n, len(g.nodes))
	}
}

// What is waited for is waited for again after a change of what it needs, though it was there when the plan was made.
func TestWaitsComeAgainAfterAChange(t *testing.T) {
	g := &graph{}
	changed := g.add("changed", &drifted{})
	g.add("waits", &settledThing{}, changed)
	g.add("waits for another", &settledThing{}, g.add("as it was", &settledThing{}))
	found, err := g.examine(t.Context(), none)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := g.differing(found)
	var got []string
	for _, s := range steps {
		got = append(got, string(s.Action)+" "+s.Resource)
	}
	if diff := cmp.Diff([]string{"change changed", "wait waits"}, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
}

type drifted struct{ resource.Resource }

func (drifted) Find(context.Context) (bool, error) { return true, nil }
func (drifted) Desired() []resource.Field          { return []resource.Field{{Name: "size", Value: "1"}} }
func (drifted) Actual() []resource.Field           { return nil }

type settledThing struct{ resource.Resource }

func (settledThing) Find(context.Context) (bool, error) { return true, nil }
func (settledThing) Desired() []resource.Field          { return nil }
func (settledThing) Actual() []resource.Field           { return nil }
func (settledThing) Awaited()                           {}

func TestACircleOfWaitsIsRefused(t *testing.T) {
	g := &graph{}
	a := g.add("a", nil)
	b := g.add("b", nil, a)
	defer func() {
		if recover() == nil {
			t.Error("a waits for b, which needs a")
		}
	}()
	g.after(a, b)
}
