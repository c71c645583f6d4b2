package scaling

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

var allProcesses = []string{
	"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
}

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
func TestSuspendedProcessWaitsUntilItIsResumed(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(2, nil)
	suspend := func(group string, processes ...string) error {
		_, err := client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &group, ScalingProcesses: processes})
		return err
	}
	resume := func(group string, processes ...string) error {
		_, err := client.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &group, ScalingProcesses: processes})
		return err
	}
	expect := func(when string, want ...string) {
		t.Helper()
		out := roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"app"}}))(t)
		var got []string
		for _, p := range out.AutoScalingGroups[0].SuspendedProcesses {
			got = append(got, *p.ProcessName)
			if !strings.HasPrefix(*p.SuspensionReason, "User suspended at 20") {
				t.Errorf("%s: %s", *p.ProcessName, *p.SuspensionReason)
			}
		}
		roomtest.WantSame(t, when, got, want...)
	}
	if err := suspend("app", "Launch", "AZRebalance"); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(3))}))(t)
	expect("suspended", "Launch", "AZRebalance")
	s.reopen()
	expect("opened again", "Launch", "AZRebalance")
	roomtest.WantAPIError(t, suspend("app", "Terminate", "Lunch"), "ValidationError")
	roomtest.WantAPIError(t, resume("app", "Launch", "Lunch"), "ValidationError")
	roomtest.WantAPIError(t, suspend("nobody"), "ValidationError")
	roomtest.WantAPIError(t, resume("nobody"), "ValidationError")
	expect("what was refused changed nothing", "Launch", "AZRebalance")

	resumed := time.Now()
	if err := resume("app", "Launch"); err != nil {
		t.Fatal(err)
	}
	expect("resumed", "AZRebalance")
	s.await("three in service", serve(3))
	// The newest comes first: that of the third instance.
	if a := s.activities()[0]; !strings.HasPrefix(*a.Description, "Launching") || a.StartTime.Before(resumed) {
		t.Errorf("launched at %v, resumed at %v: %s", a.StartTime, resumed, *a.Description)
	}
	// A request that names none means all.
	if err := suspend("app"); err != nil {
		t.Fatal(err)
	}
	expect("all suspended", allProcesses...)
	if err := resume("app"); err != nil {
		t.Fatal(err)
	}
	expect("all resumed")
	s.reopen()
	expect("all resumed, and opened again")
}

// What the account and the service offer, as in
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingProcessTypes.html,
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeTerminationPolicyTypes.html and
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html.
func TestWhatAutoScalingOffers(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	var got []string
	for _, p := range roomtest.Must(client.DescribeScalingProcessTypes(ctx, &autoscaling.DescribeScalingProcessTypesInput{}))(t).Processes {
		got = append(got, *p.ProcessName)
	}
	roomtest.WantSame(t, "processes", got, allProcesses...)
	policies := roomtest.Must(client.DescribeTerminationPolicyTypes(ctx, &autoscaling.DescribeTerminationPolicyTypesInput{}))(t).TerminationPolicyTypes
	roomtest.WantSame(t, "termination policies", policies, "AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance",
		"OldestLaunchConfiguration", "OldestLaunchTemplate")

	expect := func(when string, groups int32) {
		t.Helper()
		l := roomtest.Must(client.DescribeAccountLimits(ctx, &autoscaling.DescribeAccountLimitsInput{}))(t)
		if *l.MaxNumberOfAutoScalingGroups != 500 || *l.MaxNumberOfLaunchConfigurations != 200 ||
			*l.NumberOfAutoScalingGroups != groups || *l.NumberOfLaunchConfigurations != 0 {
			t.Errorf("%s: %+v, want %d groups", when, l, groups)
		}
	}
	expect("at first", 0)
	s.create(nil)
	expect("with a group", 1)
	s.reopen()
	expect("opened again", 1)
}
