package drill

import (
	"math"
	"slices"
	"time"
)

// Report is the result of a drill. Durations are in milliseconds.
type Report struct {
	Schema    int            `json:"schema"` // the version of this form
	Name      string         `json:"name"`
	Path      string         `json:"path"` // which users asked for
	Fault     string         `json:"fault"`
	Speed     float64        `json:"speed"`
	Clients   int            `json:"clients"`
	Rate      float64        `json:"rate"`                // requests a second, of all users together
	GrainMS   float64        `json:"grain_ms"`            // from one request of a user to the next: how fine the figures of users are
	OpenLoop  bool           `json:"open_loop,omitempty"` // a user's requests did not wait for the end of the one before
	RateKept  float64        `json:"rate_kept,omitempty"` // requests a second that the users did send before the fault
	LateMS    Quantile       `json:"late_ms"`             // by how much later than due requests began: all of an open loop, else those before the fault
	AnswerMS  Quantile       `json:"answer_ms"`           // from a request's start to its answer's end, of those before the fault that made their own connection
	Requests  int            `json:"requests"`
	Failed    int            `json:"failed"`
	ServedBy  map[string]int `json:"served_by"`
	Primary   string         `json:"primary"`
	Secondary string         `json:"secondary"`
	Shared    bool           `json:"shared,omitempty"` // both regions serve; the primary here is the one that was broken

	Aborted string `json:"aborted,omitempty"` // why the drill repaired before its end
	// Unreturned is why the end of the way back was not seen, though the fault is undone: what was waited for in vain, and what was found.
	Unreturned string   `json:"unreturned,omitempty"`
	Forced     []Wrong  `json:"forced,omitempty"` // what was wrong before it, and overridden
	Notes      []string `json:"notes,omitempty"`  // what the figures do not say

	FaultAt  time.Time `json:"fault_at"`
	RepairAt time.Time `json:"repair_at"`

	// FailedOutside counts failures before the fault, or after the predicted end of the outage.
	FailedOutside int `json:"failed_outside_window"`
	// Failures are all requests that failed, by how they did.
	Failures []Failures `json:"failures,omitempty"`
	// StrayedAfter counts requests that the primary served between the end of the failover and the repair.
	StrayedAfter int `json:"primary_served_after_failover"`

	// Undetected tells that the fault was such that no checker had to detect it.
	Undetected bool `json:"undetected,omitempty"`
	// Moves counts each client's changes from one region to the other, from the fault to the end.
	Moves Quantile `json:"moves"`

	// What did not happen, for instance because the drill was aborted, is 0.
	DetectMS            float64  `json:"detect_ms"`
	AnswerChangedMS     float64  `json:"answer_changed_ms"`
	DowntimeMS          Quantile `json:"downtime_ms"`
	FailbackMS          float64  `json:"failback_ms"`
	PredictedDowntimeMS float64  `json:"predicted_downtime_ms"`
	PredictedDetectMS   float64  `json:"predicted_detect_ms"`
	PromisedDowntimeMS  float64  `json:"promised_downtime_ms,omitempty"` // the declared ceiling, at this speed; 0 where none is declared

	// Kinds is the same for each kind of users, in the order of the table of kinds.
	Kinds []KindReport `json:"kinds,omitempty"`

	// Decided is by what the answer changed: "health check" or, where the load balancer's targets told first, "target health".
	Decided string `json:"decided,omitempty"`
	Ledger  []Row  `json:"ledger"`
	// Compared is the ledger beside what was predicted of it, and Findings the figures that left their prediction.
	Compared []Compared `json:"compared,omitempty"`
	Findings []Finding  `json:"findings,omitempty"`
	// Back is the second part: what was felt after the repair, which the figures of downtime above leave out. Old reports have none.
	Back *Back `json:"back,omitempty"`

	Began     time.Time `json:"began"`
	EndedMS   float64   `json:"ended_ms"` // as all times below, after Began
	FaultMS   float64   `json:"fault_ms"`
	RepairMS  float64   `json:"repair_ms"`
	Moments   []Moment  `json:"moments"`
	Checks    []CheckAt `json:"checks"`  // the primary's health check, whenever it changed
	Answers   []LeadsTo `json:"answers"` // where the name led, whenever it changed
	Course    Course    `json:"course"`
	Downtimes []float64 `json:"downtimes_ms"` // of each user, or of as many at equal distances, from the shortest to the longest

	Tool   string `json:"tool,omitempty"`        // and its version
	Digest string `json:"declaration,omitempty"` // of the declaration, SHA-256

	// Faults are what went wrong on purpose meanwhile, of the cloud's API, in words.
	Faults []string `json:"faults,omitempty"`
}

// Quantile is the distribution of a figure over the clients, of times in milliseconds.
type Quantile struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Milliseconds returns a duration as reports show it, in milliseconds, rounded to a tenth.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond)) / float64(time.Millisecond)
}

// timeline is when things happened.
type timeline struct {
	began, ended                                      time.Time
	fault, detected, changed, moved, repair, returned time.Time

	propagation time.Duration // from a check's new status to the name servers, at the most

	entry      Entry    // what is in force
	unused     bool     // the broken region served nobody before, where both serve
	aborted    string   // why the repair came early
	unreturned string   // why the end of the way back was not seen
	notes      []string // what went wrong without ending the drill
}

// summarise computes the report from all requests.
func (r *Report) summarise(requests []Request, kinds []*UserKind, t timeline, s Settings) {
	clients := len(kinds)
	r.Clients, r.Requests, r.ServedBy = clients, len(requests), map[string]int{}
	r.FaultAt, r.RepairAt = t.fault, t.repair
	for _, q := range requests {
		if q.Err != nil {
			continue
		}
		r.ServedBy[q.Region]++
		if q.Region == r.Primary && !kinds[q.Client].strays() && !t.moved.IsZero() && q.Start.After(t.moved) && q.End.Before(t.repair) {
			r.StrayedAfter++
		}
	}
	r.Failures = failures(requests, kinds, t.began, func(q Request) bool { return t.outside(q, kinds[q.Client], s) })
	for _, f := range r.Failures {
		r.Failed += f.Failed
		r.FailedOutside += f.Outside
	}
	r.Rate, r.GrainMS = rate(clients, s.ClientEvery), Milliseconds(s.ClientEvery)
	if !r.Undetected {
		r.DetectMS = between(t.fault, t.detected)
	}
	r.AnswerChangedMS = between(t.fault, t.changed)
	r.FailbackMS = between(t.repair, t.returned)
	r.Moves = moves(requests, clients, t)
	r.PredictedDowntimeMS = Milliseconds(s.Downtime())
	r.PredictedDetectMS = Milliseconds(s.Detection())
	spans := outages(requests, clients, t)
	r.DowntimeMS = quantiles(downtimes(spans))
	r.Kinds = byKind(requests, spans, kinds, s)
}

// outside tells whether a request came before the fault, or after the outage as its user may feel it: until the predicted end, or where a user
// need not follow the name, until all had returned.
func (t timeline) outside(q Request, k *UserKind, s Settings) bool {
	switch {
	case q.End.Before(t.fault):
		return true
	case k.strays():
		return !t.returned.IsZero() && q.Start.After(t.returned)
	}
	return q.Start.After(t.fault.Add(s.Downtime() + k.extra(s)))
}

// promise notes the declared ceiling, as it is at the drill's speed.
func (r *Report) promise(rto time.Duration, s Settings) {
	r.PromisedDowntimeMS = Milliseconds(s.scaled(rto))
}

// Broken tells whether a user for whom an answer's TTL decides was without service for longer than is promised.
func (r *Report) Broken() bool {
	longest := r.DowntimeMS.Max
	if len(r.Kinds) > 0 {
		longest = 0
	}
	for _, k := range r.Kinds {
		if k.KeepsTTL {
			longest = max(longest, k.DowntimeMS.Max)
		}
	}
	return r.PromisedDowntimeMS > 0 && longest > r.PromisedDowntimeMS
}

// Predicted tells whether no user was without service for longer than is predicted of its kind.
func (r *Report) Predicted() bool {
	for _, k := range r.Kinds {
		if k.PredictedMS > 0 && k.DowntimeMS.Max > k.PredictedMS {
			return false
		}
	}
	return len(r.Kinds) > 0 || r.DowntimeMS.Max <= r.PredictedDowntimeMS
}

// between is the time from one moment to another, or 0 if one of them never came.
func between(a, b time.Time) float64 {
	if a.IsZero() || b.IsZero() {
		return 0
	}
	return Milliseconds(b.Sub(a))
}

func rate(clients int, every time.Duration) float64 {
	if every <= 0 {
		return 0
	}
	return math.Round(10*float64(clients)/every.Seconds()) / 10
}

// moves counts how often each client was served by another region than before, from the fault on.
func moves(requests []Request, clients int, t timeline) Quantile {
	last, n := make([]string, clients), make([]float64, clients)
	for _, q := range byStart(requests) {
		if q.Err != nil || q.Region == "" {
			continue
		}
		if was := last[q.Client]; was != "" && was != q.Region && q.Start.After(t.fault) {
			n[q.Client]++
		}
		last[q.Client] = q.Region
	}
	return spread(n)
}

// outages returns each client's time without service between the fault and the repair: from the start of its first failed request
// to the end of the first good one after its last failure, or of its last failure.
func outages(requests []Request, clients int, t timeline) []span {
	seen := make([]outage, clients)
	for _, q := range byStart(requests) {
		if q.End.Before(t.fault) || q.Start.After(t.repair) {
			continue
		}
		seen[q.Client].take(q)
	}
	return spansOf(seen)
}

// outage is a client's time without service as far as it is known.
type outage struct{ first, last, end time.Time }

// take follows the client's next request.
func (o *outage) take(q Request) {
	if q.Err != nil {
		if o.first.IsZero() {
			o.first = q.Start
		}
		o.last, o.end = q.End, time.Time{}
	} else if !o.first.IsZero() && o.end.IsZero() {
		o.end = q.End
	}
}

func spansOf(outages []outage) []span {
	all := make([]span, len(outages))
	for i, o := range outages {
		switch {
		case o.first.IsZero(): // never failed
		case o.end.IsZero():
			all[i] = span{o.first, o.last}
		default:
			all[i] = span{o.first, o.end}
		}
	}
	return all
}

// downtimes are how long the clients were without service.
func downtimes(spans []span) []time.Duration {
	all := make([]time.Duration, len(spans))
	for i, s := range spans {
		all[i] = s.to.Sub(s.from)
	}
	return all
}

// byStart is the requests in the order in which they began: those of thousands of users are many, and copied only where they are not so yet.
func byStart(requests []Request) []Request {
	order := func(a, b Request) int { return a.Start.Compare(b.Start) }
	if slices.IsSortedFunc(requests, order) {
		return requests
	}
	sorted := slices.Clone(requests)
	slices.SortFunc(sorted, order)
	return sorted
}

// quantiles is the spread of durations, in milliseconds.
func quantiles(d []time.Duration) Quantile {
	ms := make([]float64, len(d))
	for i := range d {
		ms[i] = Milliseconds(d[i])
	}
	return spread(ms)
}

// spread takes the nearest rank, so that each figure is the value of one client.
func spread(v []float64) Quantile {
	if len(v) == 0 {
		return Quantile{}
	}
	slices.Sort(v)
	return Quantile{P50: ranked(v, 0.50), P99: ranked(v, 0.99), Max: v[len(v)-1]}
}

// ranked is the value at the nearest rank of sorted ones.
func ranked(v []float64, p float64) float64 {
	i := int(p*float64(len(v))+0.999999) - 1
	return v[min(max(i, 0), len(v)-1)]
}
