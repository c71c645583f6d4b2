// Package fleet has the instances behind a load balancer: the Auto Scaling group, how its instances come to be of another version and when they
// serve, its size, and what changes that.
package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Fleet is the Auto Scaling group over a region's private subnets. It replaces instances that the load balancer
// finds unhealthy, and instances that no longer match the template. How many instances it has is declared for its
// creation only: after that, scaling or a person decides, within the declared minimum and maximum.
type Fleet struct {
	resource.Scope
	Template *machines.Template
	Group    *balancing.TargetGroup
	Subnets  []*network.Subnet
	Second   understudy.Side // the side that is changed after this one, if there is one

	found    bool
	Earlier  []*Fleet // the stack's of other generations
	Beyond   []*Fleet // likewise, in networks of others
	blocked  error    // what is somebody else's and has the name
	seen     []resource.Field
	Was      *autoscalingtypes.AutoScalingGroup // as it was found
	running  *autoscalingtypes.InstanceRefresh  // the refresh that was found under way, nil for none
	deleting bool
	rolled   bool // instances are being replaced by this run
}

func (f *Fleet) FleetName() string        { return balancing.Generation(f.Scope, f.Group.Number) }
func (f *Fleet) Actual() []resource.Field { return f.seen }

func (f *Fleet) Identity() string {
	if !f.found {
		return ""
	}
	return f.FleetName()
}

func (f *Fleet) Desired() []resource.Field {
	size, _ := f.size()
	capacity := []resource.Field{{Name: "min", Value: resource.Number(size.Min)}, {Name: "desired", Value: resource.Number(f.Begins())},
		{Name: "max", Value: resource.Number(size.Max)}}
	if f.found && !f.deleting {
		capacity = []resource.Field{capacity[0], capacity[2]}
	}
	fields := append(capacity,
		resource.Field{Name: "health check", Value: f.Declared.Fleet.HealthCheck},
		resource.Field{Name: "grace", Value: resource.Number(f.Declared.Fleet.Grace)},
		resource.Field{Name: "subnets", Value: resource.Set(network.IDsOfSubnets(f.Subnets)...)},
		resource.Field{Name: "target groups", Value: resource.Set(f.Group.Known()...)},
		resource.Field{Name: "suspended processes"},
		resource.Field{Name: "protected instances"},
		resource.Field{Name: "instances in other groups"},
		resource.Field{Name: "instances without tags"},
		resource.Field{Name: "other targets"},
		f.Tagged("fleet"),
		resource.Field{Name: "template version", Value: f.Template.Next()},
		resource.Field{Name: "instances' version", Value: f.Template.Next()},
		resource.Field{Name: "refresh"},
	)
	return append(fields, usualFleet(f.Declared.Fleet)...)
}

func (f *Fleet) zoneIdentifier() *string {
	return aws.String(strings.Join(network.IDsOfSubnets(f.Subnets), ","))
}

func (f *Fleet) Create(ctx context.Context) error {
	if f.deleting {
		if err := f.End(ctx); err != nil {
			return err
		}
	}
	size, _ := f.size()
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.FleetName()),
		LaunchTemplate:         f.Template.Exact().Launch(),
		MinSize:                aws.Int32(int32(size.Min)),
		DesiredCapacity:        aws.Int32(int32(f.Begins())),
		MaxSize:                aws.Int32(int32(size.Max)),
		HealthCheckType:        aws.String(f.Declared.Fleet.HealthCheck),
		HealthCheckGracePeriod: aws.Int32(int32(f.Declared.Fleet.Grace)),
		VPCZoneIdentifier:      f.zoneIdentifier(),
		TargetGroupARNs:        f.Group.ARNs(),
		TerminationPolicies:    f.Declared.Fleet.Termination,
		Tags:                   f.marks(),
	}
	if f.Declared.Fleet.WarmUp > 0 {
		in.DefaultInstanceWarmup = aws.Int32(int32(f.Declared.Fleet.WarmUp))
	}
	if f.Declared.Fleet.MaxLifetime > 0 {
		in.MaxInstanceLifetime = aws.Int32(int32(f.Declared.Fleet.MaxLifetime))
	}
	if _, err := f.AutoScaling.CreateAutoScalingGroup(ctx, in); err != nil {
		return fmt.Errorf("create auto scaling group: %w", err)
	}
	f.found = true
	err := account.Poll(ctx, f.FleetName(), resource.ShortTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return g != nil, err // one that is not seen yet looks like one that is gone
	})
	if err != nil || !f.Declared.Fleet.Metrics {
		return err
	}
	return f.measure(ctx)
}

// Change makes the settings as declared, and then the instances. The group's template changes with the success of their
// replacement, so that until then it is what a rollback goes back to.
func (f *Fleet) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := f.retagGroup(ctx); err != nil {
			return err
		}
	}
	if updates(differences) {
		if err := f.update(ctx, differences); err != nil {
			return err
		}
	}
	if resource.Differs(differences, fleetMetrics) {
		if err := f.measure(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "target groups") {
		if err := f.attach(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "suspended processes") {
		if err := f.resume(ctx); err != nil {
			return err
		}
	}
	if err := f.changeInstances(ctx, differences); err != nil {
		return err
	}
	if resource.Differs(differences, "subnets") {
		if err := f.leave(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "template version") || resource.Differs(differences, "instances' version") || resource.Differs(differences, "refresh") {
		return f.roll(ctx)
	}
	return nil
}

// retagGroup gives the group its tags back, with which it launches its instances.
func (f *Fleet) retagGroup(ctx context.Context) error {
	name := f.FleetName()
	return resource.Tagging{
		Read: func(context.Context) (map[string]string, error) { return account.OfGroup(f.Was.Tags), nil },
		Remove: func(ctx context.Context, keys []string) error {
			in := &autoscaling.DeleteTagsInput{}
			for _, k := range keys {
				in.Tags = append(in.Tags, autoscalingtypes.Tag{Key: aws.String(k), ResourceId: &name, ResourceType: aws.String("auto-scaling-group")})
			}
			_, err := f.AutoScaling.DeleteTags(ctx, in)
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			_, err := f.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: tags.Group(name)})
			return err
		},
	}.Give(ctx, name, f.Mark("fleet"))
}

// update leaves the desired capacity alone. Auto Scaling moves one that the new bounds exclude
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html). Of the settings that nobody
// declares, those that differ are named and no others: an endpoint need not know them all.
func (f *Fleet) update(ctx context.Context, differences []resource.Difference) error {
	size, _ := f.size()
	in := &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.FleetName()),
		MinSize:                aws.Int32(int32(size.Min)),
		MaxSize:                aws.Int32(int32(size.Max)),
		HealthCheckType:        aws.String(f.Declared.Fleet.HealthCheck),
		HealthCheckGracePeriod: aws.Int32(int32(f.Declared.Fleet.Grace)),
		VPCZoneIdentifier:      f.zoneIdentifier(),
	}
	for _, s := range fleetDefaults {
		if resource.Differs(differences, s.name) {
			s.reset(in, f.Declared.Fleet)
		}
	}
	if _, err := f.AutoScaling.UpdateAutoScalingGroup(ctx, in); err != nil {
		return fmt.Errorf("update auto scaling group: %w", err)
	}
	return nil
}

// attach gives the group its target groups, and no others.
func (f *Fleet) attach(ctx context.Context) error {
	name := aws.String(f.FleetName())
	var extra []string
	for _, arn := range f.Was.TargetGroupARNs {
		if !slices.Contains(f.Group.ARNs(), arn) {
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
		AutoScalingGroupName: name, TargetGroupARNs: f.Group.ARNs(),
	})
	if err != nil {
		return fmt.Errorf("attach target group: %w", err)
	}
	return nil
}

// resume lets the group do its work again, all of it: no processes named is all.
func (f *Fleet) resume(ctx context.Context) error {
	_, err := f.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String(f.FleetName())})
	if err != nil {
		return fmt.Errorf("resume processes: %w", err)
	}
	return nil
}

// Begins is how many instances a new group has: as many as the ones that it succeeds have now, within the bounds.
func (f *Fleet) Begins() int {
	size, _ := f.size()
	now := 0
	for _, one := range f.Predecessors() {
		now = max(now, int(aws.ToInt32(one.Was.DesiredCapacity)))
	}
	if now == 0 {
		return size.Desired
	}
	return min(max(now, size.Min), size.Max)
}

// Predecessors are the fleets that this one serves in the place of.
func (f *Fleet) Predecessors() []*Fleet { return slices.Concat(f.Earlier, f.Beyond) }

// Remove deletes the stack's groups with their instances, and returns when these are gone from their subnets.
func (f *Fleet) Remove(ctx context.Context) error {
	for _, one := range append([]*Fleet{f}, f.Earlier...) {
		if err := one.End(ctx); err != nil {
			return err
		}
	}
	left, err := machines.Instances(ctx, f.Scope, f.Mark("fleet"))
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range f.Group.VPC.Inhabitants(left) {
		ids = append(ids, aws.ToString(i.InstanceId))
	}
	return machines.Terminate(ctx, f.Scope, ids)
}

// End deletes this group alone, with its instances.
func (f *Fleet) End(ctx context.Context) error {
	_, err := f.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(f.FleetName()), ForceDelete: aws.Bool(true),
	})
	if err != nil && !account.IsNotFound(err) && !account.IsCode(err, "ScalingActivityInProgress") {
		return fmt.Errorf("delete auto scaling group: %w", err)
	}
	return account.Poll(ctx, "the end of "+f.FleetName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return err == nil && g == nil, err
	})
}

var _ resource.Resource = (*Fleet)(nil)

func (f *Fleet) Monthly() float64 { return ofInstances(f.Scope, f.Declared.Size(f.Side).Desired) }

func (f *Fleet) UnknownPrice() string { return prices.OfUnknownType(f.Declared.InstanceType(f.Side)) }

// Drain scales a fleet to zero and deletes it. DeleteAutoScalingGroup with ForceDelete would end the instances at once; scaling in
// has them finish their requests first, for the deregistration delay
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html). Its scaling policy cannot scale it out past a
// maximum of zero.
func (f *Fleet) Drain(ctx context.Context) error {
	_, err := f.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(f.FleetName()), MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
	})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("scale %s to zero: %w", f.FleetName(), err)
	}
	err = account.Poll(ctx, "the end of the instances of "+f.FleetName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return err == nil && (g == nil || len(g.Instances) == 0), err
	})
	if err != nil {
		return err
	}
	return f.End(ctx)
}

// leave returns when the group has moved its instances to its subnets. It launches the new ones first ("Rebalancing activities" in the Amazon EC2
// Auto Scaling User Guide).
func (f *Fleet) leave(ctx context.Context) error {
	return account.Poll(ctx, "the instances of "+f.FleetName()+" to leave other zones", resource.LongTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		if err != nil || g == nil {
			return false, err
		}
		f.Was = g
		all, err := f.instances(ctx)
		if err != nil {
			return false, err
		}
		for _, i := range all {
			if !slices.Contains(network.IDsOfSubnets(f.Subnets), aws.ToString(i.SubnetId)) {
				return false, nil
			}
		}
		return true, nil
	})
}
