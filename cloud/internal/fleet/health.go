package fleet

// judge marks the members that have become sick
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html).
func (d *decision) judge() {
	for n, i := range d.instances {
		if !i.active() && !i.warm() || i.Sick != "" {
			continue
		}
		if reason := d.diagnose(i); reason != "" && (reason == LaunchFailed || !d.group.suspended(HealthCheck)) { // a launch is no health check
			d.do(Action{Do: DoCondemn, Instance: i.ID, Reason: reason})
			d.instances[n].Sick = reason // so that this decision acts on it
		}
	}
}

func (d *decision) diagnose(i *Instance) Reason {
	switch {
	case i.warm():
		return i.cooled()
	case i.Told && i.State == Pending && i.Machine < Ending:
		return "" // it starts
	case i.Machine >= Stopping && i.State == Pending:
		return LaunchFailed
	case i.Machine >= Stopping:
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
