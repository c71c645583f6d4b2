package scaling

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// hooksPerGroup is how many lifecycle hooks a group may have
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
const hooksPerGroup = 50

// PutLifecycleHook makes a lifecycle hook or changes one of the same name. Who is to be notified is not here: the region's log has what
// he would get.
func (r *Room) PutLifecycleHook(ctx context.Context, in *autoscaling.PutLifecycleHookInput) (*autoscaling.PutLifecycleHookOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "LifecycleHookName", "LifecycleTransition", "HeartbeatTimeout", "DefaultResult",
		"NotificationMetadata", "NotificationTargetARN", "RoleARN"); err != nil {
		return nil, err
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		return f.putHook(autoscalingtypes.LifecycleHookSpecification{
			LifecycleHookName: in.LifecycleHookName, LifecycleTransition: in.LifecycleTransition, HeartbeatTimeout: in.HeartbeatTimeout,
			DefaultResult: in.DefaultResult, NotificationMetadata: in.NotificationMetadata, NotificationTargetARN: in.NotificationTargetARN, RoleARN: in.RoleARN,
		})
	})
	if target := room.Deref(in.NotificationTargetARN); err == nil && target != "" {
		r.Log.Info("lifecycle hook", "to", target, "event", notifyTest, "group", *in.AutoScalingGroupName, "hook", *in.LifecycleHookName)
		r.tellTest(target, *in.AutoScalingGroupName)
	}
	return &autoscaling.PutLifecycleHookOutput{}, err
}

// putHook checks a hook and gives it to a group. What is not said of one that is there stays as it is.
func (f *fleetRow) putHook(in autoscalingtypes.LifecycleHookSpecification) error {
	if err := required("lifecycleHookName", room.Deref(in.LifecycleHookName) == ""); err != nil {
		return err
	}
	h := hookRow{Name: *in.LifecycleHookName, Result: abandon, Heartbeat: 3600}
	at, known := slices.BinarySearchFunc(f.Hooks, h.Name, func(h hookRow, name string) int { return strings.Compare(h.Name, name) })
	if known {
		h = f.Hooks[at]
	}
	h.Transition, h.Result = cmp.Or(room.Deref(in.LifecycleTransition), h.Transition), cmp.Or(room.Deref(in.DefaultResult), h.Result)
	h.Heartbeat = *cmp.Or(in.HeartbeatTimeout, &h.Heartbeat)
	for _, of := range []struct {
		from *string
		to   *string
	}{{in.NotificationMetadata, &h.Metadata}, {in.NotificationTargetARN, &h.Target}, {in.RoleARN, &h.Role}} {
		if of.from != nil { // an empty one takes it away
			*of.to = *of.from
		}
	}
	switch {
	case h.Transition != launching && h.Transition != terminating:
		return invalid("You must specify a LifecycleTransition: it must be one of [%s, %s].", launching, terminating)
	case h.Result != goOn && h.Result != abandon:
		return invalid("DefaultResult must be one of [%s, %s].", goOn, abandon)
	case h.Heartbeat < 30 || h.Heartbeat > 7200:
		return invalid("The heartbeat timeout must be between 30 and 7200 seconds.")
	case !known && len(f.Hooks) >= hooksPerGroup:
		return wire.Errorf("LimitExceeded", "You have reached the maximum number of lifecycle hooks, %d, for the group %s.", hooksPerGroup, f.Name)
	}
	f.Hooks = slices.Clone(f.Hooks)
	if known {
		f.Hooks[at] = h
	} else {
		f.Hooks = slices.Insert(f.Hooks, at, h)
	}
	return nil
}

// DeleteLifecycleHook deletes a hook. What waits for it goes on: instances that launch are abandoned, those that terminate continue.
func (r *Room) DeleteLifecycleHook(ctx context.Context, in *autoscaling.DeleteLifecycleHookInput) (*autoscaling.DeleteLifecycleHookOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "LifecycleHookName"); err != nil {
		return nil, err
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		before := len(f.Hooks)
		f.Hooks = slices.DeleteFunc(slices.Clone(f.Hooks), func(h hookRow) bool { return h.Name == room.Deref(in.LifecycleHookName) })
		if len(f.Hooks) == before {
			return invalid("No Lifecycle Hook found with name %s for Auto Scaling group %s", room.Deref(in.LifecycleHookName), f.Name)
		}
		for _, m := range ofGroup(r.members.AllTx(tx), f.Name) {
			result := abandon
			if m.State == fleet.Terminating {
				result = goOn
			}
			for _, w := range m.Waits {
				if w.Hook != *in.LifecycleHookName {
					continue
				}
				if err := r.endWait(tx, f, &m, w, result, "Lifecycle Hook Deleted"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return &autoscaling.DeleteLifecycleHookOutput{}, err
}

// DescribeLifecycleHooks lists a group's hooks.
func (r *Room) DescribeLifecycleHooks(ctx context.Context, in *autoscaling.DescribeLifecycleHooksInput) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "LifecycleHookNames"); err != nil {
		return nil, err
	}
	if err := r.exists(in.AutoScalingGroupName); err != nil {
		return nil, err
	}
	f, _ := r.fleets.Get(*in.AutoScalingGroupName)
	out := &autoscaling.DescribeLifecycleHooksOutput{}
	for _, h := range f.Hooks {
		if len(in.LifecycleHookNames) == 0 || slices.Contains(in.LifecycleHookNames, h.Name) {
			out.LifecycleHooks = append(out.LifecycleHooks, h.show(f.Name))
		}
	}
	return out, nil
}

func (h hookRow) show(group string) autoscalingtypes.LifecycleHook {
	return autoscalingtypes.LifecycleHook{
		AutoScalingGroupName: &group, LifecycleHookName: &h.Name, LifecycleTransition: &h.Transition, DefaultResult: &h.Result, HeartbeatTimeout: &h.Heartbeat,
		GlobalTimeout: new(min(h.Heartbeat*mostHeartbeats, int32(longestWait/time.Second))), NotificationMetadata: room.Some(h.Metadata),
		NotificationTargetARN: room.Some(h.Target), RoleARN: room.Some(h.Role),
	}
}

// DescribeLifecycleHookTypes lists the transitions.
func (r *Room) DescribeLifecycleHookTypes(
	context.Context,
	*autoscaling.DescribeLifecycleHookTypesInput,
) (*autoscaling.DescribeLifecycleHookTypesOutput, error) {
	return &autoscaling.DescribeLifecycleHookTypesOutput{LifecycleHookTypes: []string{launching, terminating}}, nil
}

// CompleteLifecycleAction ends what an instance waits for.
func (r *Room) CompleteLifecycleAction(ctx context.Context, in *autoscaling.CompleteLifecycleActionInput) (*autoscaling.CompleteLifecycleActionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceId", "LifecycleActionResult", "LifecycleActionToken", "LifecycleHookName"); err != nil {
		return nil, err
	}
	result := room.Deref(in.LifecycleActionResult)
	if result != goOn && result != abandon {
		return nil, invalid("LifecycleActionResult must be one of [%s, %s].", goOn, abandon)
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		m, at, err := r.findWait(tx, f.Name, in.LifecycleHookName, in.LifecycleActionToken, in.InstanceId)
		if err != nil {
			return err
		}
		return r.endWait(tx, f, &m, m.Waits[at], result, "Lifecycle Action Completed with "+result+" Result")
	})
	return &autoscaling.CompleteLifecycleActionOutput{}, err
}

// RecordLifecycleActionHeartbeat has an instance wait for a hook's time-out anew.
func (r *Room) RecordLifecycleActionHeartbeat(
	ctx context.Context,
	in *autoscaling.RecordLifecycleActionHeartbeatInput,
) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceId", "LifecycleActionToken", "LifecycleHookName"); err != nil {
		return nil, err
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		m, at, err := r.findWait(tx, f.Name, in.LifecycleHookName, in.LifecycleActionToken, in.InstanceId)
		if err != nil {
			return err
		}
		m.Waits = slices.Clone(m.Waits)
		m.Waits[at].Until = r.beat(m.Waits[at], time.Now().UTC())
		return r.members.Put(tx, m.Token, m)
	})
	return &autoscaling.RecordLifecycleActionHeartbeatOutput{}, err
}

// findWait finds what a member waits for by the hook's name, and the action's token or the instance.
func (r *Room) findWait(tx *store.Tx, group string, hook, token, instance *string) (memberRow, int, error) {
	if err := required("lifecycleHookName", room.Deref(hook) == ""); err != nil {
		return memberRow{}, 0, err
	}
	if room.Deref(token) == "" && room.Deref(instance) == "" {
		return memberRow{}, 0, invalid("Either a LifecycleActionToken or an InstanceId must be specified.")
	}
	for _, m := range ofGroup(r.members.AllTx(tx), group) {
		if instance != nil && *instance != m.Instance {
			continue
		}
		if at := slices.IndexFunc(m.Waits, func(w hookWait) bool { return w.Hook == *hook && (token == nil || *token == w.Token) }); at >= 0 {
			return m, at, nil
		}
	}
	if room.Deref(token) != "" {
		return memberRow{}, 0, invalid("No active Lifecycle Action found with token %s", *token)
	}
	return memberRow{}, 0, invalid("No active Lifecycle Action found with instance ID %s", *instance)
}
