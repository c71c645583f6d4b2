package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// neighbours are what somebody else has put into the stack's VPC, and has changed of what came with it. They are left alone: they
// may serve somebody. They are told of all the same, since the other region lacks them, and since they keep the VPC from being
// deleted.
type neighbours struct {
	resource.Scope
	vpc   *network.VPC
	graph *graph // of whose resources none is a neighbour
	seen  []neighbour
}

// neighbour is one thing in the VPC.
type neighbour struct {
	what string // a security group
	id   string
	name string
	tags map[string]string
	says string // of what came with the VPC, how it was changed
}

func (n *neighbours) Desired() []resource.Field                           { return nil }
func (n *neighbours) Actual() []resource.Field                            { return nil }
func (n *neighbours) Create(context.Context) error                        { return nil }
func (n *neighbours) Change(context.Context, []resource.Difference) error { return nil }
func (n *neighbours) Remove(context.Context) error                        { return nil }
func (n *neighbours) Foreign() bool                                       { return true }

func (n *neighbours) Find(ctx context.Context) (bool, error) {
	n.seen = nil
	if n.vpc.ID == "" {
		return true, nil
	}
	reads := []func(context.Context) ([]neighbour, error){n.tables, n.acls, n.groups, n.subnets, n.instances, n.targets, n.balancers, n.nats, n.interfaces}
	found := make([][]neighbour, len(reads))
	all, ctx := errgroup.WithContext(ctx)
	for i, read := range reads {
		all.Go(func() (err error) {
			found[i], err = read(ctx)
			return err
		})
	}
	err := all.Wait()
	n.seen = slices.Concat(found...)
	return true, err
}

func (n *neighbours) within() []ec2types.Filter {
	return []ec2types.Filter{account.Filter("vpc-id", n.vpc.ID)}
}

func (n *neighbours) tables(ctx context.Context) (found []neighbour, err error) {
	out, err := n.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: n.within()})
	if err != nil {
		return nil, fmt.Errorf("describe route tables: %w", err)
	}
	for _, t := range out.RouteTables {
		one := neighbour{what: "a route table", id: aws.ToString(t.RouteTableId), tags: account.OfEC2(t.Tags)}
		if account.IsMain(t) {
			one.says = changedTable(t)
		}
		if !account.IsMain(t) || one.says != "" {
			found = append(found, one)
		}
	}
	return found, nil
}

// changedTable says which routes somebody has added to the VPC's main route table.
func changedTable(t ec2types.RouteTable) string {
	routes := slices.DeleteFunc(slices.Clone(t.Routes), func(r ec2types.Route) bool { return !network.ByHand(r) })
	if len(routes) == 0 {
		return ""
	}
	return "the VPC's main route table has routes that somebody has made: " + network.RoutesText(routes) + "; no subnet of the stack follows it"
}

// acls returns those that somebody has made or changed, with the subnets that they govern: they drop packets before any group lets
// them pass.
func (n *neighbours) acls(ctx context.Context) (found []neighbour, err error) {
	out, err := n.EC2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: n.within()})
	if err != nil {
		return nil, fmt.Errorf("describe network ACLs: %w", err)
	}
	for _, a := range out.NetworkAcls {
		what := "a network ACL that is not this stack's"
		if aws.ToBool(a.IsDefault) {
			what = "the VPC's default network ACL has other entries than AWS gives it"
		}
		if aws.ToBool(a.IsDefault) && !changedACL(a.Entries) {
			continue
		}
		var subnets []string
		for _, s := range a.Associations {
			subnets = append(subnets, aws.ToString(s.SubnetId))
		}
		found = append(found, neighbour{id: aws.ToString(a.NetworkAclId), says: what + ", over these subnets: " + orNothing(resource.Set(subnets...))})
	}
	return found, nil
}

// changedACL tells whether a default network ACL does not let everything pass in both directions, or has more entries than the last,
// which drops what is left ("Default network ACL" in the Amazon VPC User Guide).
func changedACL(entries []ec2types.NetworkAclEntry) bool {
	const last = 32767
	open := map[bool]bool{}
	for _, e := range entries {
		everything := aws.ToString(e.CidrBlock) == network.Everywhere || aws.ToString(e.Ipv6CidrBlock) == "::/0"
		passes := e.RuleAction == ec2types.RuleActionAllow && aws.ToString(e.Protocol) == "-1" && everything
		if !passes && aws.ToInt32(e.RuleNumber) < last {
			return true
		}
		open[aws.ToBool(e.Egress)] = open[aws.ToBool(e.Egress)] || passes
	}
	return !open[true] || !open[false]
}

func (n *neighbours) groups(ctx context.Context) (found []neighbour, err error) {
	out, err := n.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: n.within()})
	if err != nil {
		return nil, fmt.Errorf("describe security groups: %w", err)
	}
	for _, g := range out.SecurityGroups {
		one := neighbour{what: "a security group", id: aws.ToString(g.GroupId), name: aws.ToString(g.GroupName), tags: account.OfEC2(g.Tags)}
		if account.IsDefault(g) {
			one.says = changedGroup(g)
		}
		if !account.IsDefault(g) || one.says != "" {
			found = append(found, one)
		}
	}
	return found, nil
}

// changedGroup says which rules the VPC's default security group has, if not those that it came with: everything in from itself,
// and everything out ("Default security groups" in the Amazon VPC User Guide). That it was closed may be on purpose.
func changedGroup(g ec2types.SecurityGroup) string {
	usual := func(peer string) string { return network.Rule{Protocol: "-1", Peer: peer}.String() }
	in, out := network.RulesText(network.RulesOf(g.IpPermissions)), network.RulesText(network.RulesOf(g.IpPermissionsEgress))
	if in == usual(aws.ToString(g.GroupId)) && out == usual(network.Everywhere) {
		return ""
	}
	return fmt.Sprintf("the VPC's default security group has other rules than AWS gives it, in: %s; out: %s; nothing of the stack is in it",
		orNothing(in), orNothing(out))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// subnets returns those, and the Auto Scaling groups over them.
func (n *neighbours) subnets(ctx context.Context) (found []neighbour, err error) {
	out, err := n.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: n.within()})
	if err != nil {
		return nil, fmt.Errorf("describe subnets: %w", err)
	}
	here := map[string]bool{}
	for _, s := range out.Subnets {
		here[aws.ToString(s.SubnetId)] = true
		found = append(found, neighbour{what: "a subnet", id: aws.ToString(s.SubnetId), tags: account.OfEC2(s.Tags)})
	}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(n.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe auto scaling groups: %w", err)
		}
		for _, g := range page.AutoScalingGroups {
			if slices.ContainsFunc(fleet.SplitIDs(g.VPCZoneIdentifier), func(id string) bool { return here[id] }) {
				found = append(found, neighbour{
					what: "an Auto Scaling group", id: aws.ToString(g.AutoScalingGroupName), name: aws.ToString(g.AutoScalingGroupName),
					tags: account.OfGroup(g.Tags),
				})
			}
		}
	}
	return found, nil
}

// instances returns those that are of no Auto Scaling group: its own are told of with it.
func (n *neighbours) instances(ctx context.Context) (found []neighbour, err error) {
	all, err := machines.InstancesWhere(ctx, n.Scope, n.within()...)
	for _, i := range all {
		tags := account.OfEC2(i.Tags)
		if tags["aws:autoscaling:groupName"] == "" {
			found = append(found, neighbour{what: "an instance", id: aws.ToString(i.InstanceId), name: tags["Name"], tags: tags})
		}
	}
	return found, err
}

func (n *neighbours) nats(ctx context.Context) (found []neighbour, err error) {
	pages := ec2.NewDescribeNatGatewaysPaginator(n.EC2, &ec2.DescribeNatGatewaysInput{
		Filter: append(n.within(), account.Filter("state", "pending", "available")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe NAT gateways: %w", err)
		}
		for _, g := range page.NatGateways {
			tags := account.OfEC2(g.Tags)
			found = append(found, neighbour{what: "a NAT gateway", id: aws.ToString(g.NatGatewayId), name: tags["Name"], tags: tags})
		}
	}
	return found, nil
}

// interfaces returns those that somebody has made by themselves.
func (n *neighbours) interfaces(ctx context.Context) (found []neighbour, err error) {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(n.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: n.within()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe network interfaces: %w", err)
		}
		for _, i := range page.NetworkInterfaces {
			if account.IsOwn(i) {
				tags := account.OfEC2(i.TagSet)
				found = append(found, neighbour{what: "a network interface", id: aws.ToString(i.NetworkInterfaceId), name: tags["Name"], tags: tags})
			}
		}
	}
	return found, nil
}

func (n *neighbours) targets(ctx context.Context) (found []neighbour, err error) {
	pages := elb.NewDescribeTargetGroupsPaginator(n.ELB, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe target groups: %w", err)
		}
		for _, g := range page.TargetGroups {
			if aws.ToString(g.VpcId) == n.vpc.ID {
				found = append(found, neighbour{what: "a target group", id: aws.ToString(g.TargetGroupArn), name: aws.ToString(g.TargetGroupName)})
			}
		}
	}
	return found, nil
}

func (n *neighbours) balancers(ctx context.Context) (found []neighbour, err error) {
	pages := elb.NewDescribeLoadBalancersPaginator(n.ELB, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe load balancers: %w", err)
		}
		for _, b := range page.LoadBalancers {
			if aws.ToString(b.VpcId) == n.vpc.ID {
				found = append(found, neighbour{what: "a load balancer", id: aws.ToString(b.LoadBalancerArn), name: aws.ToString(b.LoadBalancerName)})
			}
		}
	}
	return found, nil
}

// Remarks tells of what is not the stack's, when all that is has been found.
func (n *neighbours) Remarks() (all []resource.Remark) {
	own := n.own()
	for _, one := range n.seen {
		text := one.says
		switch {
		case text != "":
		case own[one.id] || one.tags[account.TagStack] == n.Stack() || balancing.GenerationOf(n.Scope, one.name) > 0:
			continue
		case one.name != "":
			text = one.what + " that is not this stack's: " + one.name
		default:
			text = one.what + " that is not this stack's"
		}
		all = append(all, resource.Remark{ID: one.id, Text: text})
	}
	return all
}

// own are the ids of all that was found of the stack, its doubles too.
func (n *neighbours) own() map[string]bool {
	own := map[string]bool{}
	for _, other := range n.graph.nodes {
		own[resource.Identity(other.resource)] = true
		for _, d := range doublesOf(other) {
			own[d.Identity()] = true
		}
	}
	return own
}

var (
	_ resource.Resource  = (*neighbours)(nil)
	_ resource.Remarking = (*neighbours)(nil)
)

func (n *neighbours) Undrawn() {} // what somebody else has in the VPC
