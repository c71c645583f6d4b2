package simulation

import "time"

// What is idle rests: an actor whose next turns change nothing is out of the queue until something changes that it looks at. Then it is taken to
// where it would have come to meanwhile, and joins the queue again if it is not idle any more.

// resting is what an actor that rests goes on with.
type resting struct {
	as     onlookers     // that it is one of; none if it does not rest
	due    time.Duration // its next turn
	pass   bool          // what a checker, or a load balancer of a target, finds each time, and
	took   time.Duration // how long that takes
	answer int8          // where the name leads a user's resolver
}

// onlookers are those who look at something.
type onlookers uint8

// The onlookers. Those of the second region are one bit further left than those of the first.
const (
	checkersOf0 onlookers = 1 << iota
	checkersOf1
	checkersOfSwitch
	targetsOf0
	targetsOf1
	usersOfName
	watchOfSwitch
)

func checkersOf(side int) onlookers { return checkersOf0 << side }
func targetsOf(side int) onlookers  { return targetsOf0 << side }

// among are the onlookers that an actor is one of.
func (a *actor) among() onlookers {
	switch a.role {
	case roleChecker:
		return checkersOf(int(a.side))
	case roleTarget:
		return targetsOf(int(a.side))
	case roleUser:
		return usersOfName
	case roleWatch:
		return watchOfSwitch
	}
	return 0
}

// alikeLooks is how many looks of the watch have to see the same before the next ones are taken to do nothing either: more than any
// threshold that it counts to.
const alikeLooks = 12

// idle tells whether what an actor does next changes nothing, and what it does after that neither.
func (w *world) idle(a *actor) bool {
	switch a.role {
	case roleChecker:
		if a.judge != a.judge.Settled() || a.busy && a.pass != a.judge.Healthy() {
			return false
		}
		if a.side < 2 && w.envs[a.side].zone && !w.sides[a.side].left {
			return false
		}
		pass, _ := w.finds(a)
		return pass == a.judge.Healthy() && (pass || w.checks[a.side].failed != never)
	case roleTarget:
		return w.sides[a.side].restful(w, a)
	case roleUser:
		return w.rests(int(a.who))
	case roleWatch:
		s := w.sight
		held := s.Switch == Standby
		return w.alike >= alikeLooks && !(s.PrimaryOK && (held && w.Watch.Hold && w.Watch.After > 0 || w.grown && !held)) && w.sees() == s
	}
	return false
}

// rest takes an actor out of the queue if it is idle.
func (w *world) rest(n int32) {
	a := &w.actors[n]
	if !w.skips || !w.idle(a) {
		return
	}
	w.goOn(a, w.queue.at[n])
	w.queue.set(n, never)
}

// goOn has an idle actor rest until a turn of its own or beyond.
func (w *world) goOn(a *actor, due time.Duration) {
	a.rests = resting{as: a.among(), due: due, answer: w.answer}
	switch a.role {
	case roleChecker:
		a.rests.pass, a.rests.took = w.finds(a)
	case roleTarget:
		a.rests.pass, a.rests.took = w.sides[a.side].finds(w, a)
	}
}

// rouse tells onlookers that what they look at has changed: what they have done while they rested, they did by what was before.
func (w *world) rouse(all onlookers) {
	if !w.skips {
		return
	}
	w.roused |= all
	for n := range w.actors {
		a := &w.actors[n]
		if a.rests.as&all == 0 {
			continue
		}
		now := w.now
		if int32(n) < w.acting { // of one time, it came first
			now++
		}
		if a.rests.due < now {
			w.catchUp(a, now)
		}
	}
}

// rise ends the rest of those who were roused and are not idle any more.
func (w *world) rise() {
	all := w.roused
	w.roused = 0
	for n := range w.actors {
		a := &w.actors[n]
		if a.rests.as&all == 0 {
			continue
		}
		if w.idle(a) {
			w.goOn(a, a.rests.due)
			continue
		}
		a.rests.as = 0
		w.queue.set(int32(n), a.rests.due)
	}
}

// catchUp takes an actor that rests to where it is at a time, without having it do what changes nothing.
func (w *world) catchUp(a *actor, to time.Duration) {
	at, pass, took := a.rests.due, a.rests.pass, a.rests.took
	switch a.role {
	case roleUser:
		a.rests.due += steps(at, to, a.delay) * a.delay
		w.users[a.who].has = w.chosen(int(a.who), a.rests.answer, a.rests.due-a.delay)
		return
	case roleWatch:
		every := time.Duration(w.Watch.Every)
		a.rests.due += steps(at, to, every) * every
		return
	}
	idle, under := time.Duration(w.Check.Interval), time.Duration(w.Check.Interval) // after a probe, and after the one under way
	if a.role == roleTarget {                                                       // whose rate is fixed
		idle, under = time.Duration(w.Target.Interval)-took, time.Duration(w.Target.Interval)-a.delay
	}
	if a.busy {
		a.busy = false
		if at += under; at >= to {
			a.rests.due = at
			return
		}
	}
	n := (to - 1 - at) / (idle + took) // whole rounds, of which the last begins before the time
	a.turn += uint32(n) + 1
	at += n * (idle + took)
	if a.role == roleTarget {
		a.delay = took
	}
	if at+took >= to {
		a.busy, a.pass = true, pass
		a.rests.due = at + took
		return
	}
	a.rests.due = at + took + idle
}

// steps is how many steps lead from a time to another or beyond it.
func steps(at, to, step time.Duration) time.Duration { return (to - at + step - 1) / step }
