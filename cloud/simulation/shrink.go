package simulation

import (
	"slices"
	"time"
)

// shrink makes a sequence that does something smaller, as long as it still does it: it leaves faults out one by one, has each last a
// shorter time, and brings them closer together. What is left is 1-minimal: without any one of its faults, it does not.
func (m *Model) shrink(faults []Fault, still func([]Fault) bool) []Fault {
	faults = slices.Clone(faults)
	for n := 0; n < len(faults); {
		if fewer := slices.Delete(slices.Clone(faults), n, n+1); still(fewer) {
			faults, n = fewer, 0
			continue
		}
		n++
	}
	faults = m.early(faults, still)
	for n := range faults {
		set := func(d time.Duration) []Fault {
			f := slices.Clone(faults)
			f[n].For = Span(d)
			return f
		}
		if least := least(time.Duration(faults[n].For), func(d time.Duration) bool { return still(set(d)) }); least > 0 {
			faults = set(least)
		}
	}
	return faults
}

// early moves all faults to where a run begins, and then each one towards the one before it.
func (m *Model) early(faults []Fault, still func([]Fault) bool) []Fault {
	for n := range faults {
		from := Span(calmBefore)
		if n > 0 {
			from = faults[n-1].At
		}
		moved := func(by time.Duration) []Fault { // this one and all that follow
			f := slices.Clone(faults)
			off := f[n].At - from - Span(by)
			for i := n; i < len(f); i++ {
				f[i].At -= off
			}
			return f
		}
		gap := time.Duration(faults[n].At - from)
		if still(moved(0)) {
			faults = moved(0)
		} else if least := least(gap, func(d time.Duration) bool { return still(moved(d)) }); n > 0 && least > 0 {
			faults = moved(least)
		}
	}
	return faults
}

// least is the shortest time, to a second, that is found by halving to do; 0 if none shorter than the longest was.
func least(longest time.Duration, does func(time.Duration) bool) time.Duration {
	low, high, found := time.Duration(0), longest, time.Duration(0)
	for high-low > time.Second {
		middle := ((low + high) / 2).Round(time.Second)
		if middle <= low || middle >= high {
			break
		}
		if does(middle) {
			high, found = middle, middle
		} else {
			low = middle
		}
	}
	return found
}

// isolate is the schedule of what broke an invariant in a long run: the faults of the day before it, without all that are not needed. It is
// nil where these alone break nothing, which what was drawn meanwhile can bring about.
func (m *Model) isolate(seed uint64, faults []Fault, v Violation, limits Limits) *Schedule {
	const before = 24 * time.Hour
	var near []Fault
	for _, f := range faults {
		if f.At <= v.At && f.end() >= time.Duration(v.At)-before {
			near = append(near, f)
		}
	}
	if !m.breaks(seed, limits, near, v.Broke) {
		return nil
	}
	s := m.schedule(seed, limits, near, v.Broke, "1-minimal: without any one of its faults it breaks nothing; no shorter sequence was looked for", false)
	return &s
}
