package drill

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Never are the limits of what must never be, in AWS's time.
type Never struct {
	Stranded     time.Duration // users who keep to the TTL, at an ill region while the other is well
	Moves        int           // of the name, within Within
	Within       time.Duration
	Bare, Settle time.Duration // a standby that is needed carries too little; until everybody is served, after the last fault
}

// Invariants are the names of what must never be, as a simulation has them.
var Invariants = []string{brokenEmpty, brokenStranded, brokenPingPong, brokenBare, brokenStuck}

const (
	brokenEmpty    = "empty"
	brokenStranded = "stranded"
	brokenPingPong = "ping-pong"
	brokenBare     = "bare"
	brokenStuck    = "stuck"
)

// Broken is an invariant that was seen broken. Its time is from the first fault on.
type Broken struct {
	Broke string  `json:"broke"`
	MS    float64 `json:"ms"`
	What  string  `json:"what"`
}

// Struck is a fault that was in force. Times are from the first fault on.
type Struck struct {
	Kind   string  `json:"kind"`
	Region string  `json:"region"`
	FromMS float64 `json:"from_ms"`
	ToMS   float64 `json:"to_ms"`

	from, to time.Time // zero where it does not end
}

// sights is what was seen during a play, beside the users' requests.
type sights struct {
	mu      sync.Mutex
	probes  map[string][]Request // of each region, asked directly
	leads   []seen[string]       // whenever the name led to another region
	empty   []time.Time          // when it had no answer
	healthy []seen[int]          // targets of the secondary
	struck  []Struck
	began   time.Time // the first fault
	over    time.Time // the end of the last one
	settled bool      // all had to have settled before the end
}

// mark notes that a stroke has begun or ended.
func (s *sights) mark(b beat, now Struck) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &s.struck[b.stroke]
	if b.on {
		*one = Struck{Kind: now.Kind, Region: now.Region, from: now.from}
		return
	}
	one.to = now.to
}

// well tells whether a region that was asked directly served at a moment.
func (s *sights) well(region string, at time.Time) bool {
	probes := s.probes[region]
	n, _ := slices.BinarySearchFunc(probes, at, func(q Request, t time.Time) int { return q.Start.Compare(t) })
	return n > 0 && probes[n-1].Err == nil
}

// leadsTo is where the name led at a moment.
func (s *sights) leadsTo(at time.Time) (region string) {
	for _, l := range s.leads {
		if !l.At.After(at) {
			region = l.What
		}
	}
	return region
}

// hit tells whether a fault of a region's own was in force at a moment.
func (s *sights) hit(region string, at time.Time) bool {
	return slices.ContainsFunc(s.struck, func(f Struck) bool {
		return f.Region == region && !f.from.IsZero() && !at.Before(f.from) && (f.to.IsZero() || !at.After(f.to))
	})
}

// judge tells which invariants were seen broken, each once.
func (p *Play) judge(rec *recorder, s *sights) (all []Broken) {
	requests := rec.requests()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range []*Broken{p.empty(s), p.stranded(requests, s), p.pingPong(s), p.bare(s), p.stuck(requests, s)} {
		if b != nil {
			all = append(all, *b)
		}
	}
	slices.SortStableFunc(all, func(a, b Broken) int { return int(a.MS - b.MS) })
	return all
}

func (s *sights) broken(name string, at time.Time, format string, a ...any) *Broken {
	return &Broken{name, between(s.began, at), fmt.Sprintf(format, a...)}
}

func (p *Play) empty(s *sights) *Broken {
	if len(s.empty) == 0 {
		return nil
	}
	return s.broken(brokenEmpty, s.empty[0], "the name had no answer, %d times that it was asked for", len(s.empty))
}

// stranded looks at each user's requests: those in a row that an ill region did not serve, while the other one did to who asked it.
func (p *Play) stranded(requests []Request, s *sights) *Broken {
	limit := p.here(p.Never.Stranded)
	since := make([]time.Time, p.Clients)
	at := make([]string, p.Clients)
	var first time.Time
	var longest time.Duration
	var where string
	users := map[int]bool{}
	for _, q := range requests {
		n := q.Client
		other := p.Primary
		if q.Asked == p.Primary {
			other = p.Secondary
		}
		switch {
		case q.Err == nil || q.Asked == "" || !p.kinds[n].keepsTTL() || q.Start.Before(s.began) || !s.well(other, q.End):
			since[n] = time.Time{}
			continue
		case since[n].IsZero() || at[n] != q.Asked:
			since[n], at[n] = q.Start, q.Asked
		}
		if lasted := q.End.Sub(since[n]); lasted > limit {
			users[n] = true
			if longest = max(longest, lasted); first.IsZero() {
				first, where = q.End, q.Asked
			}
		}
	}
	if first.IsZero() {
		return nil
	}
	return s.broken(brokenStranded, first, "%d of %d users were at %s, which was ill, for up to %s while the other region served; the limit is %s at this speed",
		len(users), p.Clients, where, brief(longest), brief(limit))
}

func (p *Play) pingPong(s *sights) *Broken {
	within := p.here(p.Never.Within)
	for n := p.Never.Moves; n+1 < len(s.leads); n++ { // the first lead is no move
		if last := s.leads[n+1].At; last.Sub(s.leads[n+1-p.Never.Moves].At) <= within {
			return s.broken(brokenPingPong, last, "the name led elsewhere %d times within %s; the limit is %d within %s at this speed",
				p.Never.Moves+1, brief(last.Sub(s.leads[n+1-p.Never.Moves].At)), p.Never.Moves, brief(within))
		}
	}
	return nil
}

// bare follows the healthy targets of the secondary while it is needed, and no fault of its own strikes it.
func (p *Play) bare(s *sights) *Broken {
	limit := p.here(p.Never.Bare)
	var since time.Time
	for _, h := range s.healthy {
		needed := h.Began.After(s.began) && (s.leadsTo(h.At) == p.Secondary || !s.well(p.Primary, h.At))
		if !needed || h.What >= p.Needs || s.hit(p.Secondary, h.Began) {
			since = time.Time{}
			continue
		}
		if since.IsZero() {
			since = h.Began
		}
		if lasted := h.At.Sub(since); lasted > limit {
			return s.broken(brokenBare, h.At, "%s had %d healthy targets of the %d that it needs for %s while it was needed; the limit is %s at this speed",
				p.Secondary, h.What, p.Needs, brief(lasted), brief(limit))
		}
	}
	return nil
}

func (p *Play) stuck(requests []Request, s *sights) *Broken {
	if !s.settled {
		return nil
	}
	last := make([]Request, p.Clients)
	for _, q := range requests {
		last[q.Client] = q
	}
	n := 0
	for user, q := range last {
		if p.kinds[user].keepsTTL() && q.Err != nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	end := s.over.Add(p.here(p.Never.Settle))
	return s.broken(brokenStuck, end, "%d of %d users were not served %s after the last fault", n, p.Clients, brief(end.Sub(s.over)))
}

func brief(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

// Played is what a play has shown. Times are in milliseconds as they passed, from the first fault on.
type Played struct {
	Schema    int       `json:"schema"`
	Name      string    `json:"name"`
	Speed     float64   `json:"speed"`
	Primary   string    `json:"primary"`
	Secondary string    `json:"secondary"`
	Clients   int       `json:"clients"`
	Requests  int       `json:"requests"`
	Failed    int       `json:"failed"`
	Struck    []Struck  `json:"faults"`
	Leads     []LeadsTo `json:"leads"` // where the name led, at first and whenever it moved
	Broke     string    `json:"broke,omitempty"`
	Shown     bool      `json:"shown"` // Broke is among Broken
	Broken    []Broken  `json:"broken"`
	Forced    []Wrong   `json:"forced,omitempty"`
	Notes     []string  `json:"notes,omitempty"` // what went wrong beside
}

func (p *Play) played(rec *recorder, s *sights, forced []Wrong) *Played {
	r := &Played{
		Schema: Schema, Name: p.URL.Hostname(), Speed: max(p.Settings.Speed, 1), Primary: p.Primary, Secondary: p.Secondary,
		Clients: p.Clients, Broke: p.Broke, Broken: append([]Broken{}, p.judge(rec, s)...), Struck: s.struck, Forced: forced,
	}
	for _, q := range rec.requests() {
		if r.Requests++; q.Err != nil {
			r.Failed++
		}
	}
	for n := range r.Struck {
		f := &r.Struck[n]
		f.FromMS, f.ToMS = between(s.began, f.from), between(s.began, f.to)
	}
	for _, l := range s.leads {
		r.Leads = append(r.Leads, LeadsTo{between(s.began, l.At), l.What})
	}
	r.Shown = slices.ContainsFunc(r.Broken, func(b Broken) bool { return b.Broke == p.Broke })
	return r
}
