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
)

// balancer is the load balancer over a region's public subnets.
type balancer struct {
	scope
	vpc     *vpc
	subnets []*subnet
	group   *group

	number               int    // of its generation
	arn, dnsName, zoneID string // zoneID is of Route 53's zone that dnsName lies in
	seen                 []Field
	in                   []string                // the subnets that it was found in
	others               string                  // of leftAlone, those that are unusual
	earlier              []elbtypes.LoadBalancer // the stack's in networks of other generations
}

func (b *balancer) remarks() []Remark {
	if b.others == "" {
		return nil
	}
	return []Remark{{ID: b.arn, Text: "has attributes that a new load balancer does not have: " + b.others}}
}

func (b *balancer) identity() string     { return b.arn }
func (b *balancer) actual() []Field      { return b.seen }
func (b *balancer) balancerName() string { return generation(b.scope, b.number) }

func (b *balancer) desired() []Field {
	return []Field{
		{Name: "type", Value: string(b.declared.Balancer.Kind), Fixed: true},
		{Name: "scheme", Value: string(elbtypes.LoadBalancerSchemeEnumInternetFacing), Fixed: true},
		{Name: "subnets", Value: set(idsOfSubnets(b.subnets)...)},
		{Name: "groups", Value: known(b.group.id)},
		{Name: "addresses", Value: string(elbtypes.IpAddressTypeIpv4)},
		{Name: "attributes", Value: unusual(b.wants(), b.defaults())},
		{Name: "logs", Value: b.declaredLogs()},
		b.tagged("load-balancer"),
		{Name: "state", Value: string(elbtypes.LoadBalancerStateEnumActive)},
	}
}

func (b *balancer) find(ctx context.Context) (bool, error) {
	all, err := loadBalancers(ctx, b.scope)
	if err != nil {
		return false, err
	}
	*b = balancer{scope: b.scope, vpc: b.vpc, subnets: b.subnets, group: b.group}
	var own *elbtypes.LoadBalancer
	var taken []int
	for _, one := range all {
		taken = append(taken, generationOf(b.scope, aws.ToString(one.LoadBalancerName)))
		switch {
		case b.vpc.beyond(aws.ToString(one.VpcId)):
			b.earlier = append(b.earlier, one)
		case own == nil || aws.ToString(one.VpcId) == b.vpc.id:
			own = &one
		}
	}
	if own == nil {
		b.number, err = vacant(b.scope, taken)
		return false, err
	}
	arn := aws.ToString(own.LoadBalancerArn)
	tags, others, attributes, err := b.ownedWith(ctx, arn, "load-balancer", aws.ToString(own.VpcId), b.vpc.id, b.BalancerAttributes)
	if err != nil {
		return false, err
	}
	b.number = generationOf(b.scope, aws.ToString(own.LoadBalancerName))
	b.remember(*own)
	b.others = unusual(b.undeclared(attributes, others), leftAlone)
	b.seen = append(b.seen, Field{Name: "attributes", Value: unusual(attributes, b.defaults())},
		Field{Name: "logs", Value: b.ownLogs(attributes, others)}, tags)
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
	b.seen = []Field{
		{Name: "type", Value: string(l.Type)},
		{Name: "scheme", Value: string(l.Scheme)},
		{Name: "subnets", Value: set(b.in...)},
		{Name: "groups", Value: set(l.SecurityGroups...)},
		{Name: "addresses", Value: string(l.IpAddressType)},
		{Name: "state", Value: state},
	}
}

// create returns when the load balancer is active.
func (b *balancer) create(ctx context.Context) error {
	out, err := b.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name:           aws.String(b.balancerName()),
		Type:           b.declared.Balancer.Kind.Type(),
		Scheme:         elbtypes.LoadBalancerSchemeEnumInternetFacing,
		IpAddressType:  elbtypes.IpAddressTypeIpv4,
		Subnets:        idsOfSubnets(b.subnets),
		SecurityGroups: []string{b.group.id},
		Tags:           b.mark("load-balancer").ELB(),
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
	return account.Poll(ctx, b.balancerName(), longTime, func(ctx context.Context) (bool, error) {
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

func (b *balancer) change(ctx context.Context, differences []Difference) error {
	if differs(differences, "subnets") {
		_, err := b.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: &b.arn, Subnets: idsOfSubnets(b.subnets)})
		if err != nil {
			return fmt.Errorf("set subnets of %s: %w", b.arn, err)
		}
	}
	if differs(differences, "groups") {
		_, err := b.ELB.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: &b.arn, SecurityGroups: []string{b.group.id}})
		if err != nil {
			return fmt.Errorf("set security groups of %s: %w", b.arn, err)
		}
	}
	if differs(differences, "addresses") {
		_, err := b.ELB.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: &b.arn, IpAddressType: elbtypes.IpAddressTypeIpv4})
		if err != nil {
			return fmt.Errorf("set the addresses of %s: %w", b.arn, err)
		}
	}
	if differs(differences, "tagged") {
		if err := b.retagELB(ctx, b.arn, "load-balancer"); err != nil {
			return err
		}
	}
	if differs(differences, "attributes") || differs(differences, "logs") {
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

func (b *balancer) remove(ctx context.Context) error {
	if err := b.release(ctx); err != nil {
		return err
	}
	if _, err := b.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &b.arn}); err != nil {
		return fmt.Errorf("delete %s: %w", b.arn, err)
	}
	return account.Poll(ctx, "the end of "+b.balancerName(), longTime, func(ctx context.Context) (bool, error) {
		out, err := b.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.arn}})
		if account.IsNotFound(err) {
			return true, nil
		}
		return err == nil && len(out.LoadBalancers) == 0, err
	})
}

var _ resource = (*balancer)(nil)
