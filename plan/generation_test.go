package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// While there are two generations, both ports are open, the record follows its check alone, and the new fleet is as large as
// the old.
func TestWhatHoldsWhileThereAreTwoGenerations(t *testing.T) {
	s := resourcetest.Scope(t)
	two := &balancing.TargetGroup{Scope: s, VPC: &network.VPC{}, Number: 2, Port: 9090}
	within := &network.Group{Scope: s, Port: 9090, Also: two.EarlierPorts, Ingress: []network.Rule{{Protocol: "tcp", From: 8080, To: 8080,
		Peer: network.Everywhere}, {Protocol: "tcp", From: 9090, To: 9090, Peer: network.Everywhere}},
		Egress: []network.Rule{{Protocol: "-1", Peer: network.Everywhere}}}
	within.Tags = within.Tagged(within.Role)
	f := &fleet.Fleet{Scope: s, Group: two}
	r := &failover.Records{Scope: s, Groups: map[understudy.Side]*balancing.TargetGroup{understudy.Primary: two, understudy.Secondary: {}}}
	resourcetest.Expect(t, within, "ingress: tcp 9090 0.0.0.0/0, not tcp 8080 0.0.0.0/0, tcp 9090 0.0.0.0/0")
	if f.Begins() != 3 || !r.Evaluates(understudy.Primary) {
		t.Errorf("alone, it has %d instances, and its record follows its targets: %v", f.Begins(), r.Evaluates(understudy.Primary))
	}

	two.Earlier = []*balancing.TargetGroup{{Scope: s, Number: 1, Port: 8080, ARN: "one"}}
	f.Earlier = []*fleet.Fleet{{Scope: s, Group: two.Earlier[0], Was: &autoscalingtypes.AutoScalingGroup{DesiredCapacity: aws.Int32(4)}}}
	resourcetest.Expect(t, within)
	if f.Begins() != 4 || r.Evaluates(understudy.Primary) || !r.Evaluates(understudy.Secondary) {
		t.Errorf("beside another, it has %d instances; the records follow the targets: %v, %v",
			f.Begins(), r.Evaluates(understudy.Primary), r.Evaluates(understudy.Secondary))
	}
	resourcetest.Expect(t, &superseded{group: two, fleet: f, probed: func() []int { return []int{9000} }},
		"fleets: , not understudy-hello", "target groups: , not understudy-hello", "probed port: , not 9000")
	a := &failover.Alias{Scope: s, Group: two, Records: &failover.Records{}}
	resourcetest.Expect(t, a) // there is no record yet
	a.Records.Seen = map[understudy.Side]route53types.ResourceRecordSet{
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
		r.fleet.Earlier = []*fleet.Fleet{{}}
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
