package health

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config says how a Monitor works.
type Config struct {
	Speed tempo.Speed
	Log   *slog.Logger
	// Resolve returns the addresses of an endpoint that is given by name.
	Resolve func(name string) []netip.Addr
	// Dial connects; the default is DialFrom.
	Dial Dial
	// Changed is called after any check's effective state has changed.
	Changed func()
}

// Monitor probes endpoints and judges them.
type Monitor struct {
	Config
	mu     sync.Mutex
	checks map[string]*check
}

// check is one health check at work.
type check struct {
	config   r53types.HealthCheckConfig
	checkers []*checker
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// checker is one of the places that an endpoint is probed from. Its opinion is guarded by the Monitor.
type checker struct {
	region  r53types.HealthCheckRegion
	prober  prober
	opinion Opinion
	last    *r53types.StatusReport
	failure *r53types.StatusReport // the newest, kept when later probes pass
}

// checkersPerRegion is how many checkers each of Route 53's regions has here.
const checkersPerRegion = 2

// New returns a Monitor without checks.
func New(c Config) *Monitor {
	if c.Dial == nil {
		c.Dial = DialFrom
	}
	return &Monitor{Config: c, checks: map[string]*check{}}
}

// Set begins a health check or changes one. Opinions begin anew where the endpoint or the way of probing
// it has changed, and go on where only their use has (inverted, disabled, thresholds).
func (m *Monitor) Set(id string, cfg r53types.HealthCheckConfig) {
	m.mu.Lock()
	old := m.checks[id]
	if old != nil && sameProbes(old.config, cfg) {
		old.config = cfg
		m.mu.Unlock()
		m.Changed()
		return
	}
	c := m.begin(id, cfg)
	m.checks[id] = c
	m.mu.Unlock()
	if old != nil {
		old.end()
	}
	m.Changed()
}

// sameProbes tells whether two configurations probe alike.
func sameProbes(a, b r53types.HealthCheckConfig) bool {
	return a.Type == b.Type && aws.ToString(a.IPAddress) == aws.ToString(b.IPAddress) && aws.ToInt32(a.Port) == aws.ToInt32(b.Port) &&
		aws.ToString(a.FullyQualifiedDomainName) == aws.ToString(b.FullyQualifiedDomainName) && aws.ToString(a.ResourcePath) == aws.ToString(b.ResourcePath) &&
		aws.ToString(a.SearchString) == aws.ToString(b.SearchString) && aws.ToBool(a.EnableSNI) == aws.ToBool(b.EnableSNI) &&
		aws.ToInt32(a.RequestInterval) == aws.ToInt32(b.RequestInterval) && aws.ToBool(a.Disabled) == aws.ToBool(b.Disabled) && slices.Equal(a.Regions, b.Regions)
}

// begin starts a check's checkers, in the regions that it names or in all.
func (m *Monitor) begin(id string, cfg r53types.HealthCheckConfig) *check {
	ctx, stop := context.WithCancel(context.Background())
	c := &check{config: cfg, stop: stop}
	if cfg.Type == r53types.HealthCheckTypeCalculated || aws.ToBool(cfg.Disabled) {
		return c
	}
	for i, region := range r53types.HealthCheckRegion("").Values() {
		if len(cfg.Regions) > 0 && !slices.Contains(cfg.Regions, region) {
			continue
		}
		for n := range checkersPerRegion {
			k := &checker{region: region, prober: prober{
				id: id, source: address.Checker(i*checkersPerRegion + n), config: cfg, speed: m.Speed, dial: m.Dial, resolve: m.Resolve,
			}}
			c.checkers = append(c.checkers, k)
			c.done.Go(func() { m.run(ctx, c, k) })
		}
	}
	return c
}

func (c *check) end() {
	c.stop()
	c.done.Wait()
}

// run probes until the context ends. Checkers are not in step: each begins at a moment of its own within
// the interval, which is then measured from an answer to the next request (HealthCheckConfig$RequestInterval).
func (m *Monitor) run(ctx context.Context, c *check, k *checker) {
	interval := m.Speed.Of(time.Duration(aws.ToInt32(k.prober.config.RequestInterval)) * time.Second)
	if interval <= 0 {
		interval = m.Speed.Of(30 * time.Second)
	}
	timer := time.NewTimer(rand.N(interval))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		result := k.prober.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if m.learn(c, k, result) {
			m.Changed()
		}
		timer.Reset(interval)
	}
}

// learn takes a result in, and tells whether the check's verdict changed.
func (m *Monitor) learn(c *check, k *checker, result Result) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := c.measured()
	k.opinion = k.opinion.After(result.Passed, threshold(c.config))
	k.last = &r53types.StatusReport{Status: &result.Status, CheckedTime: aws.Time(time.Now().UTC())}
	if !result.Passed {
		k.failure = k.last
	}
	return c.measured() != before
}

func threshold(cfg r53types.HealthCheckConfig) int {
	if cfg.FailureThreshold == nil {
		return 3
	}
	return int(*cfg.FailureThreshold)
}

// measured is what the checkers find, whatever is made of it.
func (c *check) measured() bool {
	opinions := make([]Opinion, len(c.checkers))
	for i, k := range c.checkers {
		opinions[i] = k.opinion
	}
	return Agree(opinions)
}

// Remove ends a health check.
func (m *Monitor) Remove(id string) {
	m.mu.Lock()
	c := m.checks[id]
	delete(m.checks, id)
	m.mu.Unlock()
	if c != nil {
		c.end()
		m.Changed()
	}
}

// Healthy returns the effective state of every check: measured or calculated, healthy where disabled, and
// then turned round where inverted.
func (m *Monitor) Healthy() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	states := make(map[string]bool, len(m.checks))
	for id, c := range m.checks {
		states[id] = m.effective(c)
	}
	return states
}

func (m *Monitor) effective(c *check) bool {
	healthy := true
	switch {
	case aws.ToBool(c.config.Disabled):
	case c.config.Type == r53types.HealthCheckTypeCalculated:
		healthy = m.calculated(c)
	default:
		healthy = c.measured()
	}
	return healthy != aws.ToBool(c.config.Inverted)
}

// calculated counts healthy children against the threshold: none needed is always healthy, more needed
// than there are is never (HealthCheckConfig$HealthThreshold). Children are not calculated themselves.
func (m *Monitor) calculated(c *check) bool {
	healthy := 0
	for _, id := range c.config.ChildHealthChecks {
		if child := m.checks[id]; child != nil && child.config.Type != r53types.HealthCheckTypeCalculated && m.effective(child) {
			healthy++
		}
	}
	return healthy >= int(aws.ToInt32(c.config.HealthThreshold))
}

// Observations returns the newest result of each checker.
func (m *Monitor) Observations(id string) []r53types.HealthCheckObservation {
	return m.observe(id, func(k *checker) *r53types.StatusReport { return k.last })
}

// LastFailure returns the newest failure of each checker that has had one.
func (m *Monitor) LastFailure(id string) []r53types.HealthCheckObservation {
	return m.observe(id, func(k *checker) *r53types.StatusReport { return k.failure })
}

func (m *Monitor) observe(id string, report func(*checker) *r53types.StatusReport) []r53types.HealthCheckObservation {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.checks[id]
	if c == nil {
		return nil
	}
	var all []r53types.HealthCheckObservation
	for _, k := range c.checkers {
		if r := report(k); r != nil {
			all = append(all, r53types.HealthCheckObservation{Region: k.region, IPAddress: aws.String(k.prober.source.String()), StatusReport: r})
		}
	}
	return all
}

// Close ends all checks.
func (m *Monitor) Close() {
	m.mu.Lock()
	all := m.checks
	m.checks = map[string]*check{}
	m.mu.Unlock()
	for _, c := range all {
		c.stop()
	}
	for _, c := range all {
		c.done.Wait()
	}
}
