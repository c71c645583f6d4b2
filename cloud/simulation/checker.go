package simulation

import (
	"time"

	"github.com/understudy/understudy/cloud/internal/health"
)

// found is what a region's load balancer answers to Route 53's checkers.
func (r *region) found(w *world) Outcome {
	e := w.envs[r.side]
	if w.Check.Apart {
		e = e.elsewhere()
	}
	if o := e.front(); o != Served || w.Check.Shallow {
		return o
	}
	return r.outcome(w, &e, w.limit(health.ReplyLimit))
}

// finds is what one checker finds now: of a region, or of the switch.
func (w *world) finds(a *actor) (pass bool, took time.Duration) {
	side := int(a.side)
	if side == switchSide { // it looks for the answer that keeps users at the standby, and the check is inverted
		asked := w.envs[1].elsewhere()
		front := asked.front()
		pass, took = w.probe(front, a.delay)
		if front == Served && w.position == 0 {
			pass = false
		}
		return pass, took
	}
	e := &w.envs[side]
	if e.cut > 0 && part(w.seed, drawCut, uint64(a.who)) < e.cut {
		return w.probe(Dark, a.delay)
	}
	if e.zone && !w.sides[side].left && a.turn%2 == 0 { // the name has two addresses, which are asked in turn
		return w.probe(Dark, a.delay)
	}
	return w.probe(w.sides[side].checked, a.delay)
}

// check begins a probe, or ends it: the interval counts from the end of one to the start of the next.
func (w *world) check(n int32, a *actor) {
	if !a.busy {
		var took time.Duration
		a.pass, took = w.finds(a)
		a.busy = true
		a.turn++
		w.queue.set(n, w.now+took)
		return
	}
	a.busy = false
	w.queue.set(n, w.now+time.Duration(w.Check.Interval))
	c := &w.checks[a.side]
	if !a.pass && c.failed == never {
		w.record.before(w)
		c.failed = w.now
		defer w.record.after(w)
	}
	before := a.judge.Healthy()
	a.judge = a.judge.Next(a.pass, w.Check.Threshold)
	if a.judge.Healthy() == before {
		return
	}
	if before {
		c.healthy--
	} else {
		c.healthy++
	}
	if c.healthy == c.all {
		c.failed = never
	}
	if status := health.Weigh(c.healthy, c.all); status != c.status {
		w.record.before(w)
		c.status = status
		if a.side == 0 {
			w.record.judged(w)
		}
		w.settle()
		w.record.after(w)
	}
}

// view is what the name servers would answer by if everything reached them at once.
func (w *world) view() (v view) {
	for side := range w.sides {
		v.checks[side] = w.Check.None || w.Check.PrimaryOnly && side == 1 || w.checks[side].status
		v.targets[side] = w.sides[side].told
	}
	if w.envs[0].inverted {
		v.checks[0] = !v.checks[0]
	}
	if w.Switch && !w.Check.None && w.checks[switchSide].status { // "standby" was answered
		v.checks[0] = false
	}
	return v
}

// settle has the name servers learn what has changed, some time later and in the order in which it did.
func (w *world) settle() {
	v := w.view()
	if v == w.latest {
		return
	}
	w.latest = v
	at := w.now + time.Duration(w.draw(drawPropagation)*float64(w.Propagation))
	w.arrives = max(w.arrives, at)
	w.shots.add(w.arrives, func(w *world) {
		w.known = v
		answer := w.answers.of(v)
		if answer == w.answer {
			return
		}
		w.record.before(w)
		w.answer = answer
		w.rouse(usersOfName | watchOfSwitch)
		if w.Share > 0 { // each carries as many as the name leads to it
			w.sides[0].serve(w)
			w.sides[1].serve(w)
		}
		w.record.answered(w)
		w.record.after(w)
	})
}
