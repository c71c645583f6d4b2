package doctor

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// gatewayEndpoints is how many gateway endpoints a region has in the stack. Interface endpoints are a quota of each VPC, which is the stack's own.
func gatewayEndpoints(r understudy.Region) (n int) {
	for _, e := range understudy.Endpoints {
		if r.Egress == understudy.EgressEndpoints && e.Gateway {
			n++
		}
	}
	return n
}

// judgeNATs wants room for a NAT gateway in each zone that has one, which is a quota of each zone. Zones that are not known are told elsewhere.
func judgeNATs(d *understudy.Declaration, side understudy.Side, r region) (all []Finding) {
	zones := d.Regions[side].NATs()
	switch {
	case len(zones) == 0:
		return nil
	case r.nats.err != nil:
		return []Finding{unread(CheckQuota, side, "ec2:DescribeNatGateways", r.nats.err)}
	}
	for _, zone := range zones {
		if zone >= len(r.zones.value) {
			continue
		}
		name := r.zones.value[zone]
		n := r.nats.value[name]
		all = append(all, limited(side, r, quota{what: "NAT gateways of " + name, used: n.all}, "vpc", codeNATs, max(0, 1-n.own))...)
	}
	return all
}

// nats counts NAT gateways by their zones, in the states that count for the quota ("Amazon VPC quotas").
func (q asker) nats(ctx context.Context) (map[string]counted, error) {
	if len(q.declared.Regions[q.side].NATs()) == 0 {
		return nil, nil
	}
	bySubnet, all := map[string]counted{}, map[string]counted{}
	pages := ec2.NewDescribeNatGatewaysPaginator(q.EC2, &ec2.DescribeNatGatewaysInput{
		Filter: []ec2types.Filter{account.Filter("state", "pending", "available", "deleting")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.NatGateways {
			if id := aws.ToString(g.SubnetId); id != "" { // a gateway of the whole region has none
				bySubnet[id] = bySubnet[id].add(q.owns(g.Tags))
			}
		}
	}
	subnets := ec2.NewDescribeSubnetsPaginator(q.EC2, &ec2.DescribeSubnetsInput{})
	for len(bySubnet) > 0 && subnets.HasMorePages() {
		page, err := subnets.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subnets {
			zone, n := aws.ToString(s.AvailabilityZone), bySubnet[aws.ToString(s.SubnetId)]
			all[zone] = counted{all[zone].all + n.all, all[zone].own + n.own}
		}
	}
	return all, nil
}

// endpoints counts gateway endpoints.
func (q asker) endpoints(ctx context.Context) (n counted, err error) {
	if gatewayEndpoints(q.declared.Regions[q.side]) == 0 {
		return n, nil
	}
	pages := ec2.NewDescribeVpcEndpointsPaginator(q.EC2, &ec2.DescribeVpcEndpointsInput{
		Filters: []ec2types.Filter{account.Filter("vpc-endpoint-type", "Gateway")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, err
		}
		for _, e := range page.VpcEndpoints {
			if !slices.Contains([]ec2types.State{ec2types.StateDeleted, ec2types.StateFailed}, e.State) {
				n = n.add(q.owns(e.Tags))
			}
		}
	}
	return n, nil
}
