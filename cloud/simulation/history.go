package simulation

import "time"

// mark is what is so from a moment on.
type mark struct {
	at       time.Duration
	answer   int8
	services [2]Service
}

// lead is where the name leads from a moment on.
type lead struct {
	at     time.Duration
	answer int8
}

// history is what a run comes to for its users, with times from the fault on.
type history struct {
	fault   time.Duration // when it comes, in the run
	leads   []lead        // whenever the name led elsewhere; the first is from before the fault
	marks   []mark        // the first is from before the fault
	failed  time.Duration // the first failed probe of the primary's check
	decided time.Duration // its status changed
	moved   time.Duration // the name first led to the standby
	byCheck bool          // and the check had failed by then, as the name servers knew
	told    time.Duration // the primary's target health was bad
	ready   time.Duration // Route 53 first took the standby for healthy: before that, the name could not move
}

func newHistory(fault time.Duration) *history {
	return &history{fault: fault, failed: never, decided: never, moved: never, told: never, ready: never}
}

func (h *history) since(w *world) time.Duration { return w.now - h.fault }

// note keeps what is so now.
func (h *history) note(w *world) {
	m := mark{h.since(w), w.answer, [2]Service{w.sides[0].service, w.sides[1].service}}
	n := len(h.marks)
	if l := len(h.leads); l == 0 || h.leads[l-1].answer != m.answer {
		h.leads = append(h.leads, lead{m.at, m.answer})
	}
	switch {
	case n > 0 && h.marks[n-1].at == m.at:
		h.marks[n-1] = m
	case n == 0 || h.marks[n-1].answer != m.answer || h.marks[n-1].services != m.services:
		h.marks = append(h.marks, m)
	}
}

func (h *history) before(*world) {}

func (h *history) after(w *world) {
	if failed := w.checks[0].failed; h.failed == never && failed != never && failed >= h.fault {
		h.failed = failed - h.fault
	}
	if h.told == never && w.now >= h.fault && !w.latest.targets[0] {
		h.told = h.since(w)
	}
	if h.ready == never && w.latest.checks[1] && w.latest.targets[1] {
		h.ready = max(0, h.since(w))
	}
	h.note(w)
}

func (h *history) answered(w *world) {
	if w.answer == 1 && h.moved == never {
		h.moved, h.byCheck = h.since(w), !w.known.checks[0]
	}
}

func (h *history) judged(w *world) {
	if h.decided == never && w.now >= h.fault {
		h.decided = h.since(w)
	}
}

// at is the number of the mark that holds at a moment, from one that is not after it on.
func (h *history) at(t time.Duration, from int) int {
	for from+1 < len(h.marks) && h.marks[from+1].at <= t {
		from++
	}
	return from
}

// until is when what a side serves, or the answer of nobody, is no longer as in a mark.
func (h *history) until(n int, side int8) time.Duration {
	for next := n + 1; next < len(h.marks); next++ {
		if side == nobody || h.marks[next].services[side] != h.marks[n].services[side] {
			return h.marks[next].at
		}
	}
	return never
}

// answer is where the name leads at a moment.
func (h *history) answer(t time.Duration) int8 {
	n := len(h.leads) - 1
	for n > 0 && h.leads[n].at > t {
		n--
	}
	return h.leads[n].answer
}

// moves is when the name leads elsewhere, after a moment; never if it does not again.
func (h *history) moves(t time.Duration) time.Duration {
	for _, l := range h.leads[1:] {
		if l.at > t {
			return l.at
		}
	}
	return never
}
