package scaling

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (s *stage) pool() *autoscaling.DescribeWarmPoolOutput {
	s.t.Helper()
	return roomtest.Must(s.r.DescribeWarmPool(s.t.Context(), &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: new("app")}))(s.t)
}

// awaitPool waits until the pool has so many instances, all in one state.
func (s *stage) awaitPool(n int, state autoscalingtypes.LifecycleState) (ids []string) {
	s.t.Helper()
	s.wait("the pool", func() bool {
		ids = nil
		for _, i := range s.pool().Instances {
			if i.LifecycleState != state {
				return false
			}
			ids = append(ids, *i.InstanceId)
		}
		return len(ids) == n
	})
	return ids
}

func (s *stage) setDesired(n int32) {
	s.t.Helper()
	roomtest.Must(s.r.SetDesiredCapacity(s.t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: &n}))(s.t)
}

func TestGroupGrowsFromItsWarmPool(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	s.alone(1, nil)
	roomtest.Must(s.client().PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app"), MaxGroupPreparedCapacity: new(int32(3))}))(t)
	ids := s.awaitPool(2, autoscalingtypes.LifecycleStateWarmedStopped)
	for _, id := range ids {
		if i := s.machines.get(id); i.State != ec2types.InstanceStateNameStopped {
			t.Errorf("in the pool, %s is %s", id, i.State)
		}
	}
	s.reopen()
	client := s.client()
	g := roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]
	if w := g.WarmPoolConfiguration; *g.WarmPoolSize != 2 || len(g.Instances) != 1 ||
		*w.MaxGroupPreparedCapacity != 3 || *w.MinSize != 0 || w.PoolState != "Stopped" || w.Status != "" {
		t.Errorf("the group is shown as %+v with %+v", g, w)
	}
	if all := roomtest.Must(client.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{}))(t).AutoScalingInstances; len(all) != 3 {
		t.Errorf("of three instances, %d are listed", len(all))
	}
	s.setDesired(3)
	g = s.await("three serve", serve(3))
	if s.machines.instances.Len() != 3 {
		t.Errorf("%d instances were launched", s.machines.instances.Len())
	}
	for _, id := range ids {
		if i := s.machines.get(id); i.State != running {
			t.Errorf("out of the pool, %s is %s", id, i.State)
		}
	}
	s.awaitPool(0, "")
	from, into := 0, 0
	for _, a := range s.activities() {
		switch {
		case a.StatusCode != successful:
			t.Errorf("%s: %s", *a.Description, a.StatusCode)
		case strings.HasPrefix(*a.Description, "Launching a new EC2 instance from warm pool: i-"):
			from++
		case strings.HasPrefix(*a.Description, "Launching a new EC2 instance into warm pool: i-"):
			into++
		}
	}
	if from != 2 || into != 2 {
		t.Errorf("%d activities tell of instances from the pool, and %d of those into it", from, into)
	}
}

func TestInstancesGoBackToTheirPool(t *testing.T) {
	s := newStage(t)
	s.alone(2, nil)
	roomtest.Must(s.client().PutWarmPool(t.Context(), &autoscaling.PutWarmPoolInput{
		AutoScalingGroupName: new("app"), MaxGroupPreparedCapacity: new(int32(2)), PoolState: autoscalingtypes.WarmPoolStateRunning,
		InstanceReusePolicy: &autoscalingtypes.InstanceReusePolicy{ReuseOnScaleIn: new(true)},
	}))(t)
	s.setDesired(1)
	back := s.awaitPool(1, autoscalingtypes.LifecycleStateWarmedRunning)[0]
	if i := s.machines.get(back); i.State != running {
		t.Errorf("back in the pool, it is %s", i.State)
	}
	s.setDesired(2)
	s.await("two serve", serve(2))
	if s.machines.instances.Len() != 2 {
		t.Errorf("%d instances were launched", s.machines.instances.Len())
	}
	if !*s.pool().WarmPoolConfiguration.InstanceReusePolicy.ReuseOnScaleIn {
		t.Error("the reuse policy is not shown")
	}
}

// An instance has its lifecycle hooks twice: into the pool, and out of it.
func TestHooksOfWarmPools(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	roomtest.Must(client.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("boot"), LifecycleTransition: new(launching), HeartbeatTimeout: new(int32(7200)),
	}))(t)
	roomtest.Must(client.PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app"), MaxGroupPreparedCapacity: new(int32(2))}))(t)
	goes := func(id string) {
		t.Helper()
		roomtest.Must(client.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{
			AutoScalingGroupName: new("app"), LifecycleHookName: new("boot"), InstanceId: &id, LifecycleActionResult: new("CONTINUE"),
		}))(t)
	}
	id := s.awaitPool(1, autoscalingtypes.LifecycleStateWarmedPendingWait)[0]
	goes(id)
	s.awaitPool(1, autoscalingtypes.LifecycleStateWarmedStopped)
	s.setDesired(2)
	s.await("it waits again", func(g autoscalingtypes.AutoScalingGroup) bool {
		return len(g.Instances) == 2 && (g.Instances[0].LifecycleState == "Pending:Wait" || g.Instances[1].LifecycleState == "Pending:Wait")
	})
	goes(id)
	s.await("two serve", serve(2))
}

func TestWarmPoolsGo(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	end := func(force bool) error {
		_, err := client.DeleteWarmPool(ctx, &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: new("app"), ForceDelete: &force})
		return err
	}
	roomtest.WantAPIError(t, end(false), "ValidationError")
	put := &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app"), MinSize: new(int32(1)), MaxGroupPreparedCapacity: new(int32(1))}
	for _, force := range []bool{false, true} {
		roomtest.Must(client.PutWarmPool(ctx, put))(t)
		id := s.awaitPool(1, autoscalingtypes.LifecycleStateWarmedStopped)[0]
		if err := end(force); err != nil {
			t.Fatal(err)
		}
		s.wait("the pool is gone", func() bool { return s.pool().WarmPoolConfiguration == nil })
		s.awaitState(id, terminated)
	}
	roomtest.Must(client.PutWarmPool(ctx, put))(t)
	id := s.awaitPool(1, autoscalingtypes.LifecycleStateWarmedStopped)[0]
	roomtest.Must(client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.awaitState(id, terminated)
	s.wait("the group goes", func() bool { _, ok := s.r.fleets.Get("app"); return !ok })
}

func TestWarmPoolsThatAreRefused(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	for _, c := range []struct {
		code string
		in   autoscaling.PutWarmPoolInput
	}{
		{"UnsupportedOperation", autoscaling.PutWarmPoolInput{PoolState: autoscalingtypes.WarmPoolStateHibernated}},
		{"ValidationError", autoscaling.PutWarmPoolInput{PoolState: "Frozen"}},
		{"ValidationError", autoscaling.PutWarmPoolInput{MaxGroupPreparedCapacity: new(int32(-2))}},
		{"ValidationError", autoscaling.PutWarmPoolInput{MaxGroupPreparedCapacity: new(int32(0))}},
		{"ValidationError", autoscaling.PutWarmPoolInput{MinSize: new(int32(-1))}},
	} {
		c.in.AutoScalingGroupName = new("app")
		_, err := s.client().PutWarmPool(t.Context(), &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	roomtest.Must(s.client().UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MixedInstancesPolicy: mixedOf("c5.large", ""),
	}))(t)
	_, err := s.client().PutWarmPool(t.Context(), &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app")})
	roomtest.WantAPIError(t, err, "ValidationError")
}
