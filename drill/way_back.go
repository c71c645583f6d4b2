package drill

import (
	"slices"
	"time"
)

// The causes of time without service after the repair alone, beside those of the ledger.
const (
	CauseRepair  Cause = "repair"  // what was broken was given back, and had served nobody yet, no checker either
	CausePrimary Cause = "primary" // the region that was given back served others again, and not this user
)

// BackCauses is every cause on the way back, in their order.
var BackCauses = []Cause{
	CauseUnderWay, CauseRepair, CauseProbe, CauseThreshold, CauseAnswer, CauseTargets, CauseCache, CauseKept, CauseTimeout, CauseRetry, CausePause, CausePrimary,
	CauseStandby, CauseServe, CauseBetween, CauseUnknown,
}

// returns are the clients' times without service after the repair: of a client whose last request before it failed from the end of that
// on, where its outage has no end yet.
func returns(requests []Request, clients int, t timeline) []span {
	if t.repair.IsZero() {
		return make([]span, clients)
	}
	seen := make([]outage, clients)
	for _, q := range byStart(requests) {
		switch o := &seen[q.Client]; {
		case q.Start.After(t.repair):
			o.take(q)
		case q.Err != nil && !q.End.Before(t.fault):
			*o = outage{first: q.End, last: q.End}
		default:
			*o = outage{}
		}
	}
	return spansOf(seen)
}

// wayBack is what was seen from the repair on.
type wayBack struct {
	history
	repair time.Time
	serves time.Time // when the region that was given back first served a user or a checker; the zero time if it never did
	stages []checkStage
}

// back is the way back of a history. A name that leads to the primary again has followed both its health check and its target health, whichever
// was last: what it took longer than a check's new status takes to the name servers, it waited for targets.
func (h history) back(repair time.Time, propagation time.Duration, requests []Request) wayBack {
	b := wayBack{history: h, repair: repair, stages: []checkStage{{repair, CauseProbe}}}
	for _, r := range requests {
		if r.Err == nil && r.Region == h.primary && r.Start.After(repair) {
			b.served(r.End)
		}
	}
	n := slices.IndexFunc(h.checks, func(c seen[verdict]) bool { return c.At.After(repair) })
	if n < 0 {
		n = len(h.checks)
	}
	was := true // healthy
	if n > 0 {
		was = h.checks[n-1].What.Healthy
		b.check(seen[verdict]{At: repair, What: h.checks[n-1].What}, was, propagation)
	}
	if was {
		b.stages[0].cause = CauseTargets
	}
	for _, c := range h.checks[n:] {
		b.check(c, was, propagation)
		was = c.What.Healthy
	}
	slices.SortStableFunc(b.stages, func(a, b checkStage) int { return a.from.Compare(b.from) })
	return b
}

// check takes what the checkers found, after they had found the primary well or not.
func (b *wayBack) check(c seen[verdict], was bool, propagation time.Duration) {
	v, from := c.What, c.At
	if v.Failing < v.All {
		if v.FirstPassed.After(b.repair) && v.FirstPassed.Before(from) {
			from = v.FirstPassed
		}
		b.served(from)
	}
	switch {
	case v.Healthy && !was:
		b.stages = append(b.stages, checkStage{c.At, CauseAnswer}, checkStage{c.At.Add(propagation), CauseTargets})
	case v.Healthy: // a checker more or less
	case v.Failing < v.All:
		b.stages = append(b.stages, checkStage{from, CauseThreshold})
	default:
		b.stages = append(b.stages, checkStage{c.At, CauseProbe})
	}
}

func (b *wayBack) served(at time.Time) {
	if b.serves.IsZero() || at.Before(b.serves) {
		b.serves = at
	}
}

// goes is the region to which a user's request goes at a moment, or would go.
func (u user) goes(m time.Time) string {
	now, before := u.asking(m)
	switch {
	case now != nil && now.Asked != "":
		return now.Asked
	case now == nil && before != nil && before.Kept && before.Asked != "":
		return before.Asked
	}
	return u.had(m).Region
}

// causeFor is what a user waits for who is without service until a moment.
func (b wayBack) causeFor(u user, s span) func(time.Time) Cause {
	servedBy := ""
	for _, r := range u.requests {
		if r.Err == nil && r.End.Equal(s.to) {
			servedBy = r.Region
		}
	}
	return func(m time.Time) Cause {
		if m.Before(b.repair) || servedBy == b.secondary {
			return b.history.cause(u, m) // still on the way there
		}
		return b.cause(u, m)
	}
}

// cause is what a user waits for at a moment whom the standby does not serve any more.
func (b wayBack) cause(u user, m time.Time) Cause {
	now, before := u.asking(m)
	goes, leads := u.goes(m), b.leads(m)
	switch {
	case now != nil && now.serving(m):
		return CauseServe
	case now == nil && before != nil && before.Err == nil:
		return CauseBetween
	case now != nil && now.Start.Before(b.repair):
		return CauseUnderWay
	case b.serves.IsZero() || m.Before(b.serves):
		return CauseRepair
	case goes == b.primary && now == nil:
		return CausePause
	case goes == b.primary && now.paused(m):
		return CauseRetry
	case goes == b.primary:
		return CausePrimary
	case goes == "":
		return CauseUnknown // no name server answered
	case leads == b.secondary:
		return stageAt(b.stages, m)
	case now != nil && now.Kept || now == nil && before != nil && before.Kept:
		return CauseKept
	case m.Before(u.had(m).Until):
		return CauseCache
	case now == nil:
		return CausePause
	case now.paused(m):
		return CauseRetry
	}
	return CauseTimeout
}

// Back is what users felt after the repair, on their way back. Durations are in milliseconds.
type Back struct {
	DowntimeMS Quantile  `json:"downtime_ms"`
	Downtimes  []float64 `json:"downtimes_ms,omitempty"` // as those of the outage
	Ledger     []Row     `json:"ledger"`
}

func (b wayBack) tell(all []user, spans []span) *Back {
	down := downtimes(spans)
	return &Back{DowntimeMS: quantiles(down), Downtimes: sample(down), Ledger: b.ledger(all, spans)}
}

// ledger is where the time of all users went who were without service on the way back.
func (b wayBack) ledger(users []user, spans []span) []Row {
	return tally(BackCauses, users, spans, func(u user, s span) map[Cause]time.Duration {
		return b.divide(u, s, b.cuts(), b.causeFor(u, s))
	})
}

// cuts are the moments at which what is waited for may change, beside those of the way there.
func (b wayBack) cuts() []time.Time {
	all := []time.Time{b.repair, b.serves}
	for _, st := range b.stages {
		all = append(all, st.from)
	}
	return all
}
