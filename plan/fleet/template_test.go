package fleet

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestFleetFollowsItsTemplate(t *testing.T) {
	within := &network.Group{ID: "sg-in"}
	tmpl := &machines.Template{Scope: resourcetest.Scope(t), ImageID: func() string { return "ami-1" }, Group: within, ID: "lt-1", Version: 3}
	tmpl.Tags = tmpl.Tagged("template")
	tmpl.Data = &ec2types.ResponseLaunchTemplateData{
		ImageId: aws.String("ami-1"), InstanceType: "t3.micro", SecurityGroupIds: []string{"sg-in"},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: "required"},
	}
	f := &Fleet{Scope: resourcetest.Scope(t), Template: tmpl, Group: &balancing.TargetGroup{ARN: "arn:tg"},
		Subnets: []*network.Subnet{{ID: "subnet-b"}, {ID: "subnet-a"}}}
	on := func(version string, state autoscalingtypes.LifecycleState) autoscalingtypes.Instance {
		return autoscalingtypes.Instance{LifecycleState: state,
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: &version}}
	}
	g := &autoscalingtypes.AutoScalingGroup{
		MinSize: aws.Int32(2), DesiredCapacity: aws.Int32(3), MaxSize: aws.Int32(5),
		HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(30), DefaultCooldown: aws.Int32(300), Tags: tagsOfGroup(f),
		VPCZoneIdentifier: aws.String("subnet-a,subnet-b"), TargetGroupARNs: []string{"arn:tg"},
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("3")},
		Instances:      []autoscalingtypes.Instance{on("3", "InService"), on("2", "Terminating")},
	}
	f.remember(g)
	resourcetest.Expect(t, f)
	g.Instances = append(g.Instances, on("2", "InService"))
	f.remember(g)
	resourcetest.Expect(t, f, "instances' version: 3, not 2, 3")
	tmpl.ImageID = func() string { return "" }
	f.remember(g)
	resourcetest.Expect(t, tmpl, "image: (known after), not ami-1")
	resourcetest.Expect(t, f, "template version: (known after), not 3", "instances' version: (known after), not 2, 3")
}

func tagsOfGroup(f *Fleet) (tags []autoscalingtypes.TagDescription) {
	for _, t := range f.Mark("fleet").Group(f.FleetName()) {
		tags = append(tags, autoscalingtypes.TagDescription{Key: t.Key, Value: t.Value, PropagateAtLaunch: t.PropagateAtLaunch})
	}
	return tags
}

func TestTargetsAreCountedByTheirHealth(t *testing.T) {
	target := func(id string, state elbtypes.TargetHealthStateEnum, reason elbtypes.TargetHealthReasonEnum) elbtypes.TargetHealthDescription {
		return elbtypes.TargetHealthDescription{Target: &elbtypes.TargetDescription{Id: &id},
			TargetHealth: &elbtypes.TargetHealth{State: state, Reason: reason}}
	}
	g := &autoscalingtypes.AutoScalingGroup{DesiredCapacity: aws.Int32(2)}
	for _, id := range []string{"i-1", "i-2"} {
		g.Instances = append(g.Instances, autoscalingtypes.Instance{InstanceId: &id, LifecycleState: "InService"})
	}
	w := &Targets{Scope: resourcetest.Scope(t)}
	w.count(g, balancing.StateOf([]elbtypes.TargetHealthDescription{target("i-1", "healthy", ""), target("i-2", "unhealthy", "Target.Timeout"),
		target("i-3", "healthy", "")}))
	resourcetest.Expect(t, w, "all targets healthy: yes, not no") // i-3 is none of the group's
	if diff := cmp.Diff([]string{"i-2 unhealthy Target.Timeout"}, w.ill); diff != "" {
		t.Error(diff)
	}
	w.count(g, balancing.StateOf([]elbtypes.TargetHealthDescription{target("i-1", "healthy", ""), target("i-2", "healthy", "")}))
	resourcetest.Expect(t, w)
}
