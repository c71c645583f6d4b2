package account

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// VPC is one of the VPCs with a stack's tags, and what is in it.
type VPC struct {
	ec2types.Vpc
	// Holds names what must not be lost with the VPC: its network interfaces, through which instances and
	// load balancers work, its target groups, and what does not have the stack's tag.
	Holds []string
	// Parts counts the stack's subnets, route tables, security groups and gateways in it, which hold no data.
	Parts int
	// Untagged says that the VPC lacks the stack's tags, and is known by the stack's subnets in it.
	Untagged bool
}

// VPCs returns the VPCs of a stack, the one in use first. There may be several, since CreateVpc takes no
// client token: AWS may carry out the call of a killed run after the next run has looked for VPCs.
// The one that holds something is in use. If none does, it is the one with the most parts, so that the least
// must be built again, and among equals the one whose id sorts first, so that every run chooses the same.
// Their age cannot decide: EC2 does not tell it, and a time written into the tags would be the time of the
// call, by which the VPC that was made late is the older one.
func (a *Account) VPCs(ctx context.Context, stack string) ([]VPC, error) {
	out, err := a.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: Mark(stack, "vpc").Filters()})
	if err != nil {
		return nil, fmt.Errorf("describe VPCs: %w", err)
	}
	if len(out.Vpcs) == 0 {
		return a.untaggedVPCs(ctx, stack)
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

// untaggedVPCs returns the VPCs that have subnets of a stack, and no tags of any stack: somebody has removed them.
func (a *Account) untaggedVPCs(ctx context.Context, stack string) ([]VPC, error) {
	out, err := a.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{Filter("tag:"+TagStack, stack)}})
	if err != nil {
		return nil, fmt.Errorf("describe subnets: %w", err)
	}
	ids := map[string]bool{}
	for _, s := range out.Subnets {
		ids[aws.ToString(s.VpcId)] = true
	}
	if len(ids) == 0 {
		return nil, nil
	}
	vpcs, err := a.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: slices.Sorted(maps.Keys(ids))})
	if err != nil {
		return nil, fmt.Errorf("describe VPCs: %w", err)
	}
	var found []VPC
	for _, v := range vpcs.Vpcs {
		if Unclaimed(OfEC2(v.Tags), stack) {
			found = append(found, VPC{Vpc: v, Untagged: true})
		}
	}
	return found, nil
}

// LookInto reads what is in a VPC into its Holds and Parts.
func (a *Account) LookInto(ctx context.Context, v *VPC, stack string) error {
	v.Holds, v.Parts = nil, 0
	for _, read := range []func(context.Context, *VPC, string) error{a.frame, a.interfaces, a.targetGroups} {
		if err := read(ctx, v, stack); err != nil {
			return fmt.Errorf("look into %s: %w", aws.ToString(v.VpcId), err)
		}
	}
	return nil
}

// sort counts a resource among the stack's parts, or among what the VPC holds.
func (v *VPC) sort(id *string, tags []ec2types.Tag, stack string) {
	if OfEC2(tags)[TagStack] == stack {
		v.Parts++
		return
	}
	v.Holds = append(v.Holds, aws.ToString(id))
}

// frame reads a VPC's subnets, route tables, security groups and gateways, except its default group and main
// route table, which are deleted with it.
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

// targetGroups adds target groups to what the VPC holds: a name is unique in a region, so the load balancer
// must be in the VPC that has the stack's target group.
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

// IsMain tells whether a route table is a VPC's main one, which is created and deleted with the VPC.
func IsMain(t ec2types.RouteTable) bool {
	return slices.ContainsFunc(t.Associations, func(a ec2types.RouteTableAssociation) bool { return aws.ToBool(a.Main) })
}

// IsDefault tells whether a security group is a VPC's default one, which is created and deleted with the VPC.
// No other group may have its name.
func IsDefault(g ec2types.SecurityGroup) bool { return aws.ToString(g.GroupName) == "default" }

// IsOwn tells whether somebody has made a network interface by itself: an instance's first one, and those of AWS's services, such as load
// balancers and NAT gateways, come and go with what they are of.
func IsOwn(i ec2types.NetworkInterface) bool {
	first := i.Attachment != nil && i.Attachment.InstanceId != nil && aws.ToInt32(i.Attachment.DeviceIndex) == 0
	return !first && !aws.ToBool(i.RequesterManaged) && i.InterfaceType == ec2types.NetworkInterfaceTypeInterface
}
