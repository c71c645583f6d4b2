package fleet

import (
	"slices"
	"time"
)

// What a refresh does with members that are protected from scale-in, or in standby. The zero value waits for somebody to change that.
const (
	Ignore  = "Ignore"    // they stay
	Replace = "Refresh"   // those that are protected are replaced
	End     = "Terminate" // those in standby are terminated
)

// Refresh is a running instance refresh
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html).
type Refresh struct {
	Started time.Time
	Resumed time.Time // when a process that it needs was resumed last; zero for never
	Range   Range
	// Warmup is how long after InService a new member does not count as healthy, already divided by the speed.
	Warmup time.Duration
	// Patience, as it passes, is how long after the last success the refresh fails; zero is never.
	Patience           time.Duration
	Versions           []Version // what members are to be of
	SkipMatching       bool      // leave those that are of such a version
	ELB                bool      // a new member counts as healthy only once its target groups say so
	Protected, Standby string
	// Checkpoints are the percentages of updated members after which it waits, Passed how many of them it has reached, the last one at Since.
	Checkpoints []int
	Passed      int
	Since       time.Time
	Delay, Bake time.Duration // as they pass: after a checkpoint, and after the last member
	Baking      time.Time     // since when it bakes; zero for not yet
	Why         string        // in words, why it fails: an alarm; empty for none
}

// stale tells whether a refresh replaces a member, sooner or later.
func (f *Refresh) stale(i *Instance) bool {
	switch {
	case i.State == Standby && f.Standby == Ignore, !i.warm() && i.State != Standby && i.Protected && f.Protected == Ignore:
		return false
	case f.SkipMatching:
		return !slices.Contains(f.Versions, i.Version)
	}
	return i.Launched.Before(f.Started)
}

// keeps tells whether a refresh leaves a stale member alone until somebody changes it.
func (f *Refresh) keeps(i *Instance) bool {
	return i.State == Standby && f.Standby != End || i.active() && i.Protected && f.Protected != Replace
}

// failsAt is when a refresh fails unless another member becomes healthy before.
func (f *Refresh) failsAt(instances []*Instance, now time.Time) time.Time {
	last := f.Started
	if f.Passed > 0 {
		last = f.Since.Add(f.Delay)
	}
	if f.Resumed.After(last) {
		last = f.Resumed
	}
	for _, i := range instances {
		if i.active() && !i.Launched.Before(f.Started) && f.settled(i, now) && i.InService.After(last) {
			last = i.InService
		}
	}
	return last.Add(f.Patience)
}

// settled tells whether a member counts as healthy: in service and by its health checks, a new one after its warm-up, too. The next one
// is replaced only then (https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html).
func (f *Refresh) settled(i *Instance, now time.Time) bool {
	if i.State != InService || i.Sick != "" || i.Machine != Running || !(&Group{ELB: f.ELB}).passes(i) {
		return false
	}
	return i.Launched.Before(f.Started) || !now.Before(i.InService.Add(f.Warmup))
}

// tally is how many members a refresh concerns, how many of them it has still to replace, and how many are done.
func (f *Refresh) tally(instances []*Instance, now time.Time) (total, left, done int) {
	for _, i := range instances {
		switch {
		case i.State == Standby && f.stale(i):
			left++
		case !i.active():
			continue
		case f.stale(i):
			left++
		case f.settled(i, now):
			done++
		}
		total++
	}
	return total, left, done
}

// Progress returns how many members are still to be updated and how much of the refresh is done, in per cent.
func (f *Refresh) Progress(instances []Instance, now time.Time) (left, percent int) {
	total, left, done := f.tally(pointers(nil, instances), now)
	if total == 0 {
		return 0, 100
	}
	return left, 100 * done / total
}

// goal is the percentage at which a refresh stops next.
func (f *Refresh) goal() int {
	if f.Passed < len(f.Checkpoints) {
		return f.Checkpoints[f.Passed]
	}
	if n := len(f.Checkpoints); n > 0 {
		return f.Checkpoints[n-1]
	}
	return 100
}

// waits tells whether a refresh waits at a checkpoint, and until when.
func (f *Refresh) waits(now time.Time) (until time.Time, waits bool) {
	until = f.Since.Add(f.Delay)
	return until, f.Passed > 0 && until.After(now)
}

// whole is how many members a refresh concerns, with those that are missing and without those that are surplus at present.
func (d *decision) whole() int {
	total, _, _ := d.group.Refresh.tally(d.instances, d.now)
	unit := max(1, d.group.Unit)
	missing := d.group.Desired - d.capacity((*Instance).active)
	if missing > 0 {
		missing += unit - 1
	}
	return total + missing/unit
}

// allowed is how many members may be replaced before the next checkpoint.
func (d *decision) allowed() int {
	f := d.group.Refresh
	if _, waits := f.waits(d.now); waits {
		return 0
	}
	_, left, _ := f.tally(d.instances, d.now)
	whole := d.whole()
	return max(0, left-(whole-ceil(whole, f.goal())))
}

// transitions tells whether a member is on its way in or out.
func (i *Instance) transitions() bool { return i.State == Pending || i.State == Terminating }

// refresh replaces as many members as its range allows, but at least one at a time.
func (d *decision) refresh() {
	f := d.group.Refresh
	if d.group.Cancels && d.count((*Instance).transitions) == 0 {
		d.do(Action{Do: DoRefreshEnded})
	}
	if f == nil || d.group.Deleting || d.group.suspended(InstanceRefresh) || d.group.suspended(Terminate) || d.group.suspended(Launch) {
		return
	}
	for _, i := range d.instances {
		if i.State == InService {
			d.wake(i.InService.Add(f.Warmup))
		}
	}
	until, waits := f.waits(d.now)
	switch {
	case f.Why != "":
		d.do(Action{Do: DoRefreshFailed, Why: f.Why})
	case waits:
		d.wake(until)
	case d.refreshed():
		d.bake()
	case f.Passed < len(f.Checkpoints) && d.reached():
		d.do(Action{Do: DoCheckpoint})
	case !d.late():
		d.renew()
	}
}

// reached tells whether a refresh has updated as many members as its next checkpoint asks for, and those that they replace are gone.
func (d *decision) reached() bool {
	_, left, done := d.group.Refresh.tally(d.instances, d.now)
	whole := d.whole()
	goal := ceil(whole, d.group.Refresh.goal())
	return done >= goal && left <= whole-goal
}

// refreshed tells whether a refresh has done all that it is to do, and the group serves.
func (d *decision) refreshed() bool {
	f := d.group.Refresh
	if !f.Baking.IsZero() || len(f.Checkpoints) > 0 && f.Passed == len(f.Checkpoints) && f.goal() < 100 {
		return true
	}
	_, left, _ := f.tally(d.instances, d.now)
	left += d.count(func(i *Instance) bool { return i.warm() && f.stale(i) })
	healthy := d.capacity(func(i *Instance) bool { return i.active() && f.settled(i, d.now) })
	return left == 0 && healthy >= d.group.Desired && healthy == d.capacity((*Instance).active)
}

// bake ends a refresh, after its bake time.
func (d *decision) bake() {
	f := d.group.Refresh
	end := f.Baking.Add(f.Bake)
	switch {
	case f.Bake > 0 && f.Baking.IsZero():
		d.do(Action{Do: DoBake})
	case f.Bake > 0 && end.After(d.now):
		d.wake(end)
	default:
		d.do(Action{Do: DoRefreshed})
	}
}

// late fails a refresh that has replaced nothing for longer than its patience.
func (d *decision) late() bool {
	f := d.group.Refresh
	if f.Patience == 0 {
		return false
	}
	fails := f.failsAt(d.instances, d.now)
	if fails.After(d.now) {
		d.wake(fails)
		return false
	}
	d.do(Action{Do: DoRefreshFailed})
	return true
}

// renew retires stale members.
func (d *decision) renew() {
	f := d.group.Refresh
	for n, i := range d.instances {
		if i.State == Standby && f.stale(i) && !f.keeps(i) {
			d.retire(n, Action{Reason: Refreshing})
		}
	}
	allowed, later := d.allowed(), []string(nil)
	goes := func(i *Instance) bool {
		return i.active() && f.stale(i) && !f.keeps(i) && !slices.Contains(later, i.ID)
	}
	for _, i := range d.instances {
		if !goes(i) {
			continue
		}
		if allowed--; allowed < 0 { // what a checkpoint keeps for later does not go now
			later = append(later, i.ID)
		}
	}
	d.retireWithin(f.Range, Refreshing, goes, func(i *Instance) bool { return f.settled(i, d.now) })
}
