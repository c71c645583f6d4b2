package simulation

import "time"

// Replayed is what a sequence of faults comes to.
type Replayed struct {
	Faults    []Fault     `json:"faults"`
	Moves     []Lead      `json:"moves"`      // whenever the name led elsewhere
	Lasted    Span        `json:"lasted"`     // from the first fault to when all has to have settled
	LostMS    float64     `json:"lost_ms"`    // of a user's time, on average
	UnmovedMS float64     `json:"unmoved_ms"` // the same, if the name had stayed with the primary, or with both
	Ledger    []Row       `json:"ledger"`
	ByFault   []Row       `json:"by_fault"`
	Broken    []Violation `json:"broken"`
}

// Lead is where the name leads from a moment on.
type Lead struct {
	At Span `json:"at"`
	To Side `json:"to"`
}

// leader keeps every move of the name.
type leader struct {
	*auditor
	moves []Lead
}

func (l *leader) answered(w *world) {
	l.moves = append(l.moves, Lead{Span(w.now), sideOf(w.answer)})
	l.auditor.answered(w)
}

// Replay runs a sequence of faults once more, and tells what it comes to.
func (m *Model) Replay(seed uint64, faults []Fault, limits Limits) *Replayed {
	r := &Replayed{Faults: faults, Broken: []Violation{}, Moves: []Lead{}}
	l := &leader{auditor: newAuditor(limits)}
	l.seen = func(v Violation) { r.Broken = append(r.Broken, v) }
	end := m.play(seed, faults, limits, l)
	r.Moves = append(r.Moves, l.moves...)
	if len(faults) > 0 {
		r.Lasted = Span(end) - faults[0].At
	}
	r.LostMS = Span(l.lost).Milliseconds()
	var sums ledgerOfYears
	sums.add(l.auditor)
	r.Ledger, r.ByFault = sums.rows()
	stays := *m
	stays.Check.None, stays.Evaluate, stays.Watch = true, false, nil
	alone := &leader{auditor: newAuditor(limits)}
	stays.play(seed, faults, limits, alone)
	r.UnmovedMS = Span(alone.lost).Milliseconds()
	return r
}

// play runs faults until all has to have settled.
func (m *Model) play(seed uint64, faults []Fault, limits Limits, l *leader) (end time.Duration) {
	w := newWorld(m, seed, true, l)
	w.addUsers()
	l.after(w)
	end = calmBefore
	for _, f := range faults {
		w.inject(f)
		end = max(end, f.end())
	}
	end += time.Duration(limits.Settle)
	w.run(end)
	l.finish(w, true)
	return end
}
