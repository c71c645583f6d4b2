package balancer

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/targethealth"
)

// anomalyPeriod is how often targets are compared, and shares of anomalous ones changed
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-attributes.html#automatic-target-weights).
const anomalyPeriod = 5 * time.Second

// conduct is how a target answers, as its node has it.
type conduct struct {
	seen      atomic.Uint64 // requests since the last comparison, and, in the upper half, those that failed
	withheld  atomic.Int32  // of its share, in thousandths
	anomalous atomic.Bool

	record targethealth.Record // of the goroutine that compares
}

const oneFailed = 1 << 32

func (c *conduct) share() int { return targethealth.WholeShare - int(c.withheld.Load()) }

// note counts an exchange for what its target is judged by: answers of 5XX, and connections that fail. What its client has broken off, and
// what never was sent, tells nothing of it.
func (x *exchange) note(err error) {
	switch {
	case x.failed, x.stream.gone(), err != nil && !ofTarget(err):
	case err != nil, x.entry.targetStatus >= http.StatusInternalServerError:
		x.target.conduct.seen.Add(1 + oneFailed)
	default:
		x.target.conduct.seen.Add(1)
	}
}

// ofTarget tells whether an exchange failed by its target.
func ofTarget(err error) bool {
	var body bodyError
	return !errors.As(err, &body) && !errors.Is(err, errBusy) && !errors.Is(err, errClientGone)
}

// compareTargets compares the targets of each group of an application load balancer until the context ends.
func (n *node) compareTargets(ctx context.Context) {
	tick := time.NewTicker(n.pace.Of(anomalyPeriod))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, p := range n.routes.Load().groups {
				if p.flow == nil {
					p.compare()
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// compare judges the pool's healthy targets by one another, and changes their shares where that is asked for.
func (p *pool) compare() {
	var healthy []*target
	var records []targethealth.Record
	var before []bool
	for _, t := range p.targets {
		seen := t.conduct.seen.Swap(0)
		t.conduct.record = t.conduct.record.Add(seen%oneFailed, seen/oneFailed)
		if !t.well.Load() {
			t.conduct.set(false, false)
			continue
		}
		healthy, records, before = append(healthy, t), append(records, t.conduct.record), append(before, t.conduct.anomalous.Load())
	}
	for i, anomalous := range targethealth.Anomalous(records, before) {
		healthy[i].conduct.set(anomalous, p.mitigate)
	}
}

func (c *conduct) set(anomalous, mitigate bool) {
	c.anomalous.Store(anomalous)
	share := targethealth.WholeShare
	if mitigate {
		share = targethealth.Share(c.share(), anomalous)
	}
	c.withheld.Store(int32(targethealth.WholeShare - share))
}

// random chooses a target among the healthy ones or all, which are as many as there are choices, by their shares.
func (p *pool) random(choices int, all bool) *target {
	if !p.mitigate || all {
		return p.targets[p.at(rand.IntN(choices), all)]
	}
	whole := 0
	for _, t := range p.targets {
		if t.well.Load() {
			whole += t.conduct.share()
		}
	}
	n := rand.IntN(max(whole, 1))
	for _, t := range p.targets {
		if !t.well.Load() {
			continue
		}
		if n -= t.conduct.share(); n < 0 {
			return t
		}
	}
	return p.targets[p.at(0, false)] // fewer are healthy than a moment ago, or shares are smaller
}

// Anomaly tells of a target whether any node finds it anomalous, and whether any sends it less for it.
func (b *Balancer) Anomaly(group string, t Target) (anomalous, mitigated bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.nodes {
		if seen := n.targets[group][t.key()]; seen != nil {
			anomalous = anomalous || seen.conduct.anomalous.Load()
			mitigated = mitigated || seen.conduct.withheld.Load() > 0
		}
	}
	return anomalous, mitigated
}
