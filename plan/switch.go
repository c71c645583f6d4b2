package plan

import (
	"slices"

	"github.com/understudy/understudy"
)

// The switch moves users to the standby by hand, and keeps them there. It needs neither the primary's region nor Route 53's
// API, which is in us-east-1 alone:
//
//   - a rule of the standby's listener answers one path itself, without any instance, in one of two ways (switch_rule.go);
//   - a health check asks for that path. It is inverted: it is healthy for as long as the answer does not say "standby";
//   - a calculated check is healthy while both that check and the one of the primary's application are. The primary's
//     record follows it.
//
// To move the users, the rule's answer is changed, by a call to the standby's region alone. If the standby is lost, nobody
// answers, and the inverted check is healthy: users stay with the primary. The checkers look for a text in the
// answer and not only for its status, so that users do not move where the rule is gone and the application answers
// 200 to any path.

// addSwitch adds the switch to the graph and returns the nodes that the records need. Where the declaration asks for no
// switch, what is left of one is deleted after the records have ceased to follow it.
func (v *inventory) addSwitch(d *understudy.Declaration) []*node {
	g, p, s := &v.graph, v.regions[understudy.Primary], v.regions[understudy.Secondary]
	rule := &switchRule{scope: s.scope, listener: s.listener}
	asks := switchCheck(s.scope, s.balancer)
	both := calculatedCheck(p.scope, p.check, asks)
	v.switchNodes = map[understudy.Side][]*node{}
	if d.Failover.Switch == understudy.SwitchNone {
		ruleNode := g.add(s.id("switch"), &retired{resource: rule}, s.listenerNode)
		asksNode := g.add(s.id("switch check"), &retired{resource: asks}, s.balancerNode, ruleNode).finding(s.balancerNode)
		g.add(p.id("calculated check"), &retired{resource: both}, p.checkNode, asksNode)
		return nil
	}
	v.records.switched = both
	ruleNode := g.add(s.id("switch"), rule, s.listenerNode)
	asksNode := g.add(s.id("switch check"), asks, s.balancerNode, ruleNode).finding(s.balancerNode)
	bothNode := g.add(p.id("calculated check"), both, p.checkNode, asksNode)
	v.switchNodes[understudy.Secondary], v.switchNodes[understudy.Primary] = []*node{ruleNode, asksNode}, []*node{bothNode}
	return []*node{bothNode}
}

// follows returns the check that a side's record follows.
func (r *records) follows(side understudy.Side) interface {
	identified
	next() string
} {
	if side == understudy.Primary && r.switched != nil {
		return r.switched
	}
	return r.checks[side]
}

// superseded returns the checks that a side's record once followed.
func (r *records) superseded(side understudy.Side) []string {
	ids := slices.Clone(r.checks[side].superseded)
	if side == understudy.Primary && r.switched != nil {
		ids = append(ids, r.switched.superseded...)
	}
	return ids
}
