package fleet

import (
	"cmp"
	"slices"
	"time"
)

// decision collects actions, and the time of the next decision.
type decision struct {
	group     Group
	instances []Instance
	now       time.Time
	actions   []Action
	due       time.Time
}

// Decide returns the actions to carry out now, and when to call it again even if nothing changes; the zero time means
// never.
func Decide(g Group, instances []Instance, now time.Time) ([]Action, time.Time) {
	d := &decision{group: g, instances: slices.Clone(instances), now: now}
	slices.SortFunc(d.instances, func(a, b Instance) int {
		return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.ID, b.ID))
	})
	for _, i := range d.instances {
		d.advance(i)
	}
	d.judge()
	d.attachments()
	d.replace()
	d.scale()
	d.refresh()
	return d.actions, d.due
}

func (d *decision) do(a Action) { d.actions = append(d.actions, a) }

// wake asks for a decision at a time, unless that has passed.
func (d *decision) wake(at time.Time) {
	if at.After(d.now) && (d.due.IsZero() || at.Before(d.due)) {
		d.due = at
	}
}

// advance moves one member to its next state.
func (d *decision) advance(i Instance) {
	switch i.State {
	case Pending:
		d.join(i)
	case InService:
		// A target group that was attached later also gets the members that are already in service.
		d.register(i)
	case Terminating:
		d.leave(i)
	}
}

// join puts a running instance into service once every target group has it
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html).
func (d *decision) join(i Instance) {
	if i.Machine == Running && i.Sick == "" && !d.register(i) {
		d.do(Action{Do: DoServe, Instance: i.ID})
	}
}

// register registers a running instance with the target groups that it was not registered with before, and tells
// whether there were any. An instance that a user deregistered is not registered again.
func (d *decision) register(i Instance) bool {
	if i.Machine != Running || i.Sick != "" || d.group.suspended(AddToLoadBalancer) {
		return false
	}
	found := false
	for _, a := range d.group.Attachments {
		if a.State != Removing && !slices.Contains(i.Registered, a.ARN) {
			d.do(Action{Do: DoRegister, Instance: i.ID, Target: a.ARN})
			found = true
		}
	}
	return found
}

// leave removes a member: it deregisters it from the target groups and, when they have drained it, terminates it.
// An instance that does not run has no connections to drain.
func (d *decision) leave(i Instance) {
	waits := d.deregister(i, i.Registered) || i.draining()
	switch {
	case i.Machine == Gone:
		d.do(Action{Do: DoForget, Instance: i.ID})
	case i.Machine == Ending:
	case i.Machine != Running || d.group.Deleting || !waits:
		d.do(Action{Do: DoTerminate, Instance: i.ID})
	}
}

// draining tells whether a target group still drains the instance's connections.
func (i Instance) draining() bool {
	for _, s := range i.Targets {
		if s == Draining {
			return true
		}
	}
	return false
}

func (d *decision) deregister(i Instance, from []string) bool {
	for _, arn := range from {
		d.do(Action{Do: DoDeregister, Instance: i.ID, Target: arn})
	}
	return len(from) > 0
}

// attachments moves every attachment to its next state.
func (d *decision) attachments() {
	for _, a := range d.group.Attachments {
		if a.State == Removing {
			d.detach(a.ARN)
			continue
		}
		all, healthy := true, false
		for _, i := range d.instances {
			registered := slices.Contains(i.Registered, a.ARN)
			if i.State == InService && !registered {
				all = false
			}
			healthy = healthy || registered && i.Targets[a.ARN] == Healthy
		}
		switch {
		case a.State == Adding && all:
			d.do(Action{Do: DoAttach, Target: a.ARN, State: Added})
		case a.State == Added && healthy:
			d.do(Action{Do: DoAttach, Target: a.ARN, State: Attached})
		}
	}
}

func (d *decision) detach(arn string) {
	left := false
	for _, i := range d.instances {
		if slices.Contains(i.Registered, arn) {
			if i.State != Terminating { // leave does it for those
				d.deregister(i, []string{arn})
			}
			left = true
		}
		left = left || i.Machine < Stopped && i.Targets[arn] == Draining
	}
	if !left {
		d.do(Action{Do: DoDetach, Target: arn})
	}
}
