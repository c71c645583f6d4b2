package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Searched is what a search looks through.
type Searched struct {
	Faults int // sequences of up to so many
	Tries  int // the most sequences of a length that are tried; of more, so many are drawn
	// Only are the kinds of faults that are tried; empty is all that a search has.
	Only []string
}

// durations are how long the faults of a search last: a little longer than any detection, and long enough for all that follows one.
var durations = []time.Duration{2 * time.Minute, 20 * time.Minute}

// mostPoints are how many moments of a run a next fault is tried at.
const mostPoints = 8

// Found is what a search has come to.
type Found struct {
	Sequences []int      `json:"sequences"` // of each length, how many were tried
	Whole     []bool     `json:"whole"`     // whether these were all
	Schedules []Schedule `json:"schedules"` // one for each invariant that broke, the first of the shortest
}

// Searches tells whether a search tries a kind. Grey failures are left out: what no check sees, no design moves away from.
func Searches(k FaultKind) bool { return k.Random && k.Name != FaultGrey || k.Name == FaultPages }

// alphabet is every fault that a search tries, at time zero. Pages that fail alone are tried where checks ask others: elsewhere it is targets.
func (m *Model) alphabet(only []string) (all []Fault) {
	for _, k := range Faults {
		switch {
		case !Searches(k), len(only) > 0 && !slices.Contains(only, k.Name), k.Name == FaultPages && !m.Check.Apart && len(only) == 0:
			continue
		}
		for _, side := range []Side{Primary, Standby} {
			for _, lasts := range durations {
				f := Fault{Kind: k.Name, Region: side, For: Span(lasts)}
				if k.Name == FaultPartition {
					f.Share = 1
				}
				if k.Global {
					f.Region = ""
				}
				if !k.Global || side == Primary {
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// Try runs a sequence of faults to its end and until all has to have settled, and returns what broke, in the order of time.
func (m *Model) Try(seed uint64, faults []Fault, limits Limits) []Violation {
	_, all := m.try(seed, faults, limits, false)
	return all
}

func (m *Model) try(seed uint64, faults []Fault, limits Limits, marks bool) (a *auditor, all []Violation) {
	a = newAuditor(limits)
	a.marks = marks
	a.seen = func(v Violation) { all = append(all, v) }
	w := newWorld(m, seed, true, a)
	w.addUsers()
	a.after(w)
	end := calmBefore
	for _, f := range faults {
		w.inject(f)
		end = max(end, f.end())
	}
	w.run(end + time.Duration(limits.Settle))
	a.finish(w, true)
	slices.SortStableFunc(all, func(x, y Violation) int { return int(min(1, max(-1, int64(x.At-y.At)))) })
	return a, all
}

// Search looks for the shortest sequences that break an invariant, by length: first every single fault, then every two, and so on. What a
// fault is followed by is tried at the moments at which something changes in the run of those before it.
func (m *Model) Search(seed uint64, limits Limits, s Searched) (*Found, error) {
	if err := m.Valid(); err != nil {
		return nil, err
	}
	if err := limits.Valid(); err != nil {
		return nil, err
	}
	found := &Found{}
	known := map[string]bool{}
	before := [][]Fault{nil}
	for length := 1; length <= s.Faults && len(known) < len(Invariants); length++ {
		tries, whole := m.extend(seed, limits, before, s)
		h := hits{Model: m, seed: seed, limits: limits, known: known}
		before = before[:0:0]
		for _, faults := range tries {
			_, broken := m.try(seed, faults, limits, false)
			h.add(faults, broken)
			if len(broken) == 0 {
				before = append(before, faults)
			}
		}
		how := shortest(length, found.Whole)
		found.Sequences, found.Whole = append(found.Sequences, len(tries)), append(found.Whole, whole)
		for _, one := range h.all {
			known[one.broke] = true
			found.Schedules = append(found.Schedules, m.schedule(seed, limits, one.faults, one.broke, how, one.sure))
		}
	}
	return found, nil
}

// hit is a sequence that breaks an invariant.
type hit struct {
	faults []Fault
	broke  string
	sure   bool
}

// hits are, of one length, the first sequence for each invariant that is sure to break it or, where none is, the first that does.
type hits struct {
	*Model
	seed   uint64
	limits Limits
	known  map[string]bool // broken by shorter ones
	all    []hit
}

func (h *hits) add(faults []Fault, broken []Violation) {
	for _, v := range broken {
		n := slices.IndexFunc(h.all, func(o hit) bool { return o.broke == v.Broke })
		switch {
		case h.known[v.Broke] || n >= 0 && h.all[n].sure:
		case n < 0:
			h.all = append(h.all, hit{faults, v.Broke, h.always(h.seed, h.limits, faults, v.Broke)})
		case h.always(h.seed, h.limits, faults, v.Broke):
			h.all[n] = hit{faults, v.Broke, true}
		}
	}
}

// shortest tells how short a sequence is, where those of fewer faults were all tried, or not.
func shortest(length int, whole []bool) string {
	if slices.Contains(whole, false) {
		return fmt.Sprintf("%d faults; not all shorter sequences were tried", length)
	}
	if length == 1 {
		return "the shortest: one fault"
	}
	return fmt.Sprintf("the shortest: no sequence of fewer than %d faults of the search breaks it", length)
}

// extend appends every fault of the alphabet to each sequence, at each of its moments. If that is more than are to be tried, as many are drawn.
func (m *Model) extend(seed uint64, limits Limits, before [][]Fault, s Searched) (all [][]Fault, whole bool) {
	for _, b := range before {
		for _, at := range m.moments(seed, limits, b) {
			for _, f := range m.alphabet(s.Only) {
				f.At = Span(at)
				if slices.ContainsFunc(b, func(o Fault) bool { return o.Kind == f.Kind && o.Region == f.Region && o.end() >= at }) {
					continue // it is in force
				}
				all = append(all, append(slices.Clone(b), f))
			}
		}
	}
	if len(all) <= s.Tries {
		return all, true
	}
	r := rand.New(rand.NewPCG(seed, 2))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:s.Tries], false
}

// moments are when a next fault may come: when all has been calm, or at changes of a run, just after them.
func (m *Model) moments(seed uint64, limits Limits, faults []Fault) []time.Duration {
	if len(faults) == 0 {
		return []time.Duration{calmBefore}
	}
	a, _ := m.try(seed, faults, limits, true)
	first := time.Duration(faults[len(faults)-1].At)
	points := slices.DeleteFunc(a.points, func(at time.Duration) bool { return at < first })
	var few []time.Duration
	for n := range mostPoints {
		if len(points) == 0 {
			break
		}
		at := points[n*(len(points)-1)/(mostPoints-1)].Truncate(time.Millisecond) + time.Second
		if !slices.Contains(few, at) {
			few = append(few, at)
		}
	}
	return few
}

// schedule keeps a sequence as data, after it was made as small as it can be. One that is sure stays so.
func (m *Model) schedule(seed uint64, limits Limits, faults []Fault, broke, how string, sure bool) Schedule {
	still := func(faults []Fault) bool { return m.breaks(seed, limits, faults, broke) }
	if sure {
		still = func(faults []Fault) bool {
			return m.breaks(seed, limits, faults, broke) && m.always(seed, limits, faults, broke)
		}
	}
	return Schedule{
		Schema: ScheduleSchema, Seed: seed, System: m.System, Limits: limits, Faults: m.shrink(faults, still), Broke: broke, How: how, Sure: sure,
	}
}
