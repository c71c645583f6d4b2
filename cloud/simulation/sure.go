package simulation

import (
	"slices"
	"time"
)

// sureOf is in how many runs, each with other phases, a sequence has to break something to be sure to.
const sureOf = 20

// breaks tells whether a sequence breaks an invariant.
func (m *Model) breaks(seed uint64, limits Limits, faults []Fault, broke string) bool {
	return slices.ContainsFunc(m.Try(seed, faults, limits), func(v Violation) bool { return v.Broke == broke })
}

// always tells whether it does so whatever the phases: of checkers, of resolvers, of boots.
func (m *Model) always(seed uint64, limits Limits, faults []Fault, broke string) bool {
	for n := range uint64(sureOf) {
		if !m.breaks(mix(seed, n), limits, faults, broke) {
			return false
		}
	}
	return true
}

// stretches are by how much a sequence is stretched to be sure.
var stretches = []float64{1, 1.25, 1.5, 2, 3, 4, 6, 8, 12}

// Surely is by how much a schedule's sequence has to be stretched to be sure to break what it breaks, in runs of other phases than those that
// it was made small with; 0 where no stretch is sure.
func (m *Model) Surely(s Schedule) float64 {
	for _, by := range stretches {
		if m.always(^s.Seed, s.Limits, Stretched(s.Faults, by), s.Broke) {
			return by
		}
	}
	return 0
}

// Likely is in which share of as many runs a schedule's sequence breaks what it breaks.
func (m *Model) Likely(s Schedule) float64 {
	broke := 0
	for n := range uint64(sureOf) {
		if m.breaks(mix(^s.Seed, n), s.Limits, s.Faults, s.Broke) {
			broke++
		}
	}
	return float64(broke) / sureOf
}

// Stretched has faults last so many times as long, and lie so many times as far apart.
func Stretched(faults []Fault, by float64) []Fault {
	faults = slices.Clone(faults)
	for n := range faults {
		f := &faults[n]
		f.At = faults[0].At + Span(by*float64(f.At-faults[0].At))
		f.For = Span(time.Duration(by * float64(f.For)).Round(time.Second))
	}
	return faults
}

// Carries is how many instances all users need.
func (s System) Carries() int { return s.carries() }
