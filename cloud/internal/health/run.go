package health

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// begin returns a check that is being probed, unless it is disabled or not of a kind that is. Checkers
// that are among those kept take over their opinion and what they saw last. The caller holds the lock.
func (m *Monitor) begin(id string, config r53types.HealthCheckConfig, kept []*checker) *check {
	c := &check{id: id, config: config}
	if config.Type == r53types.HealthCheckTypeCalculated || aws.ToBool(config.Disabled) {
		return c
	}
	c.checkers = checkersOf(config.Regions)
	for _, k := range c.checkers {
		for _, old := range kept {
			if old.number == k.number {
				k.judge, k.last, k.lastFailure = old.judge.Settled(), old.last, old.lastFailure
			}
		}
	}
	ctx, stop := context.WithCancel(m.ctx)
	c.stop = stop
	e := endpointOf(id, config)
	for i, k := range c.checkers {
		wait := phase(id, i, len(c.checkers), m.config.Speed.Of(e.interval))
		m.probes.Go(func() { m.run(ctx, e, k, wait) })
	}
	return c
}

// end stops the probing. Results that are still under way are not counted.
func (c *check) end() {
	if c.stop != nil {
		c.stop()
	}
}

// run probes from one checker until ctx ends. The interval counts from the end of one probe to the
// start of the next (HealthCheckConfig, RequestInterval).
func (m *Monitor) run(ctx context.Context, e endpoint, k *checker, wait time.Duration) {
	p := &prober{endpoint: e, speed: m.config.Speed, source: k.source, dial: m.config.Dial, resolve: m.config.Resolve}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for turn := k.number; ; turn++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r := p.probe(ctx, turn)
		m.record(ctx, e, k, r)
		timer.Reset(m.config.Speed.Of(e.interval))
	}
}

// record counts a result and judges anew where it changed the checker's mind. A result that comes
// after the check was ended or given other settings is dropped.
func (m *Monitor) record(ctx context.Context, e endpoint, k *checker, r result) {
	m.mu.Lock()
	if ctx.Err() != nil {
		m.mu.Unlock()
		return
	}
	seen := observation(k, r, time.Now())
	k.last = seen
	if !r.pass {
		k.lastFailure = seen
	}
	before := k.judge.Healthy()
	k.judge = k.judge.Next(r.pass, e.threshold)
	if k.judge.Healthy() == before {
		m.mu.Unlock()
		return
	}
	m.config.Log.Debug("health checker changed its mind", "id", e.id, "checker", k.source, "healthy", !before, "status", r.status)
	m.unlockAndTell()
}

// observation forms the report of one result. An endpoint chooses parts of the text, which the API
// carries as XML: what XML 1.0 cannot hold is left out.
func observation(k *checker, r result, at time.Time) *r53types.HealthCheckObservation {
	status := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0xfffd || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, r.status)
	return &r53types.HealthCheckObservation{
		IPAddress: aws.String(k.source.String()),
		Region:    k.region,
		StatusReport: &r53types.StatusReport{
			CheckedTime: aws.Time(at.UTC()),
			Status:      aws.String(status),
		},
	}
}
