package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// A network that is given is its owner's: no two need be made alike, of tables and gateways of the same number, for one region to do what the
// other does. Where the network of either region is given, both are compared by what they are to the stack: where packets from each of its
// subnets are led, what network ACLs let pass there, and which services of AWS answer within. What else is in a given VPC is not looked at.

// The kinds of resources in which networks are compared so.
const (
	kindNetwork       = "network"
	kindNetworkSubnet = "network subnet"
)

// given tells whether networks are compared by what they lead to.
func (p place) given() bool { return p.declared != nil && p.declared.GivenNetwork() }

// readGiven finds the VPC that was given, if the stack stands in it, and the parts that it and its subnets play.
func (r *fetcher) readGiven(ctx context.Context) error {
	g, err := r.Given(ctx, r.declared.Regions[r.side].Network, r.declared.Zones)
	if err != nil || g.VPC == nil {
		return err
	}
	if id, err := r.vpcOfParts(ctx); err != nil || id != aws.ToString(g.VPC.VpcId) {
		return err
	}
	r.f.vpc, r.f.given = g.VPC, map[string]string{*g.VPC.VpcId: "vpc"}
	for _, of := range r.declared.Regions[r.side].Subnets() {
		here := g.Private
		if of.Public {
			here = g.Public
		}
		if of.Zone < len(here) {
			r.f.given[aws.ToString(here[of.Zone].SubnetId)] = of.Name
		}
	}
	for _, unfit := range g.Unfit {
		r.note("network of "+r.Region, unfit)
	}
	return nil
}

// describeNetwork tells what a VPC is to a stack.
func (c *canon) describeNetwork() {
	v := c.f.vpc
	settings := map[string]string{
		"state":         string(v.State),
		"tenancy":       string(v.InstanceTenancy),
		"dns support":   c.f.vpcAttributes[ec2types.VpcAttributeNameEnableDnsSupport],
		"dns hostnames": c.f.vpcAttributes[ec2types.VpcAttributeNameEnableDnsHostnames],
	}
	for _, e := range c.f.endpoints {
		if e.VpcEndpointType == ec2types.VpcEndpointTypeInterface {
			settings["endpoint of "+c.service(e)] = fmt.Sprintf("%s, private names %s", strings.ToLower(string(e.State)), yes(e.PrivateDnsEnabled))
		}
	}
	c.addOwned(kindNetwork, "vpc", aws.ToString(v.VpcId), settings)
	for _, s := range c.f.subnets {
		if role := c.roles[aws.ToString(s.SubnetId)]; isPart("subnet", role) {
			c.describeNetworkSubnet(s, role)
		}
	}
}

// addOwned keeps a resource that has no tags of the stack, and that nothing heals but its owner.
func (c *canon) addOwned(kind, role, id string, settings map[string]string) {
	c.out.Resources = append(c.out.Resources, Resource{
		Kind: kind, Role: role, ID: id, Settings: settings, Commands: map[string]Command{}, Passing: map[string]string{},
	})
}

func (c *canon) describeNetworkSubnet(s ec2types.Subnet, role string) {
	id := aws.ToString(s.SubnetId)
	settings := map[string]string{
		"zone":     c.zone(aws.ToString(s.AvailabilityZone)),
		"state":    string(s.State),
		"has room": fmt.Sprint(aws.ToInt32(s.AvailableIpAddressCount) > 0),
	}
	if t := account.TableOf(c.f.tables, id); t != nil {
		for _, route := range t.Routes {
			if aws.ToString(route.GatewayId) != "local" {
				settings["way to "+c.reached(route)] = wayOf(route)
			}
		}
	}
	for _, a := range c.f.acls {
		if !slices.ContainsFunc(a.Associations, func(of ec2types.NetworkAclAssociation) bool { return aws.ToString(of.SubnetId) == id }) {
			continue
		}
		for _, e := range a.Entries {
			settings[fmt.Sprintf("acl %s %d", direction(e), aws.ToInt32(e.RuleNumber))] = c.entry(e)
		}
	}
	c.addOwned(kindNetworkSubnet, role, id, settings)
}

// reached is what a route leads to: addresses, or the service of a gateway endpoint.
func (c *canon) reached(route ec2types.Route) string {
	for _, e := range c.f.endpoints {
		if aws.ToString(e.VpcEndpointId) == aws.ToString(route.GatewayId) {
			return c.service(e)
		}
	}
	return c.destination(route)
}

// service names an endpoint's service without its region.
func (c *canon) service(e ec2types.VpcEndpoint) string {
	return strings.Replace(aws.ToString(e.ServiceName), "."+c.Region+".", ".REGION.", 1)
}

// wayOf is the kind of what a route leads through: which one of several it is, is its region's affair.
func wayOf(route ec2types.Route) string {
	to := None
	for _, h := range hops(route) {
		if h.id == nil {
			continue
		}
		to = strings.TrimSuffix(strings.ReplaceAll(h.option, "-", " "), " id")
		switch prefix, _, _ := strings.Cut(*h.id, "-"); prefix {
		case "igw":
			to = "internet gateway"
		case "vgw":
			to = "virtual private gateway"
		case "vpce":
			to = "vpc endpoint"
		}
		break
	}
	if route.State == ec2types.RouteStateBlackhole {
		to += ", a black hole"
	}
	return to
}

// withoutOthers leaves out what is the owner's, or anybody's, in a VPC that was given: its default security group, too.
func withoutOthers(all []Resource) []Resource {
	return slices.DeleteFunc(all, func(r Resource) bool { return r.Role == unnamed || r.Given && r.Kind == "security group" })
}

// expectGiven is what a network has to be to the stack, whoever made it.
func expectGiven(parts map[key]map[string]string, region understudy.Region) {
	parts[key{kindNetwork, "vpc"}] = map[string]string{"dns support": "true", "state": "available"}
	for _, s := range region.Subnets() {
		subnet := map[string]string{"zone": itoa(s.Zone + 1), "state": "available", "has room": "true"}
		if s.Public {
			subnet["way to 0.0.0.0/0"] = "internet gateway"
		}
		parts[key{kindNetworkSubnet, s.Name}] = subnet
	}
	if region.Egress == understudy.EgressEndpoints {
		expectEndpointsGroup(parts)
	}
}
