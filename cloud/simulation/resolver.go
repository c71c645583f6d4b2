package simulation

import "time"

// resolver is one that a single client has: it asks when the client needs an answer, as a drill's users do. The resolver of many is asked all
// the time, so that what it has ends at times which no client of its own decides (client.where).
type resolver struct {
	side    int8
	expires time.Duration // of what it has
	own     time.Duration // of what the client's runtime has
	again   bool          // it has answered with what had expired
}

// before is what a client has when its first request begins: an answer that was asked for at some time before.
func (c *client) before(h *history, t time.Duration) *resolver {
	r := &resolver{side: c.chosen(h.leads[0].answer, c.who, 0), expires: t, own: t}
	left := part(c.who, 4) * float64(c.keeps()+c.Stale)
	if c.Keeps { // it has connected when it began, and what it asked for then has mostly expired
		if began := time.Duration(c.users.Before); began > 0 {
			r.expires = t - began + time.Duration(left)
		}
		return r
	}
	r.expires, r.own = c.ends(t+time.Duration(left)-c.keeps()), t+time.Duration(part(c.who, 5)*float64(c.Runtime))
	r.again = c.Stale > 0 && time.Duration(left) < c.Stale
	if c.Stale > 0 && !r.again {
		r.expires -= c.Stale
	}
	return r
}

// keeps is for how long a resolver has an answer.
func (c *client) keeps() time.Duration { return max(c.ttl, c.Floor) + c.Past }

// ends is when an answer ends that was asked for at a moment. Programs that others wrote count whole seconds.
func (c *client) ends(asked time.Duration) time.Duration {
	if c.second > 0 {
		asked = floorTo(asked, c.ticks, c.second)
	}
	return asked + c.keeps()
}

// asks is where the client's next request goes, and until when the ones after it go there; package drill has the same in sockets.
func (c *client) asks(h *history, r *resolver, t time.Duration) (side int8, until time.Duration) {
	switch {
	case t < r.own, c.Runtime == 0 && t < r.expires:
	case c.Stale > 0 && !r.again:
		r.again, r.expires = true, t+c.Stale
	case c.Runtime > 0 && t < r.expires: // once more for the runtime
		r.own = t + c.Runtime
	default:
		r.side = c.chosen(h.answer(t), c.who, t)
		r.again, r.expires, r.own = false, c.ends(t), t+c.Runtime
	}
	until = r.expires
	if c.Runtime > 0 {
		until = r.own
	}
	if now := h.answer(t); h.moves(t) == never && now != both && now == r.side { // whatever it asks later, it hears the same
		until = never
	}
	return r.side, until
}
