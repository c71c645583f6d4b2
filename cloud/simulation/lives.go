package simulation

import (
	"iter"
	"runtime"
	"time"
)

// lifeYears are how many years are simulated as one run; a time is of 64 bits of nanoseconds, which are 292 years.
const lifeYears = 10

// life is one run of several years.
type life struct {
	*auditor
	seed   uint64
	all    []Fault
	yearly []float64 // the share of each year that users lost
	events uint64
}

// lives runs the lives that years are made of, as many at once as there are processors, and yields them in their order: what comes of them
// does not depend on how many that are.
func (m *Model) lives(seed uint64, years int, limits Limits) iter.Seq[*life] {
	return func(yield func(*life) bool) {
		var ahead []chan *life
		for n := 0; n*lifeYears < years || len(ahead) > 0; n++ {
			if n*lifeYears < years {
				one := make(chan *life, 1)
				span, own := min(lifeYears, years-n*lifeYears), mix(seed, uint64(n))
				go func() { one <- m.live(own, span, RandomFaults(own, span), limits, true) }()
				ahead = append(ahead, one)
			}
			if len(ahead) < runtime.GOMAXPROCS(0) && (n+1)*lifeYears < years {
				continue
			}
			if !yield(<-ahead[0]) {
				return
			}
			ahead = ahead[1:]
		}
	}
}

// live runs faults, and keeps what is lost in each year.
func (m *Model) live(seed uint64, years int, faults []Fault, limits Limits, skips bool) *life {
	l := &life{auditor: newAuditor(limits), seed: seed, all: faults}
	w := newWorld(m, seed, skips, l)
	w.addUsers()
	l.after(w)
	for n := len(faults) - 1; n >= 0; n-- { // the last first, for the list of what is to come
		w.inject(faults[n])
	}
	before := time.Duration(0)
	for y := range years {
		w.run(time.Duration(y+1) * year)
		l.auditor.before(w)
		l.yearly = append(l.yearly, float64(l.lost-before)/float64(year))
		before = l.lost
	}
	l.finish(w, false)
	l.events = w.events
	return l
}
