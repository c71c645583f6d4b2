package fleet

import (
	"cmp"
	"slices"
)

// scale launches missing instances, and terminates surplus ones. Successors of members that are to be replaced are no surplus, and
// neither are those that balance zones until they serve.
func (d *decision) scale() {
	have := d.capacity((*Instance).active)
	spare := d.successors()
	balancing := d.capacity(d.balancing)
	switch {
	case have-balancing < d.group.Desired+spare && !d.group.suspended(Launch):
		d.grow(have-balancing, d.group.Desired+spare)
	case have > d.group.Desired+spare+balancing && (!d.group.suspended(Terminate) || d.group.Deleting):
		d.shrink(have, d.group.Desired+spare+balancing)
	}
}

// balancing tells whether a member was launched to balance zones and is not there yet.
func (d *decision) balancing(i *Instance) bool {
	warm := i.InService.Add(d.group.Warmup)
	if !i.Balances || i.State != InService {
		return i.Balances && i.State == Pending
	}
	d.wake(warm)
	return warm.After(d.now)
}

// counts are how many members each of a group's zones has.
func (d *decision) counts() map[string]int {
	counts := map[string]int{}
	for _, i := range d.instances {
		if i.active() {
			counts[i.Zone]++
		}
	}
	return counts
}

// open are the zones in which launches are tried at present.
func (d *decision) open() []string {
	return slices.DeleteFunc(slices.Clone(d.group.Zones), d.rests)
}

func (d *decision) rests(zone string) bool {
	until := d.group.Resting[zone]
	d.wake(until)
	return until.After(d.now)
}

// grow takes instances from the warm pool, and then launches in the zones with the fewest members, except those where the last launch
// failed: of a group that is to be balanced only, nowhere else
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html).
func (d *decision) grow(have, want int) {
	counts := d.counts()
	open := d.open()
	if d.group.BalanceOnly {
		open = d.group.Zones
	}
	owed, unit := d.group.Owed, max(1, d.group.Unit)
	for at := have; at < want; at += unit {
		a := Action{Do: DoLaunch, Reason: Capacity, From: have, To: d.group.Desired}
		if owed > 0 || at >= d.group.Desired {
			owed--
			if a.Reason = Replacement; d.group.Refresh != nil {
				a.Reason = Refreshing
			}
		}
		if d.draw(counts, a) {
			continue
		}
		if len(open) == 0 {
			return
		}
		a.Zone = slices.MinFunc(open, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
		if d.group.BalanceOnly && d.rests(a.Zone) {
			return
		}
		counts[a.Zone]++
		d.do(a)
	}
}

// shrink terminates what is surplus, but nothing whose weight is needed.
func (d *decision) shrink(have, want int) {
	for at := have; at > want; {
		n := d.victim(at - want)
		if n < 0 {
			return // all that are left are protected, or too large
		}
		reason := Capacity
		if d.group.Deleting {
			reason = GroupDeleted
		}
		at -= d.instances[n].size()
		if w := d.group.Warm; w != nil && w.Reuse && !w.Ends && !d.group.Deleting {
			d.do(Action{Do: DoReturn, Instance: d.instances[n].ID, Reason: Capacity, From: have, To: d.group.Desired})
			d.instances[n].State = WarmedPending
			continue
		}
		d.retire(n, Action{Reason: reason, From: have, To: d.group.Desired})
	}
}

// victim chooses the member to terminate, of at most a size: of the zones that have an unprotected member, from the one with the most
// members, by the termination policies
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html). Zones that are not the group's any
// more come first. It returns -1 if there is none.
func (d *decision) victim(most int) int {
	counts := d.counts()
	for zone := range counts {
		if !slices.Contains(d.group.Zones, zone) {
			counts[zone] += len(d.instances)
		}
	}
	best := -1
	for n, i := range d.instances {
		if !i.active() || i.Protected && !d.group.Deleting || i.size() > most && !d.group.Deleting {
			continue
		}
		if best < 0 || cmp.Or(counts[d.instances[best].Zone]-counts[i.Zone], d.order(i, d.instances[best])) < 0 {
			best = n
		}
	}
	return best
}

// order tells whether a is terminated before b by the group's policies. The instances of a decision are sorted by
// age, so that a tie is decided for the older one.
func (d *decision) order(a, b *Instance) int {
	policies := d.group.Policies
	if len(policies) == 0 {
		policies = []string{"Default"}
	}
	for _, p := range policies {
		if c := d.byPolicy(p, a, b); c != 0 {
			return c
		}
	}
	return 0
}

func (d *decision) byPolicy(policy string, a, b *Instance) int {
	oldest := a.Launched.Compare(b.Launched)
	switch policy {
	case "Default":
		return cmp.Or(compareConfigurations(a, b), compareVersions(a, b), oldest)
	case "OldestLaunchTemplate":
		return compareVersions(a, b)
	case "OldestLaunchConfiguration":
		return compareConfigurations(a, b)
	case "OldestInstance":
		return oldest
	case "NewestInstance":
		return -oldest
	case "ClosestToNextInstanceHour":
		into := func(i *Instance) int { return int(d.now.Sub(i.Launched).Seconds()) % 3600 }
		return cmp.Compare(into(b), into(a))
	}
	return 0 // AllocationStrategy: all are On-Demand Instances, whose type is by priority wherever it can be
}

// compareConfigurations puts the older launch configuration first, and those of a launch template last.
func compareConfigurations(a, b *Instance) int {
	x, y := a.Version.Configured, b.Version.Configured
	switch {
	case x == 0 && y == 0:
		return 0
	case x == 0:
		return 1
	case y == 0:
		return -1
	}
	return cmp.Compare(x, y)
}

// compareVersions puts the older version of a template first. Versions of different templates compare as equal.
func compareVersions(a, b *Instance) int {
	if a.Version.Template != b.Version.Template {
		return 0
	}
	return cmp.Compare(a.Version.Number, b.Version.Number)
}
