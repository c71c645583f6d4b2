package account

import (
	"context"
	"fmt"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Targets returns the targets of a target group, with what the load balancer finds of each.
func (a *Account) Targets(ctx context.Context, group string) ([]elbtypes.TargetHealthDescription, error) {
	out, err := a.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, fmt.Errorf("describe target health of %s: %w", group, err)
	}
	return out.TargetHealthDescriptions, nil
}

// TargetGroupAttributes returns a target group's attributes by their keys.
func (a *Account) TargetGroupAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("describe attributes of %s: %w", arn, err)
	}
	return keyed(out.Attributes, func(a elbtypes.TargetGroupAttribute) (key, value *string) { return a.Key, a.Value }), nil
}

// ListenerAttributes returns a listener's attributes by their keys.
func (a *Account) ListenerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("describe attributes of %s: %w", arn, err)
	}
	return keyed(out.Attributes, func(a elbtypes.ListenerAttribute) (key, value *string) { return a.Key, a.Value }), nil
}

// BalancerAttributes returns a load balancer's attributes by their keys.
func (a *Account) BalancerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("describe attributes of %s: %w", arn, err)
	}
	return keyed(out.Attributes, func(a elbtypes.LoadBalancerAttribute) (key, value *string) { return a.Key, a.Value }), nil
}
