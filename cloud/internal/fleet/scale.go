package fleet

import (
	"cmp"
	"slices"
)

// scale launches missing instances, and terminates surplus ones.
func (d *decision) scale() {
	have := d.count(Instance.active)
	switch {
	case have < d.group.Desired && !d.group.suspended(Launch):
		d.grow(have)
	case have > d.group.Desired && !d.group.suspended(Terminate):
		d.shrink(have)
	}
}

// grow launches in the zones with the fewest members, except those where the last launch failed.
func (d *decision) grow(have int) {
	counts := map[string]int{}
	for _, i := range d.instances {
		if i.active() {
			counts[i.Zone]++
		}
	}
	open := slices.DeleteFunc(slices.Clone(d.group.Zones), func(z string) bool {
		until := d.group.Resting[z]
		d.wake(until)
		return until.After(d.now)
	})
	if len(open) == 0 {
		return
	}
	owed := d.group.Owed
	for at := have; at < d.group.Desired; at++ {
		zone := slices.MinFunc(open, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
		counts[zone]++
		a := Action{Do: DoLaunch, Zone: zone, Reason: Capacity, From: have, To: d.group.Desired}
		if owed > 0 {
			owed--
			if a.Reason = Replacement; d.group.Refresh != nil {
				a.Reason = Refreshing
			}
		}
		d.do(a)
	}
}

func (d *decision) shrink(have int) {
	for at := have; at > d.group.Desired; at-- {
		n := d.victim()
		if n < 0 {
			return // all that are left are protected
		}
		reason := Capacity
		if d.group.Deleting {
			reason = GroupDeleted
		}
		d.retire(n, Action{Reason: reason, From: have, To: d.group.Desired})
	}
}

// victim chooses the member to terminate: of the zones that have an unprotected member, from the one with the most members,
// by the termination policies (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html).
// It returns -1 if all are protected.
func (d *decision) victim() int {
	counts := map[string]int{}
	for _, i := range d.instances {
		if i.active() {
			counts[i.Zone]++
		}
	}
	best := -1
	for n, i := range d.instances {
		if !i.active() || i.Protected && !d.group.Deleting {
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
func (d *decision) order(a, b Instance) int {
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

func (d *decision) byPolicy(policy string, a, b Instance) int {
	oldest := a.Launched.Compare(b.Launched)
	switch policy {
	case "Default":
		return cmp.Or(compareVersions(a, b), oldest)
	case "OldestLaunchTemplate":
		return compareVersions(a, b)
	case "OldestInstance":
		return oldest
	case "NewestInstance":
		return -oldest
	case "ClosestToNextInstanceHour":
		into := func(i Instance) int { return int(d.now.Sub(i.Launched).Seconds()) % 3600 }
		return cmp.Compare(into(b), into(a))
	}
	return 0 // OldestLaunchConfiguration and AllocationStrategy tell nothing between members that have neither
}

// compareVersions puts the older version of a template first. Versions of different templates compare as equal.
func compareVersions(a, b Instance) int {
	if a.Version.Template != b.Version.Template {
		return 0
	}
	return cmp.Compare(a.Version.Number, b.Version.Number)
}
