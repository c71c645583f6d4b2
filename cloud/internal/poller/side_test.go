package poller

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A deadline holds to the moment, however it was moved before and while somebody waits; and a timer is not set anew for one that moves to later.
func TestDeadlinesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Bool
		s := &side{wake: make(chan struct{}, 1)}
		defer s.stop()
		began := time.Now()
		set := func(at time.Time) {
			t.Helper()
			if err := s.set(at, &open); err != nil {
				t.Fatal(err)
			}
		}
		passes := func(after time.Duration) {
			t.Helper()
			if err := s.await(&open); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != after {
				t.Errorf("%v after %v, want it to pass after %v", err, time.Since(began), after)
			}
		}
		first := began.Add(time.Minute)
		for range 1000 {
			set(time.Now().Add(time.Minute))
			s.mu.Lock()
			if s.until != first {
				t.Errorf("the timer was set to %v, for one that moves to later", s.until)
			}
			s.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
		passes(70*time.Second - 10*time.Millisecond)
		passes(70*time.Second - 10*time.Millisecond) // again, at once

		set(time.Now().Add(time.Hour))
		time.AfterFunc(time.Second, func() { set(time.Now().Add(time.Second)) }) // earlier
		passes(72*time.Second - 10*time.Millisecond)

		set(time.Now().Add(time.Second))
		set(time.Time{}) // never
		time.AfterFunc(time.Hour, s.signal)
		if err := s.await(&open); err != nil {
			t.Errorf("without a deadline: %v", err)
		}
		set(time.Now().Add(time.Second))
		time.AfterFunc(time.Minute, func() { set(time.Unix(1, 0)) })
		set(time.Now().Add(time.Hour))
		began = time.Now()
		passes(time.Minute)
	})
}
