package plan

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// A network that is given stands in the graph where one that is made does: a VPC and its subnets, whose ids all else asks for. These two
// kinds only read. What leads into and out of the network, gateways, routes and endpoints, has no node: it is the owner's.

// givenVPC is a VPC that somebody else has made.
type givenVPC struct {
	*vpc
	region *region
	found  *account.Given // nil before find
}

func (g *givenVPC) Foreign() bool             { return true }
func (g *givenVPC) Desired() []resource.Field { return nil }
func (g *givenVPC) Actual() []resource.Field  { return nil }

// Find also looks for networks that were made for the stack before this one was given to it, which go as any earlier one does.
func (g *givenVPC) Find(ctx context.Context) (there bool, err error) {
	if g.found, err = g.Given(ctx, g.Place().Network, g.Place().Zones); err != nil {
		return false, err
	}
	if g.found.VPC == nil {
		return false, nil
	}
	g.id = aws.ToString(g.found.VPC.VpcId)
	if !g.leaving {
		err = g.findEarlier(ctx)
	}
	return len(g.found.Unfit) == 0, err
}

func (g *givenVPC) findEarlier(ctx context.Context) error {
	made, err := g.VPCs(ctx, g.Stack())
	g.earlier = nil
	for _, one := range made {
		if id := aws.ToString(one.VpcId); id != g.id {
			g.earlier = append(g.earlier, &vpc{Scope: g.Scope, id: id,
				seen: []resource.Field{{Name: "cidr", Value: aws.ToString(one.CidrBlock)}, g.TaggedWith("vpc", account.OfEC2(one.Tags))}})
		}
	}
	return err
}

// Refused tells why the stack cannot stand in the network.
func (g *givenVPC) Refused() error {
	if g.found == nil {
		return nil
	}
	reasons := g.found.Unfit
	if len(reasons) == 0 {
		reasons = Lacks(g.Declared, g.found, g.region.balancer.arn != "")
	}
	var all []error
	for _, one := range reasons {
		all = append(all, errors.New(one))
	}
	return errors.Join(all...)
}

// Lacks tells what else a given network lacks for what is declared: room, unless the stack is there already, and public addresses.
func Lacks(d *understudy.Declaration, g *account.Given, built bool) []string {
	all := unaddressed(d, g)
	if !built {
		all = append(all, cramped(d, g)...)
	}
	return all
}

// cramped tells of subnets without room for what is to be made in them.
func cramped(d *understudy.Declaration, g *account.Given) (all []string) {
	zones := len(g.Public)
	each := func(n int) int { return (n + zones - 1) / zones }
	// "At least eight free IP addresses" ("Subnets for your load balancer" in the User Guide for Application Load Balancers).
	const balancers = 8
	for _, kind := range []struct {
		name    string
		subnets []ec2types.Subnet
		needs   int
	}{
		{"public", g.Public, balancers + each(d.Hosts.Count)},
		{"private", g.Private, each(d.Fleet.Max)},
	} {
		for _, s := range kind.subnets {
			if free := int(aws.ToInt32(s.AvailableIpAddressCount)); free < kind.needs {
				all = append(all, fmt.Sprintf("the %s subnet %s has %d free addresses, and %d are needed", kind.name, aws.ToString(s.SubnetId), free,
					kind.needs))
			}
		}
	}
	return all
}

// unaddressed tells of public subnets in which hosts would get no public address: a launch template that names security groups leaves no
// other way to ask for one than the subnet's own.
func unaddressed(d *understudy.Declaration, g *account.Given) (all []string) {
	if d.Hosts.Count == 0 {
		return nil
	}
	for _, s := range g.Public {
		if !aws.ToBool(s.MapPublicIpOnLaunch) {
			all = append(all, fmt.Sprintf("the public subnet %s gives instances no public address, which hosts need: "+
				"its owner can turn that on (MapPublicIpOnLaunch), or hosts.count can be 0", aws.ToString(s.SubnetId)))
		}
	}
	return all
}

func (g *givenVPC) Create(context.Context) error                        { return g.Refused() }
func (g *givenVPC) Change(context.Context, []resource.Difference) error { return nil }

func (g *givenVPC) Remove(context.Context) error {
	return fmt.Errorf("%s is somebody else's, and is not deleted", g.id)
}

// subnet is the subnet of a zone, in the order of the zones' names; nil where the network was not found to be fit.
func (g *givenVPC) subnet(of understudy.Subnet) *ec2types.Subnet {
	if g.found == nil || len(g.found.Unfit) > 0 {
		return nil
	}
	if of.Public {
		return &g.found.Public[of.Zone]
	}
	return &g.found.Private[of.Zone]
}

// givenSubnet is a subnet that somebody else has made.
type givenSubnet struct {
	*subnet
	of *givenVPC
}

func (s *givenSubnet) Foreign() bool             { return true }
func (s *givenSubnet) Desired() []resource.Field { return nil }
func (s *givenSubnet) Actual() []resource.Field  { return nil }

func (s *givenSubnet) Find(context.Context) (bool, error) {
	found := s.of.subnet(s.Subnet)
	if found == nil {
		return false, nil
	}
	s.id, s.within, s.lies = aws.ToString(found.SubnetId), aws.ToString(found.VpcId), aws.ToString(found.AvailabilityZone)
	return true, nil
}

func (s *givenSubnet) Create(context.Context) error {
	return fmt.Errorf("%s has no fit subnet for it", s.of.id)
}

func (s *givenSubnet) Change(context.Context, []resource.Difference) error { return nil }

func (s *givenSubnet) Remove(context.Context) error {
	return fmt.Errorf("%s is somebody else's, and is not deleted", s.id)
}

// Remarks tells what the instances in a private subnet reach, which is not declared.
func (s *givenSubnet) Remarks() []resource.Remark {
	if s.Public || s.id == "" {
		return nil
	}
	text := "nothing beyond the VPC"
	if t := account.TableOf(s.of.found.Tables, s.id); t != nil {
		beyond := slices.DeleteFunc(slices.Clone(t.Routes), func(r ec2types.Route) bool { return aws.ToString(r.GatewayId) == "local" })
		if len(beyond) > 0 {
			text = routesText(beyond)
		}
	}
	return []resource.Remark{{ID: s.id, Text: "is given, in " + s.lies + "; instances in it reach " + text}}
}

// addGiven adds the region's network where somebody else has made it.
func (v *inventory) addGiven(r *region) {
	g := &v.graph
	r.vpc = &vpc{Scope: r.Scope}
	of := &givenVPC{vpc: r.vpc, region: r}
	r.vpcNode = g.add(r.id("vpc"), of)
	for _, s := range r.Place().Subnets() {
		sub := &subnet{Scope: r.Scope, vpc: r.vpc, Subnet: s}
		r.subnets = append(r.subnets, sub)
		r.subnetNodes = append(r.subnetNodes, g.add(r.id("subnet "+s.Name), &givenSubnet{sub, of}, r.vpcNode))
	}
	r.openNodes = publicOf(r.subnetNodes)
}

// ranges are the networks of a region: those of what is there, or that which is declared.
func (r *region) ranges() []netip.Prefix {
	g, ok := r.vpcNode.resource.(*givenVPC)
	switch {
	case !ok:
		return []netip.Prefix{r.Place().CIDR}
	case g.found == nil:
		return nil
	}
	return g.found.Ranges()
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
			other, ok := d.Doubling.(*group)
			if !ok || other.within == r.vpc.id || slices.ContainsFunc(r.vpc.Spare, func(d resource.Double) bool { return d.Identity() == other.within }) {
				continue
			}
			return fmt.Errorf("%s: the stack stands in %s, which is not its own and no longer declared, and does not move out of it\n"+
				"hint: `understudy down` with the declaration as it was, then `understudy up`", r.id("vpc"), other.within)
		}
	}
	return nil
}

// wanted names the network that is declared.
func (v *vpc) wanted() string {
	if n := v.Place().Network; n != nil {
		return "a given one, " + strings.TrimSpace(n.VPC.String())
	}
	return "one of " + v.Place().CIDR.String()
}

var (
	_ resource.Resource   = (*givenVPC)(nil)
	_ resource.Obstructed = (*givenVPC)(nil)
	_ resource.Shared     = (*givenVPC)(nil)
	_ resource.Resource   = (*givenSubnet)(nil)
	_ resource.Shared     = (*givenSubnet)(nil)
	_ resource.Remarking  = (*givenSubnet)(nil)
)
