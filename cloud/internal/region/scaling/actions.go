package scaling

import (
	"errors"
	"fmt"
	"slices"
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// states are in which states a decision's members are, by their tokens: as it found them, and then as its own actions have left them.
type states map[string]fleet.Lifecycle

func statesOf(members []memberRow) states {
	s := states{}
	for _, m := range members {
		s[m.Token] = m.State
	}
	return s
}

// carryOut does one action and writes it down. A group or member that has gone meanwhile is no error, and a member that a call has put into
// another state is left to the next decision.
func (r *Room) carryOut(group string, a fleet.Action, found states) error {
	if m, ok := r.members.Get(a.Instance); ok && m.State == found[m.Token] {
		if err := r.actOutside(m, a); err != nil {
			return fmt.Errorf("%s %s: %w", a.Do, a.Instance, err)
		}
	}
	return r.Update(func(tx *store.Tx) error {
		f, ok := r.fleets.GetTx(tx, group)
		if !ok {
			return nil
		}
		if a.Instance == "" {
			return r.recordGroup(tx, &f, a)
		}
		m, ok := r.members.GetTx(tx, a.Instance)
		if !ok || m.State != found[m.Token] {
			return nil
		}
		if err := r.recordMember(tx, &f, m, a); err != nil {
			return err
		}
		m, _ = r.members.GetTx(tx, a.Instance)
		found[a.Instance] = m.State
		return nil
	})
}

// actOutside does the part of an action that reaches load balancing or EC2. Done twice it does no harm.
func (r *Room) actOutside(m memberRow, a fleet.Action) error {
	switch a.Do {
	case fleet.DoRegister:
		return r.targets.Register(a.Target, []string{m.Instance})
	case fleet.DoDeregister:
		err := r.targets.Deregister(a.Target, []string{m.Instance})
		var refused *wire.Error
		if errors.As(err, &refused) && refused.Code == "TargetGroupNotFound" {
			return nil // it took its targets along
		}
		return err
	case fleet.DoTerminate:
		return r.machines.Terminate([]string{m.Instance})
	case fleet.DoStop:
		return r.machines.Stop(m.Instance)
	case fleet.DoStart:
		return r.machines.Start(m.Instance)
	}
	return nil
}

// recordMember writes down what an action did to a member.
func (r *Room) recordMember(tx *store.Tx, f *fleetRow, m memberRow, a fleet.Action) error {
	switch a.Do {
	case fleet.DoStop, fleet.DoStart, fleet.DoWarm, fleet.DoUse, fleet.DoReturn:
		return r.recordWarm(tx, f, m, a)
	case fleet.DoRegister:
		m.Registered = append(slices.Clone(m.Registered), a.Target)
	case fleet.DoServe:
		return r.serveMember(tx, f, m)
	case fleet.DoHold:
		return r.holdMember(tx, *f, m)
	case fleet.DoExpire:
		return r.expireHooks(tx, f, m)
	case fleet.DoRest:
		m.State = fleet.Standby
		if err := r.moveActivity(tx, m.Terminal, func(x *activityRow) { x.Status = successful }); err != nil {
			return err
		}
	case fleet.DoCondemn:
		m.Sick = a.Reason
	case fleet.DoRetire:
		if a.Reason != fleet.Capacity && a.Reason != fleet.GroupDeleted && !m.inPool() {
			f.Owed++
		}
		_, err := r.retireMember(tx, f, m, a)
		return err
	case fleet.DoDeregister:
		m.Registered = slices.DeleteFunc(slices.Clone(m.Registered), func(arn string) bool { return arn == a.Target })
		if err := r.moveActivity(tx, m.Terminal, func(x *activityRow) { x.Status, x.Progress = elbDraining, 20 }); err != nil {
			return err
		}
	case fleet.DoTerminate:
		return r.moveActivity(tx, m.Terminal, func(x *activityRow) { x.Status, x.Progress = inProgress, 50 })
	case fleet.DoForget:
		if err := r.moveActivity(tx, m.Terminal, func(x *activityRow) { x.Status = successful }); err != nil {
			return err
		}
		if _, runs := r.machines.Instance(tx, m.Instance); runs && m.State == fleet.Detaching {
			if err := r.machines.Untag(tx, m.Instance, groupTag); err != nil {
				return err
			}
		}
		return r.members.Delete(tx, m.Token)
	}
	return r.members.Put(tx, m.Token, m)
}

// serveMember puts a member into service. One that was launched while AddToLoadBalancer is suspended is
// not registered later either.
func (r *Room) serveMember(tx *store.Tx, f *fleetRow, m memberRow) error {
	m.State, m.InService, m.Registered = fleet.InService, time.Now().UTC(), slices.Clone(m.Registered)
	m.Stage, m.Waits, m.Told = fleet.Unhooked, nil, false
	_, suspended := f.Suspended[fleet.AddToLoadBalancer]
	for _, a := range f.Attachments {
		if suspended && a.State != fleet.Removing && !slices.Contains(m.Registered, a.ARN) {
			m.Registered = append(m.Registered, a.ARN)
		}
	}
	if err := r.moveActivity(tx, m.Launch, func(x *activityRow) { x.Status = successful }); err != nil {
		return err
	}
	if f.Failures > 0 || len(f.Resting) > 0 || len(f.Exhausted) > 0 {
		f.Failures, f.Resting, f.Exhausted = 0, nil, nil
		if err := r.fleets.Put(tx, f.Name, *f); err != nil {
			return err
		}
	}
	return r.members.Put(tx, m.Token, m)
}

// retireMember takes a member out of service and begins the activity of its end. It writes the group too.
func (r *Room) retireMember(tx *store.Tx, f *fleetRow, m memberRow, a fleet.Action) (activityRow, error) {
	if m.State == fleet.EnteringStandby || m.State == fleet.Detaching {
		if err := r.moveActivity(tx, m.Terminal, func(x *activityRow) { x.Status = cancelled }); err != nil {
			return activityRow{}, err
		}
	}
	activity := activityRow{
		Description: "Terminating EC2 instance: " + m.Instance, Details: details(m.Subnet, m.Zone), Status: inProgress,
		Cause: fleet.Cause(a, time.Now(), f.Request, m.Instance),
	}
	activity, err := r.newActivity(tx, *f, activity)
	if err != nil {
		return activity, err
	}
	if m.State == fleet.Pending || m.State == fleet.WarmedPending {
		why := "Instance failed to become in service."
		if i, ok := r.machines.Instance(tx, m.Instance); ok && i.Reason != "" {
			why = i.Reason
		}
		status := failed
		if a.Reason == fleet.Abandoned {
			status, why = cancelled, a.Why
		}
		if err := r.moveActivity(tx, m.Launch, func(x *activityRow) { x.Status, x.Message = status, why }); err != nil {
			return activity, err
		}
	}
	if a.Reason == fleet.LaunchFailed || a.Reason == fleet.Abandoned {
		r.rest(f, m.Zone)
	}
	to := fleet.Terminating
	if m.inPool() {
		to = fleet.WarmedTerminating
	}
	m.State, m.Terminal, m.Stage, m.Waits = to, activity.ID, fleet.Unhooked, nil
	if err := r.members.Put(tx, m.Token, m); err != nil {
		return activity, err
	}
	return activity, r.putFleet(tx, f)
}

// rest keeps a group from launching in a zone for a while that grows with each failure.
func (r *Room) rest(f *fleetRow, zone string) {
	until := time.Now().UTC().Add(r.pauseAfter(f.Failures))
	resting := map[string]time.Time{zone: until}
	for z, at := range f.Resting {
		if z != zone {
			resting[z] = at
		}
	}
	f.Failures, f.Resting = f.Failures+1, resting
}

// putFleet writes a group, dropping what ends with the fulfilment of its capacity.
func (r *Room) putFleet(tx *store.Tx, f *fleetRow) error {
	have := int32(0)
	for _, m := range ofGroup(r.members.AllTx(tx), f.Name) {
		if m.State == fleet.Pending || m.State == fleet.InService {
			have += m.size()
		}
	}
	unit := int32(max(1, r.launchSource(tx, *f).next(f.Exhausted).Weight))
	if have >= f.Desired && have < f.Desired+unit {
		f.Request = ""
	}
	if have >= f.Desired {
		f.Owed = 0
	}
	return r.fleets.Put(tx, f.Name, *f)
}

// recordGroup writes down what an action did to a group.
func (r *Room) recordGroup(tx *store.Tx, f *fleetRow, a fleet.Action) error {
	switch a.Do {
	case fleet.DoLaunch:
		if time.Now().Before(f.Resting[a.Zone]) { // the launch before this one has just failed there
			return nil
		}
		return r.beginLaunch(tx, f, a)
	case fleet.DoAttach:
		f.Attachments = slices.Clone(f.Attachments)
		for n, x := range f.Attachments {
			if x.ARN == a.Target && x.State != fleet.Removing {
				f.Attachments[n].State = a.State
			}
		}
	case fleet.DoDetach:
		f.Attachments = slices.DeleteFunc(slices.Clone(f.Attachments), func(x fleet.Attachment) bool { return x.ARN == a.Target && x.State == fleet.Removing })
	case fleet.DoDropPool:
		f.Warm = nil
	case fleet.DoCheckpoint, fleet.DoBake, fleet.DoRefreshed, fleet.DoRefreshFailed, fleet.DoRefreshEnded:
		return r.recordRefresh(tx, f, a)
	}
	return r.fleets.Put(tx, f.Name, *f)
}

// recordRefresh writes down what has become of the refresh under way, unless a call has cancelled it meanwhile.
func (r *Room) recordRefresh(tx *store.Tx, f *fleetRow, a fleet.Action) (err error) {
	row, ok := r.refreshes.GetTx(tx, f.Refresh)
	if !ok || (row.Status == cancelling) != (a.Do == fleet.DoRefreshEnded) {
		return nil
	}
	switch a.Do {
	case fleet.DoCheckpoint, fleet.DoBake:
		return r.advanceRefresh(tx, *f, a.Do)
	case fleet.DoRefreshed:
		err = r.completeRefresh(tx, f)
	case fleet.DoRefreshFailed:
		err = r.failRefresh(tx, f, a.Why)
	case fleet.DoRefreshEnded:
		err = r.endRefresh(tx, f, autoscalingtypes.InstanceRefreshStatusCancelled, byRequest)
	}
	if err != nil {
		return err
	}
	return r.fleets.Put(tx, f.Name, *f)
}
