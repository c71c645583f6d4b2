// Package balancing has what users reach a region by: its load balancer, listeners and their rules, target groups in their generations, and the
// switch that stands in a listener.
package balancing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Balancer is the load balancer over a region's public subnets.
type Balancer struct {
	resource.Scope
	VPC     *network.VPC
	Subnets []*network.Subnet
	Group   *network.Group

	Number               int    // of its generation
	ARN, DNSName, ZoneID string // zoneID is of Route 53's zone that dnsName lies in
	seen                 []resource.Field
	In                   []string                // the subnets that it was found in
	others               string                  // of leftAlone, those that are unusual
	Earlier              []elbtypes.LoadBalancer // the stack's in networks of other generations
}

func (b *Balancer) Remarks() []resource.Remark {
	if b.others == "" {
		return nil
	}
	return []resource.Remark{{ID: b.ARN, Text: "has attributes that a new load balancer does not have: " + b.others}}
}

func (b *Balancer) Identity() string         { return b.ARN }
func (b *Balancer) Actual() []resource.Field { return b.seen }
func (b *Balancer) BalancerName() string     { return Generation(b.Scope, b.Number) }

func (b *Balancer) Desired() []resource.Field {
	return []resource.Field{
		{Name: "type", Value: string(b.Declared.Balancer.Kind), Fixed: true},
		{Name: "scheme", Value: string(elbtypes.LoadBalancerSchemeEnumInternetFacing), Fixed: true},
		{Name: "subnets", Value: resource.Set(network.IDsOfSubnets(b.Subnets)...)},
		{Name: "groups", Value: resource.Known(b.Group.ID)},
		{Name: "addresses", Value: string(elbtypes.IpAddressTypeIpv4)},
		{Name: "attributes", Value: unusual(b.wants(), b.defaults())},
		{Name: "logs", Value: b.declaredLogs()},
		b.Tagged("load-balancer"),
		{Name: "state", Value: string(elbtypes.LoadBalancerStateEnumActive)},
	}
}

func (b *Balancer) Find(ctx context.Context) (bool, error) {
	all, err := LoadBalancers(ctx, b.Scope)
	if err != nil {
		return false, err
	}
	*b = Balancer{Scope: b.Scope, VPC: b.VPC, Subnets: b.Subnets, Group: b.Group}
	var own *elbtypes.LoadBalancer
	var taken []int
	for _, one := range all {
		taken = append(taken, GenerationOf(b.Scope, aws.ToString(one.LoadBalancerName)))
		switch {
		case b.VPC.Beyond(aws.ToString(one.VpcId)):
			b.Earlier = append(b.Earlier, one)
		case own == nil || aws.ToString(one.VpcId) == b.VPC.ID:
			own = &one
		}
	}
	if own == nil {
		b.Number, err = vacant(b.Scope, taken)
		return false, err
	}
	arn := aws.ToString(own.LoadBalancerArn)
	tags, others, attributes, err := b.OwnedWith(ctx, arn, "load-balancer", aws.ToString(own.VpcId), b.VPC.ID, b.BalancerAttributes)
	if err != nil {
		return false, err
	}
	b.Number = GenerationOf(b.Scope, aws.ToString(own.LoadBalancerName))
	b.remember(*own)
	b.others = unusual(b.undeclared(attributes, others), leftAlone)
	b.seen = append(b.seen, resource.Field{Name: "attributes", Value: unusual(attributes, b.defaults())},
		resource.Field{Name: "logs", Value: b.ownLogs(attributes, others)}, tags)
	return true, nil
}

// Beside tells whether it takes the place of one in an earlier network.
func (b *Balancer) Beside() bool { return len(b.Earlier) > 0 }

// Leads returns the one of an earlier network that a record leads to, nil where it leads to none of these.
func (b *Balancer) Leads(set route53types.ResourceRecordSet) *elbtypes.LoadBalancer {
	for _, one := range b.Earlier {
		if set.AliasTarget != nil && SameName(aws.ToString(set.AliasTarget.DNSName), aws.ToString(one.DNSName)) {
			return &one
		}
	}
	return nil
}

// AnswersTo tells whether a DNS name is the load balancer's, or that of one in an earlier network.
func (b *Balancer) AnswersTo(name string) bool {
	return b.DNSName != "" && SameName(name, b.DNSName) ||
		slices.ContainsFunc(b.Earlier, func(one elbtypes.LoadBalancer) bool { return SameName(name, aws.ToString(one.DNSName)) })
}

func (b *Balancer) remember(l elbtypes.LoadBalancer) {
	b.ARN, b.DNSName, b.ZoneID = aws.ToString(l.LoadBalancerArn), aws.ToString(l.DNSName), aws.ToString(l.CanonicalHostedZoneId)
	b.In = nil
	for _, z := range l.AvailabilityZones {
		b.In = append(b.In, aws.ToString(z.SubnetId))
	}
	state := ""
	if l.State != nil {
		state = string(l.State.Code)
	}
	b.seen = []resource.Field{
		{Name: "type", Value: string(l.Type)},
		{Name: "scheme", Value: string(l.Scheme)},
		{Name: "subnets", Value: resource.Set(b.In...)},
		{Name: "groups", Value: resource.Set(l.SecurityGroups...)},
		{Name: "addresses", Value: string(l.IpAddressType)},
		{Name: "state", Value: state},
	}
}

// Create returns when the load balancer is active.
func (b *Balancer) Create(ctx context.Context) error {
	out, err := b.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name:           aws.String(b.BalancerName()),
		Type:           b.Declared.Balancer.Kind.Type(),
		Scheme:         elbtypes.LoadBalancerSchemeEnumInternetFacing,
		IpAddressType:  elbtypes.IpAddressTypeIpv4,
		Subnets:        network.IDsOfSubnets(b.Subnets),
		SecurityGroups: []string{b.Group.ID},
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

func (b *Balancer) awaitActive(ctx context.Context) error {
	return account.Poll(ctx, b.BalancerName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := b.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.ARN}})
		if account.IsNotFound(err) {
			return false, nil
		}
		if err != nil || len(out.LoadBalancers) == 0 || out.LoadBalancers[0].State == nil {
			return false, err
		}
		state := out.LoadBalancers[0].State
		if state.Code == elbtypes.LoadBalancerStateEnumFailed {
			return false, fmt.Errorf("load balancer %s failed: %s", b.ARN, aws.ToString(state.Reason))
		}
		return state.Code == elbtypes.LoadBalancerStateEnumActive, nil
	})
}

func (b *Balancer) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "subnets") {
		_, err := b.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: &b.ARN, Subnets: network.IDsOfSubnets(b.Subnets)})
		if err != nil {
			return fmt.Errorf("set subnets of %s: %w", b.ARN, err)
		}
	}
	if resource.Differs(differences, "groups") {
		_, err := b.ELB.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: &b.ARN, SecurityGroups: []string{b.Group.ID}})
		if err != nil {
			return fmt.Errorf("set security groups of %s: %w", b.ARN, err)
		}
	}
	if resource.Differs(differences, "addresses") {
		_, err := b.ELB.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: &b.ARN, IpAddressType: elbtypes.IpAddressTypeIpv4})
		if err != nil {
			return fmt.Errorf("set the addresses of %s: %w", b.ARN, err)
		}
	}
	if resource.Differs(differences, "tagged") {
		if err := b.RetagELB(ctx, b.ARN, "load-balancer"); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "attributes") || resource.Differs(differences, "logs") {
		now, err := b.BalancerAttributes(ctx, b.ARN)
		if err == nil {
			err = b.setAttributes(ctx, now)
		}
		if err != nil {
			return err
		}
	}
	return b.awaitActive(ctx)
}

func (b *Balancer) Remove(ctx context.Context) error {
	if err := b.release(ctx); err != nil {
		return err
	}
	if _, err := b.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &b.ARN}); err != nil {
		return fmt.Errorf("delete %s: %w", b.ARN, err)
	}
	return account.Poll(ctx, "the end of "+b.BalancerName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := b.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.ARN}})
		if account.IsNotFound(err) {
			return true, nil
		}
		return err == nil && len(out.LoadBalancers) == 0, err
	})
}

var _ resource.Resource = (*Balancer)(nil)

// Monthly counts an address in each of the subnets.
func (b *Balancer) Monthly() float64 {
	return prices.HoursAMonth * (prices.BalancerHour + prices.AddressHour*float64(len(b.Subnets)))
}

func (b *Balancer) Succeeds() string {
	var names []string
	for _, one := range b.Earlier {
		names = append(names, aws.ToString(one.LoadBalancerName))
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%s by %s: the record moves to it when it serves", strings.Join(names, " and "), b.BalancerName())
}

// DeleteLoadBalancer: "You can't delete a load balancer if deletion protection is enabled" (Elastic Load Balancing API Reference).
func (b *Balancer) Unprotect() string {
	return fmt.Sprintf("deletion protection is on; `aws elbv2 modify-load-balancer-attributes --region %s --load-balancer-arn %s "+
		"--attributes Key=deletion_protection.enabled,Value=false` turns it off", b.Region, b.ARN)
}

// SameName compares DNS names: their case means nothing (RFC 4343), a last dot neither.
func SameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}
