package simulation

import (
	"time"

	"github.com/understudy/understudy/clients"
)

// Clients is the table of kinds, which are those of a drill's users.
var Clients = clients.Kinds

// client is one of them.
type client struct {
	*clients.Kind
	users    Users
	next     time.Duration // after which it tries the next address
	ttl      time.Duration
	resolver time.Duration // when its resolver asks: this and every TTL before and after it
	own      time.Duration // when its own cache ends
	phase    time.Duration // of its requests
	second   time.Duration // of the clock of its resolver, if that counts whole ones; else 0
	ticks    time.Duration // when one of them begins
	luck     float64
	share    float64   // the primary's, where the name leads to both
	nearest  bool      // it has the same one of both whenever it asks
	home     uint64    // by which its resolver draws
	who      uint64    // by which it draws itself
	alone    *resolver // its own, if it shares none
	single   bool      // its requests are gone through one by one, also where many come to the same
}

// chosen is the side of an answer that its resolver, or itself, gets at a moment.
func (c *client) chosen(answer int8, draws uint64, at time.Duration) int8 {
	switch {
	case answer != both:
		return answer
	case c.nearest:
		draws, at = c.home, 0
	}
	if part(draws, drawSide, uint64(at)) < c.share {
		return 0
	}
	return 1
}

// fate is what became of it: from the first failed request's start to the end of the first good one after the last failure, as a drill
// measures it.
type fate struct {
	from, to time.Duration
	lost     int
	stuck    bool          // it was without service to the end
	expired  time.Duration // when its answer that led to the primary was forgotten
	led      time.Duration // when it first asked with one that leads to the standby
}

func (f fate) down() time.Duration { return f.to - f.from }

// floorTo is the last of moments at equal distances that is not after a moment.
func floorTo(t, phase, step time.Duration) time.Duration {
	n := (t - phase) / step
	if (t-phase)%step < 0 {
		n--
	}
	return phase + n*step
}

// where is where its resolver or its own cache says that the name leads, and until when it says so.
func (c *client) where(h *history, t time.Duration) (side int8, until time.Duration) {
	switch {
	case c.Forever:
		return c.chosen(h.leads[0].answer, c.who, 0), never
	case c.Fresh:
		answer := h.answer(t)
		if until = h.moves(t); answer == both && !c.nearest {
			until = t + 1 // it draws each time
		}
		return c.chosen(answer, c.who, t), until
	case c.alone != nil:
		return c.asks(h, c.alone, t)
	}
	seen := t
	if c.Runtime > 0 {
		seen = floorTo(t, c.own, c.Runtime)
		until = seen + c.Runtime
	}
	keep := c.keeps()
	asked := floorTo(seen-c.Stale, c.resolver, keep)
	if c.Runtime == 0 {
		until = asked + c.Stale + keep
	}
	answer := h.answer(asked)
	if h.moves(asked) == never && (answer != both || c.nearest) { // whatever it asks later, it hears the same
		until = never
	}
	return c.chosen(answer, c.home, asked), until
}

// finds is what a request to a side comes to, and how long that takes.
func (c *client) finds(s Service) (o Outcome, took time.Duration) {
	took = time.Duration(c.users.Answer)
	o = s.Outcome
	switch {
	case o == Dark || o == Hanging:
		took = time.Duration(c.users.Timeout)
	case o == Served && c.luck >= s.Share:
		o = Failing
	case o == Served && c.luck >= s.Share*s.Reach && c.Addresses:
		took += c.next
	case o == Served && c.luck >= s.Share*s.Reach:
		o, took = Dark, time.Duration(c.users.Timeout)
	}
	return o, took
}

// connection is what a client keeps between requests.
type connection struct {
	open   bool
	side   int8
	silent time.Duration // since when nothing came; never while something does
}

// live has a client send requests until the end.
func (c *client) live(h *history, end time.Duration) (f fate) {
	f.led, f.expired = never, never
	every := time.Duration(c.users.Every)
	conn := connection{open: c.Keeps, side: c.chosen(h.leads[0].answer, c.who, 0), silent: never}
	n, failing := 0, false
	if c.users.Alone {
		c.alone = c.before(h, c.phase-every)
	}
	for t := c.phase - every; t < end; {
		n = h.at(t, n)
		side, until := conn.side, never
		if !conn.open {
			side, until = c.where(h, t)
		}
		if side == 1 && f.led == never {
			f.led = t
		} else if side == 0 && f.led == never {
			f.expired = until
		}
		o, took := Refusing, time.Duration(c.users.Answer)
		if side != nobody {
			o, took = c.finds(h.marks[n].services[side])
		}
		if c.WebSocket && conn.open && o == Failing {
			o = Served
		}
		changes := h.until(n, side)
		stable := min(until, changes, end)
		if o == Served && t+took > stable && stable == changes { // it was under way when something changed
			if o2, took2 := c.finds(h.marks[h.at(changes, n)].services[side]); o2 == Dark || o2 == Hanging {
				o, took = o2, took2
			}
		}
		if o != Served && len(c.Tries) > 0 {
			o, took = c.again(h, n, t, took)
		}
		stable = conn.after(c, t, o, took, stable)
		period := every
		if !c.users.OpenLoop {
			period = max(every, took)
		}
		same := max(1, int((stable-t+period-1)/period)) // requests that begin while all stays as it is
		if last := t + time.Duration(same-1)*period; (o == Served || len(c.Tries) > 0) && same > 1 && last+took > stable {
			same-- // the last one is under way when something changes
		}
		if c.single {
			same = 1
		}
		if o == Served {
			if failing {
				failing, f.to = false, t+took
			}
			if stable == never || stable >= end {
				break
			}
			conn = connection{open: c.Keeps, side: side, silent: never}
		} else {
			if !failing && f.lost == 0 {
				if f.from = t; side == 0 { // what it had before does not matter any more
					f.led, f.expired = never, until
				}
			}
			failing = true
			f.lost += same
			f.to = t + time.Duration(same-1)*period + took
		}
		t += time.Duration(same) * period
	}
	f.stuck = failing
	return f
}

// after has a connection see what came of a request, and returns until when the next ones come to the same.
func (k *connection) after(c *client, t time.Duration, o Outcome, took, stable time.Duration) time.Duration {
	switch {
	case !k.open || o == Served:
		return stable
	case o == Failing: // an answer like any other
		return stable
	case o == Refusing || c.Gives == 0: // cut, or closed by the time-out of the request on it
		k.open = false
		return min(stable, t+1)
	case k.silent == never:
		k.silent = t
	}
	if t+took >= k.silent+c.Gives {
		k.open = false
		return min(stable, t+1)
	}
	return min(stable, max(t+1, k.silent+c.Gives-took))
}

// again is what a request comes to that is repeated, and when it ends.
func (c *client) again(h *history, n int, began, took time.Duration) (Outcome, time.Duration) {
	t, o := began+took, Failing
	for _, pause := range c.Tries {
		t += pause
		n = h.at(t, n)
		side, _ := c.where(h, t)
		if side == nobody {
			continue
		}
		if o, took = c.finds(h.marks[n].services[side]); o == Served {
			return o, t + took - began
		}
		t += took
	}
	return o, t - began
}
