package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// Find looks for the group of the target group's generation, and for others. It asks for the targets before the groups: an
// instance that is launched meanwhile is then a group's, and no stranger.
func (f *Fleet) Find(ctx context.Context) (bool, error) {
	f.Earlier, f.Beyond, f.Was, f.found, f.deleting, f.blocked = nil, nil, nil, false, false, nil
	registered, err := f.registered(ctx)
	if err != nil {
		return false, err
	}
	out, err := f.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: balancing.GenerationNames(f.Stack()),
	})
	if err != nil {
		return false, fmt.Errorf("describe auto scaling groups: %w", err)
	}
	for _, g := range out.AutoScalingGroups {
		f.sort(&g)
	}
	if f.Was == nil {
		return false, nil
	}
	if err := f.lookAtInstances(ctx, registered); err != nil {
		return false, err
	}
	if f.running, err = f.refreshing(ctx); err != nil {
		return false, err
	}
	if f.running != nil {
		f.seen = append(f.seen, resource.Field{Name: "refresh", Value: f.refreshText(f.running)})
	}
	return !f.deleting, nil
}

// sort takes a group for the one in use, for one of another generation, or for somebody else's.
func (f *Fleet) sort(g *autoscalingtypes.AutoScalingGroup) {
	name := aws.ToString(g.AutoScalingGroupName)
	if !f.isOurs(g) {
		f.blocked = resource.InTheWay("auto scaling group "+name, f.Mark("fleet"))
		return
	}
	if name == f.FleetName() {
		f.remember(g)
		return
	}
	one := &Fleet{Scope: f.Scope, Template: f.Template, Group: &balancing.TargetGroup{Scope: f.Scope, Number: balancing.GenerationOf(f.Scope, name)}}
	one.remember(g)
	if f.passes(g) {
		f.Beyond = append(f.Beyond, one)
		return
	}
	f.Earlier = append(f.Earlier, one)
}

// passes tells whether a group is of another network. It has its target group's number; where that one is gone, a network that
// is to go takes no group that is not over its subnets.
func (f *Fleet) passes(g *autoscalingtypes.AutoScalingGroup) bool {
	if slices.Contains(f.Group.Others, balancing.GenerationOf(f.Scope, aws.ToString(g.AutoScalingGroupName))) {
		return true
	}
	return f.Group.VPC.Leaving && !slices.ContainsFunc(SplitIDs(g.VPCZoneIdentifier), func(id string) bool { return network.HasSubnet(f.Subnets, id) })
}

// isOurs tells whether the group that has the stack's name is the stack's. Without its tags it is, if it is tied to the
// stack's launch template, target group or subnets.
func (f *Fleet) isOurs(g *autoscalingtypes.AutoScalingGroup) bool {
	tags := account.OfGroup(g.Tags)
	if f.Mark("fleet").In(tags) {
		return true
	}
	within := slices.ContainsFunc(SplitIDs(g.VPCZoneIdentifier), func(id string) bool { return id != "" && network.HasSubnet(f.Subnets, id) })
	tied := within || f.Group.ARN != "" && slices.Contains(g.TargetGroupARNs, f.Group.ARN) ||
		f.Template.ID != "" && machines.VersionOf(g.LaunchTemplate).Template == f.Template.ID
	return tied && account.Unclaimed(tags, f.Stack())
}

// groupTags tells whether the group has the stack's tags, and gives them to its instances, with the name that these are shown by.
func (f *Fleet) groupTags(g *autoscalingtypes.AutoScalingGroup) resource.Field {
	given := account.OfGroup(slices.DeleteFunc(slices.Clone(g.Tags), func(t autoscalingtypes.TagDescription) bool { return !aws.ToBool(t.PropagateAtLaunch) }))
	field := f.TaggedWith("fleet", given)
	if given["Name"] != f.Mark("fleet")["Name"] {
		field.Value = resource.Yes(false)
	}
	return field
}

func (f *Fleet) Refused() error { return f.blocked }

// Remnants tells whether the group is being deleted, or there are others.
func (f *Fleet) Remnants() bool { return f.deleting || len(f.Earlier) > 0 }

func (f *Fleet) describe(ctx context.Context) (*autoscalingtypes.AutoScalingGroup, error) {
	out, err := f.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{f.FleetName()},
	})
	if err != nil {
		return nil, fmt.Errorf("describe auto scaling group: %w", err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return nil, nil
	}
	return &out.AutoScalingGroups[0], nil
}

// there returns the group as it is now.
func (f *Fleet) there(ctx context.Context) (*autoscalingtypes.AutoScalingGroup, error) {
	g, err := f.describe(ctx)
	if err == nil && g == nil {
		err = fmt.Errorf("auto scaling group %s is gone", f.FleetName())
	}
	return g, err
}

func (f *Fleet) remember(g *autoscalingtypes.AutoScalingGroup) {
	f.found = true
	f.deleting = g.Status != nil // set only while a group is being deleted
	f.Was = g
	version := f.Template.Label(machines.VersionOf(g.LaunchTemplate))
	var suspended []string
	for _, p := range g.SuspendedProcesses {
		suspended = append(suspended, aws.ToString(p.ProcessName))
	}
	f.seen = append(actualFleet(g), []resource.Field{
		{Name: "min", Value: resource.Number(aws.ToInt32(g.MinSize))},
		{Name: "max", Value: resource.Number(aws.ToInt32(g.MaxSize))},
		{Name: "health check", Value: aws.ToString(g.HealthCheckType)},
		{Name: "grace", Value: resource.Number(aws.ToInt32(g.HealthCheckGracePeriod))},
		{Name: "subnets", Value: resource.Set(SplitIDs(g.VPCZoneIdentifier)...)},
		{Name: "target groups", Value: resource.Set(g.TargetGroupARNs...)},
		{Name: "suspended processes", Value: resource.Set(suspended...)},
		{Name: "template version", Value: version},
		{Name: "instances' version", Value: cmp.Or(f.versionsOf(g), version)},
		{Name: "protected instances", Value: resource.Set(protectedOf(g)...)},
		f.groupTags(g),
	}...)
}

func SplitIDs(list *string) []string {
	var ids []string
	for id := range strings.SplitSeq(aws.ToString(list), ",") {
		ids = append(ids, strings.TrimSpace(id))
	}
	return ids
}

// versionsOf returns the template versions that a group's instances were made from, or nothing where it has none: those
// to come will be of the group's own.
func (f *Fleet) versionsOf(g *autoscalingtypes.AutoScalingGroup) string {
	var versions []string
	for _, i := range g.Instances {
		if !onItsWayOut(i.LifecycleState) {
			versions = append(versions, f.Template.Label(machines.VersionOf(i.LaunchTemplate)))
		}
	}
	return resource.Set(versions...)
}

// onItsWayOut tells whether an instance is leaving its group.
func onItsWayOut(s autoscalingtypes.LifecycleState) bool {
	return strings.HasPrefix(string(s), "Terminat") || strings.HasPrefix(string(s), "Detach")
}
