package network

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// A network that is given stands in the graph where one that is made does: a VPC and its subnets, whose ids all else asks for. These two
// kinds only read. What leads into and out of the network, gateways, routes and endpoints, has no node: it is the owner's.

// GivenVPC is a VPC that somebody else has made.
type GivenVPC struct {
	*VPC
	Built func() bool    // whether the stack stands in it already
	Found *account.Given // nil before find
}

func (g *GivenVPC) Foreign() bool             { return true }
func (g *GivenVPC) Desired() []resource.Field { return nil }
func (g *GivenVPC) Actual() []resource.Field  { return nil }

// Find also looks for networks that were made for the stack before this one was given to it, which go as any earlier one does.
func (g *GivenVPC) Find(ctx context.Context) (there bool, err error) {
	if g.Found, err = g.Given(ctx, g.Place().Network, g.Place().Zones); err != nil {
		return false, err
	}
	if g.Found.VPC == nil {
		return false, nil
	}
	g.ID = aws.ToString(g.Found.VPC.VpcId)
	if !g.Leaving {
		err = g.findEarlier(ctx)
	}
	return len(g.Found.Unfit) == 0, err
}

func (g *GivenVPC) findEarlier(ctx context.Context) error {
	made, err := g.VPCs(ctx, g.Stack())
	g.Earlier = nil
	for _, one := range made {
		if id := aws.ToString(one.VpcId); id != g.ID {
			g.Earlier = append(g.Earlier, &VPC{Scope: g.Scope, ID: id,
				Seen: []resource.Field{{Name: "cidr", Value: aws.ToString(one.CidrBlock)}, g.TaggedWith("vpc", account.OfEC2(one.Tags))}})
		}
	}
	return err
}

// Refused tells why the stack cannot stand in the network.
func (g *GivenVPC) Refused() error {
	if g.Found == nil {
		return nil
	}
	reasons := g.Found.Unfit
	if len(reasons) == 0 {
		reasons = Lacks(g.Declared, g.Found, g.Built())
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

func (g *GivenVPC) Create(context.Context) error                        { return g.Refused() }
func (g *GivenVPC) Change(context.Context, []resource.Difference) error { return nil }

func (g *GivenVPC) Remove(context.Context) error {
	return fmt.Errorf("%s is somebody else's, and is not deleted", g.ID)
}

// subnet is the subnet of a zone, in the order of the zones' names; nil where the network was not found to be fit.
func (g *GivenVPC) subnet(of understudy.Subnet) *ec2types.Subnet {
	if g.Found == nil || len(g.Found.Unfit) > 0 {
		return nil
	}
	if of.Public {
		return &g.Found.Public[of.Zone]
	}
	return &g.Found.Private[of.Zone]
}

// GivenSubnet is a subnet that somebody else has made.
type GivenSubnet struct {
	*Subnet
	Of *GivenVPC
}

func (s *GivenSubnet) Foreign() bool             { return true }
func (s *GivenSubnet) Desired() []resource.Field { return nil }
func (s *GivenSubnet) Actual() []resource.Field  { return nil }

func (s *GivenSubnet) Find(context.Context) (bool, error) {
	found := s.Of.subnet(s.Subnet.Subnet)
	if found == nil {
		return false, nil
	}
	s.ID, s.within, s.Lies = aws.ToString(found.SubnetId), aws.ToString(found.VpcId), aws.ToString(found.AvailabilityZone)
	return true, nil
}

func (s *GivenSubnet) Create(context.Context) error {
	return fmt.Errorf("%s has no fit subnet for it", s.Of.ID)
}

func (s *GivenSubnet) Change(context.Context, []resource.Difference) error { return nil }

func (s *GivenSubnet) Remove(context.Context) error {
	return fmt.Errorf("%s is somebody else's, and is not deleted", s.ID)
}

// Remarks tells what the instances in a private subnet reach, which is not declared.
func (s *GivenSubnet) Remarks() []resource.Remark {
	if s.Public || s.ID == "" {
		return nil
	}
	text := "nothing beyond the VPC"
	if t := account.TableOf(s.Of.Found.Tables, s.ID); t != nil {
		beyond := slices.DeleteFunc(slices.Clone(t.Routes), func(r ec2types.Route) bool { return aws.ToString(r.GatewayId) == "local" })
		if len(beyond) > 0 {
			text = RoutesText(beyond)
		}
	}
	return []resource.Remark{{ID: s.ID, Text: "is given, in " + s.Lies + "; instances in it reach " + text}}
}

var (
	_ resource.Resource   = (*GivenVPC)(nil)
	_ resource.Obstructed = (*GivenVPC)(nil)
	_ resource.Shared     = (*GivenVPC)(nil)
	_ resource.Resource   = (*GivenSubnet)(nil)
	_ resource.Shared     = (*GivenSubnet)(nil)
	_ resource.Remarking  = (*GivenSubnet)(nil)
)
