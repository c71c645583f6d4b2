package scaling

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The transitions of lifecycle hooks, and the results of their actions.
const (
	launching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	terminating = "autoscaling:EC2_INSTANCE_TERMINATING"
	goOn        = "CONTINUE"
	abandon     = "ABANDON"
)

// A hook waits at most for so many of its time-outs, or so long
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html).
const (
	mostHeartbeats = 100
	longestWait    = 48 * time.Hour
)

// hookRow is a lifecycle hook of a group. Its time-out is in the seconds of the API, not yet divided by the speed.
type hookRow struct {
	Name, Transition, Result, Metadata, Target, Role string
	Heartbeat                                        int32
}

// hookWait is a hook that a member waits for. It ends with its result when either of its times has come.
type hookWait struct {
	Hook, Token, Result string
	Heartbeat           int32
	Until, Limit        time.Time
}

func (f fleetRow) hooksOf(transition string) []hookRow {
	return slices.DeleteFunc(slices.Clone(f.Hooks), func(h hookRow) bool { return h.Transition != transition })
}

// until is when the first of the hooks that a member waits for ends by itself.
func (m memberRow) until() (first time.Time) {
	for _, w := range m.Waits {
		if first.IsZero() || w.Until.Before(first) {
			first = w.Until
		}
	}
	return first
}

// transition is the one that a member is in.
func (m memberRow) transition() string {
	if m.leaving() {
		return terminating
	}
	return launching
}

// holdMember has a member wait for the hooks of its transition, all at once.
func (r *Room) holdMember(tx *store.Tx, f fleetRow, m memberRow) error {
	now := time.Now().UTC()
	m.Stage, m.Waits = fleet.Waiting, nil
	for _, h := range f.hooksOf(m.transition()) {
		limit := min(r.bootTime(h.Heartbeat)*mostHeartbeats, r.Speed.Of(longestWait))
		w := hookWait{Hook: h.Name, Token: room.NewUUID(), Result: h.Result, Heartbeat: h.Heartbeat, Limit: now.Add(limit)}
		w.Until = r.beat(w, now)
		m.Waits = append(m.Waits, w)
		if h.Target != "" {
			r.Log.Info("lifecycle hook", "to", h.Target, "group", f.Name, "hook", h.Name, "transition", h.Transition, "instance", m.Instance,
				"token", w.Token, "metadata", h.Metadata)
			r.tellHook(f, h, m, w)
		}
	}
	if len(m.Waits) == 0 {
		m.Stage = fleet.Proceeding
	}
	if err := r.moveActivity(tx, m.activity(), func(x *activityRow) { x.Status, x.Progress = midAction, 60 }); err != nil {
		return err
	}
	return r.members.Put(tx, m.Token, m)
}

// tellHook tells a hook's target that a member waits for it
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html).
func (r *Room) tellHook(f fleetRow, h hookRow, m memberRow, w hookWait) {
	what, from, to := "LAUNCHING", "EC2", "AutoScalingGroup"
	if h.Transition == terminating {
		what, from, to = "TERMINATING", to, from
	}
	said := r.told(f, map[string]any{
		"LifecycleActionToken": w.Token, "LifecycleHookName": h.Name, "LifecycleTransition": h.Transition, "EC2InstanceId": m.Instance,
		"Origin": from, "Destination": to,
	})
	if h.Metadata != "" {
		said["NotificationMetadata"] = h.Metadata
	}
	r.tell(h.Target, fmt.Sprintf("Auto Scaling: Lifecycle action '%s' for instance %s in progress.", what, m.Instance), said)
}

// beat is when a hook ends by itself after a heartbeat.
func (r *Room) beat(w hookWait, now time.Time) time.Time {
	until := now.Add(r.bootTime(w.Heartbeat))
	if until.After(w.Limit) {
		return w.Limit
	}
	return until
}

// activity is the one of a member's transition.
func (m memberRow) activity() string {
	if m.leaving() {
		return m.Terminal
	}
	return m.Launch
}

// expireHooks ends what a member waits for where its time has come.
func (r *Room) expireHooks(tx *store.Tx, f *fleetRow, m memberRow) error {
	now := time.Now()
	for _, w := range m.Waits {
		if w.Until.After(now) {
			continue
		}
		if err := r.endWait(tx, f, &m, w, w.Result, "Heartbeat Timeout"); err != nil {
			return err
		}
	}
	return nil
}

// endWait ends one hook's wait, and the whole transition's with the last, or with the first that is abandoned: then an instance that launches
// is terminated, and one that terminates goes on without its other hooks.
func (r *Room) endWait(tx *store.Tx, f *fleetRow, m *memberRow, w hookWait, result, why string) error {
	if m.Stage != fleet.Waiting {
		return nil
	}
	m.Waits = slices.DeleteFunc(slices.Clone(m.Waits), func(x hookWait) bool { return x.Token == w.Token })
	if result == abandon && (m.State == fleet.Pending || m.State == fleet.WarmedPending) {
		words := fmt.Sprintf("Instance failed to complete user's Lifecycle Action: Lifecycle Action with token %s was abandoned: %s", w.Token, why)
		_, err := r.retireMember(tx, f, *m, fleet.Action{Do: fleet.DoRetire, Reason: fleet.Abandoned, Why: words})
		m.Stage = fleet.Unhooked
		return err
	}
	if len(m.Waits) == 0 || result == abandon {
		m.Stage, m.Waits = fleet.Proceeding, nil
		if err := r.moveActivity(tx, m.activity(), func(x *activityRow) { x.Status = inProgress }); err != nil {
			return err
		}
	}
	return r.members.Put(tx, m.Token, *m)
}
