package scaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// mixedOf is a policy of types and their weights, in the order of their priority.
func mixedOf(pairs ...string) *autoscalingtypes.MixedInstancesPolicy {
	t := &autoscalingtypes.LaunchTemplate{
		LaunchTemplateSpecification: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("$Latest")},
	}
	for n := 0; n < len(pairs); n += 2 {
		o := autoscalingtypes.LaunchTemplateOverrides{InstanceType: &pairs[n]}
		if pairs[n+1] != "" {
			o.WeightedCapacity = &pairs[n+1]
		}
		t.Overrides = append(t.Overrides, o)
	}
	return &autoscalingtypes.MixedInstancesPolicy{LaunchTemplate: t}
}

func mixed(policy *autoscalingtypes.MixedInstancesPolicy) func(*autoscaling.CreateAutoScalingGroupInput) {
	return func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate, in.MixedInstancesPolicy, in.MaxSize = nil, policy, new(int32(20))
	}
}

// weightsServe waits for what the group has in service.
func weightsServe(want ...string) func(autoscalingtypes.AutoScalingGroup) bool {
	return func(g autoscalingtypes.AutoScalingGroup) bool {
		var have []string
		for _, i := range g.Instances {
			if i.LifecycleState != "InService" {
				return false
			}
			have = append(have, *i.InstanceType+" "+*i.WeightedCapacity)
		}
		return sameElements(have, want)
	}
}

func sameElements(a, b []string) bool {
	count := map[string]int{}
	for _, x := range a {
		count[x]++
	}
	for _, x := range b {
		count[x]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestMixedGroupLaunchesByPriorityAndWeight(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		mixed(mixedOf("c5.large", "2", "m5.xlarge", "4"))(in)
		in.TargetGroupARNs, in.HealthCheckType, in.DesiredCapacity = nil, new("EC2"), new(int32(5))
	})
	// Five units are three instances of two.
	s.await("six units", weightsServe("c5.large 2", "c5.large 2", "c5.large 2"))
	s.reopen()
	client := s.client()
	g := roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]
	p := g.MixedInstancesPolicy
	if g.LaunchTemplate != nil || p == nil || *p.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateName != "app" || len(p.LaunchTemplate.Overrides) != 2 ||
		*p.LaunchTemplate.Overrides[1].WeightedCapacity != "4" {
		t.Fatalf("it is shown as %+v", g)
	}
	if d := p.InstancesDistribution; *d.OnDemandAllocationStrategy != "prioritized" || *d.OnDemandPercentageAboveBaseCapacity != 100 ||
		*d.SpotAllocationStrategy != "lowest-price" || *d.SpotInstancePools != 2 {
		t.Errorf("its distribution is %+v", d)
	}
	// No more of the first: the second serves, with twice its weight.
	s.machines.sell("c5.large")
	roomtest.Must(client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(9))}))(t)
	s.await("ten units", weightsServe("c5.large 2", "c5.large 2", "c5.large 2", "m5.xlarge 4"))
	// What is more than surplus stays.
	roomtest.Must(client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(7))}))(t)
	s.await("eight units", weightsServe("c5.large 2", "c5.large 2", "m5.xlarge 4"))
	id := *roomtest.Must(client.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{}))(t).AutoScalingInstances[0].InstanceId
	roomtest.Must(client.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &id, ShouldDecrementDesiredCapacity: new(true),
	}))(t)
	if want := 7 - s.weightOf(id); s.desired() != int32(want) {
		t.Errorf("without an instance of %d units, the desired capacity is %d", s.weightOf(id), s.desired())
	}
	// A launch template alone takes the policy's place, and the policy that of the template.
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("1")},
	}))(t)
	g = roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]
	if g.MixedInstancesPolicy != nil || *g.LaunchTemplate.Version != "1" {
		t.Errorf("with a template it is %+v", g)
	}
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MixedInstancesPolicy: mixedOf("t3.small", ""),
	}))(t)
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MixedInstancesPolicy: &autoscalingtypes.MixedInstancesPolicy{
			InstancesDistribution: &autoscalingtypes.InstancesDistribution{SpotAllocationStrategy: new("price-capacity-optimized")},
		},
	}))(t)
	g = roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]
	if p := g.MixedInstancesPolicy; g.LaunchTemplate != nil ||
		*p.LaunchTemplate.Overrides[0].InstanceType != "t3.small" || p.InstancesDistribution.SpotInstancePools != nil {
		t.Errorf("with a policy it is %+v", p)
	}
}

func (s *stage) weightOf(id string) int {
	for _, m := range s.r.members.All() {
		if m.Instance == id {
			return m.Weight
		}
	}
	return 0
}

// A refresh with skip matching leaves what is of the policy's types, and replaces the others.
func TestRefreshToAnotherMixedPolicy(t *testing.T) {
	s := newStage(t)
	s.alone(2, func(in *autoscaling.CreateAutoScalingGroupInput) { mixed(mixedOf("c5.large", "", "m5.large", ""))(in) })
	start := func(policy *autoscalingtypes.MixedInstancesPolicy) {
		roomtest.Must(s.client().StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{
			AutoScalingGroupName: new("app"), Preferences: &autoscalingtypes.RefreshPreferences{SkipMatching: new(true)},
			DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{MixedInstancesPolicy: policy},
		}))(t)
	}
	over := func(g autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.fleets.Get("app")
		return f.Refresh == "" && len(g.Instances) == 2
	}
	before := instanceIDs(s.await("two", serve(2)))
	start(mixedOf("m5.large", "", "c5.large", ""))
	g := s.await("nothing to replace", over)
	if !sameElements(instanceIDs(g), before) || *g.MixedInstancesPolicy.LaunchTemplate.Overrides[0].InstanceType != "m5.large" {
		t.Errorf("matching instances were replaced: %v, before %v", instanceIDs(g), before)
	}
	start(mixedOf("t3.small", ""))
	g = s.await("replaced", func(g autoscalingtypes.AutoScalingGroup) bool { return over(g) && serve(2, before...)(g) })
	for _, i := range g.Instances {
		if *i.InstanceType != "t3.small" {
			t.Errorf("%s is a %s", *i.InstanceId, *i.InstanceType)
		}
	}
	if d := s.lastRefresh().DesiredConfiguration; *d.MixedInstancesPolicy.LaunchTemplate.Overrides[0].InstanceType != "t3.small" {
		t.Errorf("it is shown with %+v", d)
	}
}

func TestMixedPoliciesThatAreRefused(t *testing.T) {
	s := newStage(t)
	client := s.client()
	distributed := func(d autoscalingtypes.InstancesDistribution) *autoscalingtypes.MixedInstancesPolicy {
		p := mixedOf("c5.large", "")
		p.InstancesDistribution = &d
		return p
	}
	many := []string{}
	for range mostOverrides + 1 {
		many = append(many, "c5.large", "")
	}
	byAttributes := mixedOf("c5.large", "")
	byAttributes.LaunchTemplate.Overrides[0] = autoscalingtypes.LaunchTemplateOverrides{InstanceRequirements: &autoscalingtypes.InstanceRequirements{
		MemoryMiB: &autoscalingtypes.MemoryMiBRequest{Min: new(int32(1024))}, VCpuCount: &autoscalingtypes.VCpuCountRequest{Min: new(int32(1))},
	}}
	for name, c := range map[string]struct {
		code   string
		policy *autoscalingtypes.MixedInstancesPolicy
	}{
		"spot":          {"UnsupportedOperation", distributed(autoscalingtypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: new(int32(50))})},
		"by price":      {"UnsupportedOperation", distributed(autoscalingtypes.InstancesDistribution{OnDemandAllocationStrategy: new("lowest-price")})},
		"by attributes": {"UnsupportedOperation", byAttributes},
		"strategy":      {"ValidationError", distributed(autoscalingtypes.InstancesDistribution{SpotAllocationStrategy: new("cheapest")})},
		"pools": {"ValidationError", distributed(autoscalingtypes.InstancesDistribution{
			SpotAllocationStrategy: new("capacity-optimized"), SpotInstancePools: new(int32(3)),
		})},
		"percentage":      {"ValidationError", distributed(autoscalingtypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: new(int32(101))})},
		"weight":          {"ValidationError", mixedOf("c5.large", "1000")},
		"one weight":      {"ValidationError", mixedOf("c5.large", "1", "m5.large", "")},
		"too many":        {"ValidationError", mixedOf(many...)},
		"no template":     {"ValidationError", &autoscalingtypes.MixedInstancesPolicy{}},
		"no type":         {"ValidationError", mixedOf("", "")},
		"on demand words": {"ValidationError", distributed(autoscalingtypes.InstancesDistribution{OnDemandAllocationStrategy: new("first")})},
	} {
		in := s.input()
		mixed(c.policy)(in)
		_, err := client.CreateAutoScalingGroup(t.Context(), in)
		t.Run(name, func(t *testing.T) { roomtest.WantAPIError(t, err, c.code) })
	}
	in := s.input()
	in.MixedInstancesPolicy = mixedOf("c5.large", "")
	_, err := client.CreateAutoScalingGroup(t.Context(), in)
	roomtest.WantAPIError(t, err, "ValidationError")
}
