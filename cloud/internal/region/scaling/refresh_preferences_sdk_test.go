package scaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (s *stage) refresh(p *autoscalingtypes.RefreshPreferences) (*autoscaling.StartInstanceRefreshOutput, error) {
	return s.client().StartInstanceRefresh(s.t.Context(), &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: new("app"), Preferences: p})
}

// awaitRefresh waits until the last refresh has a status.
func (s *stage) awaitRefresh(want autoscalingtypes.InstanceRefreshStatus) autoscalingtypes.InstanceRefresh {
	s.t.Helper()
	s.wait("the refresh is "+string(want), func() bool { return s.lastRefresh().Status == want })
	return s.lastRefresh()
}

// What Terraform's provider sends whenever a refresh has preferences.
func TestRefreshOfTerraformsPreferences(t *testing.T) {
	s := newStage(t)
	old := instanceIDs(s.alone(2, nil))
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{
		AutoRollback: new(false), MaxHealthyPercentage: new(int32(100)), MinHealthyPercentage: new(int32(90)), SkipMatching: new(false),
		ScaleInProtectedInstances: autoscalingtypes.ScaleInProtectedInstancesIgnore, StandbyInstances: autoscalingtypes.StandbyInstancesIgnore,
	}))(t)
	got := s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusSuccessful)
	s.await("both are new", serve(2, old...))
	if p := got.Preferences; p.ScaleInProtectedInstances != "Ignore" || p.StandbyInstances != "Ignore" || *p.MaxHealthyPercentage != 100 {
		t.Errorf("it is shown with %+v", p)
	}
	// With an upper bound that was given, each successor is launched before its predecessor goes.
	launched, ended := 0, 0
	all := s.activities()
	for n := len(all) - 1; n >= 0; n-- {
		switch {
		case *all[n].Cause == "":
		case len(*all[n].Description) > 9 && (*all[n].Description)[:9] == "Launching":
			launched++
		default:
			ended++
		}
		if launched-ended < 2 && launched > 2 {
			t.Errorf("after %d launches, %d have ended", launched, ended)
		}
	}
}

func TestRefreshWaitsAtItsCheckpoints(t *testing.T) {
	s := newStage(t)
	old := instanceIDs(s.alone(4, nil))
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{
		CheckpointPercentages: []int32{50}, MinHealthyPercentage: new(int32(0)), CheckpointDelay: new(int32(172800)),
	}))(t)
	s.wait("the checkpoint", func() bool {
		f, _ := s.r.fleets.Get("app")
		row, _ := s.r.refreshes.Get(f.Refresh)
		return row.Passed == 1
	})
	s.reopen()
	s.wait("half is done after all were started again", func() bool { return *s.lastRefresh().PercentageComplete == 50 })
	got := s.lastRefresh()
	if got.Status != refreshing || *got.InstancesToUpdate != 2 || *got.Preferences.CheckpointDelay != 172800 {
		t.Errorf("at the checkpoint it is %+v", got)
	}
	kept := 0
	for _, id := range instanceIDs(s.await("four", serve(4))) {
		for _, o := range old {
			if id == o {
				kept++
			}
		}
	}
	if kept != 2 {
		t.Errorf("at half, %d of four are left", kept)
	}

	if actions := s.decided(); len(actions) != 0 {
		t.Errorf("while it waits there is to do %v", actions)
	}
}

func TestRefreshEndsByItsAlarm(t *testing.T) {
	s := newStage(t)
	s.alone(1, exact)
	s.machines.newVersion()
	old := instanceIDs(s.await("one", serve(1)))
	watch := &autoscalingtypes.AlarmSpecification{Alarms: []string{"errors"}}
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{AlarmSpecification: watch, BakeTime: new(int32(172800))}))(t)
	if got := s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusBaking); *got.Preferences.BakeTime != 172800 || got.EndTime != nil {
		t.Errorf("it bakes as %+v", got)
	}
	s.await("replaced", serve(1, old...))
	s.sound("errors", cwtypes.StateValueAlarm)
	if got := s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusFailed); *got.StatusReason != "The CloudWatch alarm errors is in the ALARM state." {
		t.Errorf("it failed as %+v", got)
	}
	// Rolled back, it looks at the alarm no more.
	roomtest.Must(s.client().StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: new("app"), Preferences: &autoscalingtypes.RefreshPreferences{AlarmSpecification: watch, AutoRollback: new(true)},
		DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("2")},
		},
	}))(t)
	if got := s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusRollbackSuccessful); *got.RollbackDetails.RollbackReason !=
		"The instance refresh failed. The CloudWatch alarm errors is in the ALARM state." {
		t.Errorf("it was rolled back as %+v", got)
	}
}

// A refresh whose only instance the load balancer calls unhealthy is not successful, though it has nothing to replace.
func TestRefreshIsNotSuccessfulWhileItsTargetIsUnhealthy(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity, in.HealthCheckGracePeriod = new(int32(1)), new(int32(86400))
	})
	id := instanceIDs(s.await("one", serve(1)))[0]
	s.book.set(id, "unhealthy")
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{SkipMatching: new(true), InstanceWarmup: new(int32(0))}))(t)
	if actions := s.decided(); len(actions) != 0 {
		t.Errorf("while it is unhealthy there is to do %v", actions)
	}
	if got := s.lastRefresh(); got.Status != refreshing || *got.PercentageComplete != 0 {
		t.Errorf("while it is unhealthy: %+v", got)
	}
	s.book.set(id, "healthy")
	s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusSuccessful)
}

func TestRefreshOfProtectedAndStandbyInstances(t *testing.T) {
	s := newStage(t)
	ids := instanceIDs(s.alone(2, nil))
	client, ctx := s.client(), t.Context()
	roomtest.Must(client.EnterStandby(ctx, &autoscaling.EnterStandbyInput{
		AutoScalingGroupName: new("app"), InstanceIds: ids[:1], ShouldDecrementDesiredCapacity: new(true),
	}))(t)
	s.await("one in standby", serve(1, ids[0]))
	roomtest.Must(client.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
		AutoScalingGroupName: new("app"), InstanceIds: ids[1:], ProtectedFromScaleIn: new(true),
	}))(t)
	// By default it waits.
	roomtest.Must(s.refresh(nil))(t)
	if got := s.lastRefresh(); *got.InstancesToUpdate != 2 || got.Preferences.StandbyInstances != "Wait" || got.Preferences.ScaleInProtectedInstances != "Wait" {
		t.Errorf("it waits as %+v", got)
	}
	if actions := s.decided(); len(actions) != 0 {
		t.Errorf("while both are kept there is to do %v", actions)
	}
	roomtest.Must(client.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: new("app")}))(t)
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{ScaleInProtectedInstances: "Refresh", StandbyInstances: "Terminate"}))(t)
	s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusSuccessful)
	s.awaitState(ids[0], terminated)
	s.awaitState(ids[1], terminated)
	s.await("one", serve(1, ids...))
}

func TestPreferencesThatAreRefused(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	for _, p := range []autoscalingtypes.RefreshPreferences{
		{MaxHealthyPercentage: new(int32(110))}, {MinHealthyPercentage: new(int32(90)), MaxHealthyPercentage: new(int32(201))},
		{MinHealthyPercentage: new(int32(50)), MaxHealthyPercentage: new(int32(151))}, {MinHealthyPercentage: new(int32(101))},
		{CheckpointPercentages: []int32{50, 20}}, {CheckpointPercentages: []int32{20, 20}}, {CheckpointPercentages: []int32{0}},
		{CheckpointPercentages: []int32{50}, CheckpointDelay: new(int32(172801))}, {CheckpointDelay: new(int32(60))}, {BakeTime: new(int32(172801))},
		{AlarmSpecification: &autoscalingtypes.AlarmSpecification{Alarms: make([]string, 11)}},
		{StandbyInstances: "Refresh"}, {ScaleInProtectedInstances: "Terminate"},
	} {
		_, err := s.refresh(&p)
		roomtest.WantAPIError(t, err, "ValidationError")
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CancelInstanceRefresh.html: by default a cancelled refresh waits for the launches and
// terminations that are under way.
func TestCancelledRefreshWaitsForWhatIsUnderWay(t *testing.T) {
	for _, waits := range []*bool{nil, new(false)} {
		s := newStage(t)
		client, ctx := s.client(), t.Context()
		s.alone(2, func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LifecycleHookSpecificationList = []autoscalingtypes.LifecycleHookSpecification{{
				LifecycleHookName: new("out"), LifecycleTransition: new(terminating), HeartbeatTimeout: new(int32(7200)),
			}}
		})
		cancel := func() error {
			_, err := client.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{
				AutoScalingGroupName: new("app"), WaitForTransitioningInstances: waits,
			})
			return err
		}
		roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{MinHealthyPercentage: new(int32(50))}))(t)
		held := ""
		s.await("one waits for its end", func(g autoscalingtypes.AutoScalingGroup) bool {
			for _, i := range g.Instances {
				if i.LifecycleState == autoscalingtypes.LifecycleStateTerminatingWait {
					held = *i.InstanceId
				}
			}
			return held != ""
		})
		if err := cancel(); err != nil {
			t.Fatal(err)
		}
		if waits == nil {
			s.reopen()
			if status := s.lastRefresh().Status; status != autoscalingtypes.InstanceRefreshStatusCancelling {
				t.Errorf("while one is held it is %s", status)
			}
			_, err := s.refresh(nil)
			roomtest.WantAPIError(t, err, "InstanceRefreshInProgress")
			_, err = client.RollbackInstanceRefresh(ctx, &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: new("app")})
			roomtest.WantAPIError(t, err, "ActiveInstanceRefreshNotFound")
			if err := s.complete(held, "out", goOn); err != nil {
				t.Fatal(err)
			}
			s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusCancelled)
		}
		if got := s.lastRefresh(); got.Status != autoscalingtypes.InstanceRefreshStatusCancelled || *got.StatusReason != byRequest || got.EndTime == nil {
			t.Errorf("it is %+v", got)
		}
		roomtest.WantAPIError(t, cancel(), "ActiveInstanceRefreshNotFound")
	}
}
