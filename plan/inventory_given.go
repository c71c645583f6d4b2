package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// addGiven adds the region's network where somebody else has made it.
func (v *inventory) addGiven(r *region) {
	g := &v.graph
	r.vpc = &network.VPC{Scope: r.Scope}
	of := &network.GivenVPC{VPC: r.vpc, Built: func() bool { return r.balancer.ARN != "" }}
	r.vpcNode = g.add(r.id("vpc"), of)
	for _, s := range r.Place().Subnets() {
		sub := &network.Subnet{Scope: r.Scope, VPC: r.vpc, Subnet: s}
		r.subnets = append(r.subnets, sub)
		r.subnetNodes = append(r.subnetNodes, g.add(r.id("subnet "+s.Name), &network.GivenSubnet{Subnet: sub, Of: of}, r.vpcNode))
	}
	r.openNodes = publicOf(r.subnetNodes)
}

// refuseOverlap refuses two regions with the same addresses, where these are known only now.
func (v *inventory) refuseOverlap() error {
	primary, secondary := v.regions[understudy.Primary], v.regions[understudy.Secondary]
	if a, b, overlap := account.Overlap(primary.ranges(), secondary.ranges()); overlap {
		return fmt.Errorf("%s of %s and %s of %s overlap: the networks of the two regions have to be apart", a, primary.Region, b, secondary.Region)
	}
	return nil
}

// refuseMoved refuses to leave a network that is not the stack's own: what stands in it would have to be found by somebody else's id, which
// is no longer declared.
func (v *inventory) refuseMoved() error {
	for _, side := range understudy.Sides {
		r := v.regions[side]
		for _, d := range r.within.Others() {
			other, ok := d.Doubling.(*network.Group)
			if !ok || other.Within == r.vpc.ID || slices.ContainsFunc(r.vpc.Spare, func(d resource.Double) bool { return d.Identity() == other.Within }) {
				continue
			}
			return fmt.Errorf("%s: the stack stands in %s, which is not its own and no longer declared, and does not move out of it\n"+
				"hint: `understudy down` with the declaration as it was, then `understudy up`", r.id("vpc"), other.Within)
		}
	}
	return nil
}

// ranges are the networks of a region: those of what is there, or that which is declared.
func (r *region) ranges() []netip.Prefix {
	g, ok := r.vpcNode.resource.(*network.GivenVPC)
	switch {
	case !ok:
		return []netip.Prefix{r.Place().CIDR}
	case g.Found == nil:
		return nil
	}
	return g.Found.Ranges()
}
