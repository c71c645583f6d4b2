package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

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

// targetGroupsOf takes the target groups of a request. There are neither classic load balancers nor VPC Lattice here.
func targetGroupsOf(sources []autoscalingtypes.TrafficSourceIdentifier) (arns []string, err error) {
	for _, s := range sources {
		if err := required("trafficSources.identifier", room.Deref(s.Identifier) == ""); err != nil {
			return nil, err
		}
		if t := room.Deref(s.Type); t != "" && t != elbv2 {
			return nil, wire.Errorf("UnsupportedOperation", "Traffic sources of the type %s are not supported here: %s are.", t, elbv2)
		}
		arns = append(arns, *s.Identifier)
	}
	return arns, checkTargetGroups(arns)
}

// AttachTrafficSources is AttachLoadBalancerTargetGroups by another name.
func (r *Room) AttachTrafficSources(ctx context.Context, in *autoscaling.AttachTrafficSourcesInput) (*autoscaling.AttachTrafficSourcesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "TrafficSources"); err != nil {
		return nil, err
	}
	arns, err := targetGroupsOf(in.TrafficSources)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error { return r.addAttachments(tx, f, arns) })
	return &autoscaling.AttachTrafficSourcesOutput{}, err
}

// DetachTrafficSources is DetachLoadBalancerTargetGroups by another name.
func (r *Room) DetachTrafficSources(ctx context.Context, in *autoscaling.DetachTrafficSourcesInput) (*autoscaling.DetachTrafficSourcesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "TrafficSources"); err != nil {
		return nil, err
	}
	arns, err := targetGroupsOf(in.TrafficSources)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error { return f.removeAttachments(arns) })
	return &autoscaling.DetachTrafficSourcesOutput{}, err
}
