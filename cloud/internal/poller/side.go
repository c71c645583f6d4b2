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

	mu    sync.Mutex
	timer *time.Timer // until the deadline; nil without one
	last  uint        // how many deadlines have been set
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

// set sets the deadline; the zero time is none.
func (s *side) set(t time.Time, closed *atomic.Bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.last++
	s.expired.Store(false)
	if closed.Load() {
		return net.ErrClosed
	}
	if t.IsZero() {
		return nil
	}
	if left := time.Until(t); left > 0 {
		this := s.last
		s.timer = time.AfterFunc(left, func() { s.expire(this) })
		return nil
	}
	s.expired.Store(true)
	s.rouse()
	return nil
}

// expire ends the wait, unless another deadline has been set meanwhile.
func (s *side) expire(deadline uint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == deadline {
		s.expired.Store(true)
		s.rouse()
	}
}
