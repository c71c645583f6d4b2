package drill

import (
	"slices"
	"time"
)

// Schema is the version of a report's form. A field is added without a new version; none changes its meaning or goes within one.
const Schema = 1

// Moment is a step of a drill.
type Moment struct {
	At    time.Time `json:"-"`
	MS    float64   `json:"ms"`
	Phase string    `json:"phase"`
	Text  string    `json:"text"`
}

// CheckAt is what Route 53's checkers found of the primary from a moment on.
type CheckAt struct {
	MS      float64 `json:"ms"`
	Healthy bool    `json:"healthy"`
	Failing int     `json:"failing"` // checkers whose last probe failed
	Ill     int     `json:"ill"`     // checkers that have failed as often in a row as the threshold says
	All     int     `json:"checkers"`
}

// LeadsTo is the region to which the name led from a moment on; "" is none, or several.
type LeadsTo struct {
	MS     float64 `json:"ms"`
	Region string  `json:"region"`
}

// Course is how many requests ended how, by the time at which they began: one number for each step of time.
type Course struct {
	StepMS    float64 `json:"step_ms"`
	Primary   []int   `json:"primary"`
	Secondary []int   `json:"secondary"`
	Elsewhere []int   `json:"elsewhere,omitempty"` // where no region is known
	Failed    []int   `json:"failed"`
}

// The most that a report holds of a course, and of users.
const (
	maxSteps     = 300
	maxDowntimes = 1000
	leastInAStep = 20 // requests, so that a step shows more than who happened to ask
)

// steps are the lengths that a course's steps may have.
var steps = []time.Duration{
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, time.Hour,
}

// stepFor is the length of a course's steps, where so many requests a second are made.
func stepFor(whole time.Duration, rate float64) time.Duration {
	for _, s := range steps {
		if whole <= s*maxSteps && rate*s.Seconds() >= leastInAStep {
			return s
		}
	}
	return steps[len(steps)-1]
}

func (r *Report) course(requests []Request, began, ended time.Time) Course {
	step := stepFor(ended.Sub(began), r.Rate)
	n := int(ended.Sub(began)/step) + 1
	c := Course{StepMS: Milliseconds(step), Primary: make([]int, n), Secondary: make([]int, n), Failed: make([]int, n)}
	elsewhere := make([]int, n)
	for _, q := range requests {
		i := int(q.Start.Sub(began) / step)
		if i < 0 || i >= n {
			continue
		}
		switch {
		case q.Err != nil:
			c.Failed[i]++
		case q.Region == r.Primary:
			c.Primary[i]++
		case q.Region == r.Secondary:
			c.Secondary[i]++
		default:
			elsewhere[i]++
			c.Elsewhere = elsewhere
		}
	}
	return c
}

// tell fills in the course of the drill, and where the time without service went.
func (r *Report) tell(requests []Request, rec *recorder, w *watch, t timeline) {
	r.Schema, r.Began = Schema, t.began
	since := func(at time.Time) float64 { return between(t.began, at) }
	r.EndedMS, r.FaultMS, r.RepairMS = since(t.ended), since(t.fault), since(t.repair)
	e := evidence{primary: r.Primary, secondary: r.Secondary, fault: t.fault}
	e.checks, e.answers = w.all()
	for _, c := range e.checks {
		r.Checks = append(r.Checks, CheckAt{since(c.At), c.What.Healthy, c.What.Failing, c.What.Ill, c.What.All})
	}
	for _, a := range e.answers {
		r.Answers = append(r.Answers, LeadsTo{since(a.At), a.What})
	}
	rec.mu.Lock()
	told, looks := slices.Clone(rec.told), slices.Clone(rec.looks)
	rec.mu.Unlock()
	r.Moments = told
	for i := range r.Moments {
		r.Moments[i].MS = since(r.Moments[i].At)
	}
	spans := outages(requests, r.Clients, t)
	r.Course = r.course(requests, t.began, t.ended)
	r.Downtimes = sample(downtimes(spans))
	h := e.history()
	all := users(requests, looks, rec.kinds)
	r.Decided, r.Ledger = h.decided(), h.ledger(all, spans)
	r.tellKinds(h, all, spans)
	if !t.repair.IsZero() {
		r.tellBack(h.back(t.repair, t.propagation, requests), all, returns(requests, r.Clients, t))
	}
}

// sample is the durations in their order, in milliseconds, or as many of them as a report holds, at equal distances, with both ends.
func sample(all []time.Duration) []float64 {
	all = slices.Clone(all)
	slices.Sort(all)
	n := min(len(all), maxDowntimes)
	out := make([]float64, n)
	for i := range out {
		at := i
		if n < len(all) {
			at = i * (len(all) - 1) / (n - 1)
		}
		out[i] = Milliseconds(all[at])
	}
	return out
}
