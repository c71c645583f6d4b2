package account

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// VPC is one of the VPCs that bear a stack's tags, and what is in it.
type VPC struct {
	ec2types.Vpc
	// Holds names what must not be lost with the VPC: its network interfaces, through which instances and
	// load balancers work, its target groups, and what does not bear the stack's tag.
	Holds []string
	// Parts counts what is the stack's, and is no more than a frame: subnets, route tables, security groups,
	// gateways.
	Parts int
}

// VPCs returns the VPCs of a stack, the one in use first. There may be several, since CreateVpc takes no
// client token: a call whose sender was killed or cut off is carried out after the next sender has looked.
// The one that holds something is in use; where none does, it is the one with the most parts, so that the
// least is built anew, and among equals the one whose id sorts first, so that everybody comes to the same
// one. A VPC's age is not known to EC2, and a time written into its tags would be the time of asking, at
// which the late one is the older.
func (a *Account) VPCs(ctx context.Context, stack string) ([]VPC, error) {
	out, err := a.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: Mark(stack, "vpc").Filters()})
	if err != nil {
		return nil, fmt.Errorf("describe VPCs: %w", err)
	}
	found := make([]VPC, len(out.Vpcs))
	for i, v := range out.Vpcs {
		found[i].Vpc = v
		if len(out.Vpcs) == 1 {
			continue // nothing to choose from
		}
		if err := a.LookInto(ctx, &found[i], stack); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b VPC) int {
		return cmp.Or(cmp.Compare(min(1, len(b.Holds)), min(1, len(a.Holds))), cmp.Compare(b.Parts, a.Parts),
			cmp.Compare(aws.ToString(a.VpcId), aws.ToString(b.VpcId)))
	})
	return found, nil
}

// LookInto reads what is in a VPC.
func (a *Account) LookInto(ctx context.Context, v *VPC, stack string) error {
	v.Holds, v.Parts = nil, 0
	for _, read := range []func(context.Context, *VPC, string) error{a.frame, a.interfaces, a.targetGroups} {
		if err := read(ctx, v, stack); err != nil {
			return fmt.Errorf("look into %s: %w", aws.ToString(v.VpcId), err)
		}
	}
	return nil
}

// sort puts a thing among the stack's parts, or among what the VPC holds.
func (v *VPC) sort(id *string, tags []ec2types.Tag, stack string) {
	if OfEC2(tags)[TagStack] == stack {
		v.Parts++
		return
	}
	v.Holds = append(v.Holds, aws.ToString(id))
}

// frame reads what divides and guards a VPC. Its default group and main route table go with it.
func (a *Account) frame(ctx context.Context, v *VPC, stack string) error {
	within := []ec2types.Filter{Filter("vpc-id", aws.ToString(v.VpcId))}
	subnets, err := a.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: within})
	if err != nil {
		return err
	}
	for _, s := range subnets.Subnets {
		v.sort(s.SubnetId, s.Tags, stack)
	}
	tables, err := a.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: within})
	if err != nil {
		return err
	}
	for _, t := range tables.RouteTables {
		if !IsMain(t) {
			v.sort(t.RouteTableId, t.Tags, stack)
		}
	}
	groups, err := a.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: within})
	if err != nil {
		return err
	}
	for _, g := range groups.SecurityGroups {
		if !IsDefault(g) {
			v.sort(g.GroupId, g.Tags, stack)
		}
	}
	attached := []ec2types.Filter{Filter("attachment.vpc-id", aws.ToString(v.VpcId))}
	gateways, err := a.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: attached})
	if err != nil {
		return err
	}
	for _, g := range gateways.InternetGateways {
		v.sort(g.InternetGatewayId, g.Tags, stack)
	}
	return nil
}

func (a *Account) interfaces(ctx context.Context, v *VPC, _ string) error {
	ids, err := a.Interfaces(ctx, "vpc-id", aws.ToString(v.VpcId))
	v.Holds = append(v.Holds, ids...)
	return err
}

// Interfaces returns the ids of the network interfaces that a filter of DescribeNetworkInterfaces selects:
// vpc-id, subnet-id or group-id.
func (a *Account) Interfaces(ctx context.Context, filter, id string) ([]string, error) {
	var ids []string
	pages := ec2.NewDescribeNetworkInterfacesPaginator(a.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: []ec2types.Filter{Filter(filter, id)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe network interfaces: %w", err)
		}
		for _, i := range page.NetworkInterfaces {
			ids = append(ids, aws.ToString(i.NetworkInterfaceId))
		}
	}
	return ids, nil
}

// targetGroups counts target groups with what works: there is one of a name in a region, so that a VPC
// that has the stack's is the one that the load balancer must be in.
func (a *Account) targetGroups(ctx context.Context, v *VPC, _ string) error {
	pages := elb.NewDescribeTargetGroupsPaginator(a.ELB, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe target groups: %w", err)
		}
		for _, g := range page.TargetGroups {
			if aws.ToString(g.VpcId) == aws.ToString(v.VpcId) {
				v.Holds = append(v.Holds, aws.ToString(g.TargetGroupArn))
			}
		}
	}
	return nil
}

// IsMain tells a VPC's own route table, which comes and goes with it.
func IsMain(t ec2types.RouteTable) bool {
	return slices.ContainsFunc(t.Associations, func(a ec2types.RouteTableAssociation) bool { return aws.ToBool(a.Main) })
}

// IsDefault tells a VPC's own security group, which comes and goes with it. No other may have its name.
func IsDefault(g ec2types.SecurityGroup) bool { return aws.ToString(g.GroupName) == "default" }
