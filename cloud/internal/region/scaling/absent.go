package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
)

// What a group cannot have here is made by no operation, and so these lists are empty. Clients read them beside a group.

// exists refuses the name of a group that there is not.
func (r *Room) exists(name *string) error {
	if _, ok := r.fleets.Get(room.Deref(name)); !ok {
		return missingFleet(room.Deref(name))
	}
	return nil
}

// DescribeNotificationConfigurations lists no notification.
func (r *Room) DescribeNotificationConfigurations(
	ctx context.Context,
	in *autoscaling.DescribeNotificationConfigurationsInput,
) (*autoscaling.DescribeNotificationConfigurationsOutput, error) {
	return &autoscaling.DescribeNotificationConfigurationsOutput{}, room.Only(in, "AutoScalingGroupNames", "MaxRecords", "NextToken")
}

// DescribeLaunchConfigurations lists no launch configuration: new accounts cannot make any
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html).
func (r *Room) DescribeLaunchConfigurations(
	ctx context.Context,
	in *autoscaling.DescribeLaunchConfigurationsInput,
) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return &autoscaling.DescribeLaunchConfigurationsOutput{}, room.Only(in, "LaunchConfigurationNames", "MaxRecords", "NextToken")
}

// DescribeLoadBalancers lists no classic load balancer.
func (r *Room) DescribeLoadBalancers(ctx context.Context, in *autoscaling.DescribeLoadBalancersInput) (*autoscaling.DescribeLoadBalancersOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	return &autoscaling.DescribeLoadBalancersOutput{}, r.exists(in.AutoScalingGroupName)
}

// DescribeWarmPool lists no instance, and no pool.
func (r *Room) DescribeWarmPool(ctx context.Context, in *autoscaling.DescribeWarmPoolInput) (*autoscaling.DescribeWarmPoolOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	return &autoscaling.DescribeWarmPoolOutput{}, r.exists(in.AutoScalingGroupName)
}

// elbv2 is the type of target groups among traffic sources.
const elbv2 = "elbv2"

// DescribeTrafficSources lists a group's target groups; it can have no other sources.
func (r *Room) DescribeTrafficSources(ctx context.Context, in *autoscaling.DescribeTrafficSourcesInput) (*autoscaling.DescribeTrafficSourcesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken", "TrafficSourceType"); err != nil {
		return nil, err
	}
	f, ok := r.fleets.Get(room.Deref(in.AutoScalingGroupName))
	if !ok {
		return nil, missingFleet(room.Deref(in.AutoScalingGroupName))
	}
	var sources []autoscalingtypes.TrafficSourceState
	for _, a := range f.Attachments {
		if t := room.Deref(in.TrafficSourceType); t == "" || t == elbv2 {
			sources = append(sources, autoscalingtypes.TrafficSourceState{Identifier: new(a.ARN), State: new(string(a.State)), Type: new(elbv2)})
		}
	}
	rows, next, err := page(sources, func(s autoscalingtypes.TrafficSourceState) string { return *s.Identifier }, in.MaxRecords, in.NextToken, 50, 50)
	return &autoscaling.DescribeTrafficSourcesOutput{TrafficSources: rows, NextToken: next}, err
}
