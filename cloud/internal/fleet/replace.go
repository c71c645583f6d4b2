package fleet

import (
	"cmp"
)

// usual is how members are replaced whose group has no instance maintenance policy: the old one goes first, one at a time or a tenth of
// the group ("Instance maintenance event default behaviors" in the user guide's overview of the policy, and
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html).
var usual = Range{Min: 90, Max: 100}

// maintenance is within what bounds members are replaced for their health or their age.
func (d *decision) maintenance() Range {
	if d.group.Maintenance != nil {
		return *d.group.Maintenance
	}
	return usual
}

// serves tells whether a member counts for what has to serve while others are replaced: in service, warm, and by its health checks.
func (d *decision) serves(i *Instance) bool {
	if i.State != InService || i.Sick != "" || i.Machine != Running || !d.group.passes(i) {
		return false
	}
	warm := i.InService.Add(d.group.Warmup)
	d.wake(warm)
	return !warm.After(d.now)
}

// passes tells whether a member has passed the health checks of its target groups, where they count.
func (g *Group) passes(i *Instance) bool {
	for _, s := range i.Targets {
		if g.ELB && (s == Initial || s == Unhealthy) {
			return false
		}
	}
	return true
}

// replace retires sick members, and those that have reached the maximum lifetime.
func (d *decision) replace() {
	if d.group.suspended(Terminate) || d.group.Deleting {
		return
	}
	if !d.group.suspended(ReplaceUnhealthy) {
		d.replaceSick()
	}
	d.retireWithin(d.maintenance(), Lifetime, d.aged, d.serves)
}

// replaceSick retires sick members. Those that do not run are retired at once, the others by the instance maintenance policy; without one,
// at most a tenth of the group, but at least one member, is replaced at a time. The sick member is terminated first, and then
// scale launches its successor.
func (d *decision) replaceSick() {
	room := max(1, d.group.Desired/10) - d.underway()
	for n, i := range d.instances {
		switch {
		case !i.active() || i.Sick == "":
			continue
		case i.Machine >= Stopping:
		case d.group.Maintenance != nil, room <= 0:
			continue
		default:
			room--
		}
		d.retire(n, Action{Reason: i.Sick})
		d.group.Owed++
	}
	if d.group.Maintenance != nil {
		d.retireWithin(*d.group.Maintenance, "", func(i *Instance) bool { return i.Sick != "" }, d.serves)
	}
}

// retireWithin retires active members that are to go, as far as a range allows: first those that do not serve, and then those in the
// zones with the most members, so that zones stay even. One that is to go and does not serve counts as if it did until it is retired, so
// that members are replaced even where none serves. The reason of no words is the member's own.
func (d *decision) retireWithin(within Range, reason Reason, goes, serves func(*Instance) bool) {
	present := d.capacity(func(i *Instance) bool { return i.active() && (goes(i) || serves(i)) })
	floor, counts := within.floor(d.group.Desired), d.counts()
	for {
		best := -1
		for n, i := range d.instances {
			if !i.active() || !goes(i) || present-i.size() < floor {
				continue
			}
			if best < 0 || cmp.Or(truth(serves(i))-truth(serves(d.instances[best])), counts[d.instances[best].Zone]-counts[i.Zone]) < 0 {
				best = n
			}
		}
		if best < 0 {
			return
		}
		i := d.instances[best]
		present -= i.size()
		counts[i.Zone]--
		d.retire(best, Action{Reason: cmp.Or(reason, i.Sick)})
		if d.capacity((*Instance).active) < d.group.Desired {
			d.group.Owed++
		}
	}
}

// truth puts false first.
func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// aged tells whether a member has reached the maximum instance lifetime. Those that are protected from scale-in are left.
func (d *decision) aged(i *Instance) bool {
	if d.group.Lifetime == 0 || i.Protected || !i.active() {
		return false
	}
	end := i.Launched.Add(d.group.Lifetime)
	d.wake(end)
	return !end.After(d.now)
}

// successors is how much is launched beyond the desired capacity, for members that go only once their successors serve.
func (d *decision) successors() int {
	if d.group.Deleting || d.group.suspended(Terminate) {
		return 0
	}
	spare := 0
	if over := d.maintenance().over(d.group.Desired); over > 0 {
		sick := !d.group.suspended(ReplaceUnhealthy)
		spare = min(over, d.capacity(func(i *Instance) bool { return i.active() && (i.Sick != "" && sick || d.aged(i)) }))
	}
	if f := d.group.Refresh; f != nil && !d.group.suspended(InstanceRefresh) && !d.group.suspended(Launch) && f.Why == "" {
		left := d.capacity(func(i *Instance) bool { return i.active() && f.stale(i) && !f.keeps(i) })
		spare = max(spare, min(f.Range.over(d.group.Desired), d.allowed()*max(1, d.group.Unit), left))
	}
	return spare
}

// underway is how many members are missing, not in service yet or still leaving. If launching is
// suspended, missing members do not count, since they are not replaced. One that has stopped, and is not marked since health checks are
// suspended, is not missing: it would hold back the replacement of those that a user has marked.
func (d *decision) underway() int {
	serving, coming, leaving := 0, 0, 0
	for _, i := range d.instances {
		switch {
		case i.State == Pending:
			coming++
		case i.State == InService && (i.Machine < Stopping || i.Sick == ""):
			serving++
		case i.State == Terminating && i.Machine == Running:
			leaving++
		}
	}
	if !d.group.suspended(Launch) {
		coming = max(coming, d.group.Desired-serving)
	}
	return max(coming, leaving)
}

// retire takes a member out of service, completing the action.
func (d *decision) retire(n int, a Action) {
	a.Do, a.Instance = DoRetire, d.instances[n].ID
	d.do(a)
	if d.instances[n].warm() {
		d.instances[n].State = WarmedTerminating
		return
	}
	d.instances[n].State = Terminating
}

// capacity returns how much of a group members are that satisfy a condition.
func (d *decision) capacity(is func(*Instance) bool) (sum int) {
	for _, i := range d.instances {
		if is(i) {
			sum += i.size()
		}
	}
	return sum
}

// count returns how many members satisfy a condition.
func (d *decision) count(is func(*Instance) bool) (n int) {
	for _, i := range d.instances {
		if is(i) {
			n++
		}
	}
	return n
}
