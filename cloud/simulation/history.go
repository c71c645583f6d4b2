package simulation

import "time"

// mark is what is so from a moment on.
type mark struct {
	at       time.Duration
	answer   int8
	services [2]Service
}

// history is what a run comes to for its users, with times from the fault on.
type history struct {
	fault   time.Duration // when it comes, in the run
	marks   []mark        // the first is from before the fault
	failed  time.Duration // the first failed probe of the primary's check
	decided time.Duration // its status changed
	moved   time.Duration // the name first led to the standby
	byCheck bool          // and the check had failed by then, as the name servers knew
}

func newHistory(fault time.Duration) *history {
	return &history{fault: fault, failed: never, decided: never, moved: never}
}

func (h *history) since(w *world) time.Duration { return w.now - h.fault }

// note keeps what is so now.
func (h *history) note(w *world) {
	m := mark{h.since(w), w.answer, [2]Service{w.sides[0].service, w.sides[1].service}}
	n := len(h.marks)
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

// until is when a mark's state ends.
func (h *history) until(n int) time.Duration {
	if n+1 < len(h.marks) {
		return h.marks[n+1].at
	}
	return never
}

// answer is where the name leads at a moment, searched from the end, for moments that are asked for in no order.
func (h *history) answer(t time.Duration) int8 {
	for n := len(h.marks) - 1; n > 0; n-- {
		if h.marks[n].at <= t {
			return h.marks[n].answer
		}
	}
	return h.marks[0].answer
}

// moves is when the name leads elsewhere, after a moment; never if it does not again.
func (h *history) moves(t time.Duration) time.Duration {
	for n := 1; n < len(h.marks); n++ {
		if h.marks[n].at > t && h.marks[n].answer != h.marks[n-1].answer {
			return h.marks[n].at
		}
	}
	return never
}
