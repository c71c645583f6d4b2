package scaling

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// checkAttachable refuses what is no target group here, and one that has no instances: "The target group must specify a target type of instance"
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/getting-started-elastic-load-balancing.html), in AWS's words
// (https://github.com/hashicorp/terraform/issues/18674).
func (r *Room) checkAttachable(tx *store.Tx, arn string) error {
	of, ok := r.targets.TargetType(tx, arn)
	switch {
	case !ok || !strings.HasPrefix(arn, r.ARN("elasticloadbalancing", "targetgroup/")):
		return invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.")
	case of != elbtypes.TargetTypeEnumInstance:
		return invalid("Provided Target Group '%s' has invalid target type. Please ensure all provided Target Groups have target type of instance.", arn)
	}
	return nil
}

// addAttachments attaches target groups; those that are attached stay as they are.
func (r *Room) addAttachments(tx *store.Tx, f *fleetRow, arns []string) error {
	for _, arn := range arns {
		if err := r.checkAttachable(tx, arn); err != nil {
			return err
		}
		at := slices.IndexFunc(f.Attachments, func(a fleet.Attachment) bool { return a.ARN == arn })
		if at < 0 {
			f.Attachments = append(slices.Clone(f.Attachments), fleet.Attachment{ARN: arn, State: fleet.Adding})
		} else if f.Attachments[at].State == fleet.Removing {
			f.Attachments = slices.Clone(f.Attachments)
			f.Attachments[at].State = fleet.Adding
		}
	}
	if len(f.Attachments) > 50 {
		return invalid("Adding target groups exceeds the limit of 50 for an AutoScalingGroup.")
	}
	return nil
}

// AttachLoadBalancerTargetGroups makes a group register its instances with further target groups.
func (r *Room) AttachLoadBalancerTargetGroups(
	ctx context.Context,
	in *autoscaling.AttachLoadBalancerTargetGroupsInput,
) (*autoscaling.AttachLoadBalancerTargetGroupsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "TargetGroupARNs"); err != nil {
		return nil, err
	}
	if err := checkTargetGroups(in.TargetGroupARNs); err != nil {
		return nil, err
	}
	err := r.changeKnown(in.AutoScalingGroupName, missingNull, func(tx *store.Tx, f *fleetRow) error { return r.addAttachments(tx, f, in.TargetGroupARNs) })
	return &autoscaling.AttachLoadBalancerTargetGroupsOutput{}, err
}

func checkTargetGroups(arns []string) error {
	if len(arns) == 0 || len(arns) > 10 {
		return invalid("1 validation error detected: Value at 'targetGroupARNs' failed to satisfy constraint: Member must have length between 1 and 10")
	}
	return nil
}

// DetachLoadBalancerTargetGroups makes a group deregister its instances from target groups.
func (r *Room) DetachLoadBalancerTargetGroups(
	ctx context.Context,
	in *autoscaling.DetachLoadBalancerTargetGroupsInput,
) (*autoscaling.DetachLoadBalancerTargetGroupsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "TargetGroupARNs"); err != nil {
		return nil, err
	}
	if err := checkTargetGroups(in.TargetGroupARNs); err != nil {
		return nil, err
	}
	err := r.changeKnown(in.AutoScalingGroupName, missingNull, func(_ *store.Tx, f *fleetRow) error { return f.removeAttachments(in.TargetGroupARNs) })
	return &autoscaling.DetachLoadBalancerTargetGroupsOutput{}, err
}

// removeAttachments detaches target groups, which have to be attached.
func (f *fleetRow) removeAttachments(arns []string) error {
	f.Attachments = slices.Clone(f.Attachments)
	for _, arn := range arns {
		at := slices.IndexFunc(f.Attachments, func(a fleet.Attachment) bool { return a.ARN == arn && a.State != fleet.Removing })
		if at < 0 {
			return invalid("Trying to remove Target Groups that are not part of the group")
		}
		f.Attachments[at].State = fleet.Removing
	}
	return nil
}

// DescribeLoadBalancerTargetGroups lists a group's target groups and how far they are attached.
func (r *Room) DescribeLoadBalancerTargetGroups(
	ctx context.Context,
	in *autoscaling.DescribeLoadBalancerTargetGroupsInput,
) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	f, ok := r.fleets.Get(room.Deref(in.AutoScalingGroupName))
	if !ok {
		return nil, missingFleet(room.Deref(in.AutoScalingGroupName))
	}
	rows, next, err := page(slices.Clone(f.Attachments), func(a fleet.Attachment) string { return a.ARN }, in.MaxRecords, in.NextToken, 100, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeLoadBalancerTargetGroupsOutput{NextToken: next}
	for _, a := range rows {
		out.LoadBalancerTargetGroups = append(out.LoadBalancerTargetGroups, autoscalingtypes.LoadBalancerTargetGroupState{
			LoadBalancerTargetGroupARN: new(a.ARN), State: new(string(a.State)),
		})
	}
	return out, nil
}
