package region_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksAutoScalingGroups(t *testing.T) {
	runWalks(t, []walk{
		fleetWalk("aws_autoscaling_group", nil, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) {
			in.MaxSize, in.DesiredCapacity, in.TerminationPolicies = new(int32(3)), new(int32(2)), []string{"OldestInstance"}
		}),
		fleetWalk("aws_autoscaling_group with target_group_arns, enabled_metrics, "+
			"suspended_processes", func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) {
			in.TargetGroupARNs, in.HealthCheckType = []string{p.createTargetGroup()}, new("ELB")
		}, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) {
			p.addToFleet(*in.AutoScalingGroupName)
		}),
		fleetWalk("aws_autoscaling_group with mixed_instances_policy", func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) {
			in.MixedInstancesPolicy, in.LaunchTemplate = &autoscalingtypes.MixedInstancesPolicy{
				LaunchTemplate: &autoscalingtypes.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate, Overrides: []autoscalingtypes.LaunchTemplateOverrides{
					{InstanceType: sized("small"), WeightedCapacity: new("2")}, {InstanceType: sized("medium"), WeightedCapacity: new("4")},
				}},
				InstancesDistribution: &autoscalingtypes.InstancesDistribution{OnDemandBaseCapacity: new(int32(0)), OnDemandPercentageAboveBaseCapacity: new(int32(100))},
			}, nil
		}, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) {
			in.MixedInstancesPolicy = &autoscalingtypes.MixedInstancesPolicy{InstancesDistribution: &autoscalingtypes.InstancesDistribution{
				OnDemandBaseCapacity: new(int32(1)), OnDemandPercentageAboveBaseCapacity: new(int32(100)), SpotAllocationStrategy: new("capacity-optimized"),
			}}
		}),
		fleetWalk("aws_autoscaling_group with instance_maintenance_policy, max_instance_lifetime, capacity_rebalance, availability_zone_distribution",
			func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) {
				in.InstanceMaintenancePolicy = &autoscalingtypes.InstanceMaintenancePolicy{MinHealthyPercentage: new(int32(90)), MaxHealthyPercentage: new(int32(120))}
				in.MaxInstanceLifetime, in.CapacityRebalance, in.DefaultInstanceWarmup = new(int32(604800)), new(true), new(int32(30))
				in.AvailabilityZoneDistribution = &autoscalingtypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "balanced-only"}
			}, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) {
				// What is taken out of a configuration is sent so.
				in.InstanceMaintenancePolicy = &autoscalingtypes.InstanceMaintenancePolicy{MinHealthyPercentage: new(int32(-1)), MaxHealthyPercentage: new(int32(-1))}
				in.MaxInstanceLifetime, in.CapacityRebalance, in.DefaultInstanceWarmup = new(int32(0)), new(false), new(int32(-1))
			}),
		fleetWalk("aws_autoscaling_group with launch_configuration", func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) {
			in.LaunchTemplate, in.LaunchConfigurationName = nil, new(p.createConfiguration())
		}, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(2)) }),
		fleetWalk("aws_autoscaling_group with instance_refresh", nil, func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) { p.refreshFleet(in) }),
		fleetWalk("aws_autoscaling_group with warm_pool", func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) { in.MaxSize = new(int32(2)) },
			func(p *provider, in *autoscaling.UpdateAutoScalingGroupInput) {
				roomtest.Must(p.Scaling.PutWarmPool(p.T.Context(), &autoscaling.PutWarmPoolInput{
					AutoScalingGroupName: in.AutoScalingGroupName, PoolState: "Stopped", MinSize: new(int32(1)),
					InstanceReusePolicy: &autoscalingtypes.InstanceReusePolicy{ReuseOnScaleIn: new(true)},
				}))(p.T)
			}),
	})
}

// fleetWalk is the walk of a group that differs from the usual one, and how it is changed.
func fleetWalk(
	resource string, change func(*provider, *autoscaling.CreateAutoScalingGroupInput), update func(*provider, *autoscaling.UpdateAutoScalingGroupInput),
) walk {
	return walk{
		resource: resource, read: (*provider).readFleet, destroy: (*provider).destroyFleet,
		create: func(p *provider) string { return p.createFleet(change) },
		update: func(p *provider, name string) {
			in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &name, NewInstancesProtectedFromScaleIn: new(false)}
			update(p, in)
			roomtest.Must(p.Scaling.UpdateAutoScalingGroup(p.T.Context(), in))(p.T)
			p.awaitCapacity(name)
		},
	}
}

// sized is a type of the family that runs here.
func sized(size string) *string {
	family, _, _ := strings.Cut(string(regiontest.SmallType()), ".")
	return new(family + "." + size)
}

// templateOf makes a launch template of a name and returns its id.
func (p *provider) templateOf(name string) string {
	p.T.Helper()
	return *roomtest.Must(p.CreateLaunchTemplate(p.T.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: new(p.HostImage()), InstanceType: regiontest.SmallType()},
	}))(p.T).LaunchTemplate.LaunchTemplateId
}

func (p *provider) createFleet(change func(*provider, *autoscaling.CreateAutoScalingGroupInput)) string {
	p.T.Helper()
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: new("walk"), MinSize: new(int32(1)), MaxSize: new(int32(2)), NewInstancesProtectedFromScaleIn: new(false),
		HealthCheckGracePeriod: new(int32(300)), VPCZoneIdentifier: new(strings.Join([]string{p.subnet, p.other}, ",")),
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(p.templateOf("walk")), Version: new("$Latest")},
		Tags: []autoscalingtypes.Tag{
			{Key: new("Name"), Value: new("walk"), PropagateAtLaunch: new(true), ResourceId: new("walk"), ResourceType: new("auto-scaling-group")},
		},
	}
	if change != nil {
		change(p, in)
	}
	roomtest.Must(p.Scaling.CreateAutoScalingGroup(p.T.Context(), in))(p.T)
	p.awaitCapacity("walk")
	return "walk"
}

// group is a group as it is described; nil where there is none.
func (p *provider) fleet(name string) *autoscalingtypes.AutoScalingGroup {
	p.T.Helper()
	out := roomtest.Must(p.Scaling.DescribeAutoScalingGroups(p.T.Context(), &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{name},
	}))(p.T)
	return only(p, out.AutoScalingGroups)
}

// awaitCapacity polls as the provider does: a failed activity ends its apply.
func (p *provider) awaitCapacity(name string) {
	p.T.Helper()
	p.Await("capacity", func() bool {
		in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: &name}
		for _, a := range roomtest.Must(p.Scaling.DescribeScalingActivities(p.T.Context(), in))(p.T).Activities {
			if a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeFailed && *a.Progress == 100 {
				p.T.Fatalf("the apply ends: %s", *a.StatusMessage)
			}
		}
		g, capacity := p.fleet(name), int32(0)
		for _, i := range g.Instances {
			switch {
			case *i.HealthStatus != "Healthy" || i.LifecycleState != autoscalingtypes.LifecycleStateInService:
			case i.WeightedCapacity != nil:
				capacity += int32((*i.WeightedCapacity)[0] - '0')
			default:
				capacity++
			}
		}
		return capacity >= *g.DesiredCapacity
	})
}

// readFleet is what the provider keeps: no instances, and what it dereferences.
func (p *provider) readFleet(name string) (any, error) {
	g := p.fleet(name)
	if g == nil || g.Status != nil { // one that is being deleted is none for the provider
		return nil, nil
	}
	there(p, "AutoScalingGroupARN", g.AutoScalingGroupARN)
	there(p, "DefaultCooldown", g.DefaultCooldown)
	there(p, "VPCZoneIdentifier", g.VPCZoneIdentifier)
	there(p, "NewInstancesProtectedFromScaleIn", g.NewInstancesProtectedFromScaleIn)
	if g.LaunchTemplate == nil && g.MixedInstancesPolicy == nil && g.LaunchConfigurationName == nil {
		p.T.Error("the group shows nothing that it launches from")
	}
	if m := g.MixedInstancesPolicy; m != nil {
		there(p, "Version", m.LaunchTemplate.LaunchTemplateSpecification.Version)
		there(p, "OnDemandPercentageAboveBaseCapacity", m.InstancesDistribution.OnDemandPercentageAboveBaseCapacity)
	}
	g.Instances, g.WarmPoolSize = nil, nil
	return *g, nil
}

func (p *provider) destroyFleet(name string) {
	p.T.Helper()
	ctx := p.T.Context()
	if p.fleet(name).WarmPoolConfiguration != nil {
		roomtest.Must(p.Scaling.DeleteWarmPool(ctx, &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: &name, ForceDelete: new(false)}))(p.T)
		p.Await("the pool is gone", func() bool {
			out := roomtest.Must(p.Scaling.DescribeWarmPool(ctx, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: &name}))(p.T)
			return out.WarmPoolConfiguration == nil && len(out.Instances) == 0
		})
	}
	roomtest.Must(p.Scaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &name, MinSize: new(int32(0)), MaxSize: new(int32(0)), DesiredCapacity: new(int32(0)),
	}))(p.T)
	p.Await("no instances", func() bool { return len(p.fleet(name).Instances) == 0 })
	roomtest.Must(p.Scaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: &name, ForceDelete: new(false)}))(p.T)
}

// addToFleet changes what the provider sets by calls of their own.
func (p *provider) addToFleet(name string) {
	p.T.Helper()
	ctx := p.T.Context()
	other := *roomtest.Must(p.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("other"), VpcId: &p.vpc, Port: new(int32(80)), Protocol: "HTTP",
	}))(p.T).
		TargetGroups[0].TargetGroupArn
	roomtest.Must(p.Scaling.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: &name, TargetGroupARNs: []string{other},
	}))(p.T)
	p.Await("attached", func() bool {
		in := &autoscaling.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: &name}
		for _, g := range roomtest.Must(p.Scaling.DescribeLoadBalancerTargetGroups(ctx, in))(p.T).LoadBalancerTargetGroups {
			if *g.State == "Adding" || *g.State == "Removing" {
				return false
			}
		}
		return true
	})
	roomtest.Must(p.Scaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &name, ScalingProcesses: []string{"AZRebalance"}}))(p.T)
	roomtest.Must(p.Scaling.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{
		AutoScalingGroupName: &name, Granularity: new("1Minute"), Metrics: []string{"GroupMinSize"},
	}))(p.T)
	roomtest.Must(p.Scaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []autoscalingtypes.Tag{
		{Key: new("Name"), Value: new("changed"), PropagateAtLaunch: new(true), ResourceId: &name, ResourceType: new("auto-scaling-group")},
	}}))(p.T)
}

// refreshFleet gives the group another template, and replaces its instances with the preferences that the provider always sends; what is under
// way it cancels first.
func (p *provider) refreshFleet(in *autoscaling.UpdateAutoScalingGroupInput) {
	p.T.Helper()
	ctx := p.T.Context()
	in.LaunchTemplate = &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(p.templateOf("other")), Version: new("$Latest")}
	roomtest.Must(p.Scaling.UpdateAutoScalingGroup(ctx, in))(p.T)
	start := &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: in.AutoScalingGroupName, Strategy: "Rolling", Preferences: &autoscalingtypes.RefreshPreferences{
			AutoRollback: new(false), MaxHealthyPercentage: new(int32(100)), MinHealthyPercentage: new(int32(50)), ScaleInProtectedInstances: "Ignore",
			SkipMatching: new(false), InstanceWarmup: new(int32(0)), StandbyInstances: "Ignore", CheckpointPercentages: []int32{50, 100}, CheckpointDelay: new(int32(1)),
			AlarmSpecification: &autoscalingtypes.AlarmSpecification{Alarms: []string{"errors"}},
		},
	}
	// While it is held, it cannot end before the next calls come.
	held := []string{"InstanceRefresh"}
	roomtest.Must(p.Scaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: in.AutoScalingGroupName, ScalingProcesses: held}))(p.T)
	roomtest.Must(p.Scaling.StartInstanceRefresh(ctx, start))(p.T)
	_, err := p.Scaling.StartInstanceRefresh(ctx, start)
	roomtest.WantAPIError(p.T, err, "InstanceRefreshInProgress")
	roomtest.Must(p.Scaling.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: in.AutoScalingGroupName}))(p.T)
	roomtest.Must(p.Scaling.StartInstanceRefresh(ctx, start))(p.T)
	roomtest.Must(p.Scaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: in.AutoScalingGroupName, ScalingProcesses: held}))(p.T)
	p.Await("refreshed", func() bool {
		all := roomtest.Must(p.Scaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
			AutoScalingGroupName: in.AutoScalingGroupName,
		}))(p.T).InstanceRefreshes
		return all[0].Status == autoscalingtypes.InstanceRefreshStatusSuccessful
	})
}
