package health

import (
	"context"
	"log/slog"
	"net/netip"
	"reflect"
	"sync"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what a Monitor needs from its caller. Only Resolve must be set, and only if
// checks have domain names.
type Config struct {
	// Pace divides intervals and time-outs.
	Pace tempo.Pace
	Log  *slog.Logger
	// Resolve returns the IPv4 addresses of a name.
	Resolve func(name string) []netip.Addr
	// Dial connects from a checker's address; the default is DialFrom.
	Dial Dial
	// Source is the address from which a checker, by its number, asks endpoints of one family; the default is that of package address.
	Source func(checker int, ipv6 bool) netip.Addr
	// Recall returns the last result that Keep got for a check that is new to the Monitor, or healthy if there was none.
	// Both are nil if results need not be kept over a restart.
	Recall func(id string) (healthy bool)
	Keep   func(found map[string]bool)
	// Changed is called with the checks whose health has changed, from any goroutine but never concurrently, so that
	// the last call for a check has its present health. It may call the Monitor's methods, except Close.
	Changed func(changes map[string]bool)
}

// Monitor probes the endpoints of all health checks and knows their health.
type Monitor struct {
	config Config
	ctx    context.Context
	stop   context.CancelFunc
	probes sync.WaitGroup

	schedule *schedule
	engine   *engine // nil where a goroutine probes

	mu        sync.Mutex
	checks    map[string]*check
	parents   index[string] // calculated checks by their children
	outside   outside
	effective map[string]bool
	changes   map[string]bool // of effective, that are yet to be told
	finds     map[string]bool // that Keep is yet to be told
	telling   bool
}

// New returns a Monitor without checks.
func New(config Config) *Monitor {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Source == nil {
		config.Source = checkerAddress
	}
	m := &Monitor{
		config: config, checks: map[string]*check{}, parents: index[string]{}, effective: map[string]bool{}, changes: map[string]bool{}, finds: map[string]bool{},
		outside: outside{alarms: map[string]AlarmState{}, controls: map[string]bool{}, followers: index[string]{}},
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.schedule = newSchedule(m.start)
	m.startEngine()
	m.probes.Go(func() { m.schedule.run(m.ctx) })
	return m
}

// startEngine starts the engine, if there is no Dial and the system has an engine.
func (m *Monitor) startEngine() {
	if m.config.Dial != nil {
		return
	}
	m.config.Dial = DialFrom
	s := m.config.Pace
	e, err := newEngine(limits{s.Timeout(ConnectLimit), s.Timeout(ReplyLimit), s.Timeout(ConnectLimitTCP)}, m.record)
	if err != nil {
		m.config.Log.Warn("health checks take a goroutine each", "error", err)
		return
	}
	m.engine = e
	m.probes.Go(func() {
		if err := e.run(); err != nil {
			m.config.Log.Error("health checks are no longer made", "error", err)
		}
	})
}

// Set creates a check or gives it new settings. If these change what is probed or how, probing
// starts again, but a checker keeps its decision until results with the new settings change it.
// A check that was disabled starts like a new one.
func (m *Monitor) Set(id string, c r53types.HealthCheckConfig) {
	m.mu.Lock()
	old := m.checks[id]
	if old != nil {
		m.depend(old, false)
	}
	switch {
	case m.ctx.Err() != nil:
		m.mu.Unlock()
		return
	case old == nil:
		m.checks[id] = m.begin(id, c, nil)
		m.recall(m.checks[id])
	case reflect.DeepEqual(probed(old.config), probed(c)):
		old.config = c
	default:
		m.end(old)
		if aws.ToBool(old.config.Disabled) {
			old = nil
		}
		m.checks[id] = m.begin(id, c, old)
	}
	m.depend(m.checks[id], true)
	m.settle(id)
	m.unlockAndTell()
}

// depend records on what a check depends, or removes that record.
func (m *Monitor) depend(c *check, on bool) {
	parents, followers := m.parents.add, m.outside.followers.add
	if !on {
		parents, followers = m.parents.remove, m.outside.followers.remove
	}
	for _, child := range c.config.ChildHealthChecks {
		parents(child, c.id)
	}
	if arn := c.config.RoutingControlArn; arn != nil {
		followers(*arn, c.id)
	}
}

// probed returns the settings without those that take effect without another probe.
func probed(c r53types.HealthCheckConfig) r53types.HealthCheckConfig {
	c.Inverted, c.HealthThreshold, c.ChildHealthChecks, c.MeasureLatency = nil, nil, nil, nil
	return c
}

// Remove ends a check. A check that does not exist is no error.
func (m *Monitor) Remove(id string) {
	m.mu.Lock()
	if c := m.checks[id]; c != nil {
		m.end(c)
		m.depend(c, false)
		delete(m.checks, id)
		delete(m.outside.alarms, id)
		m.settle(id)
	}
	m.unlockAndTell()
}

// Observations returns each checker's last result, if it has one, as GetHealthCheckStatus lists them.
func (m *Monitor) Observations(id string) []r53types.HealthCheckObservation {
	return m.list(id, func(k *checker) sight { return k.last })
}

// LastFailure returns each checker's last failure, if it had one, as GetHealthCheckLastFailureReason
// lists them.
func (m *Monitor) LastFailure(id string) []r53types.HealthCheckObservation {
	return m.list(id, func(k *checker) sight { return k.lastFailure })
}

func (m *Monitor) list(id string, of func(*checker) sight) []r53types.HealthCheckObservation {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.checks[id]
	if c == nil {
		return nil
	}
	var found []r53types.HealthCheckObservation
	for _, k := range c.checkers {
		if s := of(k); s.at != 0 {
			found = append(found, k.observation(s))
		}
	}
	return found
}

// Late returns the longest delay of a probe's start since the last call of Late. A delay of more than some milliseconds
// means that there are too many checks for the machine.
func (m *Monitor) Late() time.Duration { return m.schedule.latest() }

// Close ends all probing and waits until it has ended.
func (m *Monitor) Close() {
	m.mu.Lock()
	m.stop()
	m.mu.Unlock()
	if m.engine != nil {
		m.engine.close() // of epoll's descriptor, which cannot fail
	}
	m.probes.Wait()
}
