package balancer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// errDrained is why a request ends that outlived its target's deregistration delay.
var errDrained = errors.New("deregistration delay elapsed")

// target is one registered target as one node sees it, from its registration to the end of its draining.
type target struct {
	address string
	open    atomic.Int64 // requests under way
	gone    context.Context
	cut     context.CancelCauseFunc // ends the requests under way

	mu       sync.Mutex
	draining bool
	judged   Judgement
	check    Check
	boots    time.Time          // until then failures leave it Initial
	stop     context.CancelFunc // of the checks; nil while there are none
}

func newTarget(address string) *target {
	t := &target{address: address}
	t.gone, t.cut = context.WithCancelCause(context.Background())
	return t
}

func (t *target) health() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.judged.Health
}

// apply brings the target's checks to what the configuration says. A target
// that is new has the time to boot in before failures count. check runs them until its context ends.
func (t *target) apply(draining bool, c Check, boot time.Duration, check func(context.Context, *target, Check)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh := t.judged.State == "" || t.draining && !draining
	if fresh {
		t.judged, t.boots = Judgement{Health: Unchecked}, time.Now().Add(boot)
	}
	if t.stop != nil && (draining || c != t.check) {
		t.stop()
		t.stop = nil
	}
	t.draining, t.check = draining, c
	if t.stop == nil && !draining {
		ctx, cancel := context.WithCancel(context.Background())
		t.stop = cancel
		check(ctx, t, c)
	}
}

// record judges by one more result, unless the checks that found it were stopped meanwhile. It tells
// whether the health that others see has changed.
func (t *target) record(ctx context.Context, r Result, c Check) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	old := t.judged.Health
	if old.State == Initial && r != pass && time.Now().Before(t.boots) {
		return false
	}
	t.judged = Judge(t.judged, r, c.Healthy, c.Unhealthy)
	return t.judged.Health != old
}

// end stops the checks and cuts the requests under way.
func (t *target) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.cut(errDrained)
}
