package fleet

import (
	"cmp"
	"slices"
)

// balance moves members from zones that have more than others to those that have fewer, while nothing else happens: it launches first, and
// once the new member serves, scale finds a surplus and takes it from the fullest zone
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html). By an instance maintenance
// policy without room above the desired capacity, the old one goes first.
func (d *decision) balance() {
	if d.group.Deleting || d.group.Refresh != nil || d.group.suspended(AZRebalance) || d.group.suspended(Launch) || len(d.actions) > 0 {
		return
	}
	have, unit := d.capacity((*Instance).active), max(1, d.group.Unit)
	restless := d.count(func(i *Instance) bool { return i.active() && !d.serves(i) })
	if have < d.group.Desired || restless > 0 {
		return
	}
	first := d.group.Maintenance == nil || d.group.Maintenance.over(d.group.Desired) > 0
	room := 1
	if first {
		room = d.overshoot()
	}
	if surplus := have - d.group.Desired; surplus >= unit {
		room -= surplus
	}
	counts := d.counts()
	for ; room > 0; room -= unit {
		to, n := d.move(counts)
		if n < 0 {
			return
		}
		counts[d.instances[n].Zone]--
		counts[to]++
		if first {
			d.do(Action{Do: DoLaunch, Zone: to, Reason: Rebalancing, From: have, To: d.group.Desired})
			d.instances[n].Protected = true // it is accounted for
			continue
		}
		if d.group.suspended(Terminate) {
			return
		}
		d.retire(n, Action{Reason: Rebalancing})
	}
}

// overshoot is how far a group may pass its desired capacity to balance zones: a tenth of its maximum, or one, or what its instance
// maintenance policy says.
func (d *decision) overshoot() int {
	if d.group.Maintenance != nil {
		return d.group.Maintenance.over(d.group.Desired)
	}
	return max(1, d.group.Max/10)
}

// move finds a member that makes zones more even elsewhere, and where; -1 for none.
func (d *decision) move(counts map[string]int) (to string, n int) {
	open := d.open()
	if len(open) == 0 {
		return "", -1
	}
	to = slices.MinFunc(open, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
	best := -1
	for n, i := range d.instances {
		foreign := !slices.Contains(d.group.Zones, i.Zone)
		if i.State != InService || i.Protected || i.size() > max(1, d.group.Unit) || !foreign && counts[i.Zone] <= counts[to]+1 {
			continue
		}
		if foreign {
			return to, n
		}
		if best < 0 || counts[i.Zone] > counts[d.instances[best].Zone] {
			best = n
		}
	}
	return to, best
}
