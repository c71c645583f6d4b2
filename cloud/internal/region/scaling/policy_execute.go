package scaling

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Breach is why a policy is carried out: a metric's distance from a threshold, and in words who says so.
type Breach struct {
	Distance float64
	By       string
}

// ExecutePolicy carries out a policy. A simple one waits for the cooldown only where it is told to.
func (r *Room) ExecutePolicy(ctx context.Context, in *autoscaling.ExecutePolicyInput) (*autoscaling.ExecutePolicyOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "PolicyName", "HonorCooldown", "MetricValue", "BreachThreshold"); err != nil {
		return nil, err
	}
	if err := required("policyName", room.Deref(in.PolicyName) == ""); err != nil {
		return nil, err
	}
	return &autoscaling.ExecutePolicyOutput{}, r.Update(func(tx *store.Tx) error {
		p, err := r.findPolicy(tx, in.AutoScalingGroupName, in.PolicyName)
		if err != nil {
			return err
		}
		measured := in.MetricValue != nil && in.BreachThreshold != nil
		switch {
		case p.Type == targetTracking:
			return invalid("Policies of the type %s cannot be executed by a request", targetTracking)
		case p.Type == stepScaling && !measured:
			return invalid("MetricValue and BreachThreshold are required for a policy of the type %s", stepScaling)
		case p.Type == simpleScaling && (in.MetricValue != nil || in.BreachThreshold != nil):
			return invalid("MetricValue and BreachThreshold are not supported by policies of the type %s", simpleScaling)
		case room.Deref(in.HonorCooldown) && r.cooling(tx, p.Group, p.Cooldown):
			return coolingDown(p.Group)
		}
		breach := Breach{By: "a user request executed policy " + p.Name}
		if measured {
			breach.Distance = *in.MetricValue - *in.BreachThreshold
		}
		return r.scale(tx, p, breach)
	})
}

// Alarmed carries out a policy as the action of an alarm. Where its group has suspended AlarmNotification, or is in the cooldown of
// a simple policy, it does nothing and says why.
func (r *Room) Alarmed(policy string, breach Breach) (why string, err error) {
	trackers := r.trackers(policy)
	err = r.Update(func(tx *store.Tx) error {
		p, err := r.findPolicy(tx, nil, &policy)
		if err != nil {
			return err
		}
		f, _ := r.fleets.GetTx(tx, p.Group)
		_, suspended := f.Suspended["AlarmNotification"]
		switch {
		case p.Disabled:
			why = "the policy is disabled"
		case suspended:
			why = "the group has suspended AlarmNotification"
		case p.Type == simpleScaling && r.cooling(tx, p.Group, p.Cooldown):
			why = "the cooldown is not over"
		default:
			breach.By += fmt.Sprintf(" triggered policy %s", p.Name)
			if p.Type == targetTracking {
				return r.resize(tx, f, fleet.Track(f.Desired, r.settled(tx, f, p), trackers), breach)
			}
			return r.scale(tx, p, breach)
		}
		return nil
	})
	return why, err
}

// cooling tells whether a group's last activity still goes on, or has ended less than a cooldown ago, by default the group's own
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html).
func (r *Room) cooling(tx *store.Tx, group string, seconds *int32) bool {
	f, _ := r.fleets.GetTx(tx, group)
	if seconds == nil {
		seconds = &f.Cooldown
	}
	rest := r.Speed.Of(time.Duration(*seconds) * time.Second)
	return slices.ContainsFunc(r.activities.AllTx(tx), func(a activityRow) bool {
		return a.GroupARN == r.fleetARN(f) && a.Status != failed && a.Status != cancelled && (a.End.IsZero() || time.Since(a.End) < rest)
	})
}

func coolingDown(group string) error {
	return wire.Errorf("ScalingActivityInProgress", "Scaling activity is in progress, or the cooldown after it is not over, for the group %s.", group)
}

// scale changes a group's desired capacity as a policy says.
func (r *Room) scale(tx *store.Tx, p policyRow, breach Breach) error {
	f, ok := r.fleets.GetTx(tx, p.Group)
	if !ok || f.Deleting {
		return missingFleet(p.Group)
	}
	adjust := p.Adjustment
	if p.Type != stepScaling {
		return r.resize(tx, f, adjust.Of(f.Desired), breach)
	}
	n := slices.IndexFunc(p.Steps, func(s fleet.Step) bool { return s.Covers(breach.Distance) })
	if n < 0 {
		return invalid("No step adjustment found for metric value: the difference from the threshold is %v", breach.Distance)
	}
	adjust.By = p.Steps[n].By
	return r.resize(tx, f, adjust.Next(f.Desired, r.settled(tx, f, p), r.leaving(tx, f)), breach)
}

// resize gives a group another desired capacity, within its bounds.
func (r *Room) resize(tx *store.Tx, f fleetRow, to int32, breach Breach) error {
	before := f.Desired
	if to = min(max(to, f.Min), f.Max); to == before || f.Deleting {
		return nil
	}
	f.Desired = to
	f.Request = fmt.Sprintf("At %s %s changing the desired capacity from %d to %d.", fleet.Stamp(time.Now()), breach.By, before, to)
	return r.fleets.Put(tx, f.Name, f)
}

// settled is how much of a group's desired capacity has been in service for a policy's warm-up.
func (r *Room) settled(tx *store.Tx, f fleetRow, p policyRow) (n int32) {
	seconds := f.Cooldown
	for _, s := range []*int32{f.Warmup, p.Warmup} {
		if s != nil {
			seconds = *s
		}
	}
	for _, m := range ofGroup(r.members.AllTx(tx), f.Name) {
		if m.State == fleet.InService && time.Since(m.InService) >= r.bootTime(seconds) {
			n += m.size()
		}
	}
	return min(n, f.Desired)
}

// leaving is what a group has beyond its desired capacity that is in service, and not yet taken out of it, or that terminates.
func (r *Room) leaving(tx *store.Tx, f fleetRow) (n int32) {
	serving := int32(0)
	for _, m := range ofGroup(r.members.AllTx(tx), f.Name) {
		switch m.State {
		case fleet.InService:
			serving += m.size()
		case fleet.Terminating:
			n += m.size()
		}
	}
	return n + max(serving-f.Desired, 0)
}
