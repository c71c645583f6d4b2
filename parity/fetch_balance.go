package parity

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

func (r *fetcher) readTargetGroups(ctx context.Context) error {
	var arns []string
	pages := elb.NewDescribeTargetGroupsPaginator(r.ELB, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.TargetGroups {
			if aws.ToString(g.VpcId) == aws.ToString(r.f.vpc.VpcId) {
				r.f.targetGroups, arns = append(r.f.targetGroups, g), append(arns, aws.ToString(g.TargetGroupArn))
			}
		}
	}
	return both(ctx,
		func(ctx context.Context) error { return r.readELBTags(ctx, arns) },
		func(ctx context.Context) error {
			return each(ctx, arns, func(ctx context.Context, arn string) error {
				return both(ctx,
					func(ctx context.Context) error { return r.readGroupSettings(ctx, arn) },
					func(ctx context.Context) error { return r.readTargets(ctx, arn) })
			})
		})
}

func (r *fetcher) readGroupSettings(ctx context.Context, arn string) error {
	out, err := r.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f.groupSettings[arn] = out.Attributes
	return nil
}

func (r *fetcher) readTargets(ctx context.Context, arn string) error {
	found, err := r.Targets(ctx, arn)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f.targets[arn] = found
	return nil
}

func (r *fetcher) readBalancers(ctx context.Context) error {
	all, err := r.allBalancers(ctx)
	if err != nil {
		return err
	}
	var arns []string
	for _, b := range all {
		if aws.ToString(b.VpcId) == aws.ToString(r.f.vpc.VpcId) {
			r.f.balancers, arns = append(r.f.balancers, b), append(arns, aws.ToString(b.LoadBalancerArn))
		}
	}
	return both(ctx,
		func(ctx context.Context) error { return r.readELBTags(ctx, arns) },
		func(ctx context.Context) error {
			return each(ctx, arns, func(ctx context.Context, arn string) error {
				return both(ctx,
					func(ctx context.Context) error { return r.readBalancerSettings(ctx, arn) },
					func(ctx context.Context) error { return r.readListeners(ctx, arn) })
			})
		})
}

func (r *fetcher) allBalancers(ctx context.Context) ([]elbtypes.LoadBalancer, error) {
	var all []elbtypes.LoadBalancer
	pages := elb.NewDescribeLoadBalancersPaginator(r.ELB, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.LoadBalancers...)
	}
	return all, nil
}

func (r *fetcher) readBalancerSettings(ctx context.Context, arn string) error {
	out, err := r.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f.lbSettings[arn] = out.Attributes
	return nil
}

func (r *fetcher) readListeners(ctx context.Context, arn string) error {
	var listeners []elbtypes.Listener
	var arns []string
	pages := elb.NewDescribeListenersPaginator(r.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, l := range page.Listeners {
			listeners, arns = append(listeners, l), append(arns, aws.ToString(l.ListenerArn))
		}
	}
	r.mu.Lock()
	r.f.listeners[arn] = listeners
	r.mu.Unlock()
	return both(ctx,
		func(ctx context.Context) error { return r.readELBTags(ctx, arns) },
		func(ctx context.Context) error { return each(ctx, listeners, r.readListener) })
}

func (r *fetcher) readListener(ctx context.Context, l elbtypes.Listener) error {
	return both(ctx,
		func(ctx context.Context) error { return r.readRules(ctx, l) },
		func(ctx context.Context) error { return r.readListenerAttributes(ctx, l) })
}

// readListenerAttributes reads a network load balancer's listener of TCP, the one that has an idle time.
func (r *fetcher) readListenerAttributes(ctx context.Context, l elbtypes.Listener) error {
	if l.Protocol != elbtypes.ProtocolEnumTcp {
		return nil
	}
	out, err := r.ELB.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: l.ListenerArn})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.f.forgets[aws.ToString(l.ListenerArn)] = out.Attributes
	r.mu.Unlock()
	return nil
}

func (r *fetcher) readRules(ctx context.Context, l elbtypes.Listener) error {
	out, err := r.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.f.rules[aws.ToString(l.ListenerArn)] = out.Rules
	r.mu.Unlock()
	return nil
}

// readELBTags reads tags of ARNs, twenty a call, which is DescribeTags' limit.
func (r *fetcher) readELBTags(ctx context.Context, arns []string) error {
	for batch := range slices.Chunk(arns, 20) {
		out, err := r.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: batch})
		if err != nil {
			return err
		}
		r.mu.Lock()
		for _, d := range out.TagDescriptions {
			r.f.elbTags[aws.ToString(d.ResourceArn)] = account.OfELB(d.Tags)
		}
		r.mu.Unlock()
	}
	return nil
}

// readVPCOfBalancer finds the VPC that the load balancer with a record's DNS name is in.
func (r *fetcher) readVPCOfBalancer(ctx context.Context) error {
	id, err := r.vpcOf(ctx)
	if err != nil {
		return err
	}
	return r.describeVPC(ctx, id)
}

// vpcOf returns the id of the VPC that the place's load balancer is in.
func (r *fetcher) vpcOf(ctx context.Context) (string, error) {
	all, err := r.allBalancers(ctx)
	if err != nil {
		return "", err
	}
	for _, b := range all {
		if plainName(aws.ToString(b.DNSName)) == r.balancer {
			if b.VpcId == nil {
				return "", errors.New("load balancer " + aws.ToString(b.LoadBalancerArn) + " is in no VPC")
			}
			return *b.VpcId, nil
		}
	}
	return "", errors.New("no load balancer has the DNS name " + r.balancer)
}

func plainName(name string) string { return discover.PlainName(name) }
