package plan

import (
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// addFurther adds the listeners of further ports, and their rules.
func (v *inventory) addFurther(r *region) {
	for _, d := range r.Declared.Further {
		l := &balancing.Listener{Scope: r.Scope, Balancer: r.balancer, Group: r.targetGroup, Further: &d, Lead: r.listener}
		r.listener.Followers = append(r.listener.Followers, l)
		at := " at port " + resource.Number(d.Port)
		n := v.graph.add(r.id("listener"+at), l, r.balancerNode, r.targetGroupNode, r.listenerNode).finding(r.balancerNode)
		of := v.graph.add(r.id("rules"+at), &balancing.Rules{Scope: r.Scope, Listener: l}, n).finding(n, r.listenerNode)
		r.furtherNodes = append(r.furtherNodes, n, of)
	}
}

// addRedirect adds the redirect, or what is left of one.
func (v *inventory) addRedirect(r *region) {
	r.redirect = &balancing.Listener{Scope: r.Scope, Balancer: r.balancer, Redirects: true}
	var asDeclared resource.Resource = r.redirect
	if !r.Declared.HTTPS.Redirects() {
		asDeclared = &retired{Resource: r.redirect}
	}
	v.graph.add(r.id("redirect"), asDeclared, r.balancerNode, r.listenerNode).finding(r.balancerNode)
}

// addFurtherGroups adds the further target groups.
func (v *inventory) addFurtherGroups(r *region) {
	for _, d := range r.Declared.Groups {
		t := &balancing.TargetGroup{Scope: r.Scope, VPC: r.vpc, Further: &d, Lead: r.targetGroup}
		r.targetGroup.Followers = append(r.targetGroup.Followers, t)
		n := v.graph.add(r.id("target group "+d.Name), t, r.vpcNode, r.targetGroupNode).finding(r.targetGroupNode)
		r.groupsNodes = append(r.groupsNodes, n)
	}
}
