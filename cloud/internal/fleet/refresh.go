package fleet

import (
	"slices"
	"time"
)

// Refresh is a running instance refresh
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html).
type Refresh struct {
	Started    time.Time
	MinHealthy int // per cent of the desired capacity
	// Warmup is how long after InService a new member does not count as healthy, already divided by the speed.
	Warmup time.Duration
	// Patience, as it passes, is how long after the last success the refresh fails; zero is never.
	Patience     time.Duration
	Version      Version // what members are to be of
	SkipMatching bool    // leave those that are of that version
	ELB          bool    // a new member counts as healthy only once its target groups say so
}

// stale tells whether a refresh replaces a member.
func (f *Refresh) stale(i Instance) bool {
	if f.SkipMatching {
		return i.Version != f.Version
	}
	return i.Launched.Before(f.Started)
}

// failsAt is when a refresh fails unless another member becomes healthy before.
func (f *Refresh) failsAt(instances []Instance, now time.Time) time.Time {
	last := f.Started
	for _, i := range instances {
		if i.active() && !i.Launched.Before(f.Started) && f.settled(i, now) && i.InService.After(last) {
			last = i.InService
		}
	}
	return last.Add(f.Patience)
}

// settled tells whether a member counts as healthy: an old one if it is in service, a new one after its warm-up.
func (f *Refresh) settled(i Instance, now time.Time) bool {
	if i.State != InService || i.Sick != "" || i.Machine != Running {
		return false
	}
	return i.Launched.Before(f.Started) || !now.Before(i.InService.Add(f.Warmup)) && f.passes(i)
}

// passes tells whether a new member has passed the health checks of its target groups: the next one is replaced only then
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html).
func (f *Refresh) passes(i Instance) bool {
	for _, s := range i.Targets {
		if f.ELB && (s == Initial || s == Unhealthy) {
			return false
		}
	}
	return true
}

// Progress returns how many members are still to be updated and how much of the refresh is done, in per cent.
func (f *Refresh) Progress(instances []Instance, now time.Time) (left, percent int) {
	done, total := 0, 0
	for _, i := range instances {
		if !i.active() {
			continue
		}
		total++
		if f.stale(i) {
			left++
		} else if f.settled(i, now) {
			done++
		}
	}
	if total == 0 {
		return 0, 100
	}
	return left, 100 * done / total
}

// refresh replaces as many members as the minimum healthy percentage allows, but at least one at a time.
func (d *decision) refresh() {
	f := d.group.Refresh
	if f == nil || d.group.Deleting || d.group.suspended(InstanceRefresh) || d.group.suspended(Terminate) || d.group.suspended(Launch) {
		return
	}
	settled, stale := 0, 0
	for _, i := range d.instances {
		if !i.active() {
			continue
		}
		if f.settled(i, d.now) {
			settled++
		} else if i.State == InService {
			d.wake(i.InService.Add(f.Warmup))
		}
		if f.stale(i) {
			stale++
		}
	}
	if stale == 0 && settled >= d.group.Desired && d.count(Instance.active) == d.group.Desired {
		d.do(Action{Do: DoRefreshed})
		return
	}
	if f.Patience > 0 {
		fails := f.failsAt(d.instances, d.now)
		if !fails.After(d.now) {
			d.do(Action{Do: DoRefreshFailed})
			return
		}
		d.wake(fails)
	}
	room := max(1, d.group.Desired*(100-f.MinHealthy)/100) - max(0, d.group.Desired-settled)
	for ; room > 0; room-- {
		n := slices.IndexFunc(d.instances, func(i Instance) bool { return i.active() && f.stale(i) && !i.Protected })
		if n < 0 {
			return
		}
		d.retire(n, Action{Reason: Refreshing})
	}
}
