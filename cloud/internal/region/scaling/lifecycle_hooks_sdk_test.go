package scaling

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// inState waits until so many members are in a state, and returns the first.
func (s *stage) inState(state autoscalingtypes.LifecycleState, n int) (id string) {
	s.t.Helper()
	s.await(string(state), func(g autoscalingtypes.AutoScalingGroup) bool {
		found := 0
		for _, i := range g.Instances {
			if i.LifecycleState == state {
				id, found = *i.InstanceId, found+1
			}
		}
		return found == n
	})
	return id
}

// drain waits until an instance's target drains, and ends that.
func (s *stage) drain(id string) {
	s.t.Helper()
	s.wait(id+" drains", func() bool {
		h, _ := s.book.State(testGroup, id)
		return h.State == elbtypes.TargetHealthStateEnumDraining
	})
	s.book.set(id, "")
}

func (s *stage) complete(id, hook, result string) error {
	_, err := s.client().CompleteLifecycleAction(s.t.Context(), &autoscaling.CompleteLifecycleActionInput{
		AutoScalingGroupName: new("app"), InstanceId: &id, LifecycleHookName: &hook, LifecycleActionResult: &result,
	})
	return err
}

func TestHooksHoldInstancesOnTheirWayInAndOut(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	hook := func(name, transition string) autoscalingtypes.LifecycleHookSpecification {
		return autoscalingtypes.LifecycleHookSpecification{LifecycleHookName: &name, LifecycleTransition: &transition}
	}
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = new(int32(1))
		in.LifecycleHookSpecificationList = []autoscalingtypes.LifecycleHookSpecification{hook("in", launching), hook("also", launching), hook("out", terminating)}
	})
	id := s.inState(autoscalingtypes.LifecycleStatePendingWait, 1)
	if state, registered := s.r.targets.State(testGroup, id); registered {
		t.Errorf("it is registered while it waits: %v", state)
	}
	s.reopen()
	if a := s.activities()[0]; a.StatusCode != autoscalingtypes.ScalingActivityStatusCodeMidLifecycleAction {
		t.Errorf("its activity is %s", a.StatusCode)
	}
	roomtest.Must(s.client().CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("in"), LifecycleActionToken: &s.r.membersOf("app")[0].Waits[1].Token,
		LifecycleActionResult: new("CONTINUE"),
	}))(t)
	roomtest.WantAPIError(t, s.complete(id, "in", "CONTINUE"), "ValidationError")
	s.inState(autoscalingtypes.LifecycleStatePendingWait, 1)
	if err := s.complete(id, "also", "CONTINUE"); err != nil {
		t.Fatal(err)
	}
	s.inState(autoscalingtypes.LifecycleStateInService, 1)

	roomtest.Must(s.client().UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MinSize: new(int32(0)), DesiredCapacity: new(int32(0)),
	}))(t)
	s.drain(id)
	s.inState(autoscalingtypes.LifecycleStateTerminatingWait, 1)
	if state := s.machines.get(id).State; state != running {
		t.Errorf("while it waits it is %s", state)
	}
	if err := s.complete(id, "out", "ABANDON"); err != nil {
		t.Fatal(err)
	}
	s.awaitState(id, terminated)
	s.await("none", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 0 })
}

func TestAbandonedLaunchIsTriedAgain(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = new(int32(1))
		in.LifecycleHookSpecificationList = []autoscalingtypes.LifecycleHookSpecification{{LifecycleHookName: new("in"), LifecycleTransition: new(launching)}}
	})
	first := s.inState(autoscalingtypes.LifecycleStatePendingWait, 1)
	if err := s.complete(first, "in", "ABANDON"); err != nil {
		t.Fatal(err)
	}
	s.awaitState(first, terminated)
	s.activity("an instance was taken out of service in response to a launch failure.")
	words := ""
	for _, a := range s.activities() {
		if a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeCancelled {
			words = *a.StatusMessage
		}
	}
	if !strings.HasSuffix(words, "was abandoned: Lifecycle Action Completed with ABANDON Result") {
		t.Errorf("the launch ended with %q", words)
	}
	second := ""
	s.await("another one waits", func(g autoscalingtypes.AutoScalingGroup) bool {
		for _, i := range g.Instances {
			if *i.InstanceId != first && i.LifecycleState == autoscalingtypes.LifecycleStatePendingWait {
				second = *i.InstanceId
			}
		}
		return second != ""
	})
	// A hook that is deleted is abandoned by those that launch.
	roomtest.Must(s.client().DeleteLifecycleHook(t.Context(), &autoscaling.DeleteLifecycleHookInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("in"),
	}))(t)
	s.awaitState(second, terminated)
	s.await("one in service", serve(1))
}

// The times of hooks are decided on by package fleet; here they pass as the test says.
func TestHooksTimeOut(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = new(int32(1))
		in.LifecycleHookSpecificationList = []autoscalingtypes.LifecycleHookSpecification{{
			LifecycleHookName: new("in"), LifecycleTransition: new(launching), DefaultResult: new(goOn), HeartbeatTimeout: new(int32(7200)),
		}}
	})
	id := s.inState(autoscalingtypes.LifecycleStatePendingWait, 1)
	m := s.r.membersOf("app")[0]
	beat := func(token *string) error {
		_, err := s.client().RecordLifecycleActionHeartbeat(t.Context(), &autoscaling.RecordLifecycleActionHeartbeatInput{
			AutoScalingGroupName: new("app"), LifecycleHookName: new("in"), InstanceId: &id, LifecycleActionToken: token,
		})
		return err
	}
	if err := beat(&m.Waits[0].Token); err != nil {
		t.Fatal(err)
	}
	again := s.r.membersOf("app")[0]
	if !again.Waits[0].Until.After(m.Waits[0].Until) || !again.Waits[0].Limit.Equal(m.Waits[0].Limit) {
		t.Errorf("a heartbeat changed %+v to %+v", m.Waits, again.Waits)
	}
	roomtest.WantAPIError(t, beat(new(room.NewUUID())), "ValidationError")
	actions, due := fleet.Decide(s.r.group(roomtest.Must(s.group())(t)), s.r.observed(s.r.membersOf("app")), time.Now())
	if len(actions) != 0 || !due.Equal(again.Waits[0].Until) {
		t.Errorf("it would do %v, and at %v again", actions, due)
	}
	actions, _ = fleet.Decide(s.r.group(roomtest.Must(s.group())(t)), s.r.observed(s.r.membersOf("app")), due)
	if len(actions) != 1 || actions[0].Do != fleet.DoExpire {
		t.Errorf("then it would do %v", actions)
	}
	if w := (hookWait{Heartbeat: 7200, Limit: time.Now().Add(time.Second)}); !s.r.beat(w, time.Now()).Equal(w.Limit) {
		t.Error("a hook waits beyond its limit")
	}
}

// group is the row of the group "app".
func (s *stage) group() (fleetRow, error) {
	f, _ := s.r.fleets.Get("app")
	return f, nil
}

func TestHooksAreKept(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	put := func(in autoscaling.PutLifecycleHookInput) error {
		in.AutoScalingGroupName = new("app")
		_, err := client.PutLifecycleHook(ctx, &in)
		return err
	}
	if err := put(autoscaling.PutLifecycleHookInput{
		LifecycleHookName: new("b"), LifecycleTransition: new(terminating), NotificationTargetARN: new("arn:aws:sns:us-east-1:111122223333:t"),
	}); err != nil {
		t.Fatal(err)
	}
	if err := put(autoscaling.PutLifecycleHookInput{
		LifecycleHookName: new("a"), LifecycleTransition: new(launching), HeartbeatTimeout: new(int32(60)),
	}); err != nil {
		t.Fatal(err)
	}
	if err := put(autoscaling.PutLifecycleHookInput{LifecycleHookName: new("b"), NotificationTargetARN: new(""), DefaultResult: new("CONTINUE")}); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	hooks := roomtest.Must(s.client().DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: new("app")}))(t).LifecycleHooks
	if len(hooks) != 2 || *hooks[0].LifecycleHookName != "a" || *hooks[0].GlobalTimeout != 6000 || *hooks[0].DefaultResult != "ABANDON" {
		t.Fatalf("there are %+v", hooks)
	}
	if b := hooks[1]; *b.GlobalTimeout != 172800 || *b.HeartbeatTimeout != 3600 ||
		*b.DefaultResult != "CONTINUE" || b.NotificationTargetARN != nil || *b.LifecycleTransition != terminating {
		t.Errorf("b is %+v", b)
	}
	for _, in := range []autoscaling.PutLifecycleHookInput{
		{LifecycleHookName: new("c")}, {LifecycleHookName: new("c"), LifecycleTransition: new("x")},
		{LifecycleHookName: new("c"), LifecycleTransition: new(launching), HeartbeatTimeout: new(int32(29))},
		{LifecycleHookName: new("c"), LifecycleTransition: new(launching), DefaultResult: new("WAIT")},
	} {
		roomtest.WantAPIError(t, put(in), "ValidationError")
	}
	_, err := s.client().DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: new("app"), LifecycleHookName: new("c")})
	roomtest.WantAPIError(t, err, "ValidationError")
	if types := roomtest.Must(s.client().DescribeLifecycleHookTypes(ctx, &autoscaling.DescribeLifecycleHookTypesInput{}))(t); len(types.LifecycleHookTypes) != 2 {
		t.Errorf("%+v", types)
	}
}
