package plan

import (
	"github.com/understudy/understudy/plan/network"
)

// Of a zone that is new, the subnets come first, then the load balancer is in it, and then the fleet: a target in a zone in which its load
// balancer is not gets no requests ("Availability Zones and load balancer nodes" in the Elastic Load Balancing User Guide). Of a zone that is no longer
// declared, the fleet leaves first, then the load balancer, and subnets, their NAT gateway and its route table go last.

// addSubnets adds the declared ones, and those of zones that may have been declared before.
func (v *inventory) addSubnets(r *region) {
	for _, s := range r.Place().Subnets() {
		sub := &network.Subnet{Scope: r.Scope, VPC: r.vpc, Zones: r.zones, Subnet: s}
		r.subnets = append(r.subnets, sub)
		r.subnetNodes = append(r.subnetNodes, v.graph.add(r.id("subnet "+s.Name), sub, r.vpcNode))
	}
	for _, s := range r.Place().OtherSubnets() {
		sub := &network.Subnet{Scope: r.Scope, VPC: r.vpc, Zones: r.zones, Subnet: s, Other: true}
		r.otherSubnets = append(r.otherSubnets, sub)
		r.otherNodes = append(r.otherNodes, v.graph.add(r.id("subnet "+s.Name), asked(false, sub), r.vpcNode))
	}
}

// moveZones orders the load balancer and the fleet where either is to be in other zones.
func (r *region) moveZones(g *graph, found map[*node]bool) {
	if !found[r.balancerNode] || !found[r.fleetNode] {
		return
	}
	came, left := network.Apart(network.IDsOfSubnets(r.balancer.Subnets), r.balancer.In)
	switch {
	case len(left) > 0:
		g.after(r.balancerNode, r.fleetNode)
	case len(came) > 0:
		g.after(r.fleetNode, r.balancerNode)
	}
}
