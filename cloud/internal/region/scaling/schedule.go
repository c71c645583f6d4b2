package scaling

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // also on a machine without the database

	"github.com/adhocore/gronx"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/store"
)

// scheduledRow is a scheduled action of a group. Its times are of the calendar, whatever the cloud's speed is.
type scheduledRow struct {
	Group, Name, ID   string
	Start, End        *time.Time
	Recurrence, Zone  string // empty for an action that is carried out once, and for UTC
	Min, Max, Desired *int32
	Next              time.Time // when it is carried out; zero for never again
}

func scheduleKey(group, name string) string { return group + "\x00" + name }

// cronFields are the five fields of AWS's recurrences: numbers, names, lists, ranges and steps
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/scheduled-scaling-recurring-schedules.html). The library knows more.
var cronFields = regexp.MustCompile(`^([0-9A-Za-z*,/-]+\s+){4}[0-9A-Za-z*,/-]+$`)

func validRecurrence(text string) bool {
	return cronFields.MatchString(text) && gronx.IsValid(text)
}

// schedule sets when an action is carried out after a time ("Recurring schedules" in
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html).
func (s *scheduledRow) schedule(after time.Time) error {
	s.Next = time.Time{}
	if s.Recurrence == "" {
		if s.Start != nil && s.Start.After(after) {
			s.Next = *s.Start
		}
		return nil
	}
	zone, err := time.LoadLocation(cmp.Or(s.Zone, "UTC"))
	if err != nil {
		return err
	}
	next, err := gronx.NextTickAfter(s.Recurrence, after.In(zone), false)
	if err != nil {
		return err
	}
	if s.Start != nil && s.Start.After(after) { // at its start, and then as it recurs
		next = *s.Start
	}
	if s.End == nil || next.Before(*s.End) { // not at the end itself
		s.Next = next.UTC()
	}
	return nil
}

// tendSchedule carries out scheduled actions when their time has come.
func (r *Room) tendSchedule() {
	watch := r.Watch(r.scheduled.Any())
	defer watch.Stop()
	for {
		next := watch.Next()
		timer := time.NewTimer(time.Hour)
		if due := r.passSchedule(time.Now()); !due.IsZero() {
			timer.Reset(min(time.Hour, max(0, time.Until(due))))
		}
		select {
		case <-next:
		case <-timer.C:
		case <-r.Context().Done():
		}
		timer.Stop()
		if r.Context().Err() != nil {
			return
		}
	}
}

// passSchedule carries out what is due and returns when the next action is. What was due while the region was lost is carried out once.
func (r *Room) passSchedule(now time.Time) (due time.Time) {
	rows := r.scheduled.All()
	slices.SortFunc(rows, func(a, b scheduledRow) int {
		return cmp.Or(a.Next.Compare(b.Next), strings.Compare(scheduleKey(a.Group, a.Name), scheduleKey(b.Group, b.Name)))
	})
	for _, s := range rows {
		if s.Next.After(now) {
			return s.Next
		}
		if err := r.carryOutScheduled(s, now); err != nil {
			r.Log.Error("carry out a scheduled action", "group", s.Group, "action", s.Name, "err", err)
			return now.Add(firstPause)
		}
	}
	return due
}

// carryOutScheduled changes a group as an action says, unless the group has suspended that, and forgets an action that will not be
// carried out again.
func (r *Room) carryOutScheduled(s scheduledRow, now time.Time) error {
	return r.Update(func(tx *store.Tx) error {
		key := scheduleKey(s.Group, s.Name)
		current, ok := r.scheduled.GetTx(tx, key)
		if !ok || !current.Next.Equal(s.Next) {
			return nil // it was changed meanwhile
		}
		f, ok := r.fleets.GetTx(tx, s.Group)
		_, suspended := f.Suspended["ScheduledActions"]
		if ok && !f.Deleting && !suspended {
			if err := r.applyScheduled(tx, f, s, now); err != nil {
				return err
			}
		}
		if err := current.schedule(now); err != nil {
			return err
		}
		if current.Next.IsZero() {
			return r.scheduled.Delete(tx, key)
		}
		return r.scheduled.Put(tx, key, current)
	})
}

// applyScheduled sets a group's bounds and capacity. Where they contradict the group's own since, the group stays as it is.
func (r *Room) applyScheduled(tx *store.Tx, f fleetRow, s scheduledRow, now time.Time) error {
	before, changed := f.Desired, f
	if err := r.applySettings(tx, &changed, fleetSettings{min: s.Min, max: s.Max, desired: s.Desired}); err != nil {
		r.Log.Error("scheduled action", "group", s.Group, "action", s.Name, "err", err)
		return nil
	}
	if changed.Desired != before {
		changed.Request = fmt.Sprintf(
			"At %s a scheduled action update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d.",
			fleet.Stamp(now), changed.Min, changed.Max, changed.Desired, before, changed.Desired,
		)
	}
	return r.fleets.Put(tx, f.Name, changed)
}
