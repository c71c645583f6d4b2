package balancer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// target is one registered target at one node, from its registration to the end of its draining.
type target struct {
	address string
	group   string // by its id
	mark    mark
	open    atomic.Int64 // requests under way
	links   *links
	counts  *groupCounters // its group's
	conduct conduct
	flow    atomic.Pointer[FlowGroup]
	flows   flows
	well    atomic.Bool  // whether it is judged healthy, for those who choose
	first   atomic.Bool  // it came into an empty group, and was not healthy yet
	since   atomic.Int64 // when its slow start began, in nanoseconds of Unix's time; 0 for none

	mu       sync.Mutex
	draining bool
	judged   Judgement
	check    Check
	boots    time.Time          // until then failures leave it Initial
	stop     context.CancelFunc // of the checks; nil while there are none
}

func newTarget(spec Target, g Group, up *upstream, counts *groupCounters) *target {
	address := spec.Address.String()
	return &target{address: address, group: g.ID, mark: markOf(spec.ID + " " + address), links: up.to(address, g), counts: counts}
}

func (t *target) health() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.judged.Health
}

// apply makes the target's checks match the configuration. The failures of a new target do not count during its boot
// time. check runs the checks until its context ends.
func (t *target) apply(draining bool, c Check, boot time.Duration, check func(context.Context, *target, Check)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh := t.judged.State == "" || t.draining && !draining
	if fresh {
		t.judged, t.boots = Judgement{Health: Unchecked}, time.Now().Add(boot)
		t.well.Store(false)
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

// record records one more result, unless its checks were stopped in the meantime. It tells
// whether the target's health has changed. start is called before the target is healthy to those who choose.
func (t *target) record(ctx context.Context, r Result, c Check, start func(*target)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	old := t.judged.Health
	if old.State == Initial && r.Reason != "" && time.Now().Before(t.boots) {
		return false
	}
	t.judged = Judge(t.judged, r, c.Healthy, c.Unhealthy)
	if well := t.judged.State == Healthy; well != t.well.Load() {
		if well {
			start(t)
		}
		t.well.Store(well)
	}
	return t.judged.Health != old
}

// end stops the checks and cuts the open requests.
func (t *target) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.links.end()
	if f := t.flow.Load(); f != nil && f.CutDrained {
		t.flows.cut()
	}
}
