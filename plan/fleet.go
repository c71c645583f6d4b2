package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/account"
)

// fleet is the Auto Scaling group over a region's private subnets. It replaces instances that the load balancer
// finds unhealthy, and instances that no longer match the template.
type fleet struct {
	scope
	template *template
	group    *targetGroup
	subnets  []*subnet

	found    bool
	seen     []Field
	attached []string // target groups
	deleting bool
}

func (f *fleet) fleetName() string { return "understudy-" + f.stack() }
func (f *fleet) actual() []Field   { return f.seen }

func (f *fleet) identity() string {
	if !f.found {
		return ""
	}
	return f.fleetName()
}

func (f *fleet) desired() []Field {
	size := f.declared.Fleet
	return []Field{
		{Name: "min", Value: number(size.Min)},
		{Name: "desired", Value: number(size.Desired)},
		{Name: "max", Value: number(size.Max)},
		{Name: "health check", Value: "ELB"},
		{Name: "grace", Value: number(size.Grace)},
		{Name: "subnets", Value: set(known(f.subnets[0].id), known(f.subnets[1].id))},
		{Name: "target groups", Value: known(f.group.arn)},
		{Name: "template version", Value: f.template.next()},
		{Name: "instances' version", Value: f.template.next()},
	}
}

func (f *fleet) zoneIdentifier() *string {
	return aws.String(f.subnets[0].id + "," + f.subnets[1].id)
}

func (f *fleet) launchTemplate() *autoscalingtypes.LaunchTemplateSpecification {
	return &autoscalingtypes.LaunchTemplateSpecification{
		LaunchTemplateId: &f.template.id, Version: aws.String(number(f.template.version)),
	}
}

func (f *fleet) create(ctx context.Context) error {
	if f.deleting {
		if err := f.remove(ctx); err != nil {
			return err
		}
	}
	size := f.declared.Fleet
	_, err := f.AutoScaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.fleetName()),
		LaunchTemplate:         f.launchTemplate(),
		MinSize:                aws.Int32(int32(size.Min)),
		DesiredCapacity:        aws.Int32(int32(size.Desired)),
		MaxSize:                aws.Int32(int32(size.Max)),
		HealthCheckType:        aws.String("ELB"),
		HealthCheckGracePeriod: aws.Int32(int32(size.Grace)),
		VPCZoneIdentifier:      f.zoneIdentifier(),
		TargetGroupARNs:        []string{f.group.arn},
		Tags:                   f.mark("fleet").Group(f.fleetName()),
	})
	if err != nil {
		return fmt.Errorf("create auto scaling group: %w", err)
	}
	f.found = true
	return nil
}

func (f *fleet) change(ctx context.Context, differences []Difference) error {
	size := f.declared.Fleet
	_, err := f.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.fleetName()),
		LaunchTemplate:         f.launchTemplate(),
		MinSize:                aws.Int32(int32(size.Min)),
		DesiredCapacity:        aws.Int32(int32(size.Desired)),
		MaxSize:                aws.Int32(int32(size.Max)),
		HealthCheckType:        aws.String("ELB"),
		HealthCheckGracePeriod: aws.Int32(int32(size.Grace)),
		VPCZoneIdentifier:      f.zoneIdentifier(),
	})
	if err != nil {
		return fmt.Errorf("update auto scaling group: %w", err)
	}
	if differs(differences, "target groups") {
		if err := f.attach(ctx); err != nil {
			return err
		}
	}
	if differs(differences, "instances' version") {
		return f.refresh(ctx)
	}
	return nil
}

// attach gives the group its target group, and no others.
func (f *fleet) attach(ctx context.Context) error {
	name := aws.String(f.fleetName())
	var extra []string
	for _, arn := range f.attached {
		if arn != f.group.arn {
			extra = append(extra, arn)
		}
	}
	if len(extra) > 0 {
		_, err := f.AutoScaling.DetachLoadBalancerTargetGroups(ctx, &autoscaling.DetachLoadBalancerTargetGroupsInput{
			AutoScalingGroupName: name, TargetGroupARNs: extra,
		})
		if err != nil {
			return fmt.Errorf("detach target groups: %w", err)
		}
	}
	_, err := f.AutoScaling.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: name, TargetGroupARNs: []string{f.group.arn},
	})
	if err != nil {
		return fmt.Errorf("attach target group: %w", err)
	}
	return nil
}

// refresh replaces the instances by ones of the template's version, a few at a time, and waits until
// none of the old is left.
func (f *fleet) refresh(ctx context.Context) error {
	_, err := f.AutoScaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: aws.String(f.fleetName())})
	switch {
	case account.IsUnsupported(err):
		return fmt.Errorf("the new template is in place, but this endpoint cannot replace instances of the old one; "+
			"terminate them one by one: %w", err)
	case err != nil && !account.IsCode(err, "InstanceRefreshInProgress"):
		return fmt.Errorf("start instance refresh: %w", err)
	}
	want := number(f.template.version)
	return account.Poll(ctx, "the replacement of instances", longTime*2, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return err == nil && g != nil && len(g.Instances) >= f.declared.Fleet.Min && versionsOf(g, "") == want, err
	})
}

// remove deletes the group with its instances, and returns when their subnets no longer have them.
func (f *fleet) remove(ctx context.Context) error {
	_, err := f.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(f.fleetName()), ForceDelete: aws.Bool(true),
	})
	if err != nil && !account.IsNotFound(err) && !account.IsCode(err, "ScalingActivityInProgress") {
		return fmt.Errorf("delete auto scaling group: %w", err)
	}
	err = account.Poll(ctx, "the end of "+f.fleetName(), longTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return err == nil && g == nil, err
	})
	if err != nil {
		return err
	}
	left, err := instances(ctx, f.scope, f.mark("fleet"))
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range left {
		ids = append(ids, aws.ToString(i.InstanceId))
	}
	return terminate(ctx, f.scope, ids)
}

var _ resource = (*fleet)(nil)
