package fleet

import "slices"

// judge marks the members that have become sick
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html).
func (d *decision) judge() {
	if d.group.suspended(HealthCheck) {
		return
	}
	for n, i := range d.instances {
		if !i.active() || i.Sick != "" {
			continue
		}
		if reason := d.diagnose(i); reason != "" {
			d.do(Action{Do: DoCondemn, Instance: i.ID, Reason: reason})
			d.instances[n].Sick = reason // so that this decision acts on it
		}
	}
}

func (d *decision) diagnose(i Instance) Reason {
	switch {
	case i.Machine >= Stopped && i.State == Pending:
		return LaunchFailed
	case i.Machine >= Stopped:
		return EndedItself // the grace period does not protect it
	case i.State != InService || i.Machine == Starting || !d.group.ELB:
		return ""
	}
	if end := i.InService.Add(d.group.Grace); d.now.Before(end) {
		d.wake(end)
		return ""
	}
	for _, a := range d.group.Attachments {
		if a.State == Attached && i.Targets[a.ARN] == Unhealthy {
			return ELBUnhealthy
		}
	}
	return ""
}

// replace retires sick members. Those that do not run are retired at once; of the others, at most a tenth of the group,
// but at least one member, is replaced at a time. The sick member is terminated first, and then
// scale launches its successor.
func (d *decision) replace() {
	if d.group.suspended(ReplaceUnhealthy) || d.group.suspended(Terminate) {
		return
	}
	room := max(1, d.group.Desired/10) - d.underway()
	for n, i := range d.instances {
		if !i.active() || i.Sick == "" {
			continue
		}
		if i.Machine < Stopped {
			if room <= 0 {
				continue
			}
			room--
		}
		d.retire(n, Action{Reason: i.Sick})
		d.group.Owed++
	}
}

// underway is how many members are missing, not in service yet or still leaving. If launching is
// suspended, missing members do not count, since they are not replaced.
func (d *decision) underway() int {
	serving, coming, leaving := 0, 0, 0
	for _, i := range d.instances {
		switch {
		case i.State == Pending:
			coming++
		case i.State == InService && i.Machine < Stopped:
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
	d.instances[n].State = Terminating
}

// count returns how many members satisfy a condition.
func (d *decision) count(is func(Instance) bool) int {
	return len(slices.DeleteFunc(slices.Clone(d.instances), func(i Instance) bool { return !is(i) }))
}
