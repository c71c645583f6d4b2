package fleet

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// member is an instance of a group, of a version of the template lt-1.
func member(id, version, health string, state autoscalingtypes.LifecycleState) autoscalingtypes.Instance {
	return autoscalingtypes.Instance{InstanceId: &id, HealthStatus: &health, LifecycleState: state,
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: &version}}
}

// seen is a group that is to have two instances, the targets of those named being healthy.
func seen(refresh autoscalingtypes.InstanceRefreshStatus, members []autoscalingtypes.Instance, healthy ...string) sight {
	s := sight{states: map[string]*balancing.TargetState{}}
	s.group = &autoscalingtypes.AutoScalingGroup{DesiredCapacity: aws.Int32(2), Instances: members}
	for _, i := range members {
		s.states[*i.InstanceId] = &balancing.TargetState{State: "unhealthy", Reason: "Target.FailedHealthChecks"}
		if slices.Contains(healthy, *i.InstanceId) {
			s.states[*i.InstanceId] = &balancing.TargetState{State: "healthy"}
		}
	}
	if refresh != "" {
		s.refresh = &autoscalingtypes.InstanceRefresh{Status: refresh, StatusReason: aws.String("a reason")}
	}
	return s
}

func TestArrival(t *testing.T) {
	oldOne, oldTwo := member("i-1", "1", "Healthy", "InService"), member("i-2", "1", "Healthy", "InService")
	newOne, newTwo := member("i-3", "2", "Healthy", "InService"), member("i-4", "2", "Healthy", "InService")
	mixed := []autoscalingtypes.Instance{newOne, oldTwo}
	left := []autoscalingtypes.Instance{member("i-3", "2", "Unhealthy", "Terminating"), oldTwo}
	both := []autoscalingtypes.Instance{newOne, newTwo}
	refused := seen("InProgress", []autoscalingtypes.Instance{oldTwo}, "i-2")
	refused.failures = make([]autoscalingtypes.Activity, 2)
	const done, goesOn = "done", ""
	for name, c := range map[string]struct {
		sights []sight // a minute lies between two
		want   string
		ill    bool
	}{
		"all healthy":              {[]sight{seen("Successful", both, "i-3", "i-4")}, done, false},
		"the refresh goes on":      {[]sight{seen("InProgress", both, "i-3", "i-4")}, goesOn, false},
		"a target is not":          {[]sight{seen("Successful", both, "i-3")}, goesOn, false},
		"one is of before":         {[]sight{seen("Successful", []autoscalingtypes.Instance{oldOne, newOne}, "i-1", "i-3")}, goesOn, false},
		"one of before leaves":     {[]sight{seen("Successful", append(both, member("i-1", "1", "Healthy", "Terminating:Wait")), "i-3", "i-4")}, done, false},
		"one is missing":           {[]sight{seen("Successful", []autoscalingtypes.Instance{newOne}, "i-3")}, goesOn, false},
		"never healthy":            {[]sight{seen("InProgress", mixed, "i-2"), seen("InProgress", left, "i-2")}, "i-3 of template version 2 was taken out", true},
		"healthy once":             {[]sight{seen("InProgress", mixed, "i-2", "i-3"), seen("InProgress", left, "i-2")}, goesOn, false},
		"no launch succeeds":       {[]sight{refused}, "2 launches of template version 2 failed", true},
		"the refresh failed":       {[]sight{seen("Failed", both, "i-3")}, "is Failed: a reason", true},
		"AWS rolls back":           {[]sight{seen("RollbackSuccessful", []autoscalingtypes.Instance{oldOne, oldTwo}, "i-1", "i-2")}, goesOn, false},
		"somebody cancelled it":    {[]sight{seen("Cancelled", both, "i-3")}, "is Cancelled: a reason", false},
		"the first stay unhealthy": {slices.Repeat([]sight{seen("", both)}, 5), "no instance of template version 2 is healthy", true},
		"none more for too long":   {slices.Repeat([]sight{seen("InProgress", both, "i-3")}, 5), "1 of 2 instances of template version 2", true},
	} {
		a := arrival{want: machines.Version{Template: "lt-1", Number: "2"}, refresh: "r-1", patience: 3 * time.Minute, condemns: 2 * time.Minute}
		var ok bool
		var err error
		for minute, s := range c.sights {
			if ok, err = a.judge(s, time.Time{}.Add(time.Duration(minute)*time.Minute)); err != nil || ok {
				break
			}
		}
		got := goesOn
		if ok {
			got = done
		} else if err != nil {
			got = err.Error()
		}
		var ill *resource.NotServing
		if !strings.Contains(got, c.want) || c.want == goesOn && got != goesOn || errors.As(err, &ill) != c.ill {
			t.Errorf("%s: %q, not serving %v; want %q, %v", name, got, errors.As(err, &ill), c.want, c.ill)
		}
	}
}

// Who waits for instances is told how many are there, and what is wrong with one that is not.
func TestArrivalIsTold(t *testing.T) {
	a := arrival{want: machines.Version{Template: "lt-1", Number: "2"}}
	one, two := member("i-3", "2", "Healthy", "InService"), member("i-4", "2", "Healthy", "InService")
	for want, s := range map[string]sight{
		"1 of 2 instances of template version 2 are healthy; i-4 is unhealthy Target.FailedHealthChecks": seen("", []autoscalingtypes.Instance{one, two}, "i-3"),
		"2 of 2 instances of template version 2 are healthy": seen("",
			[]autoscalingtypes.Instance{one, two}, "i-3", "i-4"),
		"0 of 2 instances of template version 2 are healthy": seen("", []autoscalingtypes.Instance{member("i-1", "1", "Healthy", "InService")}),
	} {
		if got := a.progress(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestActivitiesThatTellSomething(t *testing.T) {
	activity := func(status autoscalingtypes.ScalingActivityStatusCode, description, cause, message string) autoscalingtypes.Activity {
		a := autoscalingtypes.Activity{StatusCode: status, Description: &description, Cause: &cause}
		if message != "" {
			a.StatusMessage = &message
		}
		return a
	}
	got := telling([]autoscalingtypes.Activity{
		activity("InProgress", "Terminating EC2 instance: i-3", "an ELB system health check failure.", ""),
		activity("Successful", "Launching a new EC2 instance: i-4", "an instance refresh.", ""),
		activity("Failed", "Launching a new EC2 instance.", "a user request.", "We currently do not have sufficient capacity."),
	}, "i-3")
	want := []string{
		"activity Terminating EC2 instance: i-3: an ELB system health check failure. (InProgress)",
		"activity Launching a new EC2 instance: We currently do not have sufficient capacity. (Failed)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestARefreshThatRunsIsWaitedForOrCancelled(t *testing.T) {
	f := &Fleet{Scope: resourcetest.Scope(t), Template: &machines.Template{ID: "lt-1"}}
	f.Was = &autoscalingtypes.AutoScalingGroup{LaunchTemplate: machines.Version{Template: "lt-1", Number: "1"}.Launch()}
	to := func(v string, status autoscalingtypes.InstanceRefreshStatus) *autoscalingtypes.InstanceRefresh {
		r := &autoscalingtypes.InstanceRefresh{InstanceRefreshId: aws.String("r-1"), Status: status, PercentageComplete: aws.Int32(50)}
		if v != "" {
			r.DesiredConfiguration = &autoscalingtypes.DesiredConfiguration{LaunchTemplate: machines.Version{Template: "lt-1", Number: v}.Launch()}
		}
		return r
	}
	for _, c := range []struct {
		refresh *autoscalingtypes.InstanceRefresh
		want    string
	}{
		{to("2", "InProgress"), continued}, {to("2", "Pending"), continued}, {to("3", "InProgress"), cancelled}, {to("", "InProgress"), cancelled},
		{to("2", "Cancelling"), awaitEnd}, {to("2", "RollbackInProgress"), awaitEnd},
	} {
		if got := f.dealWith(c.refresh, machines.Version{Template: "lt-1", Number: "2"}); got != c.want {
			t.Errorf("%s: %s, want %s", f.refreshText(c.refresh), got, c.want)
		}
	}
	if got := f.refreshText(to("3", "InProgress")); got != "r-1 to version 3, InProgress 50 %" {
		t.Errorf("a refresh is named %q", got)
	}
}

// Whoever scales the fleet is left alone; its bounds are healed.
func TestCapacityIsScalings(t *testing.T) {
	f := &Fleet{Scope: resourcetest.Scope(t), Template: &machines.Template{Scope: resourcetest.Scope(t), ImageID: func() string { return "" },
		Group: &network.Group{}},
		Group: &balancing.TargetGroup{}, Subnets: []*network.Subnet{{}, {}}}
	names := func() string {
		var names []string
		for _, f := range f.Desired()[:3] {
			names = append(names, f.Name)
		}
		return strings.Join(names, " ")
	}
	if got := names(); got != "min desired max" {
		t.Errorf("a fleet that is made has %s", got)
	}
	f.found = true
	if got := names(); got != "min max health check" {
		t.Errorf("a fleet that is there is compared by %s", got)
	}
}

func TestAWaitForTargetsSaysWhichAreIll(t *testing.T) {
	w := &Targets{Scope: resourcetest.Scope(t), healthy: 1, ill: []string{"i-2 initial"}}
	if got, want := w.Reason(), "for 3 instances that the load balancer finds healthy; 1 are (i-2 initial)"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
