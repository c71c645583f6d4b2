package drill

import (
	"cmp"
	"slices"
	"time"
)

// Cause is what a part of a user's time without service is given to.
type Cause string

// The causes, in the order in which they follow each other.
const (
	CauseUnderWay  Cause = "under way"       // a request had begun when the fault came
	CauseProbe     Cause = "first probe"     // no checker has asked since
	CauseThreshold Cause = "threshold"       // some checkers found the fault, not yet often enough, or not yet enough of them
	CauseTargets   Cause = "target health"   // the load balancer looked for targets that are healthy, and the answer followed them
	CauseAnswer    Cause = "propagation"     // the health check had failed, and the name servers did not know it
	CauseCache     Cause = "cached answer"   // the name led to the standby, and the user's resolver kept the old answer
	CauseKept      Cause = "kept connection" // the name led to the standby, and the user went on with a connection to the lost region
	CauseTimeout   Cause = "time-out"        // a request to the lost region had to end first
	CauseRetry     Cause = "retry"           // the user could have been served, and waited before it tried again
	CausePause     Cause = "next request"    // the user had the new answer, or could have had it, and asked nothing
	CauseStandby   Cause = "standby"         // the standby did not serve
	CauseServe     Cause = "first good byte" // the request that was served
	CauseBetween   Cause = "served"          // some requests were served in between
	CauseUnknown   Cause = "unknown"
)

// Causes is every cause, in their order.
var Causes = []Cause{
	CauseUnderWay, CauseProbe, CauseThreshold, CauseTargets, CauseAnswer, CauseCache, CauseKept, CauseTimeout, CauseRetry, CausePause, CauseStandby, CauseServe,
	CauseBetween, CauseUnknown,
}

// Look is a user's question for the name.
type Look struct {
	Client int
	At     time.Time
	Until  time.Time // the answer is kept
	Region string
}

// evidence is what a drill has seen, by which time without service is given to its causes.
type evidence struct {
	primary, secondary string
	fault              time.Time
	checks             []seen[verdict]
	answers            []seen[string]
}

// stage is how far the primary's health check has come, from a moment on.
type checkStage struct {
	from  time.Time
	cause Cause // that time passes for while the name leads to the primary
}

// stages are the health check's, in the order of time.
func (e evidence) stages() []checkStage {
	all := []checkStage{{e.fault, CauseProbe}}
	for _, c := range e.checks {
		switch {
		case !c.What.Healthy:
			all = append(all, checkStage{c.At, CauseAnswer})
		case c.What.Failing > 0:
			from := c.At
			if first := c.What.FirstFailed; first.After(e.fault) && first.Before(from) {
				from = first
			}
			all = append(all, checkStage{from, CauseThreshold})
		default:
			all = append(all, checkStage{c.At, CauseProbe})
		}
	}
	slices.SortStableFunc(all, func(a, b checkStage) int { return a.from.Compare(b.from) })
	return all
}

// move is a moment at which the name began to lead to the secondary.
type move struct {
	at      time.Time
	byCheck bool // the health check had failed by then
}

func (e evidence) moves() (all []move) {
	for _, a := range e.answers {
		if a.What != e.secondary || a.At.Before(e.fault) {
			continue
		}
		failed := false
		for _, c := range e.checks {
			if c.At.Before(a.At) || c.At.Equal(a.At) {
				failed = !c.What.Healthy
			} else if c.Began.Before(a.At) { // under way when the name changed: what it found was so then
				failed = failed || !c.What.Healthy
			}
		}
		all = append(all, move{a.At, failed})
	}
	return all
}

// history is the evidence with what follows from it for all users alike.
type history struct {
	evidence
	stages []checkStage
	moves  []move
}

func (e evidence) history() history { return history{e, e.stages(), e.moves()} }

// decided is by what the answer first changed: Route 53's health check, or the load balancer's target health; "" if it did not.
func (h history) decided() string {
	switch {
	case len(h.moves) == 0:
		return ""
	case h.moves[0].byCheck:
		return "health check"
	}
	return "target health"
}

// leads is where the name led at a moment.
func (e evidence) leads(m time.Time) string {
	region := e.primary
	for _, a := range e.answers {
		if a.At.After(m) {
			break
		}
		region = a.What
	}
	return region
}

// user is one user's requests and questions in the order of time, as far as they concern an outage.
type user struct {
	kind     *UserKind
	requests []Request
	looks    []Look
}

// within is what concerns a span.
func (u user) within(s span) user {
	in := user{kind: u.kind}
	for i, r := range u.requests {
		next := i+1 < len(u.requests) && u.requests[i+1].Start.Before(s.from)
		if !next && !r.Start.After(s.to) {
			in.requests = append(in.requests, r)
		}
	}
	for i, l := range u.looks {
		next := i+1 < len(u.looks) && u.looks[i+1].At.Before(s.from)
		if !next && !l.At.After(s.to) {
			in.looks = append(in.looks, l)
		}
	}
	return in
}

// had is the answer that the user had at a moment.
func (u user) had(m time.Time) (l Look) {
	for _, look := range u.looks {
		if look.At.After(m) {
			break
		}
		l = look
	}
	return l
}

// asking is the request that was under way at a moment, and the last one before it, if any.
func (u user) asking(m time.Time) (now, before *Request) {
	for i := range u.requests {
		r := &u.requests[i]
		switch {
		case r.Start.After(m):
			return now, before
		case r.End.After(m):
			now = r
		default:
			before = r
		}
	}
	return now, before
}

// paused tells whether a request waited for its next attempt at a moment.
func (r *Request) paused(m time.Time) bool {
	return slices.ContainsFunc(r.Paused, func(p span) bool { return !m.Before(p.from) && m.Before(p.to) })
}

// serving tells whether the attempt of a request that was under way at a moment was the one that was served.
func (r *Request) serving(m time.Time) bool {
	return r.Err == nil && (len(r.Paused) == 0 || !m.Before(r.Paused[len(r.Paused)-1].to))
}

// span is a time: without service, or between attempts.
type span struct{ from, to time.Time }

// account gives all of a span to causes.
func (h history) account(u user, s span) map[Cause]time.Duration {
	return h.divide(u, s, nil, func(m time.Time) Cause { return h.cause(u, m) })
}

// divide gives each part of a span to its cause. Parts end where something was seen to change, or at a further cut.
func (h history) divide(u user, s span, cuts []time.Time, cause func(time.Time) Cause) map[Cause]time.Duration {
	cuts = append(cuts, s.from, s.to, h.fault)
	for _, st := range h.stages {
		cuts = append(cuts, st.from)
	}
	for _, a := range h.answers {
		cuts = append(cuts, a.At)
	}
	for _, l := range u.looks {
		cuts = append(cuts, l.At, l.Until)
	}
	for _, r := range u.requests {
		cuts = append(cuts, r.Start, r.End)
		for _, p := range r.Paused {
			cuts = append(cuts, p.from, p.to)
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	rows := map[Cause]time.Duration{}
	for i := 1; i < len(cuts); i++ {
		a, b := cuts[i-1], cuts[i]
		if a.Before(s.from) || b.After(s.to) || !b.After(a) {
			continue
		}
		m := a.Add(b.Sub(a) / 2)
		rows[cause(m)] += b.Sub(a)
	}
	return rows
}

// cause is what a user without service waits for at a moment.
func (h history) cause(u user, m time.Time) Cause {
	now, before := u.asking(m)
	has := u.had(m)
	switch {
	case m.Before(h.fault):
		return CauseUnderWay
	case now != nil && now.serving(m):
		return CauseServe
	case now == nil && before != nil && before.Err == nil:
		return CauseBetween
	case now != nil && now.paused(m) && (has.Region == h.secondary || h.leads(m) == h.secondary):
		return CauseRetry
	case has.Region == h.secondary && now != nil:
		return CauseStandby
	case has.Region == h.secondary:
		return CausePause
	case h.leads(m) == h.secondary && (now != nil && now.Kept || now == nil && before != nil && before.Kept):
		return CauseKept
	case h.leads(m) == h.secondary && m.Before(has.Until):
		return CauseCache
	case h.leads(m) == h.secondary && now != nil:
		return CauseTimeout
	case h.leads(m) == h.secondary:
		return CausePause
	}
	return h.undecided(m)
}

// undecided is what is waited for while the name leads to the primary.
func (h history) undecided(m time.Time) Cause {
	switch i := slices.IndexFunc(h.moves, func(o move) bool { return o.at.After(m) }); {
	case i < 0 && len(h.moves) > 0:
		return CauseUnknown // it never moved again
	case i >= 0 && !h.moves[i].byCheck:
		return CauseTargets
	}
	return stageAt(h.stages, m)
}

// stageAt is what the last stage before a moment waits for.
func stageAt(all []checkStage, m time.Time) Cause {
	cause := all[0].cause
	for _, st := range all {
		if st.from.After(m) {
			break
		}
		cause = st.cause
	}
	return cause
}

// Row is a line of the ledger. Durations are in milliseconds.
type Row struct {
	Cause Cause    `json:"cause"`
	SumMS float64  `json:"sum_ms"` // of all users together
	Share float64  `json:"share"`  // of all time without service, from 0 to 1
	Each  Quantile `json:"each"`   // over the users who were without service
}

// ledger is where the time of all users without service went.
func (h history) ledger(users []user, spans []span) []Row {
	return tally(Causes, users, spans, h.account)
}

// tally sums up what is given to causes, in their order.
func tally(causes []Cause, users []user, spans []span, account func(user, span) map[Cause]time.Duration) []Row {
	each, total := map[Cause][]float64{}, 0.0
	for i, s := range spans {
		if !s.to.After(s.from) {
			continue
		}
		rows := account(users[i].within(s), s)
		for _, c := range causes {
			ms := Milliseconds(rows[c])
			each[c] = append(each[c], ms)
			total += ms
		}
	}
	var out []Row
	for _, c := range causes {
		sum := 0.0
		for _, ms := range each[c] {
			sum += ms
		}
		if sum > 0 {
			out = append(out, Row{Cause: c, SumMS: rounded(sum), Share: sum / total, Each: spread(each[c])})
		}
	}
	return out
}

// rounded is a time to a tenth of a millisecond.
func rounded(ms float64) float64 { return Milliseconds(time.Duration(ms * float64(time.Millisecond))) }

// users sorts what all of them did by whose it is.
func users(requests []Request, looks []Look, kinds []*UserKind) []user {
	all, have := make([]user, len(kinds)), make([]int, len(kinds))
	for _, r := range requests {
		have[r.Client]++
	}
	for i, k := range kinds {
		all[i] = user{kind: k, requests: make([]Request, 0, have[i])}
	}
	for _, r := range byStart(requests) {
		all[r.Client].requests = append(all[r.Client].requests, r)
	}
	looks = slices.Clone(looks)
	slices.SortStableFunc(looks, func(a, b Look) int { return cmp.Or(a.At.Compare(b.At), a.Client-b.Client) })
	for _, l := range looks {
		all[l.Client].looks = append(all[l.Client].looks, l)
	}
	return all
}
