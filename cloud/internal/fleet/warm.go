package fleet

import (
	"cmp"
	"slices"
)

// Warm is a group's warm pool (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html).
type Warm struct {
	Size    int  // how many instances it is to have
	Running bool // they run; otherwise they are stopped
	Reuse   bool // what is surplus goes back to it
	Ends    bool // it is being deleted
	Forced  bool // and nothing is waited for
}

// PoolSize is how many instances a warm pool is to have beside a group's desired capacity: what is missing to how many are to be prepared, but
// a minimum (API reference, PutWarmPool).
func PoolSize(prepared, desired, least int) int { return max(prepared-desired, least, 0) }

// warm tells whether a member is in the warm pool, or on its way there.
func (i *Instance) warm() bool {
	return i.State == WarmedPending || i.State == WarmedStopped || i.State == WarmedRunning
}

// ready tells whether a member of the warm pool can be used.
func (i *Instance) ready() bool {
	return i.Sick == "" && (i.State == WarmedStopped && i.Machine == Stopped || i.State == WarmedRunning && i.Machine == Running)
}

// warmUp brings a member into the warm pool: without its target groups, after its lifecycle hooks, and stopped where it is to be.
func (d *decision) warmUp(i *Instance) {
	running := d.group.Warm != nil && d.group.Warm.Running
	switch {
	case d.deregister(i, i.Registered) || i.draining() || i.Sick != "":
	case i.Told && i.Machine == Stopped:
		d.do(Action{Do: DoWarm, Instance: i.ID, Become: WarmedStopped})
	case i.Told || i.Machine != Running || d.waits(i, d.group.HooksLaunch):
	case running:
		d.do(Action{Do: DoWarm, Instance: i.ID, Become: WarmedRunning})
	default:
		d.do(Action{Do: DoStop, Instance: i.ID})
	}
}

// cooled tells why a member of the warm pool is of no use any more.
func (i *Instance) cooled() Reason {
	switch {
	case i.Machine >= Ending, i.State == WarmedRunning && i.Machine >= Stopping, i.State == WarmedStopped && i.Machine == Running:
		return EndedItself
	case i.State == WarmedPending && i.Machine >= Stopping && !i.Told:
		return LaunchFailed
	}
	return ""
}

// draw takes a member from the warm pool, from the zone with the fewest members, and tells whether there was one.
func (d *decision) draw(counts map[string]int, a Action) bool {
	best := -1
	for n, i := range d.instances {
		old := d.group.Refresh != nil && d.group.Refresh.stale(i)
		if i.ready() && !old && (best < 0 || counts[i.Zone] < counts[d.instances[best].Zone]) {
			best = n
		}
	}
	if best < 0 {
		return false
	}
	i := d.instances[best]
	a.Do, a.Instance, a.Zone = DoUse, i.ID, i.Zone
	d.do(a)
	counts[i.Zone]++
	i.State = Pending
	return true
}

// pool keeps the warm pool at its size. The group itself comes first.
func (d *decision) pool() {
	w := Warm{Ends: true}
	if d.group.Warm != nil {
		w = *d.group.Warm
	}
	if d.group.Deleting || w.Ends {
		w.Size = 0
	}
	d.discard()
	have := d.count((*Instance).warm)
	switch {
	case have < w.Size && !d.group.suspended(Launch) && d.capacity((*Instance).active) >= d.group.Desired:
		d.fill(w.Size - have)
	case have > w.Size && (!d.group.suspended(Terminate) || d.group.Deleting):
		for n := len(d.instances) - 1; n >= 0 && have > w.Size; n-- { // the newest go first
			if d.instances[n].warm() {
				d.retire(n, Action{Reason: Cooling})
				have--
			}
		}
	}
	if d.group.Warm != nil && w.Ends && d.count(func(i *Instance) bool { return i.warm() || i.State == WarmedTerminating }) == 0 {
		d.do(Action{Do: DoDropPool})
	}
}

// discard retires what is of no use in the warm pool: sick ones, and those that a refresh replaces.
func (d *decision) discard() {
	if d.group.suspended(Terminate) {
		return
	}
	f := d.group.Refresh
	for n, i := range d.instances {
		switch {
		case !i.warm():
		case i.Sick != "" && !d.group.suspended(ReplaceUnhealthy):
			d.retire(n, Action{Reason: i.Sick})
		case f != nil && f.stale(i) && !d.group.suspended(InstanceRefresh):
			d.retire(n, Action{Reason: Refreshing})
		}
	}
}

// fill launches instances into the warm pool, where members and the pool have the fewest.
func (d *decision) fill(missing int) {
	counts, open := d.counts(), d.open()
	for _, i := range d.instances {
		if i.warm() {
			counts[i.Zone]++
		}
	}
	for ; missing > 0 && len(open) > 0; missing-- {
		zone := slices.MinFunc(open, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
		counts[zone]++
		d.do(Action{Do: DoLaunch, Zone: zone, Reason: Warming})
	}
}
