package drill

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A seen thing is what was found at a moment, by a question that began before.
type seen[T any] struct {
	Began, At time.Time
	What      T
}

// watch keeps what the health check and the answer were, whenever they change.
type watch struct {
	mu      sync.Mutex
	checks  []seen[verdict]
	answers []seen[string] // the region that the name leads to; "" for none, or for several
	polled  chan struct{}
	urgent  atomic.Bool // a change is waited for
	last    struct {
		check  seen[verdict]
		answer seen[string]
	}
}

func newWatch() *watch { return &watch{polled: make(chan struct{})} }

// wake tells waiters of something new. The lock is held.
func (w *watch) wake() {
	close(w.polled)
	w.polled = make(chan struct{})
}

func (w *watch) check(s seen[verdict]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.checks); n == 0 || w.checks[n-1].What.differs(s.What) {
		w.checks = append(w.checks, s)
	}
	w.last.check = s
	w.wake()
}

func (w *watch) answer(s seen[string]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.answers); n == 0 || w.answers[n-1].What != s.What {
		w.answers = append(w.answers, s)
	}
	w.last.answer = s
	w.wake()
}

// all returns what was seen so far.
func (w *watch) all() (checks []seen[verdict], answers []seen[string]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.checks), slices.Clone(w.answers)
}

// until waits for something to be so, and returns when it was seen, or the zero time if it never was.
func (w *watch) until(ctx context.Context, so func() (at time.Time, yes bool)) time.Time {
	for {
		w.mu.Lock()
		at, yes := so()
		polled := w.polled
		w.mu.Unlock()
		if yes {
			return at
		}
		select {
		case <-ctx.Done():
			return time.Time{}
		case <-polled:
		}
	}
}

// ill waits until the health check is found to fail after a moment.
func (w *watch) ill(ctx context.Context, after time.Time) time.Time {
	return w.until(ctx, func() (time.Time, bool) {
		s := w.last.check
		return s.At, s.Began.After(after) && !s.What.Healthy
	})
}

// leads waits until the name is found to lead to a region after a moment.
func (w *watch) leads(ctx context.Context, region string, after time.Time) time.Time {
	return w.until(ctx, func() (time.Time, bool) {
		s := w.last.answer
		return s.At, s.Began.After(after) && s.What == region
	})
}

// leadsBack waits until the name is found to lead to another region too, after a moment.
func (w *watch) leadsBack(ctx context.Context, region string, after time.Time) time.Time {
	return w.until(ctx, func() (time.Time, bool) {
		s := w.last.answer
		return s.At, s.Began.After(after) && s.What != region
	})
}

// calm is how many grains pass between two questions for the health check where no change is waited for: Route 53 answers an account five
// calls a second.
const calm = 5

// watchCheck asks for the health check's state until the context ends. A question that fails says nothing.
func (d *Drill) watchCheck(ctx context.Context, w *watch) {
	n, all := 0, newCheckers(d.Settings.Threshold)
	every(ctx, d.Settings.grain(), func() {
		if n++; n%calm != 1 && !w.urgent.Load() {
			return
		}
		began := time.Now()
		if c, err := d.Check(ctx); err == nil {
			w.check(seen[verdict]{began, time.Now(), all.take(c)})
		}
	})
}

// watchAnswer asks where the name leads every grain until the context ends.
func (d *Drill) watchAnswer(ctx context.Context, w *watch) {
	every(ctx, d.Settings.grain(), func() {
		began := time.Now()
		region := d.where(ctx)
		if ctx.Err() == nil {
			w.answer(seen[string]{began, time.Now(), region})
		}
	})
}

// where is the region to which the name leads, or "" for none, or for several: where both regions serve, it is asked until another
// answer would have come.
func (d *Drill) where(ctx context.Context) (region string) {
	for i := range max(1, d.Draws) {
		a, err := d.Lookup(ctx, d.URL.Hostname())
		if err != nil {
			return ""
		}
		now := a.region(d.Region)
		if i > 0 && now != region {
			return ""
		}
		region = now
	}
	return region
}

func every(ctx context.Context, grain time.Duration, do func()) {
	tick := time.NewTicker(grain)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
