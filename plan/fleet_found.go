package plan

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
func (f *fleet) Find(ctx context.Context) (bool, error) {
	f.earlier, f.beyond, f.was, f.found, f.deleting, f.blocked = nil, nil, nil, false, false, nil
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
	if f.was == nil {
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
func (f *fleet) sort(g *autoscalingtypes.AutoScalingGroup) {
	name := aws.ToString(g.AutoScalingGroupName)
	if !f.isOurs(g) {
		f.blocked = resource.InTheWay("auto scaling group "+name, f.Mark("fleet"))
		return
	}
	if name == f.fleetName() {
		f.remember(g)
		return
	}
	one := &fleet{Scope: f.Scope, template: f.template, group: &balancing.TargetGroup{Scope: f.Scope, Number: balancing.GenerationOf(f.Scope, name)}}
	one.remember(g)
	if f.passes(g) {
		f.beyond = append(f.beyond, one)
		return
	}
	f.earlier = append(f.earlier, one)
}

// passes tells whether a group is of another network. It has its target group's number; where that one is gone, a network that
// is to go takes no group that is not over its subnets.
func (f *fleet) passes(g *autoscalingtypes.AutoScalingGroup) bool {
	if slices.Contains(f.group.Others, balancing.GenerationOf(f.Scope, aws.ToString(g.AutoScalingGroupName))) {
		return true
	}
	return f.group.VPC.Leaving && !slices.ContainsFunc(splitIDs(g.VPCZoneIdentifier), func(id string) bool { return network.HasSubnet(f.subnets, id) })
}

// isOurs tells whether the group that has the stack's name is the stack's. Without its tags it is, if it is tied to the
// stack's launch template, target group or subnets.
func (f *fleet) isOurs(g *autoscalingtypes.AutoScalingGroup) bool {
	tags := account.OfGroup(g.Tags)
	if f.Mark("fleet").In(tags) {
		return true
	}
	within := slices.ContainsFunc(splitIDs(g.VPCZoneIdentifier), func(id string) bool { return id != "" && network.HasSubnet(f.subnets, id) })
	tied := within || f.group.ARN != "" && slices.Contains(g.TargetGroupARNs, f.group.ARN) ||
		f.template.ID != "" && machines.VersionOf(g.LaunchTemplate).Template == f.template.ID
	return tied && account.Unclaimed(tags, f.Stack())
}

// groupTags tells whether the group has the stack's tags, and gives them to its instances, with the name that these are shown by.
func (f *fleet) groupTags(g *autoscalingtypes.AutoScalingGroup) resource.Field {
	given := account.OfGroup(slices.DeleteFunc(slices.Clone(g.Tags), func(t autoscalingtypes.TagDescription) bool { return !aws.ToBool(t.PropagateAtLaunch) }))
	field := f.TaggedWith("fleet", given)
	if given["Name"] != f.Mark("fleet")["Name"] {
		field.Value = resource.Yes(false)
	}
	return field
}

func (f *fleet) Refused() error { return f.blocked }

// Remnants tells whether the group is being deleted, or there are others.
func (f *fleet) Remnants() bool { return f.deleting || len(f.earlier) > 0 }

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

// there returns the group as it is now.
func (f *fleet) there(ctx context.Context) (*autoscalingtypes.AutoScalingGroup, error) {
	g, err := f.describe(ctx)
	if err == nil && g == nil {
		err = fmt.Errorf("auto scaling group %s is gone", f.fleetName())
	}
	return g, err
}

func (f *fleet) remember(g *autoscalingtypes.AutoScalingGroup) {
	f.found = true
	f.deleting = g.Status != nil // set only while a group is being deleted
	f.was = g
	version := f.template.Label(machines.VersionOf(g.LaunchTemplate))
	var suspended []string
	for _, p := range g.SuspendedProcesses {
		suspended = append(suspended, aws.ToString(p.ProcessName))
	}
	f.seen = append(actualFleet(g), []resource.Field{
		{Name: "min", Value: resource.Number(aws.ToInt32(g.MinSize))},
		{Name: "max", Value: resource.Number(aws.ToInt32(g.MaxSize))},
		{Name: "health check", Value: aws.ToString(g.HealthCheckType)},
		{Name: "grace", Value: resource.Number(aws.ToInt32(g.HealthCheckGracePeriod))},
		{Name: "subnets", Value: resource.Set(splitIDs(g.VPCZoneIdentifier)...)},
		{Name: "target groups", Value: resource.Set(g.TargetGroupARNs...)},
		{Name: "suspended processes", Value: resource.Set(suspended...)},
		{Name: "template version", Value: version},
		{Name: "instances' version", Value: cmp.Or(f.versionsOf(g), version)},
		{Name: "protected instances", Value: resource.Set(protectedOf(g)...)},
		f.groupTags(g),
	}...)
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
			versions = append(versions, f.template.Label(machines.VersionOf(i.LaunchTemplate)))
		}
	}
	return resource.Set(versions...)
}

// onItsWayOut tells whether an instance is leaving its group.
func onItsWayOut(s autoscalingtypes.LifecycleState) bool {
	return strings.HasPrefix(string(s), "Terminat") || strings.HasPrefix(string(s), "Detach")
}
