package balancer

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// AWS's defaults of idle_timeout.timeout_seconds and client_keep_alive.seconds.
const (
	defaultIdle      = 60 * time.Second
	defaultKeepAlive = time.Hour
)

// Balancer is the running data path of one load balancer.
type Balancer struct {
	pace    tempo.Pace
	log     *slog.Logger
	changed func()

	mu     sync.Mutex
	nodes  map[string]*node
	closed bool
}

// New returns a load balancer without nodes. The pace divides the intervals and time-outs of health
// checks; time-outs of requests are real, as are the programs that answer them. changed is called,
// from any goroutine, whenever a target's health has changed.
func New(pace tempo.Pace, log *slog.Logger, changed func()) *Balancer {
	return &Balancer{pace: pace, log: log, changed: changed, nodes: map[string]*node{}}
}

// Configure makes the load balancer match the configuration. It fails if a listener cannot
// be opened; everything else is done then, and Configure may be called again. A node whose network or address
// has changed is replaced.
func (b *Balancer) Configure(c Config) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errors.New("configure load balancer: it is closed")
	}
	want := map[string]Node{}
	for _, spec := range c.Nodes {
		want[spec.ID] = spec
	}
	for id, n := range b.nodes {
		if spec, ok := want[id]; !ok || spec.Address != n.address || spec.Network != n.network {
			n.close()
			delete(b.nodes, id)
		}
	}
	var errs []error
	for id, spec := range want {
		if b.nodes[id] == nil {
			b.nodes[id] = newNode(spec, b.pace, b.log, b.changed)
		}
		errs = append(errs, b.nodes[id].configure(c, spec))
	}
	return errors.Join(errs...)
}

// Health returns the health of a target that is not draining, combined from all nodes.
func (b *Balancer) Health(group string, t Target) Health {
	t = t.key()
	b.mu.Lock()
	defer b.mu.Unlock()
	var views []Health
	for _, n := range b.nodes {
		if seen := n.targets[group][t]; seen != nil {
			views = append(views, seen.health())
		}
	}
	return Combine(views)
}

// Close ends the load balancer: its listeners, checks and requests.
func (b *Balancer) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for id, n := range b.nodes {
		n.close()
		delete(b.nodes, id)
	}
}
