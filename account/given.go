package account

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
)

// Given is a network that somebody else keeps, as it was found.
type Given struct {
	VPC             *ec2types.Vpc     // nil where none or several were found
	Public, Private []ec2types.Subnet // in the order of their zones' names
	Tables          []ec2types.RouteTable
	Resolves        bool     // instances can resolve names
	Unfit           []string // why a stack cannot stand in it; nothing where it can
}

// Given reads a declared network of somebody else's.
func (a *Account) Given(ctx context.Context, of *understudy.Network, zones int) (*Given, error) {
	out, err := a.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: selecting("vpc-id", of.VPC)})
	if err != nil {
		return nil, fmt.Errorf("describe VPCs: %w", err)
	}
	g := &Given{}
	if len(out.Vpcs) != 1 {
		g.unfit("%d VPCs in %s are %s, and one is meant", len(out.Vpcs), a.Region, of.VPC)
		return g, nil
	}
	g.VPC = &out.Vpcs[0]
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		g.Public, err = a.givenSubnets(ctx, *g.VPC.VpcId, of.Public)
		return err
	})
	all.Go(func() (err error) {
		g.Private, err = a.givenSubnets(ctx, *g.VPC.VpcId, of.Private)
		return err
	})
	all.Go(func() error { return a.givenTables(ctx, g) })
	all.Go(func() error {
		out, err := a.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: g.VPC.VpcId, Attribute: ec2types.VpcAttributeNameEnableDnsSupport})
		if err != nil {
			return fmt.Errorf("describe DNS support of %s: %w", *g.VPC.VpcId, err)
		}
		g.Resolves = out.EnableDnsSupport != nil && aws.ToBool(out.EnableDnsSupport.Value)
		return nil
	})
	if err := all.Wait(); err != nil {
		return nil, err
	}
	g.judge(of, zones)
	return g, nil
}

// selecting are the filters for what has these ids, or all of these tags.
func selecting(id string, g understudy.Given) (filters []ec2types.Filter) {
	if len(g.IDs) > 0 {
		return []ec2types.Filter{Filter(id, g.IDs...)}
	}
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		filters = append(filters, Filter("tag:"+key, g.Tags[key]))
	}
	return filters
}

// givenSubnets looks for subnets by their tags within the VPC, and for those that ids name anywhere: of those in another VPC it is told.
func (a *Account) givenSubnets(ctx context.Context, vpc string, of understudy.Given) (all []ec2types.Subnet, err error) {
	filters := selecting("subnet-id", of)
	if len(of.IDs) == 0 {
		filters = append(filters, Filter("vpc-id", vpc))
	}
	pages := ec2.NewDescribeSubnetsPaginator(a.EC2, &ec2.DescribeSubnetsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe subnets: %w", err)
		}
		all = append(all, page.Subnets...)
	}
	slices.SortFunc(all, func(a, b ec2types.Subnet) int {
		return cmp.Or(strings.Compare(zoneOf(a), zoneOf(b)), strings.Compare(aws.ToString(a.SubnetId), aws.ToString(b.SubnetId)))
	})
	return all, nil
}

func (a *Account) givenTables(ctx context.Context, g *Given) error {
	pages := ec2.NewDescribeRouteTablesPaginator(a.EC2, &ec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{Filter("vpc-id", *g.VPC.VpcId)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe route tables: %w", err)
		}
		g.Tables = append(g.Tables, page.RouteTables...)
	}
	return nil
}

func zoneOf(s ec2types.Subnet) string { return aws.ToString(s.AvailabilityZone) }

func zonesOf(subnets []ec2types.Subnet) (zones []string) {
	for _, s := range subnets {
		zones = append(zones, zoneOf(s))
	}
	return zones
}

func (g *Given) unfit(format string, args ...any) {
	g.Unfit = append(g.Unfit, fmt.Sprintf(format, args...))
}

// judge finds why a stack of so many zones cannot stand in the network. What its subnets have to have is what a load balancer and its
// targets need.
func (g *Given) judge(of *understudy.Network, zones int) {
	id, before := aws.ToString(g.VPC.VpcId), len(g.Unfit)
	if stack := OfEC2(g.VPC.Tags)[TagStack]; stack != "" {
		g.unfit("%s is the network that was made for the stack %s, and goes with it", id, stack)
	}
	if !g.Resolves {
		g.unfit("%s has no DNS support, without which instances resolve no names (enableDnsSupport)", id)
	}
	g.judgeSubnets("public", of.Public, g.Public, zones)
	g.judgeSubnets("private", of.Private, g.Private, zones)
	if len(g.Unfit) > before {
		return
	}
	// A target in a zone that its load balancer is not in gets no requests ("Availability Zones and load balancer nodes" in the Elastic
	// Load Balancing User Guide).
	if p, q := zonesOf(g.Public), zonesOf(g.Private); !slices.Equal(p, q) {
		g.unfit("the public subnets are in %s, the private ones in %s: each zone needs one of each", strings.Join(p, ", "), strings.Join(q, ", "))
	}
	for _, s := range g.Public {
		if slices.ContainsFunc(g.Private, func(p ec2types.Subnet) bool { return aws.ToString(p.SubnetId) == aws.ToString(s.SubnetId) }) {
			g.unfit("%s is both a public and a private subnet", aws.ToString(s.SubnetId))
		}
		if !g.faces(aws.ToString(s.SubnetId)) {
			g.unfit("the public subnet %s has no route of 0.0.0.0/0 to an internet gateway, by which users reach the load balancer", aws.ToString(s.SubnetId))
		}
		// "Subnets for your load balancer" in the User Guide for Application Load Balancers.
		const smallest = 27
		if p, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil && p.Bits() > smallest {
			g.unfit("the public subnet %s is a /%d, and a load balancer takes subnets of /%d or larger", aws.ToString(s.SubnetId), p.Bits(), smallest)
		}
	}
}

func (g *Given) judgeSubnets(kind string, of understudy.Given, found []ec2types.Subnet, zones int) {
	for _, id := range of.IDs {
		n := slices.IndexFunc(found, func(s ec2types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
		if n < 0 {
			g.unfit("the %s subnet %s is not there", kind, id)
		} else if vpc := aws.ToString(found[n].VpcId); vpc != *g.VPC.VpcId {
			g.unfit("the %s subnet %s is in %s and not in %s", kind, id, vpc, *g.VPC.VpcId)
		}
	}
	if len(of.IDs) == 0 && len(found) != zones {
		g.unfit("%d subnets of %s are %s, and %d %s ones are meant, one in each zone", len(found), *g.VPC.VpcId, of, zones, kind)
	}
	if in := zonesOf(found); len(slices.Compact(slices.Clone(in))) < len(in) {
		g.unfit("the %s subnets are in %s: each has to be in a zone of its own", kind, strings.Join(in, ", "))
	}
}

// Zones are the names of the zones that the subnets are in.
func (g *Given) Zones() []string { return zonesOf(g.Public) }

// Overlap finds two networks with the same addresses: traffic between them could never be routed.
func Overlap(some, others []netip.Prefix) (a, b netip.Prefix, overlap bool) {
	for _, a := range some {
		for _, b := range others {
			if a.Overlaps(b) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// Ranges are the VPC's networks: the one that it was made with, and those that were associated later.
func (g *Given) Ranges() (all []netip.Prefix) {
	if g.VPC == nil {
		return nil
	}
	blocks := []string{aws.ToString(g.VPC.CidrBlock)}
	for _, b := range g.VPC.CidrBlockAssociationSet {
		if b.CidrBlockState == nil || b.CidrBlockState.State == ec2types.VpcCidrBlockStateCodeAssociated {
			blocks = append(blocks, aws.ToString(b.CidrBlock))
		}
	}
	for _, b := range blocks {
		if p, err := netip.ParsePrefix(b); err == nil && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// TableOf is the route table that a subnet follows: its own, or the VPC's main one. It is nil where that was not read.
func TableOf(tables []ec2types.RouteTable, subnet string) (found *ec2types.RouteTable) {
	for i, t := range tables {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return &tables[i]
			}
		}
		if IsMain(t) {
			found = &tables[i]
		}
	}
	return found
}

// faces tells whether a subnet has a route to the internet by which answers of an address of its own go.
func (g *Given) faces(subnet string) bool {
	t := TableOf(g.Tables, subnet)
	return t != nil && slices.ContainsFunc(t.Routes, func(r ec2types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == "0.0.0.0/0" && strings.HasPrefix(aws.ToString(r.GatewayId), "igw-") &&
			r.State != ec2types.RouteStateBlackhole
	})
}
