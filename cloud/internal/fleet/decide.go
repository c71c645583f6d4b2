package fleet

import (
	"cmp"
	"slices"
	"time"
)

// decision collects actions, and the time of the next decision.
type decision struct {
	group     Group
	copies    []Instance  // the members, which a decision changes as its actions will
	instances []*Instance // they, the oldest first
	now       time.Time
	actions   []Action
	due       time.Time
}

// Decide returns the actions to carry out now, and when to call it again even if nothing changes; the zero time means
// never.
func Decide(g Group, instances []Instance, now time.Time) ([]Action, time.Time) {
	return new(Decider).Decide(g, instances, now)
}

// Decider decides as Decide does, again and again in the same memory: its actions are good until the next decision.
type Decider struct{ decision }

// Decide returns the actions to carry out now, and when to call it again.
func (r *Decider) Decide(g Group, instances []Instance, now time.Time) ([]Action, time.Time) {
	d := &r.decision
	d.group, d.now, d.due = g, now, time.Time{}
	d.copies, d.actions = append(d.copies[:0], instances...), d.actions[:0]
	d.instances = pointers(d.instances[:0], d.copies)
	order := func(a, b *Instance) int { return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.ID, b.ID)) }
	if !slices.IsSortedFunc(d.instances, order) {
		slices.SortFunc(d.instances, order)
	}
	for _, i := range d.instances {
		d.advance(i)
	}
	d.judge()
	d.attachments()
	d.replace()
	d.scale()
	d.pool()
	d.refresh()
	d.balance()
	return d.actions, d.due
}

// pointers appends those to members.
func pointers(to []*Instance, instances []Instance) []*Instance {
	for n := range instances {
		to = append(to, &instances[n])
	}
	return to
}

func (d *decision) do(a Action) { d.actions = append(d.actions, a) }

// wake asks for a decision at a time, unless that has passed.
func (d *decision) wake(at time.Time) {
	if at.After(d.now) && (d.due.IsZero() || at.Before(d.due)) {
		d.due = at
	}
}

// advance moves one member to its next state.
func (d *decision) advance(i *Instance) {
	switch i.State {
	case Pending:
		d.join(i)
	case InService:
		// A target group that was attached later also gets the members that are already in service.
		d.register(i)
	case Terminating, WarmedTerminating:
		d.leave(i)
	case WarmedPending:
		d.warmUp(i)
	case EnteringStandby:
		d.step(i, DoRest)
	case Detaching:
		d.step(i, DoForget)
	case Standby:
		d.rest(i)
	}
}

// step has a member go on without its target groups, once they have drained it.
func (d *decision) step(i *Instance, next Kind) {
	if i.Machine == Gone {
		next = DoForget
	}
	if !d.deregister(i, i.Registered) && !i.draining() {
		d.do(Action{Do: next, Instance: i.ID})
	}
}

// rest leaves a member in standby alone, unless there is none or its group goes.
func (d *decision) rest(i *Instance) {
	switch {
	case i.Machine == Gone:
		d.do(Action{Do: DoForget, Instance: i.ID})
	case d.group.Deleting:
		d.do(Action{Do: DoRetire, Instance: i.ID, Reason: GroupDeleted})
	}
}

// waits tells whether lifecycle hooks still keep a member where it is
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html).
func (d *decision) waits(i *Instance, hooked bool) bool {
	switch {
	case i.Stage == Proceeding:
		return false
	case i.Stage == Waiting && !i.Until.After(d.now):
		d.do(Action{Do: DoExpire, Instance: i.ID})
	case i.Stage == Waiting:
		d.wake(i.Until)
	case hooked:
		d.do(Action{Do: DoHold, Instance: i.ID})
	default:
		return false
	}
	return true
}

// join puts a running instance into service once every target group has it
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html).
func (d *decision) join(i *Instance) {
	if i.Told && i.Machine == Stopped {
		d.do(Action{Do: DoStart, Instance: i.ID})
	}
	if i.Machine == Running && i.Sick == "" && !d.waits(i, d.group.HooksLaunch) && !d.register(i) {
		d.do(Action{Do: DoServe, Instance: i.ID})
	}
}

// register registers a running instance with the target groups that it was not registered with before, and tells
// whether there were any. An instance that a user deregistered is not registered again.
func (d *decision) register(i *Instance) bool {
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
func (d *decision) leave(i *Instance) {
	waits := d.deregister(i, i.Registered) || i.draining()
	switch {
	case i.Machine == Gone:
		d.do(Action{Do: DoForget, Instance: i.ID})
	case i.Machine == Ending:
	case d.group.Deleting, i.State == WarmedTerminating && (d.group.Warm == nil || d.group.Warm.Forced):
		d.do(Action{Do: DoTerminate, Instance: i.ID})
	case i.Machine == Running && waits:
	case (!i.InService.IsZero() || i.State == WarmedTerminating) && d.waits(i, d.group.HooksEnd): // one that never served has nothing to hand over
	default:
		d.do(Action{Do: DoTerminate, Instance: i.ID})
	}
}

// draining tells whether a target group still drains the instance's connections.
func (i *Instance) draining() bool {
	for _, s := range i.Targets {
		if s == Draining {
			return true
		}
	}
	return false
}

func (d *decision) deregister(i *Instance, from []string) bool {
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
			if i.active() { // advance does it for the others
				d.deregister(i, []string{arn})
			}
			left = true
		}
		left = left || i.Machine < Stopping && i.Targets[arn] == Draining
	}
	if !left {
		d.do(Action{Do: DoDetach, Target: arn})
	}
}
