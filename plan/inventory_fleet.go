package plan

import (
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/resource"
)

// addScheduled adds the declared scheduled actions, and what takes away those that are declared no more.
func (v *inventory) addScheduled(r *region) {
	for _, a := range r.Declared.ScheduledActions(r.Side) {
		v.graph.add(r.id("scheduled action "+a.Name), &fleet.Scheduled{Scope: r.Scope, Fleet: r.fleet, Action: a}, r.fleetNode)
	}
	v.graph.add(r.id("other scheduled actions"), &fleet.OtherScheduled{Scope: r.Scope, Fleet: r.fleet}, r.fleetNode)
}

// addTracking adds the policy. Requests for each target are known of a target group that a listener forwards to.
func (v *inventory) addTracking(r *region) {
	var t resource.Resource = &fleet.Tracking{Scope: r.Scope, Fleet: r.fleet, Balancer: r.balancer, Group: r.targetGroup}
	if (r.Declared.Fleet.Track == understudy.Track{}) {
		t = &retired{Resource: t}
	}
	v.graph.add(r.id("scaling policy"), t, r.fleetNode, r.listenerNode).finding(r.fleetNode, r.balancerNode, r.targetGroupNode)
}
