package plan

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/account"
)

// find looks for the group of the target group's generation, and for others.
func (f *fleet) find(ctx context.Context) (bool, error) {
	out, err := f.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: GenerationNames(f.stack()),
	})
	if err != nil {
		return false, fmt.Errorf("describe auto scaling groups: %w", err)
	}
	f.earlier, f.was, f.found = nil, nil, false
	for _, g := range out.AutoScalingGroups {
		name := aws.ToString(g.AutoScalingGroupName)
		if !f.mark("fleet").In(account.OfGroup(g.Tags)) {
			return false, fmt.Errorf("auto scaling group %s exists without the stack's tags: it is in the way of its name", name)
		}
		if name == f.fleetName() {
			f.remember(&g)
			continue
		}
		one := &fleet{scope: f.scope, template: f.template, group: &targetGroup{scope: f.scope, number: f.generationOf(name)}}
		one.remember(&g)
		f.earlier = append(f.earlier, one)
	}
	if f.was == nil {
		return false, nil
	}
	if f.running, err = f.refreshing(ctx); err != nil {
		return false, err
	}
	if f.running != nil {
		f.seen = append(f.seen, Field{Name: "refresh", Value: f.refreshText(f.running)})
	}
	return !f.deleting, nil
}

// remnants tells whether the group is being deleted, or there are others.
func (f *fleet) remnants() bool { return f.deleting || len(f.earlier) > 0 }

func (f *fleet) describe(ctx context.Context) (*autoscalingtypes.AutoScalingGroup, error) {
	out, err := f.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{f.fleetName()},
	})
	if err != nil {
		return nil, fmt.Errorf("describe auto scaling group: %w", err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return nil, nil
	}
	return &out.AutoScalingGroups[0], nil
}

func (f *fleet) remember(g *autoscalingtypes.AutoScalingGroup) {
	f.found = true
	f.deleting = g.Status != nil // set only while a group is being deleted
	f.was = g
	version := f.template.label(versionOf(g.LaunchTemplate))
	var suspended []string
	for _, p := range g.SuspendedProcesses {
		suspended = append(suspended, aws.ToString(p.ProcessName))
	}
	f.seen = []Field{
		{Name: "min", Value: number(aws.ToInt32(g.MinSize))},
		{Name: "max", Value: number(aws.ToInt32(g.MaxSize))},
		{Name: "health check", Value: aws.ToString(g.HealthCheckType)},
		{Name: "grace", Value: number(aws.ToInt32(g.HealthCheckGracePeriod))},
		{Name: "subnets", Value: set(splitIDs(g.VPCZoneIdentifier)...)},
		{Name: "target groups", Value: set(g.TargetGroupARNs...)},
		{Name: "suspended processes", Value: set(suspended...)},
		{Name: "template version", Value: version},
		{Name: "instances' version", Value: cmp.Or(f.versionsOf(g), version)},
	}
}

func splitIDs(list *string) []string {
	var ids []string
	for id := range strings.SplitSeq(aws.ToString(list), ",") {
		ids = append(ids, strings.TrimSpace(id))
	}
	return ids
}

// versionsOf returns the template versions that a group's instances were made from, or nothing where it has none: those
// to come will be of the group's own.
func (f *fleet) versionsOf(g *autoscalingtypes.AutoScalingGroup) string {
	var versions []string
	for _, i := range g.Instances {
		if !onItsWayOut(i.LifecycleState) {
			versions = append(versions, f.template.label(versionOf(i.LaunchTemplate)))
		}
	}
	return set(versions...)
}

// onItsWayOut tells whether an instance is leaving its group.
func onItsWayOut(s autoscalingtypes.LifecycleState) bool {
	return strings.HasPrefix(string(s), "Terminat") || strings.HasPrefix(string(s), "Detach")
}
