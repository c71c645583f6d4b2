package scaling

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func TestGroupComesUpOverItsZones(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	g := s.await("two in service", serve(2))
	zones := []string{*g.Instances[0].AvailabilityZone, *g.Instances[1].AvailabilityZone}
	if slices.Sort(zones); !slices.Equal(zones, []string{"us-east-1a", "us-east-1b"}) {
		t.Errorf("zones %v", zones)
	}
	for _, i := range g.Instances {
		if subnet := s.machines.get(*i.InstanceId).Subnet; testZones[subnet] != *i.AvailabilityZone {
			t.Errorf("%s is in %s, not in %s", *i.InstanceId, subnet, *i.AvailabilityZone)
		}
	}
	tags := s.machines.get(*g.Instances[0].InstanceId).Tags
	if tags["aws:autoscaling:groupName"] != "app" || tags["role"] != "app" || tags["own"] != "" || *g.Instances[0].LaunchTemplate.Version != "1" {
		t.Errorf("tags %v, instance %+v", tags, g.Instances[0])
	}
	a := s.activity("increasing the capacity from 0 to 2.")
	if !strings.Contains(*a.Cause, "a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.  At ") ||
		a.StatusCode != successful {
		t.Errorf("activity %s %s", a.StatusCode, *a.Cause)
	}
	s.await("attachment in service", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.fleets.Get("app")
		return f.Attachments[0].State == fleet.Attached
	})
	_, err := s.r.CreateAutoScalingGroup(t.Context(), s.input())
	roomtest.WantCode(t, err, "AlreadyExists")
	_, err = s.r.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app")})
	roomtest.WantCode(t, err, "ResourceInUse")
}

// A template with an instance profile that is not there makes no group, and no group its own.
// A group that is made for zones stands in their default subnets, which it does not show.
func TestGroupInDefaultSubnets(t *testing.T) {
	s := newStage(t)
	g := s.alone(2, func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.VPCZoneIdentifier, in.AvailabilityZones = nil, []string{"us-east-1a", "us-east-1b"}
	})
	if *g.VPCZoneIdentifier != "" || !slices.Equal(g.AvailabilityZones, []string{"us-east-1a", "us-east-1b"}) {
		t.Errorf("it is shown in %v, %q", g.AvailabilityZones, *g.VPCZoneIdentifier)
	}
	update := func(zones []string, subnets *string) error {
		_, err := s.client().UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: new("app"), AvailabilityZones: zones, VPCZoneIdentifier: subnets,
		})
		return err
	}
	roomtest.WantAPIError(t, update([]string{"us-east-1z"}, nil), "ValidationError")
	if err := update([]string{"us-east-1b"}, nil); err != nil {
		t.Fatal(err)
	}
	s.await("both in the one zone that is left", func(g autoscalingtypes.AutoScalingGroup) bool {
		return serve(2)(g) && *g.Instances[0].AvailabilityZone == "us-east-1b" && *g.Instances[1].AvailabilityZone == "us-east-1b"
	})
	if err := update(nil, &s.subnets); err != nil {
		t.Fatal(err)
	}
	if g := s.await("subnets", serve(2)); *g.VPCZoneIdentifier != s.subnets {
		t.Errorf("it is shown in %q", *g.VPCZoneIdentifier)
	}
}

func TestGroupIsRefusedForItsInstanceProfile(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	s.machines.mu.Lock()
	s.machines.profile = wire.Errorf("InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
	s.machines.mu.Unlock()
	in := s.input()
	in.AutoScalingGroupName = new("other")
	_, made := s.r.CreateAutoScalingGroup(t.Context(), in)
	_, changed := s.r.UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), LaunchTemplate: in.LaunchTemplate,
	})
	_, refreshed := s.r.StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: new("app"), DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{LaunchTemplate: in.LaunchTemplate},
	})
	want := "ValidationError: You must use a valid fully-formed launch template. " +
		"Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
	for what, err := range map[string]error{"made": made, "changed": changed, "refreshed": refreshed} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, ok := s.r.fleets.Get("other"); ok {
		t.Error("the group is there")
	}
}

func TestDeadInstanceIsReplacedInItsZone(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(6000)) })
	g := s.await("two in service", serve(2))
	dead := *g.Instances[0].InstanceId
	s.machines.end(dead) // the process ends by itself: no grace period protects it, nothing drains
	g = s.await("replaced", func(g autoscalingtypes.AutoScalingGroup) bool { return serve(2, dead)(g) && len(g.Instances) == 2 })
	if *g.Instances[0].AvailabilityZone == *g.Instances[1].AvailabilityZone {
		t.Error("both are in one zone")
	}
	s.awaitState(dead, terminated)
	s.activity("in response to an EC2 health check indicating it has been terminated or stopped.")
	s.activity("an instance was launched in response to an unhealthy instance needing to be replaced.")
}

func TestIllInstanceIsDrainedThenReplaced(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(1)) }) // at any speed
	g := s.await("two in service", serve(2))
	ill := *g.Instances[0].InstanceId
	s.book.set(ill, "unhealthy")
	s.await("replaced", serve(2, ill))
	row := s.r.membersOf("app")[slices.IndexFunc(s.r.membersOf("app"), func(m memberRow) bool { return m.Instance == ill })]
	a, _ := s.r.activities.Get(row.Terminal)
	if a.Start.Sub(row.InService) < time.Second {
		t.Errorf("it was taken out of service %v after it entered: within the grace period", a.Start.Sub(row.InService))
	}
	s.await("draining", func(autoscalingtypes.AutoScalingGroup) bool {
		a, _ = s.r.activities.Get(row.Terminal)
		return a.Status == elbDraining
	})
	if i := s.machines.get(ill); i.State != running {
		t.Errorf("while its target drains it is %s", i.State)
	}
	s.book.set(ill, "")
	s.awaitState(ill, terminated)
	s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 2 })
	s.activity("in response to an ELB system health check failure.")
}

// A region that was lost comes back before its instances have: what their targets say until then, and within the grace
// period that begins with their own start, replaces none of them.
func TestRecoveredInstanceHasItsGraceAgain(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(600)) })
	g := s.await("two in service", serve(2))
	s.await("attached", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.fleets.Get("app")
		return f.Attachments[0].State == fleet.Attached
	})
	s.shut()
	s.machines.fail(errors.New("the machine is busy"))
	s.open()
	f, _ := s.r.fleets.Get("app")
	group := s.r.group(f)
	if group.Grace < 10*time.Second {
		t.Errorf("ten minutes to boot in are %v at speed 60", group.Grace)
	}
	group.Grace = 0 // the instances do not run yet: no grace period is what protects them
	observed := s.r.observed(s.r.membersOf("app"))
	for n, i := range observed {
		if i.Machine != fleet.Starting {
			t.Errorf("before it was started again, %s is %v", i.ID, i.Machine)
		}
		observed[n].Targets = map[string]fleet.TargetState{testGroup: fleet.Unhealthy}
	}
	if actions, _ := fleet.Decide(group, observed, time.Now()); len(actions) != 0 {
		t.Errorf("before they were started again: %v", actions)
	}

	s.machines.fail(nil)
	for _, i := range g.Instances {
		s.await("started again", func(autoscalingtypes.AutoScalingGroup) bool {
			return s.machines.get(*i.InstanceId).Started.After(s.r.opened)
		})
	}
	for _, i := range s.r.observed(s.r.membersOf("app")) {
		if i.Machine != fleet.Running || !i.InService.After(s.r.opened) {
			t.Errorf("started again, %s is %v and in service since %v; the room was opened at %v", i.ID, i.Machine, i.InService, s.r.opened)
		}
	}
	_, err := s.r.SetInstanceHealth(
		t.Context(),
		&autoscaling.SetInstanceHealthInput{InstanceId: g.Instances[0].InstanceId, HealthStatus: new("Unhealthy")},
	)
	if err != nil {
		t.Error(err)
	}
	if m := s.r.membersOf("app"); slices.ContainsFunc(m, func(m memberRow) bool { return m.Sick != "" }) {
		t.Errorf("within its new grace period it was called sick: %+v", m)
	}
}

func TestCapacityFollowsItsBounds(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	s.await("two", serve(2))
	ctx := t.Context()
	update := func(in autoscaling.UpdateAutoScalingGroupInput) {
		t.Helper()
		in.AutoScalingGroupName = new("app")
		roomtest.Must(s.r.UpdateAutoScalingGroup(ctx, &in))(t)
	}
	update(autoscaling.UpdateAutoScalingGroupInput{MinSize: new(int32(3))})
	s.await("three", serve(3))
	roomtest.Must(s.r.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(4))}))(t)
	s.await("four", serve(4))
	update(autoscaling.UpdateAutoScalingGroupInput{MinSize: new(int32(1)), MaxSize: new(int32(1))})
	g := s.await("one", serve(1))
	if *g.DesiredCapacity != 1 {
		t.Errorf("desired %d", *g.DesiredCapacity)
	}
	s.activity("shrinking the capacity from 4 to 1.")
	_, err := s.r.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(2))})
	roomtest.WantCode(t, err, "ValidationError")
	roomtest.Must(s.r.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.await("deleted", func(g autoscalingtypes.AutoScalingGroup) bool { return g.AutoScalingGroupName == nil })
	for _, i := range s.machines.instances.All() {
		s.awaitState(i.ID, terminated)
	}
	if s.r.members.Len() != 0 { // what it did is told for some time
		t.Error("the group left something behind")
	}
}

func TestRestartInTheMiddle(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	g := s.await("two", serve(2))
	ill := *g.Instances[1].InstanceId
	s.book.set(ill, "unhealthy")
	s.await("draining", func(autoscalingtypes.AutoScalingGroup) bool {
		return s.book.had(ill, elbtypes.TargetHealthStateEnumDraining)
	})
	// A launch that was written down, and one that also reached EC2, are each completed once.
	s.reopen()
	s.await("two others", serve(2, ill))
	s.book.set(ill, "")
	g = s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 2 && serve(2, ill)(g) })
	if n := s.machines.instances.Len(); n != 3 {
		t.Errorf("%d instances were launched, want 3: %v", n, g.Instances)
	}
}

func TestLaunchBegunBeforeTheEndIsFoundAgain(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(1)) })
	s.await("one", serve(1))
	m := s.r.membersOf("app")[0]
	f, _ := s.r.fleets.Get("app")
	id, err := s.r.launchMember(f, m)
	if err != nil || id != m.Instance || s.machines.instances.Len() != 1 {
		t.Errorf("launched %s again as %s, %v", m.Instance, id, err)
	}
}

func TestFailedLaunchIsToldAndTriedAgain(t *testing.T) {
	s := newStage(t)
	s.machines.fail(errors.New("no memory"))
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = new(int32(1))
	})
	s.await("a failed activity", func(autoscalingtypes.AutoScalingGroup) bool {
		return slices.ContainsFunc(s.r.activities.All(), func(a activityRow) bool {
			return a.Status == failed && strings.Contains(a.Message, "no memory")
		})
	})
	s.machines.fail(nil)
	s.await("one", serve(1))
	if f, _ := s.r.fleets.Get("app"); f.Failures != 0 {
		t.Errorf("after a success, %d failures are counted", f.Failures)
	}
}

func TestRefusedLaunchIsToldAndTriedAgain(t *testing.T) {
	s := newStage(t)
	s.machines.refuse(errors.New("no address is left"))
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(1)) })
	s.wait("a failed activity", func() bool {
		return slices.ContainsFunc(s.activities(), func(a autoscalingtypes.Activity) bool {
			return a.StatusCode == failed && *a.StatusMessage == "no address is left" &&
				*a.Description == "Launching a new EC2 instance.  Status Reason: no address is left"
		})
	})
	s.machines.refuse(nil)
	s.await("one", serve(1))
	if f, _ := s.r.fleets.Get("app"); f.Failures != 0 || len(f.Resting) != 0 {
		t.Errorf("after a success, %d failures are counted, and %v rest", f.Failures, f.Resting)
	}
}

// A target group that was deleted took its targets along: nothing waits for it to drain them.
func TestDeletedTargetGroupHoldsNoInstance(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	id := *s.await("two", serve(2)).Instances[0].InstanceId
	s.book.remove(testGroup)
	roomtest.Must(s.r.TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &id, ShouldDecrementDesiredCapacity: new(true),
	}))(t)
	s.awaitState(id, terminated)
	s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 1 })
}

func TestInstanceRefreshReplacesAll(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	old := s.await("two", serve(2)).Instances
	ctx := t.Context()
	s.machines.newVersion()
	s.book.clear() // nothing drains
	start := &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: new("app")}
	roomtest.Must(s.r.StartInstanceRefresh(ctx, start))(t)
	_, err := s.r.StartInstanceRefresh(ctx, start)
	roomtest.WantCode(t, err, "InstanceRefreshInProgress")
	fewest := 2
	s.await("refreshed", func(g autoscalingtypes.AutoScalingGroup) bool {
		serving := 0
		for _, i := range g.Instances {
			if i.LifecycleState == autoscalingtypes.LifecycleStateInService {
				serving++
			}
		}
		fewest = min(fewest, serving)
		// Those of the first version that went out drain only when the test says so.
		for _, i := range g.Instances {
			if h, ok := s.book.State(testGroup, *i.InstanceId); ok && h.State == "draining" {
				s.book.set(*i.InstanceId, "")
			}
		}
		return len(g.Instances) == 2 && serve(2, *old[0].InstanceId, *old[1].InstanceId)(g) && *g.Instances[0].LaunchTemplate.Version == "2" &&
			s.machines.get(*g.Instances[0].InstanceId).Version == "2"
	})
	s.await("refresh over", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.fleets.Get("app")
		return f.Refresh == ""
	})
	out := roomtest.Must(
		s.r.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: new("app")}),
	)(t).InstanceRefreshes
	if len(out) != 1 || out[0].Status != "Successful" || *out[0].PercentageComplete != 100 || fewest < 1 {
		t.Errorf("refresh %+v, fewest in service %d", out, fewest)
	}
	_, err = s.r.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: new("app")})
	roomtest.WantCode(t, err, "ActiveInstanceRefreshNotFound")
}

// refreshTo starts a refresh to a version of the template, automatically rolled back where that is asked for.
func (s *stage) refreshTo(version string, back bool) {
	s.t.Helper()
	roomtest.Must(s.r.StartInstanceRefresh(s.t.Context(), &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: new("app"),
		DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: &version},
		},
		Preferences: &autoscalingtypes.RefreshPreferences{SkipMatching: new(true), AutoRollback: &back},
	}))(s.t)
}

func (s *stage) lastRefresh() autoscalingtypes.InstanceRefresh {
	s.t.Helper()
	in := &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: new("app")}
	return roomtest.Must(s.r.DescribeInstanceRefreshes(s.t.Context(), in))(s.t).InstanceRefreshes[0]
}

// exact makes the group of a numbered version, as what is to be rolled back to must be.
func exact(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate.Version = new("1") }

func TestRefreshIsRolledBack(t *testing.T) {
	s := newStage(t)
	s.alone(2, exact)
	s.machines.newVersion()
	s.machines.fail(errors.New("a bad image"))
	s.refreshTo("2", false)
	s.await("one of the new version", func(g autoscalingtypes.AutoScalingGroup) bool {
		return slices.ContainsFunc(g.Instances, func(i autoscalingtypes.Instance) bool { return *i.LaunchTemplate.Version == "2" })
	})
	in := &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: new("app")}
	id := *roomtest.Must(s.r.RollbackInstanceRefresh(t.Context(), in))(t).InstanceRefreshId
	_, err := s.r.RollbackInstanceRefresh(t.Context(), in)
	roomtest.WantCode(t, err, "ActiveInstanceRefreshNotFound")
	_, err = s.r.StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: new("app")})
	roomtest.WantCode(t, err, "InstanceRefreshInProgress")
	if got := s.lastRefresh(); got.Status != rollingBack || got.EndTime != nil || *got.RollbackDetails.InstancesToUpdateOnRollback > 2 {
		t.Errorf("while it is rolled back: %+v", got)
	}
	s.reopen()
	s.machines.fail(nil)
	g := s.await("rolled back", func(g autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.fleets.Get("app")
		return f.Refresh == "" && serve(2)(g)
	})
	for _, i := range g.Instances {
		if i.LifecycleState == "InService" && *i.LaunchTemplate.Version != "1" {
			t.Errorf("after the rollback, %s is of version %s", *i.InstanceId, *i.LaunchTemplate.Version)
		}
	}
	if got := s.lastRefresh(); got.Status != autoscalingtypes.InstanceRefreshStatusRollbackSuccessful ||
		*got.InstanceRefreshId != id || *g.LaunchTemplate.Version != "1" {
		t.Errorf("after the rollback: %+v; the group's template %+v", got, g.LaunchTemplate)
	}
}

func TestWhatCannotBeRolledBack(t *testing.T) {
	s := newStage(t)
	s.alone(1, exact)
	ctx := t.Context()
	back := &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: new("app")}
	_, err := s.r.RollbackInstanceRefresh(ctx, back)
	roomtest.WantCode(t, err, "ActiveInstanceRefreshNotFound")
	s.machines.refuse(errors.New("it never ends"))
	start := &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: new("app")}
	roomtest.Must(s.r.StartInstanceRefresh(ctx, start))(t)
	_, err = s.r.RollbackInstanceRefresh(ctx, back)
	roomtest.WantCode(t, err, "IrreversibleInstanceRefresh")
	roomtest.Must(s.r.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{
		AutoScalingGroupName: new("app"), WaitForTransitioningInstances: new(false),
	}))(t)

	start.Preferences = &autoscalingtypes.RefreshPreferences{AutoRollback: new(true)}
	_, err = s.r.StartInstanceRefresh(ctx, start)
	roomtest.WantCode(t, err, "ValidationError")
	roomtest.Must(s.r.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate)},
	}))(t)
	start.DesiredConfiguration = &autoscalingtypes.DesiredConfiguration{
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("1")},
	}
	_, err = s.r.StartInstanceRefresh(ctx, start)
	roomtest.WantCode(t, err, "ValidationError")
}

// A refresh whose instances do not become healthy fails; one that asked for it is rolled back.
func TestFailedRefreshIsRolledBackWhereAskedFor(t *testing.T) {
	for back, want := range map[bool][]autoscalingtypes.InstanceRefreshStatus{
		false: {autoscalingtypes.InstanceRefreshStatusFailed},
		true:  {rollingBack, autoscalingtypes.InstanceRefreshStatusRollbackFailed},
	} {
		s := newStage(t)
		s.alone(1, exact)
		s.machines.newVersion()
		s.machines.refuse(errors.New("no room"))
		s.refreshTo("2", back)
		for _, status := range want {
			if err := s.r.changeFleet(new("app"), func(tx *store.Tx, f *fleetRow) error { return s.r.failRefresh(tx, f, "") }); err != nil {
				t.Fatal(err)
			}
			if got := s.lastRefresh(); got.Status != status {
				t.Errorf("auto rollback %v: it is %s, want %s", back, got.Status, status)
			}
		}
	}
}

func TestGroupRefusals(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for name, change := range map[string]func(*autoscaling.CreateAutoScalingGroupInput){
		"no subnets":   func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = nil },
		"other subnet": func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = new("subnet-0") },
		"no template":  func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil },
		"other template": func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LaunchTemplate.LaunchTemplateId = new("lt-0123456789abcdef0")
		},
		"max below min": func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxSize = new(int32(0)) },
		"desired above": func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(9)) },
		"target group":  func(in *autoscaling.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{"arn:x"} },
		"policy":        func(in *autoscaling.CreateAutoScalingGroupInput) { in.TerminationPolicies = []string{"Newest"} },
		"health":        func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckType = new("DISK") },
		"zone":          func(in *autoscaling.CreateAutoScalingGroupInput) { in.AvailabilityZones = []string{"us-east-1c"} },
	} {
		in := s.input()
		change(in)
		_, err := s.r.CreateAutoScalingGroup(ctx, in)
		t.Run(name, func(t *testing.T) { roomtest.WantCode(t, err, "ValidationError") })
	}
	in := s.input()
	in.InstanceId = new("i-00000000000000000")
	_, err := s.r.CreateAutoScalingGroup(ctx, in)
	roomtest.WantCode(t, err, "UnsupportedOperation")
	_, err = s.r.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: new("none")})
	roomtest.WantCode(t, err, "ValidationError")
	_, err = s.r.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{NextToken: new("made-up")})
	roomtest.WantCode(t, err, "InvalidNextToken")
	if s.r.fleets.Len() != 0 {
		t.Errorf("%d groups after refused calls", s.r.fleets.Len())
	}
}

// What a deleted group did is told to who asks for such groups, and counts for no group that has its name later.
func TestActivitiesOfDeletedGroups(t *testing.T) {
	s := newStage(t)
	ids := instanceIDs(s.alone(1, nil))
	c := s.client()
	roomtest.Must(c.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.wait("the group goes", func() bool { _, ok := s.r.fleets.Get("app"); return !ok })
	ask := func(deleted bool) (causes []string, err error) {
		out, err := c.DescribeScalingActivities(t.Context(), &autoscaling.DescribeScalingActivitiesInput{
			AutoScalingGroupName: new("app"), IncludeDeletedGroups: &deleted,
		})
		if err != nil {
			return nil, err
		}
		for _, a := range out.Activities {
			causes = append(causes, *a.Description)
		}
		return causes, nil
	}
	_, err := ask(false)
	roomtest.WantAPIError(t, err, "ValidationError")
	roomtest.WantSame(t, "the deleted group's", roomtest.Must(ask(true))(t), "Terminating EC2 instance: "+ids[0], "Launching a new EC2 instance: "+ids[0])
	s.reopen()
	again := instanceIDs(s.alone(1, nil))
	roomtest.WantSame(t, "the new group's", roomtest.Must(ask(false))(t), "Launching a new EC2 instance: "+again[0])
	if got := roomtest.Must(ask(true))(t); len(got) != 3 {
		t.Errorf("of both %q", got)
	}
}

func TestGroupsAreFoundByTags(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.MinSize, in.DesiredCapacity = new(int32(0)), new(int32(0))
	})
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.AutoScalingGroupName, in.MinSize, in.DesiredCapacity, in.Tags = new("other"), new(int32(0)), new(int32(0)), nil
	})
	ctx := t.Context()
	find := func(in autoscaling.DescribeAutoScalingGroupsInput) (names []string) {
		for _, g := range roomtest.Must(s.r.DescribeAutoScalingGroups(ctx, &in))(t).AutoScalingGroups {
			names = append(names, *g.AutoScalingGroupName)
		}
		return names
	}
	by := func(name, value string) []autoscalingtypes.Filter {
		return []autoscalingtypes.Filter{{Name: &name, Values: []string{value}}}
	}
	for name, value := range map[string]string{"tag:role": "app", "tag-key": "own", "tag-value": "x"} {
		if got := find(autoscaling.DescribeAutoScalingGroupsInput{Filters: by(name, value)}); !slices.Equal(got, []string{"app"}) {
			t.Errorf("%s=%s finds %v", name, value, got)
		}
	}
	if got := find(autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"none"}}); got != nil {
		t.Errorf("found %v", got)
	}
	roomtest.Must(
		s.r.CreateOrUpdateTags(
			ctx,
			&autoscaling.CreateOrUpdateTagsInput{
				Tags: []autoscalingtypes.Tag{{ResourceId: new("other"), ResourceType: new("auto-scaling-group"), Key: new("own"), Value: new("y")}},
			},
		),
	)(t)
	roomtest.Must(s.r.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{{ResourceId: new("app"), Key: new("own")}}}))(t)
	_, err := s.r.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{{ResourceId: new("none"), Key: new("own")}}})
	if err == nil || err.Error() != "ValidationError: AutoScalingGroup not found - AutoScaling Group none not found" {
		t.Errorf("tags of a group that there is not: %v", err)
	}
	tags := roomtest.Must(s.r.DescribeTags(ctx, &autoscaling.DescribeTagsInput{Filters: by("key", "own")}))(t).Tags
	if len(tags) != 1 || *tags[0].ResourceId != "other" {
		t.Errorf("tags %v", tags)
	}
	first := roomtest.Must(s.r.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: new(int32(1))}))(t)
	if got := find(autoscaling.DescribeAutoScalingGroupsInput{NextToken: first.NextToken}); !slices.Equal(got, []string{"other"}) {
		t.Errorf("second page %v", got)
	}
}
