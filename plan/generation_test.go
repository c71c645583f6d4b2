package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A generation's name is no other stack's, and fits.
func TestGenerationsHaveNamesOfTheirOwn(t *testing.T) {
	s := resourcetest.Scope(t)
	for _, stack := range []string{"hello", "hello-2", strings.Repeat("n", 20)} {
		s.Declared.Name = stack
		for n, name := range GenerationNames(stack) {
			if generationOf(s, name) != n+1 || len(name) > 32 {
				t.Errorf("%s, of %d characters, is generation %d", name, len(name), generationOf(s, name))
			}
		}
	}
	s.Declared.Name = "hello"
	if n := generationOf(s, "understudy-hello-2"); n != 0 {
		t.Errorf("the stack hello-2 has a target group that is taken for generation %d of hello", n)
	}
	if n, err := vacant(s, []int{1, 3}); n != 2 || err != nil {
		t.Errorf("generation %d is vacant, %v", n, err)
	}
	if _, err := vacant(s, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}); err == nil {
		t.Error("a tenth generation has a name")
	}
}

func TestAPortIsOutgrownAndAVPCRefused(t *testing.T) {
	s := resourcetest.Scope(t)
	wanted := &targetGroup{Scope: s, vpc: &network.VPC{ID: "vpc-1"}}
	with := func(name, value string) *targetGroup {
		g := &targetGroup{Scope: s, vpc: wanted.vpc, arn: "arn", seen: wanted.Desired()}
		for i, f := range g.seen {
			if f.Name == name {
				g.seen[i].Value = value
			}
		}
		return g
	}
	for name, c := range map[string]struct {
		found *targetGroup
		want  bool
	}{
		"as declared":    {with("", ""), false},
		"another port":   {with("port", "8080"), true},
		"another path":   {with("path", "/other"), false},
		"in another VPC": {with("vpc", "vpc-2"), false},
	} {
		if got := wanted.outgrows(c.found); got != c.want {
			t.Errorf("%s: is outgrown: %v", name, got)
		}
	}
}

// The shares of a listener, from one generation to the next and back.
func TestRequestsMoveFromOneGenerationToTheNext(t *testing.T) {
	one, two := &targetGroup{arn: "one"}, &targetGroup{arn: "two"}
	two.earlier = []*targetGroup{one}
	unmade := &targetGroup{earlier: two.earlier}
	alone := &targetGroup{arn: "two"}
	for name, c := range map[string]struct {
		group               *targetGroup
		found               []share
		introduced, serving string
	}{
		"nothing earlier":       {group: alone, found: []share{{"two", 1}}, introduced: "two", serving: "two"},
		"somebody's in between": {group: alone, found: []share{{"theirs", 1}}, introduced: "two", serving: "two"},
		"not made":              {group: unmade, found: []share{{"one", 1}}, introduced: resource.Unknown + " with weight 0, one with weight 1", serving: "one"},
		"made":                  {group: two, found: []share{{"one", 1}}, introduced: "one with weight 1, two with weight 0", serving: "one"},
		"introduced":            {group: two, found: []share{{"one", 1}, {"two", 0}}, introduced: "one with weight 1, two with weight 0", serving: "one"},
		"moved":                 {group: two, found: []share{{"two", 1}, {"one", 0}}, introduced: "one with weight 0, two with weight 1", serving: "two"},
		"let go":                {group: two, found: []share{{"two", 1}}, introduced: "two", serving: "two"},
	} {
		l := &listener{group: c.group, shares: c.found}
		if got := sharesText(l.introduces()); got != c.introduced || l.serving().arn != c.serving {
			t.Errorf("%s: %q, served by %s; want %q, %s", name, got, l.serving().arn, c.introduced, c.serving)
		}
		if back := sharesOf(forwards(l.introduces())); c.group.arn != "" && sharesText(back) != c.introduced {
			t.Errorf("%s: the actions say %q", name, sharesText(back))
		}
		if len(l.old()) == 0 {
			resourcetest.Expect(t, &handover{listener: l})
			continue
		}
		want := fmt.Sprintf("one with weight 0, %s with weight 1", resource.Known(c.group.arn))
		if got := sharesText(l.moves()); c.group.arn != "" && got != want {
			t.Errorf("%s: moves to %q", name, got)
		}
		if got := sharesText(l.returns()); got != "one" {
			t.Errorf("%s: goes back to %q", name, got)
		}
		if differ := len(resource.Compare((&handover{listener: l}).Desired(), (&handover{listener: l}).Actual())) > 0; differ != (c.serving == "one") {
			t.Errorf("%s: the requests are to move: %v", name, differ)
		}
	}
	if got := actionsText([]elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse}}); got != "fixed-response" {
		t.Errorf("another action is %q", got)
	}
}

// While there are two generations, both ports are open, the record follows its check alone, and the new fleet is as large as
// the old.
func TestWhatHoldsWhileThereAreTwoGenerations(t *testing.T) {
	s := resourcetest.Scope(t)
	two := &targetGroup{Scope: s, vpc: &network.VPC{}, number: 2, port: 9090}
	within := &network.Group{Scope: s, Port: 9090, Also: two.earlierPorts, Ingress: []network.Rule{{Protocol: "tcp", From: 8080, To: 8080,
		Peer: network.Everywhere}, {Protocol: "tcp", From: 9090, To: 9090, Peer: network.Everywhere}},
		Egress: []network.Rule{{Protocol: "-1", Peer: network.Everywhere}}}
	within.Tags = within.Tagged(within.Role)
	f := &fleet{Scope: s, group: two}
	r := &records{Scope: s, groups: map[understudy.Side]*targetGroup{understudy.Primary: two, understudy.Secondary: {}}}
	resourcetest.Expect(t, within, "ingress: tcp 9090 0.0.0.0/0, not tcp 8080 0.0.0.0/0, tcp 9090 0.0.0.0/0")
	if f.begins() != 3 || !r.evaluates(understudy.Primary) {
		t.Errorf("alone, it has %d instances, and its record follows its targets: %v", f.begins(), r.evaluates(understudy.Primary))
	}

	two.earlier = []*targetGroup{{Scope: s, number: 1, port: 8080, arn: "one"}}
	f.earlier = []*fleet{{Scope: s, group: two.earlier[0], was: &autoscalingtypes.AutoScalingGroup{DesiredCapacity: aws.Int32(4)}}}
	resourcetest.Expect(t, within)
	if f.begins() != 4 || r.evaluates(understudy.Primary) || !r.evaluates(understudy.Secondary) {
		t.Errorf("beside another, it has %d instances; the records follow the targets: %v, %v",
			f.begins(), r.evaluates(understudy.Primary), r.evaluates(understudy.Secondary))
	}
	resourcetest.Expect(t, &superseded{group: two, fleet: f, probed: func() []int { return []int{9000} }},
		"fleets: , not understudy-hello", "target groups: , not understudy-hello", "probed port: , not 9000")
	a := &alias{Scope: s, group: two, records: &records{}}
	resourcetest.Expect(t, a) // there is no record yet
	a.records.seen = map[understudy.Side]route53types.ResourceRecordSet{
		understudy.Primary: {AliasTarget: &route53types.AliasTarget{EvaluateTargetHealth: true}}}
	resourcetest.Expect(t, a, "target health: no, not yes")
	replaced := Step{Action: Create, node: &node{resource: f}}.Replaces()
	if !strings.Contains(replaced, "4 instances of understudy-hello, all at once: as many of understudy2-hello") {
		t.Errorf("the step says %q", replaced)
	}
}

// The new generation serves, and is undone where it does not, in one region after the other; the old goes after the bake.
func TestGenerationsChangeInOneRegionAfterTheOther(t *testing.T) {
	v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	found := map[*node]bool{}
	var steps []Step
	for _, side := range understudy.Sides {
		r := v.regions[side]
		r.pretend(found, &v.graph, true)
		r.fleet.earlier = []*fleet{{}}
		for _, n := range []*node{r.targetGroupNode, r.fleetNode, r.readyNodes[1], r.supersededNode} {
			found[n] = n != r.targetGroupNode && n != r.fleetNode
			steps = append(steps, Step{Resource: n.id, Action: Change, node: n})
		}
	}
	var got []string
	for _, s := range v.order(Rollout{}, found, steps) {
		got = append(got, s.Resource)
	}
	bake := v.graph.byID["secondary/bake"]
	p, s := v.regions[understudy.Primary], v.regions[understudy.Secondary]
	if bake == nil || !bake.comesAfter(s.readyNodes[1]) || !s.supersededNode.comesAfter(bake) || !p.targetGroupNode.comesAfter(bake) {
		t.Fatalf("the order is %v", got)
	}
	if !p.supersededNode.comesAfter(p.healthNode) || !p.listenerNode.comesAfter(v.graph.byID["primary/alias"]) {
		t.Error("the old goes before the new passes, or the listener changes before the record")
	}
	for _, r := range v.regions {
		cause := errors.New("a refused call")
		for _, n := range slices.Concat([]*node{r.fleetNode, r.healthNode}, r.readyNodes) {
			if n.undo == nil || !errors.Is(n.undo(context.Background(), cause), cause) {
				t.Errorf("%s is not undone", n.id)
			}
		}
	}
}
