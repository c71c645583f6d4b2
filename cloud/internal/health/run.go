package health

import (
	"net/netip"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// check is one health check. The monitor's lock guards what changes.
type check struct {
	id       string
	config   r53types.HealthCheckConfig
	endpoint endpoint
	checkers []*checker
	request  []byte // of plain HTTP; the schedule's alone
	healthy  int    // how many checkers are of the opinion that it is
	ended    bool   // results that are still under way are not counted
	// lastAlarm is the health by the alarm's data when there last was enough of it.
	lastAlarm AlarmState
	kept      bool       // what Keep was told last, or need not be told
	latencies []measured // by the checker's number; nil where none were made
}

// probes tells whether a check asks an endpoint.
func probes(c r53types.HealthCheckConfig) bool {
	switch c.Type {
	case r53types.HealthCheckTypeCalculated, r53types.HealthCheckTypeCloudwatchMetric, r53types.HealthCheckTypeRecoveryControl:
		return false
	}
	return !aws.ToBool(c.Disabled)
}

// begin returns a check and starts its probes, if its kind has any. Checkers that are among those kept
// keep their decision and their last results. The caller holds the lock.
func (m *Monitor) begin(id string, config r53types.HealthCheckConfig, kept *check) *check {
	c := &check{id: id, config: config, kept: true}
	if kept != nil {
		c.lastAlarm, c.kept = kept.lastAlarm, kept.kept
	}
	if !probes(config) {
		return c
	}
	c.endpoint = endpointOf(id, config)
	c.checkers = checkersOf(c, config.Regions)
	now, interval := time.Now(), m.config.Pace.Of(c.endpoint.interval)
	for i, k := range c.checkers {
		if kept != nil {
			for _, old := range kept.checkers {
				if old.number == k.number {
					k.judge, k.last, k.lastFailure = old.judge.Settled(), old.last, old.lastFailure
				}
			}
		}
		if k.judge.Healthy() {
			c.healthy++
		}
		m.schedule.add(k, now.Add(phase(id, i, len(c.checkers), interval)))
	}
	return c
}

// end ends the probing. The caller holds the lock.
func (m *Monitor) end(c *check) {
	c.ended = true
	for _, k := range c.checkers {
		m.schedule.remove(k)
	}
}

// start starts one probe, from a checker that is due.
func (m *Monitor) start(k *checker) {
	e := &k.check.endpoint
	source := m.config.Source(int(k.number), e.address.Is6())
	p := prober{endpoint: *e, pace: m.config.Pace, source: source, dial: m.config.Dial, resolve: m.config.Resolve}
	k.turn++
	turn := int(k.turn)
	if m.engine == nil || e.tls || e.matches {
		m.probes.Go(func() { m.record(k, p.probe(m.ctx, turn)) })
		return
	}
	target, ok := p.target(turn)
	if !ok {
		m.record(k, unresolved)
		return
	}
	m.engine.start(k, p.source, netip.AddrPortFrom(target, uint16(e.port)), k.check.requestTo(&p, target))
}

// requestTo is the request to a target, made once if it is the same for all targets; empty for TCP.
func (c *check) requestTo(p *prober, target netip.Addr) []byte {
	if !c.endpoint.http {
		return nil
	}
	if c.request == nil {
		c.request = []byte(p.request(target))
	}
	return c.request
}

// record records a result, updates the check if the checker's decision changed, and schedules the next probe: the
// interval counts from the end of one probe to the start of the next (HealthCheckConfig, RequestInterval). A result that
// comes after the check was removed or got other settings is dropped.
func (m *Monitor) record(k *checker, r result) {
	m.mu.Lock()
	c := k.check
	if c.ended || m.ctx.Err() != nil {
		m.mu.Unlock()
		return
	}
	now := time.Now()
	m.schedule.add(k, now.Add(m.config.Pace.Of(c.endpoint.interval)))
	k.see(r, now)
	c.measure(k, r.latency, now)
	before := k.judge.Healthy()
	k.judge = k.judge.Next(r.pass, c.endpoint.threshold)
	if k.judge.Healthy() == before {
		m.mu.Unlock()
		return
	}
	if before {
		c.healthy--
	} else {
		c.healthy++
	}
	m.config.Log.Debug("health checker changed its mind", "id", c.id, "checker", int(k.number), "healthy", !before, "status", r.status)
	m.settle(c.id)
	m.unlockAndTell()
}

// sight is one result, as reports show it.
type sight struct {
	at     int64 // Unix time in nanoseconds; 0 for none yet
	status string
}

// see records a result.
func (k *checker) see(r result, at time.Time) {
	status := r.status
	if status == k.last.status {
		status = k.last.status // one text for all times it was seen
	}
	k.last = sight{at.UnixNano(), status}
	if !r.pass {
		k.lastFailure = k.last
	}
}

// observation makes the report of one result. Parts of its text come from the endpoint; characters that are not allowed
// in XML 1.0 are left out, since the API sends the text as XML.
func (k *checker) observation(s sight) r53types.HealthCheckObservation {
	status := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0xfffd || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, s.status)
	return r53types.HealthCheckObservation{
		IPAddress:    aws.String(k.source().String()),
		Region:       k.region(),
		StatusReport: &r53types.StatusReport{CheckedTime: aws.Time(time.Unix(0, s.at).UTC()), Status: aws.String(status)},
	}
}
