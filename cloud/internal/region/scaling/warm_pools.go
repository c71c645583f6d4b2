package scaling

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// warmPool is a group's warm pool.
type warmPool struct {
	Prepared     *int32 // instances in the pool and in the group, at most; nil for the group's maximum
	Min          int32
	State        autoscalingtypes.WarmPoolState
	Reuse        *bool // nil where it was not said
	Ends, Forced bool
}

// warm is a group's warm pool, for the decision.
func (f fleetRow) warm() *fleet.Warm {
	w := f.Warm
	if w == nil {
		return nil
	}
	prepared := f.Max
	if w.Prepared != nil {
		prepared = *w.Prepared
	}
	return &fleet.Warm{
		Size: fleet.PoolSize(int(prepared), int(f.Desired), int(w.Min)), Running: w.State == autoscalingtypes.WarmPoolStateRunning,
		Reuse: room.Deref(w.Reuse), Ends: w.Ends, Forced: w.Forced,
	}
}

// PutWarmPool makes a group's warm pool, or changes it. Hibernated instances are not supported.
func (r *Room) PutWarmPool(ctx context.Context, in *autoscaling.PutWarmPoolInput) (*autoscaling.PutWarmPoolOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceReusePolicy", "MaxGroupPreparedCapacity", "MinSize", "PoolState"); err != nil {
		return nil, err
	}
	switch n := room.Deref(in.MaxGroupPreparedCapacity); {
	case in.PoolState == autoscalingtypes.WarmPoolStateHibernated:
		return nil, wire.Errorf("UnsupportedOperation", "The pool state '%s' is not supported here: Stopped and Running are.", in.PoolState)
	case in.PoolState != "" && !slices.Contains(in.PoolState.Values(), in.PoolState):
		return nil, invalid("The pool state '%s' is not valid: %v are.", in.PoolState, in.PoolState.Values())
	case n < -1:
		return nil, invalid("MaxGroupPreparedCapacity must be at least -1.")
	case room.Deref(in.MinSize) < 0:
		return nil, invalid("MinSize must be at least 0.")
	}
	return &autoscaling.PutWarmPoolOutput{}, r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		if f.Mixed != nil {
			return invalid("You can't add a warm pool to an Auto Scaling group that has a mixed instances policy.")
		}
		w := warmPool{State: autoscalingtypes.WarmPoolStateStopped}
		if f.Warm != nil {
			w = *f.Warm
		}
		if w.Ends {
			return wire.Errorf("ScalingActivityInProgress", "The warm pool of the Auto Scaling group %s is pending delete.", f.Name)
		}
		if w.change(in); w.Prepared != nil && *w.Prepared < f.Min {
			return invalid("MaxGroupPreparedCapacity must be at least the minimum size of the group, %d.", f.Min)
		}
		f.Warm = &w
		return nil
	})
}

// change takes over what a request names.
func (w *warmPool) change(in *autoscaling.PutWarmPoolInput) {
	if in.MaxGroupPreparedCapacity != nil {
		if w.Prepared = in.MaxGroupPreparedCapacity; *w.Prepared == -1 { // which takes it back
			w.Prepared = nil
		}
	}
	if in.MinSize != nil {
		w.Min = *in.MinSize
	}
	if in.PoolState != "" {
		w.State = in.PoolState
	}
	if in.InstanceReusePolicy != nil {
		w.Reuse = in.InstanceReusePolicy.ReuseOnScaleIn
	}
}

// DeleteWarmPool ends a warm pool, which is shown until its instances are terminated.
func (r *Room) DeleteWarmPool(ctx context.Context, in *autoscaling.DeleteWarmPoolInput) (*autoscaling.DeleteWarmPoolOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ForceDelete"); err != nil {
		return nil, err
	}
	return &autoscaling.DeleteWarmPoolOutput{}, r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		if f.Warm == nil {
			return invalid("No warm pool found for Auto Scaling group %s", f.Name)
		}
		w := *f.Warm
		w.Ends, w.Forced = true, w.Forced || room.Deref(in.ForceDelete)
		f.Warm = &w
		return nil
	})
}

// inPool tells whether a member is one of the warm pool, also on its way out.
func (m memberRow) inPool() bool { return slices.Contains(warmed, m.State) }

// leaving tells whether a member is being terminated.
func (m memberRow) leaving() bool {
	return m.State == fleet.Terminating || m.State == fleet.WarmedTerminating
}

func (f fleetRow) showPool() *autoscalingtypes.WarmPoolConfiguration {
	w := f.Warm
	if w == nil {
		return nil
	}
	out := &autoscalingtypes.WarmPoolConfiguration{MinSize: new(w.Min), MaxGroupPreparedCapacity: w.Prepared, PoolState: w.State}
	if w.Reuse != nil {
		out.InstanceReusePolicy = &autoscalingtypes.InstanceReusePolicy{ReuseOnScaleIn: w.Reuse}
	}
	if w.Ends {
		out.Status = autoscalingtypes.WarmPoolStatusPendingDelete
	}
	return out
}

// DescribeWarmPool tells a group's warm pool and its instances.
func (r *Room) DescribeWarmPool(ctx context.Context, in *autoscaling.DescribeWarmPoolInput) (*autoscaling.DescribeWarmPoolOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	f, ok := r.fleets.Get(room.Deref(in.AutoScalingGroupName))
	if !ok {
		return nil, missingFleet(room.Deref(in.AutoScalingGroupName))
	}
	rows := slices.DeleteFunc(r.membersOf(f.Name), func(m memberRow) bool { return m.Instance == "" || !m.inPool() })
	rows, next, err := page(rows, func(m memberRow) string { return m.Instance }, in.MaxRecords, in.NextToken, 50, 50)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeWarmPoolOutput{WarmPoolConfiguration: f.showPool(), NextToken: next}
	for _, m := range rows {
		out.Instances = append(out.Instances, r.showMember(m))
	}
	return out, nil
}

// recordWarm writes down what an action did to a member that comes from the warm pool, or goes there.
func (r *Room) recordWarm(tx *store.Tx, f *fleetRow, m memberRow, a fleet.Action) error {
	switch a.Do {
	case fleet.DoStop:
		m.Told = true
	case fleet.DoWarm:
		m.State, m.Stage, m.Waits, m.Told = a.Become, fleet.Unhooked, nil, false
		if err := r.moveActivity(tx, m.Launch, func(x *activityRow) { x.Status = successful }); err != nil {
			return err
		}
	case fleet.DoUse:
		activity, err := r.newActivity(tx, *f, activityRow{
			Description: "Launching a new EC2 instance from warm pool: " + m.Instance, Details: details(m.Subnet, m.Zone), Status: preInService, Progress: 30,
			Cause: fleet.Cause(a, time.Now(), f.Request, m.Instance),
		})
		if err != nil {
			return err
		}
		m.Told, m.State, m.Launch, m.Protected = m.State == fleet.WarmedStopped, fleet.Pending, activity.ID, f.ProtectNew
		if a.Reason != fleet.Capacity && f.Owed > 0 {
			f.Owed--
		}
		return r.putBoth(tx, f, m)
	case fleet.DoReturn:
		activity, err := r.newActivity(tx, *f, activityRow{
			Description: "Moving EC2 instance to warm pool: " + m.Instance, Details: details(m.Subnet, m.Zone), Status: inProgress, Progress: 30,
			Cause: fleet.Cause(a, time.Now(), f.Request, m.Instance),
		})
		if err != nil {
			return err
		}
		// Its hooks were waited for when it was launched.
		m.State, m.Launch, m.InService, m.Stage, m.Waits, m.Told = fleet.WarmedPending, activity.ID, time.Time{}, fleet.Proceeding, nil, false
		return r.putBoth(tx, f, m)
	}
	return r.members.Put(tx, m.Token, m)
}

func (r *Room) putBoth(tx *store.Tx, f *fleetRow, m memberRow) error {
	if err := r.members.Put(tx, m.Token, m); err != nil {
		return err
	}
	return r.putFleet(tx, f)
}
