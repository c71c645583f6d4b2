package scaling

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html: an instance that is of no group
// is left out.
func TestInstancesOfGroupsAreDescribed(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	g := s.alone(3, nil)
	ids := instanceIDs(g)
	for _, when := range []string{"before", "after"} {
		var got []string
		pages := autoscaling.NewDescribeAutoScalingInstancesPaginator(client, &autoscaling.DescribeAutoScalingInstancesInput{MaxRecords: new(int32(2))})
		for n := 0; pages.HasMorePages(); n++ {
			page := roomtest.Must(pages.NextPage(ctx))(t).AutoScalingInstances
			if want := []int{2, 1}; n > 1 || len(page) != want[n] {
				t.Fatalf("%s: page %d has %d instances", when, n, len(page))
			}
			for _, i := range page {
				got = append(got, *i.InstanceId)
			}
		}
		roomtest.WantSame(t, when+" the region is opened again", got, ids...)
		in := &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{ids[0], "i-0123456789abcdef0"}}
		out := roomtest.Must(client.DescribeAutoScalingInstances(ctx, in))(t)
		if len(out.AutoScalingInstances) != 1 {
			t.Fatalf("%s: by id: %+v", when, out)
		}
		i := out.AutoScalingInstances[0]
		if *i.InstanceId != ids[0] || *i.AutoScalingGroupName != "app" ||
			*i.HealthStatus != "HEALTHY" || *i.LifecycleState != "InService" || *i.ProtectedFromScaleIn ||
			*i.AvailabilityZone != *g.Instances[0].AvailabilityZone || *i.InstanceType != string(testType) || *i.LaunchTemplate.LaunchTemplateId != testTemplate {
			t.Errorf("%s: %+v", when, i)
		}
		s.reopen()
	}
	_, err := client.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{NextToken: new("?")})
	roomtest.WantAPIError(t, err, "InvalidNextToken")
}

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
func TestProtectedInstanceStaysAtScaleIn(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	// In one zone, and the oldest goes first: without protection it is clear which.
	zone, _, _ := strings.Cut(s.subnets, ",")
	oldest := instanceIDs(s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.VPCZoneIdentifier, in.TerminationPolicies = &zone, []string{"OldestInstance"}
	}))[0]
	desire := func(n int32) []string {
		t.Helper()
		roomtest.Must(client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: &n}))(t)
		return instanceIDs(s.await("the desired capacity", func(g autoscalingtypes.AutoScalingGroup) bool { return serve(int(n))(g) && len(g.Instances) == int(n) }))
	}
	protect := func(on bool, ids ...string) error {
		_, err := client.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: new("app"), InstanceIds: ids, ProtectedFromScaleIn: &on,
		})
		return err
	}
	protected := func() bool {
		t.Helper()
		out := roomtest.Must(client.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{oldest}}))(t)
		return *out.AutoScalingInstances[0].ProtectedFromScaleIn
	}
	if err := protect(true, oldest); err != nil || !protected() {
		t.Errorf("protected: %v, %v", protected(), err)
	}
	s.reopen()
	s.await("in service again", serve(1))
	if !protected() {
		t.Error("the region was opened again, and the instance is no longer protected")
	}
	desire(2)
	if left := desire(1); !slices.Equal(left, []string{oldest}) {
		t.Errorf("the protected instance is %s, left is %v", oldest, left)
	}
	desire(2)
	if err := protect(false, oldest); err != nil || protected() {
		t.Errorf("no longer protected: %v, %v", protected(), err)
	}
	if left := desire(1); slices.Contains(left, oldest) {
		t.Errorf("the oldest, %s, is no longer protected, and is left: %v", oldest, left)
	}
	roomtest.WantAPIError(t, protect(true, "i-0123456789abcdef0"), "ValidationError")
	_, err := client.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
		AutoScalingGroupName: new("nobody"), InstanceIds: []string{oldest}, ProtectedFromScaleIn: new(true),
	})
	roomtest.WantAPIError(t, err, "ValidationError")
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html
func TestInstanceIsTerminatedInItsGroup(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	ids := instanceIDs(s.alone(2, nil))
	terminate := func(id string, decrement bool) (*autoscalingtypes.Activity, error) {
		out, err := client.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
			InstanceId: &id, ShouldDecrementDesiredCapacity: &decrement,
		})
		if err != nil {
			return nil, err
		}
		return out.Activity, nil
	}
	activity := roomtest.Must(terminate(ids[0], true))(t)
	if *activity.AutoScalingGroupName != "app" || activity.StatusCode != "InProgress" || *activity.Description != "Terminating EC2 instance: "+ids[0] ||
		!strings.Contains(*activity.Cause, "instance "+ids[0]+" was taken out of service in response to a user request, shrinking the capacity from 2 to 1.") {
		t.Errorf("%+v", activity)
	}
	// With the capacity lowered nothing replaces it.
	g := s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 1 })
	s.awaitState(ids[0], terminated)
	if *g.DesiredCapacity != 1 || *g.Instances[0].InstanceId != ids[1] {
		t.Errorf("%+v", g)
	}
	_, err := terminate(ids[1], true) // the capacity is the least already
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = terminate("i-0123456789abcdef0", false)
	roomtest.WantAPIError(t, err, "ValidationError")
	s.reopen()
	if g := s.await("in service again", serve(1)); *g.DesiredCapacity != 1 || *g.Instances[0].InstanceId != ids[1] {
		t.Errorf("opened again: %+v", g)
	}
	roomtest.Must(terminate(ids[1], false))(t)
	s.await("replaced", func(g autoscalingtypes.AutoScalingGroup) bool { return serve(1, ids[1])(g) && len(g.Instances) == 1 })
	s.awaitState(ids[1], terminated)
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html: several instances of one group, all or none.
func TestSeveralInstancesAreTerminated(t *testing.T) {
	s := newStage(t)
	ids := instanceIDs(s.alone(3, func(in *autoscaling.CreateAutoScalingGroupInput) { in.MinSize = new(int32(1)) }))
	end := func(in autoscaling.TerminateInstanceInAutoScalingGroupInput) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
		in.ShouldDecrementDesiredCapacity = new(true)
		return s.client().TerminateInstanceInAutoScalingGroup(t.Context(), &in)
	}
	app := new("app")
	for _, in := range []autoscaling.TerminateInstanceInAutoScalingGroupInput{
		{}, {InstanceIds: ids[:2]}, {InstanceIds: ids[:2], InstanceId: &ids[2], AutoScalingGroupName: app},
		{InstanceIds: ids[:2], AutoScalingGroupName: new("other")}, {InstanceIds: ids, AutoScalingGroupName: app},
		{InstanceIds: []string{ids[0], "i-none"}, AutoScalingGroupName: app},
	} {
		_, err := end(in)
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	if s.desired() != 3 {
		t.Errorf("after what was refused it is to have %d", s.desired())
	}
	out := roomtest.Must(end(autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceIds: ids[:2], AutoScalingGroupName: app}))(t)
	if len(out.Activities) != 2 || out.Activity != nil || !strings.HasSuffix(*out.Activities[1].Description, ids[1]) {
		t.Errorf("%+v", out)
	}
	s.await("one is left", func(g autoscalingtypes.AutoScalingGroup) bool {
		return serve(1, ids[:2]...)(g) && len(g.Instances) == 1
	})
	if out := roomtest.Must(s.client().TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &ids[2], ShouldDecrementDesiredCapacity: new(false),
	}))(t); out.Activity == nil || len(out.Activities) != 0 {
		t.Errorf("of one %+v", out)
	}
}

// The same page, and API_SetInstanceProtection.html: neither is for instances of the warm pool; the latter is for 1 to 50.
func TestInstancesOfTheWarmPoolAreNotTerminatedOrProtected(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	roomtest.Must(s.r.PutWarmPool(t.Context(), &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app"), MaxGroupPreparedCapacity: new(int32(2))}))(t)
	id := s.awaitPool(1, "Warmed:Stopped")[0]
	_, err := s.client().TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &id, ShouldDecrementDesiredCapacity: new(false),
	})
	roomtest.WantAPIError(t, err, "ValidationError")
	for _, ids := range [][]string{{id}, {}, make([]string, 51)} {
		_, err := s.client().SetInstanceProtection(t.Context(), &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: new("app"), InstanceIds: ids, ProtectedFromScaleIn: new(true),
		})
		roomtest.WantAPIError(t, err, "ValidationError")
	}
}
