package plan

import (
	"fmt"
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource"
)

// The switch moves users to the standby by hand, and keeps them there. It needs neither the primary's region nor Route 53's
// API, which is in us-east-1 alone:
//
//   - a rule of the standby's listener answers one path itself, without any instance, in one of two ways (balancing/switch_rule.go); a network
//     load balancer has a listener of its own in its place, at one of two ports (balancing/switch_listener.go);
//   - a health check asks for that path. It is inverted: it is healthy for as long as the answer does not say "standby";
//   - a calculated check is healthy while both that check and the one of the primary's application are. The primary's
//     record follows it.
//
// To move the users, the rule's answer is changed, by a call to the standby's region alone. If the standby is lost, nobody
// answers, and the inverted check is healthy: users stay with the primary. The checkers look for a text in the
// answer and not only for its status, so that users do not move where the rule is gone and the application answers
// 200 to any path.

// Where both regions serve, each has a switch of the other: the primary's, turned, takes the standby from its users. Both have to be in the
// region that stays, since the other one may be lost. A record whose region a person has taken away is ill as one whose region is
// lost, and with all records ill Route 53 answers as if all were well: two switches that are turned are none.

// addSwitch adds the switches to the graph and returns the nodes that the records need. Where the declaration asks for none, what is
// left of one is deleted after the records have ceased to follow it.
func (v *inventory) addSwitch(d *understudy.Declaration) (followed []*node) {
	asks, nodes := map[understudy.Side][]*failover.OwnCheck{}, map[understudy.Side][]*node{}
	v.switchNodes = map[understudy.Side][]*node{}
	v.records.Switched = map[understudy.Side]*failover.OwnCheck{}
	for _, at := range understudy.Sides {
		asks[at], nodes[at] = v.addSwitchAt(v.regions[at])
	}
	for _, side := range understudy.Sides {
		r, at := v.regions[side], side.Other()
		both := failover.CalculatedCheck(r.Scope, r.passing, asks[at])
		declared := d.Switched(at) || len(d.Failover.Further) > 0
		n := v.graph.add(r.id("calculated check"), unless(declared, both), slices.Concat([]*node{r.checkNode}, r.furtherCheckNodes, nodes[at])...)
		if declared {
			v.switchNodes[side] = append(v.switchNodes[side], n)
			v.records.Switched[side] = both
			followed = append(followed, n)
		}
	}
	return followed
}

// addSwitchAt adds a region's switch, and as many checks of it as outvote those of the other region.
func (v *inventory) addSwitchAt(r *region) (asks []*failover.OwnCheck, nodes []*node) {
	d := r.Declared
	ruleNode := v.addMeans(r)
	if d.Switched(r.Side) {
		v.switchNodes[r.Side] = append(v.switchNodes[r.Side], ruleNode)
	}
	for nth := 1; nth <= understudy.MostChecks+1; nth++ {
		id := "switch check"
		if nth > 1 {
			id = fmt.Sprintf("switch check %d", nth)
		}
		declared, c := d.Switched(r.Side) && nth <= d.Failover.SwitchChecks(), failover.SwitchCheck(r.Scope, r.balancer, nth)
		n := v.graph.add(r.id(id), unless(declared, c), r.balancerNode, ruleNode).finding(r.balancerNode)
		nodes = append(nodes, n)
		if declared {
			asks = append(asks, c)
			v.switchNodes[r.Side] = append(v.switchNodes[r.Side], n)
		}
	}
	return asks, nodes
}

// addMeans adds what is a region's switch: a listener of a network load balancer, or else a rule.
func (v *inventory) addMeans(r *region) *node {
	var means resource.Resource = &balancing.SwitchRule{Scope: r.Scope, Listener: r.listener}
	if balancing.Flows(r.Scope) {
		l := switchListener(r)
		if means = l; r.Declared.Switched(r.Side) {
			r.listener.Followers = append(r.listener.Followers, l)
		}
	}
	n := v.graph.add(r.id("switch"), unless(r.Declared.Switched(r.Side), means), r.balancerNode, r.listenerNode, r.targetGroupNode)
	if balancing.Flows(r.Scope) {
		n.finding(r.balancerNode)
	}
	return n
}

// switchListener is the listener that is a region's switch.
func switchListener(r *region) *balancing.Listener {
	return &balancing.Listener{Scope: r.Scope, Balancer: r.balancer, Group: r.targetGroup, Lead: r.listener, Switches: true,
		Further: &understudy.FurtherListener{Protocol: r.Declared.Target.Protocol}}
}
