package drill

import (
	"time"

	"github.com/understudy/understudy/account"
)

// Checked is what Route 53's checkers find of the primary.
type Checked struct {
	Inverted bool // Route 53 takes the opposite of what they find
	Seen     []Observation
	Beside   []Checked // of the checks that are counted with the application's
	Needed   int       // of all of them have to be healthy; 0 where there is one
}

// Observation is the last probe of one checker.
type Observation struct {
	Checker string
	Passed  bool
	At      time.Time
}

// verdict is what follows from the checkers' probes so far.
type verdict struct {
	Healthy      bool      // the state that Route 53 uses
	Failing, Ill int       // checkers whose last probe failed; that have failed as often in a row as the threshold says
	All          int       // checkers
	FirstFailed  time.Time // when the first of those that fail began to; the zero time where none does
	FirstPassed  time.Time // the same of those whose last probe passed
}

func (v verdict) differs(o verdict) bool {
	v.FirstFailed, o.FirstFailed, v.FirstPassed, o.FirstPassed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return v != o
}

// checkers follow the probes: Route 53's API tells each checker's last one alone, and a checker changes its mind after the threshold, in
// either direction ("How Amazon Route 53 determines whether a health check is healthy" in the Developer Guide).
type checkers struct {
	threshold int
	of        map[string]*checker
	beside    []*checkers // of the checks that are counted with this one
}

type checker struct {
	ill    bool
	passed bool // its last probe did
	run    int  // probes in a row with this result, as far as they were seen
	since  time.Time
	last   time.Time
}

func newCheckers(threshold int) *checkers {
	return &checkers{threshold: max(threshold, 1), of: map[string]*checker{}}
}

// take counts what was seen, and returns what follows.
func (c *checkers) take(seen Checked) verdict {
	var v verdict
	for _, o := range seen.Seen {
		k := c.of[o.Checker]
		if k == nil { // what it thought before is not known, and is what it finds first
			k = &checker{ill: !o.Passed, passed: o.Passed, since: o.At}
			c.of[o.Checker] = k
		}
		if o.At.After(k.last) {
			k.probed(o, c.threshold)
		}
		v.All++
		if k.ill {
			v.Ill++
		}
		first := &v.FirstPassed
		if !k.passed {
			v.Failing++
			first = &v.FirstFailed
		}
		if first.IsZero() || k.since.Before(*first) {
			*first = k.since
		}
	}
	v.Healthy = account.Passes(v.All-v.Ill, v.All) != seen.Inverted
	if len(seen.Beside) > 0 {
		v.Healthy = c.count(seen, v.Healthy) >= seen.Needed
	}
	return v
}

// count returns how many checks are healthy, this one among them. Of one that no checker asks, an alarm's, only a person knows: it counts.
func (c *checkers) count(seen Checked, healthy bool) (n int) {
	if healthy {
		n++
	}
	for i, s := range seen.Beside {
		if i == len(c.beside) {
			c.beside = append(c.beside, newCheckers(c.threshold))
		}
		if well := !s.Inverted; len(s.Seen) == 0 && well || len(s.Seen) > 0 && c.beside[i].take(s).Healthy {
			n++
		}
	}
	return n
}

func (k *checker) probed(o Observation, threshold int) {
	if o.Passed != k.passed {
		k.passed, k.run, k.since = o.Passed, 0, o.At
	}
	k.last = o.At
	if k.run++; k.run >= threshold {
		k.ill = !k.passed
	}
}
