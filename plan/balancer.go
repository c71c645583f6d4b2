package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// balancer is the load balancer over a region's public subnets.
type balancer struct {
	resource.Scope
	vpc     *network.VPC
	subnets []*network.Subnet
	group   *network.Group

	number               int    // of its generation
	arn, dnsName, zoneID string // zoneID is of Route 53's zone that dnsName lies in
	seen                 []resource.Field
	in                   []string                // the subnets that it was found in
	others               string                  // of leftAlone, those that are unusual
	earlier              []elbtypes.LoadBalancer // the stack's in networks of other generations
}

func (b *balancer) Remarks() []resource.Remark {
	if b.others == "" {
		return nil
	}
	return []resource.Remark{{ID: b.arn, Text: "has attributes that a new load balancer does not have: " + b.others}}
}

func (b *balancer) Identity() string         { return b.arn }
func (b *balancer) Actual() []resource.Field { return b.seen }
func (b *balancer) balancerName() string     { return generation(b.Scope, b.number) }

func (b *balancer) Desired() []resource.Field {
	return []resource.Field{
		{Name: "type", Value: string(b.Declared.Balancer.Kind), Fixed: true},
		{Name: "scheme", Value: string(elbtypes.LoadBalancerSchemeEnumInternetFacing), Fixed: true},
		{Name: "subnets", Value: resource.Set(network.IDsOfSubnets(b.subnets)...)},
		{Name: "groups", Value: resource.Known(b.group.ID)},
		{Name: "addresses", Value: string(elbtypes.IpAddressTypeIpv4)},
		{Name: "attributes", Value: unusual(b.wants(), b.defaults())},
		{Name: "logs", Value: b.declaredLogs()},
		b.Tagged("load-balancer"),
		{Name: "state", Value: string(elbtypes.LoadBalancerStateEnumActive)},
	}
}

func (b *balancer) Find(ctx context.Context) (bool, error) {
	all, err := loadBalancers(ctx, b.Scope)
	if err != nil {
		return false, err
	}
	*b = balancer{Scope: b.Scope, vpc: b.vpc, subnets: b.subnets, group: b.group}
	var own *elbtypes.LoadBalancer
	var taken []int
	for _, one := range all {
		taken = append(taken, generationOf(b.Scope, aws.ToString(one.LoadBalancerName)))
		switch {
		case b.vpc.Beyond(aws.ToString(one.VpcId)):
			b.earlier = append(b.earlier, one)
		case own == nil || aws.ToString(one.VpcId) == b.vpc.ID:
			own = &one
		}
	}
	if own == nil {
		b.number, err = vacant(b.Scope, taken)
		return false, err
	}
	arn := aws.ToString(own.LoadBalancerArn)
	tags, others, attributes, err := b.OwnedWith(ctx, arn, "load-balancer", aws.ToString(own.VpcId), b.vpc.ID, b.BalancerAttributes)
	if err != nil {
		return false, err
	}
	b.number = generationOf(b.Scope, aws.ToString(own.LoadBalancerName))
	b.remember(*own)
	b.others = unusual(b.undeclared(attributes, others), leftAlone)
	b.seen = append(b.seen, resource.Field{Name: "attributes", Value: unusual(attributes, b.defaults())},
		resource.Field{Name: "logs", Value: b.ownLogs(attributes, others)}, tags)
	return true, nil
}

// beside tells whether it takes the place of one in an earlier network.
func (b *balancer) beside() bool { return len(b.earlier) > 0 }

// leads returns the one of an earlier network that a record leads to, nil where it leads to none of these.
func (b *balancer) leads(set route53types.ResourceRecordSet) *elbtypes.LoadBalancer {
	for _, one := range b.earlier {
		if set.AliasTarget != nil && sameName(aws.ToString(set.AliasTarget.DNSName), aws.ToString(one.DNSName)) {
			return &one
		}
	}
	return nil
}

// answersTo tells whether a DNS name is the load balancer's, or that of one in an earlier network.
func (b *balancer) answersTo(name string) bool {
	return b.dnsName != "" && sameName(name, b.dnsName) ||
		slices.ContainsFunc(b.earlier, func(one elbtypes.LoadBalancer) bool { return sameName(name, aws.ToString(one.DNSName)) })
}

func (b *balancer) remember(l elbtypes.LoadBalancer) {
	b.arn, b.dnsName, b.zoneID = aws.ToString(l.LoadBalancerArn), aws.ToString(l.DNSName), aws.ToString(l.CanonicalHostedZoneId)
	b.in = nil
	for _, z := range l.AvailabilityZones {
		b.in = append(b.in, aws.ToString(z.SubnetId))
	}
	state := ""
	if l.State != nil {
		state = string(l.State.Code)
	}
	b.seen = []resource.Field{
		{Name: "type", Value: string(l.Type)},
		{Name: "scheme", Value: string(l.Scheme)},
		{Name: "subnets", Value: resource.Set(b.in...)},
		{Name: "groups", Value: resource.Set(l.SecurityGroups...)},
		{Name: "addresses", Value: string(l.IpAddressType)},
		{Name: "state", Value: state},
	}
}

// Create returns when the load balancer is active.
func (b *balancer) Create(ctx context.Context) error {
	out, err := b.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name:           aws.String(b.balancerName()),
		Type:           b.Declared.Balancer.Kind.Type(),
		Scheme:         elbtypes.LoadBalancerSchemeEnumInternetFacing,
		IpAddressType:  elbtypes.IpAddressTypeIpv4,
		Subnets:        network.IDsOfSubnets(b.subnets),
		SecurityGroups: []string{b.group.ID},
		Tags:           b.Mark("load-balancer").ELB(),
	})
	if err != nil {
		return fmt.Errorf("create load balancer: %w", err)
	}
	b.remember(out.LoadBalancers[0])
	if err := b.awaitActive(ctx); err != nil {
		return err
	}
	return b.setAttributes(ctx, nil)
}

func (b *balancer) awaitActive(ctx context.Context) error {
	return account.Poll(ctx, b.balancerName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := b.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.arn}})
		if account.IsNotFound(err) {
			return false, nil
		}
		if err != nil || len(out.LoadBalancers) == 0 || out.LoadBalancers[0].State == nil {
			return false, err
		}
		state := out.LoadBalancers[0].State
		if state.Code == elbtypes.LoadBalancerStateEnumFailed {
			return false, fmt.Errorf("load balancer %s failed: %s", b.arn, aws.ToString(state.Reason))
		}
		return state.Code == elbtypes.LoadBalancerStateEnumActive, nil
	})
}

func (b *balancer) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "subnets") {
		_, err := b.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: &b.arn, Subnets: network.IDsOfSubnets(b.subnets)})
		if err != nil {
			return fmt.Errorf("set subnets of %s: %w", b.arn, err)
		}
	}
	if resource.Differs(differences, "groups") {
		_, err := b.ELB.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: &b.arn, SecurityGroups: []string{b.group.ID}})
		if err != nil {
			return fmt.Errorf("set security groups of %s: %w", b.arn, err)
		}
	}
	if resource.Differs(differences, "addresses") {
		_, err := b.ELB.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: &b.arn, IpAddressType: elbtypes.IpAddressTypeIpv4})
		if err != nil {
			return fmt.Errorf("set the addresses of %s: %w", b.arn, err)
		}
	}
	if resource.Differs(differences, "tagged") {
		if err := b.RetagELB(ctx, b.arn, "load-balancer"); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "attributes") || resource.Differs(differences, "logs") {
		now, err := b.BalancerAttributes(ctx, b.arn)
		if err == nil {
			err = b.setAttributes(ctx, now)
		}
		if err != nil {
			return err
		}
	}
	return b.awaitActive(ctx)
}

func (b *balancer) Remove(ctx context.Context) error {
	if err := b.release(ctx); err != nil {
		return err
	}
	if _, err := b.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &b.arn}); err != nil {
		return fmt.Errorf("delete %s: %w", b.arn, err)
	}
	return account.Poll(ctx, "the end of "+b.balancerName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := b.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.arn}})
		if account.IsNotFound(err) {
			return true, nil
		}
		return err == nil && len(out.LoadBalancers) == 0, err
	})
}

var _ resource.Resource = (*balancer)(nil)
