package fleet

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A group without the stack's tags is the stack's if it is tied to it by more than its name.
func TestFleetWithoutItsTagsIsRecognised(t *testing.T) {
	s := resourcetest.Scope(t)
	f := &Fleet{Scope: s, Template: &machines.Template{ID: "lt-1"}, Group: &balancing.TargetGroup{ARN: "arn:tg"}, Subnets: []*network.Subnet{{ID: "subnet-a"}, {}}}
	tag := func(key, value string) []autoscalingtypes.TagDescription {
		return []autoscalingtypes.TagDescription{{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(true)}}
	}
	for name, c := range map[string]struct {
		group      autoscalingtypes.AutoScalingGroup
		ours, kept bool
	}{
		"its tags":                       {autoscalingtypes.AutoScalingGroup{Tags: tagsOfGroup(f)}, true, true},
		"only one of them, in its place": {autoscalingtypes.AutoScalingGroup{Tags: tagsOfGroup(f)[:1], VPCZoneIdentifier: aws.String("subnet-a")}, true, false},
		"none, its target group":         {autoscalingtypes.AutoScalingGroup{TargetGroupARNs: []string{"arn:tg"}}, true, false},
		"none, its template": {autoscalingtypes.AutoScalingGroup{
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1")}}, true, false},
		"nothing but its name": {autoscalingtypes.AutoScalingGroup{VPCZoneIdentifier: aws.String("subnet-x")}, false, false},
		"another stack's":      {autoscalingtypes.AutoScalingGroup{Tags: tag(account.TagStack, "other"), VPCZoneIdentifier: aws.String("subnet-a")}, false, false},
	} {
		if ours, kept := f.isOurs(&c.group), f.groupTags(&c.group) == f.Tagged("fleet"); ours != c.ours || kept != c.kept {
			t.Errorf("%s: the stack's %v, with its tags %v", name, ours, kept)
		}
	}
}

// What nobody declares is as AWS makes it, and only what is not is set.
func TestFleetsOwnSettingsAreGivenBack(t *testing.T) {
	f := &Fleet{Scope: resourcetest.Scope(t), Template: &machines.Template{}, Group: &balancing.TargetGroup{}, Subnets: []*network.Subnet{{}, {}}}
	g := &autoscalingtypes.AutoScalingGroup{
		DefaultCooldown: aws.Int32(60), TerminationPolicies: []string{"OldestInstance", "Default"}, NewInstancesProtectedFromScaleIn: aws.Bool(true),
		CapacityRebalance: aws.Bool(true), MaxInstanceLifetime: aws.Int32(86400), DefaultInstanceWarmup: aws.Int32(30),
	}
	found := resource.Compare(usualFleet(f.Declared.Fleet), actualFleet(g))
	want := []resource.Difference{
		{Name: "cooldown", Desired: "300", Actual: "60"}, {Name: "termination policies", Desired: "Default", Actual: "OldestInstance, then Default"},
		{Name: "protects new instances", Desired: "no", Actual: "yes"}, {Name: "capacity rebalance", Desired: "no", Actual: "yes"},
		{Name: "longest life of instances", Actual: "86400"}, {Name: "warmup", Actual: "30"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("differences (-want +got)\n%s", diff)
	}
	if !updates(found[1:2]) || updates([]resource.Difference{{Name: "refresh"}}) {
		t.Error("what UpdateAutoScalingGroup heals is not known")
	}
	in := &autoscaling.UpdateAutoScalingGroupInput{}
	for _, s := range fleetDefaults {
		s.reset(in, f.Declared.Fleet)
	}
	if diff := cmp.Diff(&autoscaling.UpdateAutoScalingGroupInput{
		DefaultCooldown: aws.Int32(300), TerminationPolicies: []string{"Default"}, NewInstancesProtectedFromScaleIn: aws.Bool(false),
		CapacityRebalance: aws.Bool(false), MaxInstanceLifetime: aws.Int32(0), DefaultInstanceWarmup: aws.Int32(-1),
	}, in, cmpopts.IgnoreUnexported(autoscaling.UpdateAutoScalingGroupInput{})); diff != "" {
		t.Errorf("resets (-want +got)\n%s", diff)
	}
	f.Declared.Fleet.MaxLifetime = 604800
	in = &autoscaling.UpdateAutoScalingGroupInput{}
	for _, s := range fleetDefaults {
		s.reset(in, f.Declared.Fleet)
	}
	if held := resource.Compare(usualFleet(f.Declared.Fleet), actualFleet(g)); aws.ToInt32(in.MaxInstanceLifetime) != 604800 ||
		!slices.ContainsFunc(held, func(d resource.Difference) bool {
			return d.Name == "longest life of instances" && d.Desired == "604800" && d.Actual == "86400"
		}) {
		t.Errorf("a declared life becomes %v, and differs by %+v", in.MaxInstanceLifetime, held)
	}
	f.Declared.Fleet.MaxLifetime = 0
	for _, d := range resource.Compare(f.Desired(), append(f.Desired(), actualFleet(&autoscalingtypes.AutoScalingGroup{DefaultCooldown: aws.Int32(300)})...)) {
		t.Errorf("a group as AWS makes it: %+v", d)
	}
}

// Instances that somebody moved, stripped of their tags or protected are named, and so are targets that the group did not register.
func TestFleetsInstancesAreComparedOneByOne(t *testing.T) {
	tmpl := &machines.Template{Scope: resourcetest.Scope(t), ImageID: func() string { return "ami-1" }, Group: &network.Group{ID: "sg-in"}, ID: "lt-1", Version: 3}
	tmpl.Data = &ec2types.ResponseLaunchTemplateData{
		ImageId: aws.String("ami-1"), InstanceType: "t3.micro", SecurityGroupIds: []string{"sg-in"},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: "required"},
	}
	f := &Fleet{Scope: resourcetest.Scope(t), Template: tmpl, Group: &balancing.TargetGroup{ARN: "arn:tg", Seen: []resource.Field{{Name: "port", Value: "8080"}}}}
	f.Was = &autoscalingtypes.AutoScalingGroup{}
	var all []ec2types.Instance
	for _, i := range []struct {
		id, version, group, stack string
		protected                 bool
	}{{"i-well", "3", "sg-in", f.Stack(), false}, {"i-moved", "3", "sg-mine", f.Stack(), true}, {"i-old", "2", "sg-old", "", false}} {
		f.Was.Instances = append(f.Was.Instances, autoscalingtypes.Instance{
			InstanceId: &i.id, LifecycleState: "InService", ProtectedFromScaleIn: &i.protected,
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: &i.version},
		})
		all = append(all, ec2types.Instance{InstanceId: &i.id, SecurityGroups: []ec2types.GroupIdentifier{{GroupId: &i.group}},
			Tags: []ec2types.Tag{{Key: aws.String(account.TagStack), Value: &i.stack}, {Key: aws.String(account.TagRole), Value: aws.String("fleet")}}})
	}
	moved, untagged := f.strayed(all)
	got := map[string][]string{"moved": moved, "untagged": untagged, "protected": protectedOf(f.Was)}
	target := func(id string, port int32) registration {
		return registration{f.Group, elbtypes.TargetDescription{Id: &id, Port: &port}}
	}
	for _, o := range f.others(f.Was, []registration{target("i-well", 8080), target("i-well", 9090), target("i-host", 8080)}) {
		got["others"] = append(got["others"], *o.target.Id+" "+resource.Number(*o.target.Port))
	}
	want := map[string][]string{"moved": {"i-moved"}, "untagged": {"i-old"}, "protected": {"i-moved"}, "others": {"i-well 9090", "i-host 8080"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnotherSizeThanDeclaredIsRemarkedOn(t *testing.T) {
	s := resourcetest.Scope(t)
	f := &Fleet{
		Scope: s, Group: &balancing.TargetGroup{Scope: s},
		Was: &autoscalingtypes.AutoScalingGroup{DesiredCapacity: aws.Int32(int32(s.Declared.Fleet.Desired))}, found: true,
	}
	if got := f.Remarks(); got != nil {
		t.Errorf("%+v", got)
	}
	f.Was.DesiredCapacity = aws.Int32(7)
	if got := f.Remarks(); len(got) != 1 || got[0].ID == "" || got[0].Text == "" {
		t.Errorf("%+v", got)
	}
	f.deleting = true
	if got := f.Remarks(); got != nil {
		t.Errorf("%+v", got)
	}
}
