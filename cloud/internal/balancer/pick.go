package balancer

import (
	"math/rand/v2"
	"time"
)

// pick chooses among the healthy targets or, if they are fewer than the group's minimum, among all:
// a load balancer that fails open still serves if only the checks are wrong
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html).
func (p *pool) pick() *target {
	p = p.now()
	choices := p.well()
	all := p.failsOpen(choices)
	if all {
		choices = len(p.targets)
	}
	if choices == 0 {
		return nil
	}
	if all {
		p.targets[0].counts.open.Add(1)
	}
	if p.algorithm == WeightedRandom {
		return p.random(choices, all)
	}
	at := p.next(choices, all)
	switch {
	case p.algorithm == LeastOutstanding:
		return p.idlest(at, all)
	case p.slow > 0 && !all:
		return p.warm(at, choices)
	}
	return p.targets[at]
}

// well counts the healthy targets.
func (p *pool) well() (n int) {
	for _, t := range p.targets {
		if t.well.Load() {
			n++
		}
	}
	return n
}

// now is the pool that a zonal shift leaves. Where that would fail open, a shift has no effect
// (https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-shift.resource-types.html).
func (p *pool) now() *pool {
	if p.unshifted != nil && p.failsOpen(p.well()) {
		return p.unshifted
	}
	return p
}

// failsOpen tells whether so few targets are healthy that the others get requests, too.
func (p *pool) failsOpen(healthy int) bool {
	return healthy < max(1, p.minHealthy) || healthy*100 < len(p.targets)*p.minPercent
}

// next is the place of the target whose turn it is, among the healthy ones or all, which are as many as there are choices.
func (p *pool) next(choices int, all bool) (at int) {
	return p.at(int((p.turn.Add(1)-1)%uint64(choices)), all)
}

// at is the place of a target, counted among the healthy ones or all.
func (p *pool) at(turn int, all bool) (at int) {
	for i, t := range p.targets {
		if !all && !t.well.Load() {
			continue
		}
		at = i
		if turn--; turn < 0 {
			break
		}
	}
	return at // the last one where fewer are healthy than a moment ago
}

// idlest is the target with the fewest open requests. Those with equally many take turns, since it begins at one's turn.
func (p *pool) idlest(at int, all bool) *target {
	best := p.targets[at]
	for i := range p.targets {
		t := p.targets[(at+i)%len(p.targets)]
		if (all || t.well.Load()) && t.open.Load() < best.open.Load() {
			best = t
		}
	}
	return best
}

// warm passes a target over as often as it is not warm yet, so that its share grows in a straight line
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode).
func (p *pool) warm(at, choices int) *target {
	now := time.Now()
	for range choices {
		if t := p.targets[at]; !t.slow(now, p.slow) || rand.Float64() < float64(t.warming(now))/float64(p.slow) {
			return t
		}
		at = p.next(choices, false)
	}
	return p.targets[at] // all are cold
}

// slow tells whether the target is in its slow start, which lasts as long as is said.
func (t *target) slow(now time.Time, length time.Duration) bool {
	return t.since.Load() != 0 && t.warming(now) < length
}

// warming is how long ago the target's slow start began.
func (t *target) warming(now time.Time) time.Duration {
	return time.Duration(now.UnixNano() - t.since.Load())
}

// startSlowly begins a target's slow start, as it is about to be healthy: unless it came with the first of its group, or none is warm that
// could serve in its place.
func (n *node) startSlowly(t *target) {
	t.since.Store(0)
	p := n.routes.Load().groups[t.group]
	if t.first.Swap(false) || p == nil || p.slow == 0 {
		return
	}
	now := time.Now()
	for _, other := range p.targets {
		if other != t && other.well.Load() && !other.slow(now, p.slow) {
			t.since.Store(now.UnixNano())
			return
		}
	}
}
