package parity

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

func (r *reader) readVPC(ctx context.Context) error {
	all, err := r.c.VPCs(ctx, r.stack)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("no VPC bears the tag %s=%s", account.TagStack, r.stack)
	}
	v := all[0]
	r.vpcID = aws.ToString(v.VpcId)
	if r.cidr, err = netip.ParsePrefix(aws.ToString(v.CidrBlock)); err != nil {
		return err
	}
	settings := map[string]string{
		"size":    fmt.Sprintf("/%d", r.cidr.Bits()),
		"state":   string(v.State),
		"tenancy": string(v.InstanceTenancy),
		"default": yes(v.IsDefault),
	}
	support, err := r.c.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: ec2types.VpcAttributeNameEnableDnsSupport})
	if err != nil {
		return err
	}
	hostnames, err := r.c.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: ec2types.VpcAttributeNameEnableDnsHostnames})
	if err != nil {
		return err
	}
	settings["dns support"] = attribute(support.EnableDnsSupport)
	settings["dns hostnames"] = attribute(hostnames.EnableDnsHostnames)
	r.add("vpc", role(v.Tags, unnamed), r.vpcID, settings)
	return nil
}

func attribute(v *ec2types.AttributeBooleanValue) string {
	if v == nil {
		return None
	}
	return yes(v.Value)
}

func (r *reader) readSubnets(ctx context.Context) error {
	pages := ec2.NewDescribeSubnetsPaginator(r.c.EC2, &ec2.DescribeSubnetsInput{Filters: r.ofVPC("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, s := range page.Subnets {
			r.add("subnet", role(s.Tags, unnamed), aws.ToString(s.SubnetId), map[string]string{
				"zone":            r.zone(aws.ToString(s.AvailabilityZone)),
				"range":           r.share(aws.ToString(s.CidrBlock)),
				"public on start": yes(s.MapPublicIpOnLaunch),
				"state":           string(s.State),
				"has room":        fmt.Sprint(aws.ToInt32(s.AvailableIpAddressCount) > 0),
			})
		}
	}
	return nil
}

func (r *reader) readGateways(ctx context.Context) error {
	pages := ec2.NewDescribeInternetGatewaysPaginator(r.c.EC2, &ec2.DescribeInternetGatewaysInput{Filters: r.ofVPC("attachment.vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.InternetGateways {
			settings := map[string]string{}
			for _, a := range g.Attachments {
				settings["attached to "+r.meaning(aws.ToString(a.VpcId))] = "yes"
			}
			r.add("internet gateway", role(g.Tags, unnamed), aws.ToString(g.InternetGatewayId), settings)
		}
	}
	return nil
}

func (r *reader) readRouteTables(ctx context.Context) error {
	pages := ec2.NewDescribeRouteTablesPaginator(r.c.EC2, &ec2.DescribeRouteTablesInput{Filters: r.ofVPC("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, t := range page.RouteTables {
			settings := map[string]string{}
			for _, route := range t.Routes {
				settings["route to "+r.destination(route)] = r.nextHop(route)
			}
			for _, a := range t.Associations {
				if !aws.ToBool(a.Main) {
					settings["governs "+r.meaning(aws.ToString(a.SubnetId))] = "yes"
				}
			}
			table := Resource{Kind: "route table", Role: role(t.Tags, unnamed), ID: aws.ToString(t.RouteTableId), Settings: settings}
			if table.Given = account.IsMain(t); table.Given {
				table.Role = "main"
			}
			r.keep(table)
		}
	}
	return nil
}

func (r *reader) destination(route ec2types.Route) string {
	switch {
	case route.DestinationCidrBlock != nil:
		return r.share(*route.DestinationCidrBlock)
	case route.DestinationIpv6CidrBlock != nil:
		return *route.DestinationIpv6CidrBlock
	}
	return r.meaning(aws.ToString(route.DestinationPrefixListId))
}

func (r *reader) nextHop(route ec2types.Route) string {
	hop := None
	for _, id := range []*string{
		route.GatewayId, route.NatGatewayId, route.InstanceId, route.NetworkInterfaceId, route.TransitGatewayId,
		route.VpcPeeringConnectionId, route.EgressOnlyInternetGatewayId, route.LocalGatewayId, route.CarrierGatewayId,
	} {
		if id != nil {
			hop = r.meaning(*id)
			if *id == "local" {
				hop = *id
			}
			break
		}
	}
	if route.State == ec2types.RouteStateBlackhole {
		hop += ", a black hole"
	}
	return hop
}

// list joins names in a stable order.
func list(names []string) string {
	if len(names) == 0 {
		return None
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
