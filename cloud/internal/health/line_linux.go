package health

import "time"

// line holds the probes of one phase. All have the same time-out, so the one that came first ends first.
type line struct{ first, last *flight }

func (e *engine) timeout(phase uint8) time.Duration {
	switch phase {
	case connecting:
		return e.limits.connect
	case connectingTCP:
		return e.limits.connectTCP
	}
	return e.limits.reply
}

// inPhase tells how long a probe has been in its phase.
func (e *engine) inPhase(f *flight) time.Duration { return e.timeout(f.phase) - time.Until(f.end) }

// queue puts a probe at the end of its phase's line. The caller holds the lock.
func (e *engine) queue(f *flight, now time.Time) {
	f.end = now.Add(e.timeout(f.phase))
	l := &e.phases[f.phase]
	f.prev, f.next = l.last, nil
	if l.last == nil {
		l.first = f
	} else {
		l.last.next = f
	}
	l.last = f
	if e.until.IsZero() || f.end.Before(e.until) {
		e.wake(f)
	}
}

// leaveLine takes a probe out of its phase's line. The caller holds the lock.
func (e *engine) leaveLine(f *flight) {
	l := &e.phases[f.phase]
	if f.prev == nil {
		l.first = f.next
	} else {
		f.prev.next = f.next
	}
	if f.next == nil {
		l.last = f.prev
	} else {
		f.next.prev = f.prev
	}
	f.prev, f.next = nil, nil
}

// leave forgets a probe. The caller holds the lock.
func (e *engine) leave(f *flight) {
	e.leaveLine(f)
	e.flights[f.socket] = nil
}

// first returns the probe that ends first. The caller holds the lock.
func (e *engine) first() *flight {
	var found *flight
	for _, l := range e.phases {
		if l.first != nil && (found == nil || l.first.end.Before(found.end)) {
			found = l.first
		}
	}
	return found
}
