package poller

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// What is known of one side of a connection.
const (
	idle    = iota // nothing to read, or no place to write: the kernel will tell of it
	ready          // perhaps there is
	waiting        // idle, and a goroutine waits for the kernel
	busy           // the poller does what the goroutine waits for
)

// side is that of what is read, or that of what is written.
type side struct {
	state   atomic.Int32
	wake    chan struct{} // has place for the one word to the one who waits
	expired atomic.Bool

	mu     sync.Mutex
	wanted time.Time   // the deadline
	until  time.Time   // when the timer ends, never after the deadline; zero if it does not run
	timer  *time.Timer // nil before the first deadline
}

// await waits until there may be something, which is then taken for granted no more.
func (s *side) await(closed *atomic.Bool) error {
	for {
		if err := s.refused(closed); err != nil {
			return err
		}
		if s.state.CompareAndSwap(ready, idle) {
			return nil
		}
		s.wait(closed)
	}
}

// wait waits for a word, unless there is something already or nothing to wait for; whoever gets one looks again what has happened.
func (s *side) wait(closed *atomic.Bool) (word bool) {
	if !s.state.CompareAndSwap(idle, waiting) {
		return false
	}
	if s.refused(closed) != nil && s.state.CompareAndSwap(waiting, idle) {
		return false // nobody has sent a word
	}
	<-s.wake
	return true
}

// resume lets the one go on waiting for whom the poller has found nothing.
func (s *side) resume(closed *atomic.Bool) {
	s.state.Store(waiting)
	if s.refused(closed) != nil { // since when nobody could tell
		s.rouse()
	}
}

// refused tells why nothing can be read or written.
func (s *side) refused(closed *atomic.Bool) error {
	switch {
	case closed.Load():
		return net.ErrClosed
	case s.expired.Load():
		return os.ErrDeadlineExceeded
	}
	return nil
}

// signal says that there may be something. Where that is known already, nobody has tried since, and whoever does will find it.
func (s *side) signal() {
	if s.state.Load() != ready && s.state.Swap(ready) == waiting {
		s.wake <- struct{}{}
	}
}

// rouse lets the one who waits look again why.
func (s *side) rouse() {
	if s.state.CompareAndSwap(waiting, idle) {
		s.wake <- struct{}{}
	}
}

// set sets the deadline; the zero time is none. To set a timer anew costs as much as a short system call, and most deadlines are moved to later
// with every message: a timer that runs is left as it is then, and looks again when it ends.
func (s *side) set(t time.Time, closed *atomic.Bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closed.Load() {
		return net.ErrClosed
	}
	s.wanted = t
	s.expired.Store(false)
	if !t.IsZero() && (s.until.IsZero() || t.Before(s.until)) {
		s.arm()
	}
	return nil
}

// limit sets a deadline where there is none, or a later one.
func (s *side) limit(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted.IsZero() || t.Before(s.wanted) {
		s.wanted = t
		s.arm()
	}
}

// arm lets the wait end at the wanted time, if that has not come already.
func (s *side) arm() {
	left := time.Until(s.wanted)
	switch {
	case left <= 0:
		s.expired.Store(true)
		s.rouse()
		return
	case s.timer == nil:
		s.timer = time.AfterFunc(left, s.look)
	default:
		s.timer.Reset(left)
	}
	s.until = s.wanted
}

// look is what the timer does when it ends.
func (s *side) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Time{}
	if !s.wanted.IsZero() {
		s.arm()
	}
}

// stop ends the timer for good.
func (s *side) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = time.Time{}
	if s.timer != nil {
		s.timer.Stop()
	}
}
