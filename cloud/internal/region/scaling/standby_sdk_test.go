package scaling

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

func TestStandbyKeepsAnInstanceOutOfService(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	id := instanceIDs(s.await("two in service", serve(2)))[0]
	enter := func(decrement bool) (*autoscaling.EnterStandbyOutput, error) {
		return client.EnterStandby(ctx, &autoscaling.EnterStandbyInput{
			AutoScalingGroupName: new("app"), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: &decrement,
		})
	}
	a := roomtest.Must(enter(true))(t).Activities
	if len(a) != 1 || *a[0].Description != "Moving EC2 instance to Standby: "+id ||
		!strings.HasSuffix(*a[0].Cause, "was moved to standby in response to a user request, shrinking the capacity from 2 to 1.") {
		t.Errorf("the activities are %+v", a)
	}
	s.drain(id)
	s.inState(autoscalingtypes.LifecycleStateStandby, 1)
	if _, registered := s.r.targets.State(testGroup, id); registered || s.desired() != 1 {
		t.Errorf("registered %v, desired %d", registered, s.desired())
	}
	_, err := enter(true)
	roomtest.WantAPIError(t, err, "ValidationError")
	s.reopen()
	client = s.client()
	exit := func() (*autoscaling.ExitStandbyOutput, error) {
		return client.ExitStandby(ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: new("app"), InstanceIds: []string{id}})
	}
	a = roomtest.Must(exit())(t).Activities
	if len(a) != 1 || !strings.HasSuffix(*a[0].Cause, "was moved out of standby in response to a user request, increasing the capacity from 1 to 2.") {
		t.Errorf("the activities are %+v", a)
	}
	s.await("both are in service", serve(2))
	_, err = exit()
	roomtest.WantAPIError(t, err, "ValidationError")

	// Without a decrement another one takes its place; one in standby goes with a group that is deleted.
	roomtest.Must(enter(false))(t)
	s.drain(id)
	s.await("two others in service", serve(2, id))
	_, err = client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app")})
	roomtest.WantAPIError(t, err, "ResourceInUse")
	roomtest.Must(client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.awaitState(id, terminated)
	s.wait("the group goes", func() bool { _, ok := s.r.fleets.Get("app"); return !ok })
}

func TestInstancesLeaveAndJoinAGroup(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	id := instanceIDs(s.await("two in service", serve(2)))[0]
	detach := func(decrement bool) (*autoscaling.DetachInstancesOutput, error) {
		return client.DetachInstances(ctx, &autoscaling.DetachInstancesInput{
			AutoScalingGroupName: new("app"), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: &decrement,
		})
	}
	if a := roomtest.Must(detach(true))(t).Activities; len(a) != 1 || *a[0].Description != "Detaching EC2 instance: "+id {
		t.Errorf("the activities are %+v", a)
	}
	s.drain(id)
	s.await("one is left", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 1 })
	i := s.machines.get(id)
	if _, registered := s.r.targets.State(testGroup, id); registered || i.State != running || i.Tags[groupTag] != "" {
		t.Errorf("detached it is %+v, registered %v", i, registered)
	}
	_, err := detach(true)
	roomtest.WantAPIError(t, err, "ValidationError")
	attach := func(id string) error {
		_, err := client.AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: new("app"), InstanceIds: []string{id}})
		return err
	}
	if err := attach(id); err != nil {
		t.Fatal(err)
	}
	g := s.await("two again", serve(2))
	if s.desired() != 2 || s.machines.get(id).Tags[groupTag] != "app" {
		t.Errorf("attached it is %+v, desired %d", s.machines.get(id), s.desired())
	}
	for _, i := range g.Instances {
		if *i.InstanceId == id && i.LaunchTemplate != nil {
			t.Errorf("it is shown with a launch template: %+v", i)
		}
	}
	roomtest.WantAPIError(t, attach(id), "ValidationError")
	roomtest.WantAPIError(t, attach("i-00000000000000000"), "ValidationError")
	own := roomtest.Must(s.machines.Launch(&ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("1")},
		MinCount:       new(int32(1)), MaxCount: new(int32(1)), SubnetId: new("subnet-0000000000000000a"), ClientToken: new("own"),
	}))(t)
	s.awaitState(own, running)
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: new("app"), MaxSize: new(int32(2))}))(t)
	roomtest.WantAPIError(t, attach(own), "ValidationError")
}

// A call that comes between a decision and its actions wins: who has put an instance into standby does not find it terminated, or in service.
func TestActionsOnWhatHasChangedAreLeftOut(t *testing.T) {
	s := newStage(t)
	g := s.alone(2, nil)
	id := *g.Instances[0].InstanceId
	roomtest.Must(s.client().EnterStandby(t.Context(), &autoscaling.EnterStandbyInput{
		AutoScalingGroupName: new("app"), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: new(true),
	}))(t)
	in := func(state fleet.Lifecycle) func() bool {
		return func() bool { m, err := s.r.memberTx(nil, &id); return err == nil && m.State == state }
	}
	s.wait("it is in standby", in(fleet.Standby))
	m, err := s.r.memberTx(nil, &id)
	if err != nil {
		t.Fatal(err)
	}
	retire := fleet.Action{Do: fleet.DoRetire, Instance: m.Token, Reason: fleet.EndedItself}
	for _, stale := range []struct {
		action fleet.Action
		found  fleet.Lifecycle
	}{{retire, fleet.InService}, {fleet.Action{Do: fleet.DoServe, Instance: m.Token}, fleet.Pending}} {
		if err := s.r.carryOut("app", stale.action, states{m.Token: stale.found}); err != nil || !in(fleet.Standby)() {
			t.Errorf("%s of what was %s: %v, %+v", stale.action.Do, stale.found, err, s.r.membersOf("app"))
		}
	}
	if err := s.r.carryOut("app", retire, states{m.Token: fleet.Standby}); err != nil || in(fleet.Standby)() {
		t.Errorf("retired as it is: %v, %+v", err, s.r.membersOf("app"))
	}
}

// A detachment that ends in termination does not go on for ever.
func TestTerminationCancelsADetachment(t *testing.T) {
	s := newStage(t)
	g := s.alone(1, nil)
	id := *g.Instances[0].InstanceId
	if err := s.r.Update(func(tx *store.Tx) error {
		m, err := s.r.memberTx(tx, &id)
		if err != nil {
			return err
		}
		f, _ := s.r.fleets.GetTx(tx, "app")
		if _, err := s.r.departMember(tx, &f, m, false, toNowhere); err != nil {
			return err
		}
		m, err = s.r.memberTx(tx, &id)
		if err != nil {
			return err
		}
		_, err = s.r.retireMember(tx, &f, m, fleet.Action{Do: fleet.DoRetire, Reason: fleet.UserRequest})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if a := s.activity("was detached in response to a user request"); a.StatusCode != cancelled || a.EndTime == nil {
		t.Errorf("%+v", a)
	}
}
