package plan

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
	"github.com/understudy/understudy/plan/resource"
)

// fleet is the Auto Scaling group over a region's private subnets. It replaces instances that the load balancer
// finds unhealthy, and instances that no longer match the template. How many instances it has is declared for its
// creation only: after that, scaling or a person decides, within the declared minimum and maximum.
type fleet struct {
	resource.Scope
	template *machines.Template
	group    *balancing.TargetGroup
	subnets  []*network.Subnet
	second   understudy.Side // the side that is changed after this one, if there is one

	found    bool
	earlier  []*fleet // the stack's of other generations
	beyond   []*fleet // likewise, in networks of others
	blocked  error    // what is somebody else's and has the name
	seen     []resource.Field
	was      *autoscalingtypes.AutoScalingGroup // as it was found
	running  *autoscalingtypes.InstanceRefresh  // the refresh that was found under way, nil for none
	deleting bool
	rolled   bool // instances are being replaced by this run
}

func (f *fleet) fleetName() string        { return balancing.Generation(f.Scope, f.group.Number) }
func (f *fleet) Actual() []resource.Field { return f.seen }

func (f *fleet) Identity() string {
	if !f.found {
		return ""
	}
	return f.fleetName()
}

func (f *fleet) Desired() []resource.Field {
	size, _ := f.size()
	capacity := []resource.Field{{Name: "min", Value: resource.Number(size.Min)}, {Name: "desired", Value: resource.Number(f.begins())},
		{Name: "max", Value: resource.Number(size.Max)}}
	if f.found && !f.deleting {
		capacity = []resource.Field{capacity[0], capacity[2]}
	}
	fields := append(capacity,
		resource.Field{Name: "health check", Value: f.Declared.Fleet.HealthCheck},
		resource.Field{Name: "grace", Value: resource.Number(f.Declared.Fleet.Grace)},
		resource.Field{Name: "subnets", Value: resource.Set(network.IDsOfSubnets(f.subnets)...)},
		resource.Field{Name: "target groups", Value: resource.Set(f.group.Known()...)},
		resource.Field{Name: "suspended processes"},
		resource.Field{Name: "protected instances"},
		resource.Field{Name: "instances in other groups"},
		resource.Field{Name: "instances without tags"},
		resource.Field{Name: "other targets"},
		f.Tagged("fleet"),
		resource.Field{Name: "template version", Value: f.template.Next()},
		resource.Field{Name: "instances' version", Value: f.template.Next()},
		resource.Field{Name: "refresh"},
	)
	return append(fields, usualFleet(f.Declared.Fleet)...)
}

func (f *fleet) zoneIdentifier() *string {
	return aws.String(strings.Join(network.IDsOfSubnets(f.subnets), ","))
}

func (f *fleet) Create(ctx context.Context) error {
	if f.deleting {
		if err := f.end(ctx); err != nil {
			return err
		}
	}
	size, _ := f.size()
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.fleetName()),
		LaunchTemplate:         f.template.Exact().Launch(),
		MinSize:                aws.Int32(int32(size.Min)),
		DesiredCapacity:        aws.Int32(int32(f.begins())),
		MaxSize:                aws.Int32(int32(size.Max)),
		HealthCheckType:        aws.String(f.Declared.Fleet.HealthCheck),
		HealthCheckGracePeriod: aws.Int32(int32(f.Declared.Fleet.Grace)),
		VPCZoneIdentifier:      f.zoneIdentifier(),
		TargetGroupARNs:        f.group.ARNs(),
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
	err := account.Poll(ctx, f.fleetName(), resource.ShortTime, func(ctx context.Context) (bool, error) {
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
func (f *fleet) Change(ctx context.Context, differences []resource.Difference) error {
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
func (f *fleet) retagGroup(ctx context.Context) error {
	name := f.fleetName()
	return resource.Tagging{
		Read: func(context.Context) (map[string]string, error) { return account.OfGroup(f.was.Tags), nil },
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
func (f *fleet) update(ctx context.Context, differences []resource.Difference) error {
	size, _ := f.size()
	in := &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:   aws.String(f.fleetName()),
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
func (f *fleet) attach(ctx context.Context) error {
	name := aws.String(f.fleetName())
	var extra []string
	for _, arn := range f.was.TargetGroupARNs {
		if !slices.Contains(f.group.ARNs(), arn) {
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
		AutoScalingGroupName: name, TargetGroupARNs: f.group.ARNs(),
	})
	if err != nil {
		return fmt.Errorf("attach target group: %w", err)
	}
	return nil
}

// resume lets the group do its work again, all of it: no processes named is all.
func (f *fleet) resume(ctx context.Context) error {
	_, err := f.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String(f.fleetName())})
	if err != nil {
		return fmt.Errorf("resume processes: %w", err)
	}
	return nil
}

// begins is how many instances a new group has: as many as the ones that it succeeds have now, within the bounds.
func (f *fleet) begins() int {
	size, _ := f.size()
	now := 0
	for _, one := range f.predecessors() {
		now = max(now, int(aws.ToInt32(one.was.DesiredCapacity)))
	}
	if now == 0 {
		return size.Desired
	}
	return min(max(now, size.Min), size.Max)
}

// predecessors are the fleets that this one serves in the place of.
func (f *fleet) predecessors() []*fleet { return slices.Concat(f.earlier, f.beyond) }

// Remove deletes the stack's groups with their instances, and returns when these are gone from their subnets.
func (f *fleet) Remove(ctx context.Context) error {
	for _, one := range append([]*fleet{f}, f.earlier...) {
		if err := one.end(ctx); err != nil {
			return err
		}
	}
	left, err := machines.Instances(ctx, f.Scope, f.Mark("fleet"))
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range f.group.VPC.Inhabitants(left) {
		ids = append(ids, aws.ToString(i.InstanceId))
	}
	return machines.Terminate(ctx, f.Scope, ids)
}

// end deletes this group alone, with its instances.
func (f *fleet) end(ctx context.Context) error {
	_, err := f.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(f.fleetName()), ForceDelete: aws.Bool(true),
	})
	if err != nil && !account.IsNotFound(err) && !account.IsCode(err, "ScalingActivityInProgress") {
		return fmt.Errorf("delete auto scaling group: %w", err)
	}
	return account.Poll(ctx, "the end of "+f.fleetName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		g, err := f.describe(ctx)
		return err == nil && g == nil, err
	})
}

var _ resource.Resource = (*fleet)(nil)
