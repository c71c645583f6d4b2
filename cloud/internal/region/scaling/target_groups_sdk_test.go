package scaling

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// attached lists the target groups of the group "app" with their states.
func attached(t *testing.T, client *autoscaling.Client) map[string]string {
	t.Helper()
	in := &autoscaling.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: new("app"), MaxRecords: new(int32(2))}
	all := map[string]string{}
	pages := autoscaling.NewDescribeLoadBalancerTargetGroupsPaginator(client, in)
	for pages.HasMorePages() {
		page := roomtest.Must(pages.NextPage(t.Context()))(t).LoadBalancerTargetGroups
		if len(page) > 2 {
			t.Errorf("a page of %d", len(page))
		}
		for _, g := range page {
			if all[*g.LoadBalancerTargetGroupARN] != "" {
				t.Errorf("%s comes twice", *g.LoadBalancerTargetGroupARN)
			}
			all[*g.LoadBalancerTargetGroupARN] = *g.State
		}
	}
	return all
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLoadBalancerTargetGroups.html has the states: a target
// group that is detached is Removing until every instance is deregistered, and then gone; the instances stay.
func TestTargetGroupIsAttachedAndDetached(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.TargetGroupARNs = nil })
	g := s.await("two in service", serve(2))
	if all := attached(t, client); len(all) != 0 {
		t.Errorf("at first: %v", all)
	}
	roomtest.Must(client.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: new("app"), TargetGroupARNs: []string{testGroup},
	}))(t)
	s.await("attached", func(autoscalingtypes.AutoScalingGroup) bool { return attached(t, client)[testGroup] == "InService" })
	s.reopen()
	if state := attached(t, client)[testGroup]; state != "InService" {
		t.Errorf("opened again: %q", state)
	}
	for _, i := range g.Instances {
		if _, ok := s.book.State(testGroup, *i.InstanceId); !ok {
			t.Errorf("%s is not registered", *i.InstanceId)
		}
	}
	described := func() autoscalingtypes.AutoScalingGroup {
		t.Helper()
		in := &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"app"}}
		return roomtest.Must(client.DescribeAutoScalingGroups(ctx, in))(t).AutoScalingGroups[0]
	}
	if arns := described().TargetGroupARNs; !slices.Equal(arns, []string{testGroup}) {
		t.Errorf("the group shows %v", arns)
	}

	detach := &autoscaling.DetachLoadBalancerTargetGroupsInput{AutoScalingGroupName: new("app"), TargetGroupARNs: []string{testGroup}}
	roomtest.Must(client.DetachLoadBalancerTargetGroups(ctx, detach))(t)
	for _, i := range g.Instances {
		s.await("draining", func(autoscalingtypes.AutoScalingGroup) bool {
			h, _ := s.book.State(testGroup, *i.InstanceId)
			return h.State == "draining"
		})
	}
	s.reopen()
	if state := attached(t, client)[testGroup]; state != "Removing" {
		t.Errorf("while its targets drain: %q", state)
	}
	for _, i := range g.Instances {
		s.book.set(*i.InstanceId, "")
	}
	s.await("gone", func(autoscalingtypes.AutoScalingGroup) bool { return len(attached(t, client)) == 0 })
	if after := described(); len(after.TargetGroupARNs) != 0 || !serve(2)(after) || *after.Instances[0].InstanceId != *g.Instances[0].InstanceId {
		t.Errorf("detached: %+v", after)
	}
	_, err := client.DetachLoadBalancerTargetGroups(ctx, detach)
	roomtest.WantAPIError(t, err, "ValidationError")
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachLoadBalancerTargetGroups.html: the operation adds to what
// is attached.
func TestTargetGroupsAddUp(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.MinSize, in.MaxSize, in.DesiredCapacity = new(int32(0)), new(int32(0)), nil
	})
	attach := func(group string, arns ...string) error {
		_, err := client.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: &group, TargetGroupARNs: arns})
		return err
	}
	want := []string{testGroup}
	for i := range 4 {
		arn := s.r.ARN("elasticloadbalancing", fmt.Sprintf("targetgroup/more-%d/0123456789abcdef", i))
		s.book.add(arn, "instance")
		want = append(want, arn)
	}
	for _, arns := range [][]string{want[1:2], want[:3], want[3:]} { // some are attached already
		if err := attach("app", arns...); err != nil {
			t.Error(err)
		}
	}
	expect := func(when string) {
		t.Helper()
		all := attached(t, client)
		for _, arn := range want {
			if all[arn] == "" || len(all) != len(want) {
				t.Errorf("%s: attached are %v, want %v", when, all, want)
			}
		}
	}
	expect("attached one after the other")
	roomtest.WantAPIError(t, attach("app", testGroup, testGroup+"0"), "ValidationError")
	roomtest.WantAPIError(t, attach("app", slices.Repeat([]string{testGroup}, 11)...), "ValidationError")
	roomtest.WantAPIError(t, attach("nobody", testGroup), "ValidationError")
	s.reopen()
	expect("opened again")

	_, err := client.DetachLoadBalancerTargetGroups(ctx, &autoscaling.DetachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: new("nobody"), TargetGroupARNs: want[:1],
	})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.DescribeLoadBalancerTargetGroups(ctx, &autoscaling.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: new("nobody")})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.DescribeLoadBalancerTargetGroups(ctx, &autoscaling.DescribeLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: new("app"), NextToken: new("?"),
	})
	roomtest.WantAPIError(t, err, "InvalidNextToken")
}

// A group registers instances, so a target group of another type is refused, wherever it is named, and nothing changes.
func TestTargetGroupsHaveInstances(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	before := attached(t, client)
	for _, of := range []elbtypes.TargetTypeEnum{"alb", "ip", "lambda"} {
		arn := s.r.ARN("elasticloadbalancing", "targetgroup/"+string(of)+"/0123456789abcdef")
		s.book.add(arn, of)
		refused := func(_ any, err error) {
			t.Helper()
			roomtest.WantAPIError(t, err, "ValidationError")
			words := "Provided Target Group '" + arn + "' has invalid target type. Please ensure all provided Target Groups have target type of instance."
			if err == nil || !strings.HasSuffix(err.Error(), words) {
				t.Errorf("%s: %v", of, err)
			}
		}
		sources := []autoscalingtypes.TrafficSourceIdentifier{{Identifier: &arn, Type: new("elbv2")}}
		refused(client.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{
			AutoScalingGroupName: new("app"), TargetGroupARNs: []string{testGroup, arn},
		}))
		refused(client.AttachTrafficSources(ctx, &autoscaling.AttachTrafficSourcesInput{AutoScalingGroupName: new("app"), TrafficSources: sources}))
		in := autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: new("other"), MinSize: new(int32(0)), MaxSize: new(int32(1)), VPCZoneIdentifier: &s.subnets,
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: new("app")}, TargetGroupARNs: []string{arn},
		}
		refused(client.CreateAutoScalingGroup(ctx, &in))
		in.TargetGroupARNs, in.TrafficSources = nil, sources
		refused(client.CreateAutoScalingGroup(ctx, &in))
	}
	if after := attached(t, client); !maps.Equal(after, before) {
		t.Errorf("attached are %v, were %v", after, before)
	}
}
