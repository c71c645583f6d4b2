package simulation

import "time"

// alikeLooks is how many looks of the watch have to see the same before the next ones are taken to do nothing either: more than any
// threshold that it counts to.
const alikeLooks = 12

// calm is until when no actor can change anything, unless something happens once: until the first one acts that is not idle. If that is
// too soon for a skip, it is one of those that are not.
func (w *world) calm(now time.Duration) time.Duration {
	until := never
	for n, at := range w.queue.at[:len(w.actors)] {
		if at < until && !w.idle(&w.actors[n]) {
			if until = at; until <= now+worth {
				break
			}
		}
	}
	return until
}

// worth is what a skip has to pass over to be worth its trouble.
const worth = 2 * time.Second

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
	return true
}

// skip takes every actor to where it is at a time, without having it do what changes nothing.
func (w *world) skip(to time.Duration) {
	for n, at := range w.queue.at[:len(w.actors)] {
		if at < to {
			w.queue.at[n] = w.ahead(&w.actors[n], at, to)
		}
	}
	w.queue.rebuild()
	w.now = to
	w.skipped++
}

// ahead is when an idle actor that is due at a time is next due at another or after it.
func (w *world) ahead(a *actor, at, to time.Duration) time.Duration {
	switch a.role {
	case roleUser:
		at += steps(at, to, a.delay) * a.delay
		w.users[a.who].has = w.chosen(int(a.who), at-a.delay)
		return at
	case roleWatch:
		every := time.Duration(w.Watch.Every)
		return at + steps(at, to, every)*every
	}
	pass, took := w.finds0(a)
	rest, under := time.Duration(w.Check.Interval), time.Duration(w.Check.Interval) // after a probe, and after the one under way
	if a.role == roleTarget {                                                       // whose rate is fixed
		rest, under = time.Duration(w.Target.Interval)-took, time.Duration(w.Target.Interval)-a.delay
	}
	if a.busy {
		a.busy = false
		if at += under; at >= to {
			return at
		}
	}
	n := (to - 1 - at) / (rest + took) // whole rounds, of which the last begins before the time
	a.turn += uint32(n) + 1
	at += n * (rest + took)
	if a.role == roleTarget {
		a.delay = took
	}
	if at+took >= to {
		a.busy, a.pass = true, pass
		return at + took
	}
	return at + took + rest
}

// finds0 is what a checker, or a load balancer of a target, finds.
func (w *world) finds0(a *actor) (bool, time.Duration) {
	if a.role == roleTarget {
		return w.sides[a.side].finds(w, a)
	}
	return w.finds(a)
}

// steps is how many steps lead from a time to another or beyond it.
func steps(at, to, step time.Duration) time.Duration { return (to - at + step - 1) / step }
