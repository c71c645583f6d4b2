package simulation

import (
	"slices"
	"time"
)

// Outage is the longest of several faults' outages, for clients who keep an answer for its TTL.
type Outage struct {
	Fault   string  `json:"fault"`
	P50MS   float64 `json:"p50_ms"`
	P99MS   float64 `json:"p99_ms"`
	WorstMS float64 `json:"worst_ms"`
}

// Longest predicts several faults, and returns the outage that is the longest in the worst case. With the same question, what differs
// between two systems is the systems' own: nothing is drawn anew.
func (m *Model) Longest(q Question) (Outage, error) {
	q.Kinds = []string{"cache"}
	p, err := Predict(m, q)
	if err != nil {
		return Outage{}, err
	}
	var longest Outage
	for _, f := range p.Faults {
		d := f.Predictions[0].Downtime
		if o := (Outage{f.Fault, d.P50, d.P99, d.Max}); longest.Fault == "" || o.WorstMS > longest.WorstMS {
			longest = o
		}
	}
	return longest, nil
}

// Hiccup is the shortest trouble of the primary that moves users to the standby in half of the runs. Who finds an outage sooner also takes a
// hiccup for one.
func (m *Model) Hiccup(seed uint64) Span {
	const runs, grain = 30, time.Second
	moves := func(lasts time.Duration) bool {
		n := 0
		for run := range uint64(runs) {
			f := Fault{Kind: FaultRefused, Region: Primary, For: Span(lasts)}
			if m.moved(f, mix(seed, run)) {
				n++
			}
		}
		return 2*n >= runs
	}
	low, high := time.Duration(0), time.Hour
	if !moves(high) {
		return Span(never)
	}
	for high-low > grain {
		if middle := (low + high) / 2; moves(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return Span(high.Round(grain))
}

// moved tells whether a fault moves users, at the latest a while after it ends.
func (m *Model) moved(f Fault, seed uint64) bool {
	at := calmBefore + time.Duration(part(seed, drawClient)*float64(time.Minute))
	h := newHistory(at)
	w := newWorld(m, seed, true, h)
	f.At = Span(at)
	w.inject(f)
	w.run(at + f.end() + 2*time.Duration(m.Check.Interval) + time.Duration(m.Propagation))
	return h.moved != never
}

// Probes is how many probes a minute a region gets from its check's checkers while all is well.
func (s System) Probes() float64 {
	if s.Check.None {
		return 0
	}
	return 60 * float64(s.Check.Checkers) / time.Duration(s.Check.Interval).Seconds()
}

// Setting is a health check's setting, and what it comes to.
type Setting struct {
	Interval  Span    `json:"interval"`
	Threshold int     `json:"threshold"`
	Checkers  int     `json:"checkers"`
	Probes    float64 `json:"probes_a_minute"`
	Hiccup    Span    `json:"hiccup"`
	Outage    Outage  `json:"outage"`
}

// Budget bounds the settings among which the best is looked for.
type Budget struct {
	Probes float64 // a minute at each region, at the most
	Hiccup Span    // that must move nobody
}

// leastRegions are how many regions a check names, if it names any (HealthCheckConfig, Regions), and perRegion their checkers here.
const leastRegions = 3

// mostThreshold is the largest threshold that is looked at. Route 53 takes up to 10.
const mostThreshold = 5

// Best is the setting of the health check with the shortest outage within a budget: of those that are equal to a second, the one
// with the fewest probes. It is false if none is within it.
func (m *Model) Best(q Question, b Budget) (best Setting, found bool, err error) {
	const runs = 30
	q.Worlds, q.Clients = min(q.Worlds, runs), min(q.Clients, runs*Resolvers)
	most := m.Check.Checkers
	for _, interval := range []time.Duration{30 * time.Second, 10 * time.Second} { // as Route 53 has them
		for threshold := mostThreshold; threshold >= 1; threshold-- {
			one := *m
			one.Check.Interval, one.Check.Threshold = Span(interval), threshold
			for _, checkers := range slices.Compact([]int{min(most, Checkers(leastRegions)), most}) {
				one.Check.Checkers = checkers
				if one.Probes() > b.Probes {
					continue
				}
				s := Setting{one.Check.Interval, threshold, checkers, one.Probes(), one.Hiccup(q.Seed), Outage{}}
				if s.Hiccup < b.Hiccup {
					continue
				}
				if s.Outage, err = one.Longest(q); err != nil {
					return best, false, err
				}
				const second = 1000
				if !found || s.Outage.WorstMS < best.Outage.WorstMS-second || s.Outage.WorstMS < best.Outage.WorstMS+second && s.Probes < best.Probes {
					best, found = s, true
				}
			}
		}
	}
	return best, found, nil
}
