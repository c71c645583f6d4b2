package scaling

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
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

// What was launched while AddToLoadBalancer is suspended is registered by hand or not at all, as the same page has it.
func TestInstancesLaunchedWhileAddToLoadBalancerIsSuspended(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	first := instanceIDs(s.await("two in service", serve(2)))
	process := []string{"AddToLoadBalancer"}
	roomtest.Must(client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	s.setDesired(3)
	second := instanceIDs(s.await("a third in service", serve(3)))
	roomtest.Must(client.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	s.setDesired(4)
	g := s.await("a fourth in service", serve(4))
	for _, id := range instanceIDs(g) {
		old := slices.Contains(first, id)
		if _, registered := s.book.State(testGroup, id); registered != (old || !slices.Contains(second, id)) {
			t.Errorf("%s: registered is %v", id, registered)
		}
	}
}

// Nothing waits forever for a target group that was attached just as an instance went into service.
func TestGroupAttachedAsAnInstanceGoesIntoService(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	s.await("two in service", serve(2))
	m := s.r.membersOf("app")[0]
	m.Registered = nil
	if err := s.r.Update(func(tx *store.Tx) error {
		f, _ := s.r.fleets.GetTx(tx, "app")
		return s.r.serveMember(tx, &f, m)
	}); err != nil {
		t.Fatal(err)
	}
	s.wait("it is registered after all", func() bool { return len(s.r.membersOf("app")[0].Registered) == 1 })
	count := 0
	for _, line := range s.book.log() {
		if line == m.Instance+" healthy" {
			count++
		}
	}
	if count != 2 {
		t.Errorf("it was registered %d times", count)
	}
}

// The API has at most so many characters of a cause.
func TestLongCauseIsCut(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	if err := s.r.Update(func(tx *store.Tx) error {
		f, _ := s.r.fleets.GetTx(tx, "app")
		_, err := s.r.newActivity(tx, f, activityRow{Cause: strings.Repeat("ä", 2000), Status: failed})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := s.activity("ää").Cause; utf8.RuneCountInString(*got) != 1023 {
		t.Errorf("a cause has %d characters", utf8.RuneCountInString(*got))
	}
}

// A refresh goes on after its processes are resumed, with all of its time.
func TestResumedRefreshIsWrittenDown(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	process := []string{"InstanceRefresh"}
	roomtest.Must(client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{}))(t)
	before := time.Now()
	roomtest.Must(client.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	if all := s.r.refreshes.All(); len(all) != 1 || all[0].Resumed.Before(before) {
		t.Errorf("refreshes are %+v", all)
	}
	s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusSuccessful)
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
