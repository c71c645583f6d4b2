package simulation

import "time"

// The causes of time without service, in the words of a drill's ledger.
const (
	CauseUnderWay  = "under way"
	CauseProbe     = "first probe"
	CauseThreshold = "threshold"
	CauseTargets   = "target health"
	CauseAnswer    = "propagation"
	CauseCache     = "cached answer"
	CauseKept      = "kept connection"
	CauseTimeout   = "time-out"
	CausePause     = "next request"
	CauseStandby   = "standby"
	CauseServe     = "first good byte"
	CauseBetween   = "served"
	CauseUnknown   = "unknown"
)

// Causes is every cause that a prediction gives time to, in the order in which they follow each other.
var Causes = []string{
	CauseUnderWay, CauseProbe, CauseThreshold, CauseTargets, CauseAnswer, CauseCache, CauseKept, CauseTimeout, CausePause, CauseStandby, CauseServe,
	CauseBetween, CauseUnknown,
}

// Their places in that order.
const (
	underWay = iota
	firstProbe
	threshold
	targetHealth
	propagation
	cachedAnswer
	keptConnection
	timeOut
	nextRequest
	standby
	firstGoodByte
	served
	unknown
	causes
)

// Row is a line of a ledger, as a drill's report has it.
type Row struct {
	Cause string  `json:"cause"`
	SumMS float64 `json:"sum_ms"`
	Share float64 `json:"share"` // of all time without service, from 0 to 1
}

// ledger is time by cause.
type ledger [causes]time.Duration

// rows are the causes that have a part.
func (l *ledger) rows() (all []Row) {
	var sum time.Duration
	for _, d := range l {
		sum += d
	}
	for n, d := range l {
		if d > 0 {
			all = append(all, Row{Causes[n], Span(d).Milliseconds(), float64(d) / float64(sum)})
		}
	}
	return all
}

// give gives the time from where the last cause ended to a moment to a cause, within an outage.
type giver struct {
	*ledger
	at, end time.Duration
}

func (g *giver) give(cause int, until time.Duration) {
	if until = min(until, g.end); until > g.at {
		g.ledger[cause] += until - g.at
		g.at = until
	}
}

// account gives all of a client's outage to causes.
func (l *ledger) account(h *history, c *client, f fate) {
	if f.to <= f.from {
		return
	}
	g := giver{l, f.from, f.to}
	g.give(underWay, 0)
	good := f.to // when the request begins that is served
	if !f.stuck {
		good -= time.Duration(c.users.Answer)
	}
	if h.moved == never {
		g.give(unknown, good)
		g.give(firstGoodByte, f.to)
		return
	}
	if h.byCheck {
		g.give(firstProbe, h.failed)
		g.give(threshold, h.decided)
		g.give(standby, min(h.ready, h.moved))
		g.give(propagation, h.moved)
	} else {
		g.give(targetHealth, min(h.told, h.moved))
		g.give(standby, min(h.ready, h.moved))
		g.give(targetHealth, h.moved)
	}
	if c.Keeps {
		g.give(keptConnection, min(f.led, good))
	} else {
		g.give(cachedAnswer, max(h.moved, min(f.expired, f.led)))
	}
	if n := h.at(f.led, 0); f.led != never && h.marks[max(0, n-1)].services[0].Outcome.atOnce() {
		g.give(nextRequest, min(f.led, good))
	} else {
		g.give(timeOut, min(f.led, good))
	}
	waits := standby
	if f.led != never {
		if o, _ := c.finds(h.marks[h.at(f.led, 0)].services[1]); o == Served { // what failed later came in between
			waits = served
		}
	}
	g.give(waits, good)
	g.give(firstGoodByte, f.to)
}
