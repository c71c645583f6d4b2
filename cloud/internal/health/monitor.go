package health

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"sync"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what a Monitor needs of its surroundings. Only Resolve must be given, and that only where
// checks name their endpoint.
type Config struct {
	// Speed divides intervals and time-outs.
	Speed tempo.Speed
	Log   *slog.Logger
	// Resolve returns the IPv4 addresses of a name, none where it has none.
	Resolve func(name string) []netip.Addr
	// Dial connects from a checker's address; a net.Dialer where it is nil.
	Dial Dial
	// Changed is called, from any goroutine, after what Healthy returns has changed. It may call the
	// Monitor's methods but Close.
	Changed func()
}

// Monitor probes the endpoints of all health checks and knows their health.
type Monitor struct {
	config Config
	ctx    context.Context
	stop   context.CancelFunc
	probes sync.WaitGroup

	mu        sync.Mutex
	checks    map[string]*check
	effective map[string]bool
}

// check is one health check. The monitor's lock guards it.
type check struct {
	id       string
	config   r53types.HealthCheckConfig
	checkers []*checker
	stop     context.CancelFunc // nil while it is not probed
}

// New returns a Monitor without checks.
func New(config Config) *Monitor {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Dial == nil {
		config.Dial = DialFrom
	}
	m := &Monitor{config: config, checks: map[string]*check{}, effective: map[string]bool{}}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// Set creates a check or gives it new settings. Where these change what is probed or how, probing
// starts anew, but a checker keeps its opinion until results under the new settings speak against it.
// A check that was disabled has no opinion worth keeping and starts as a new one does.
func (m *Monitor) Set(id string, c r53types.HealthCheckConfig) {
	m.mu.Lock()
	old := m.checks[id]
	switch {
	case m.ctx.Err() != nil:
	case old == nil:
		m.checks[id] = m.begin(id, c, nil)
	case reflect.DeepEqual(probed(old.config), probed(c)):
		old.config = c
	default:
		old.end()
		keep := old.checkers
		if aws.ToBool(old.config.Disabled) {
			keep = nil
		}
		m.checks[id] = m.begin(id, c, keep)
	}
	m.unlockAndTell()
}

// probed returns the settings without those that take effect without another probe.
func probed(c r53types.HealthCheckConfig) r53types.HealthCheckConfig {
	c.Inverted, c.HealthThreshold, c.ChildHealthChecks, c.MeasureLatency = nil, nil, nil, nil
	return c
}

// Remove ends a check. It is no error where there is none.
func (m *Monitor) Remove(id string) {
	m.mu.Lock()
	if c := m.checks[id]; c != nil {
		c.end()
		delete(m.checks, id)
	}
	m.unlockAndTell()
}

// Healthy returns the effective health of every check: measured or calculated, disabled, inverted.
func (m *Monitor) Healthy() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.effective)
}

// Observations returns each checker's last result, of those that have one, as GetHealthCheckStatus
// lists them.
func (m *Monitor) Observations(id string) []r53types.HealthCheckObservation {
	return m.list(id, func(k *checker) *r53types.HealthCheckObservation { return k.last })
}

// LastFailure returns each checker's last failure, of those that saw one, as
// GetHealthCheckLastFailureReason lists them.
func (m *Monitor) LastFailure(id string) []r53types.HealthCheckObservation {
	return m.list(id, func(k *checker) *r53types.HealthCheckObservation { return k.lastFailure })
}

func (m *Monitor) list(id string, of func(*checker) *r53types.HealthCheckObservation) []r53types.HealthCheckObservation {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.checks[id]
	if c == nil {
		return nil
	}
	var found []r53types.HealthCheckObservation
	for _, k := range c.checkers {
		if o := of(k); o != nil {
			found = append(found, *o)
		}
	}
	return found
}

// Close ends all probing and waits until it has ended.
func (m *Monitor) Close() {
	m.mu.Lock()
	m.stop()
	m.mu.Unlock()
	m.probes.Wait()
}

// unlockAndTell judges all checks anew, lets go of the lock, and calls Changed where anything changed.
func (m *Monitor) unlockAndTell() {
	states := make(map[string]state, len(m.checks))
	for id, c := range m.checks {
		s := state{config: c.config, all: len(c.checkers)}
		for _, k := range c.checkers {
			if k.judge.Healthy() {
				s.healthy++
			}
		}
		states[id] = s
	}
	now := verdicts(states)
	before := m.effective
	m.effective = now
	m.mu.Unlock()
	if maps.Equal(before, now) {
		return
	}
	for id, healthy := range now {
		if was, known := before[id]; known && was != healthy {
			m.config.Log.Info("health check changed", "id", id, "healthy", healthy)
		}
	}
	if m.config.Changed != nil {
		m.config.Changed()
	}
}
