package balancer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// node is the running part of a load balancer in one zone.
type node struct {
	id      string
	address netip.Addr
	network Network
	speed   tempo.Speed
	log     *slog.Logger
	changed func()
	shares  *descriptors.Shares

	routes   atomic.Pointer[routes]
	upstream atomic.Pointer[upstream]
	checks   *http.Transport

	// What follows is touched by Configure and Close only, which the balancer runs one at a time, and
	// by Health under the balancer's lock.
	servers map[int]*http.Server
	targets map[string]map[Target]*target // by group, and by target with Draining left out
	turns   map[string]*atomic.Uint64
	work    sync.WaitGroup
}

func newNode(spec Node, speed tempo.Speed, log *slog.Logger, changed func()) *node {
	n := &node{
		id: spec.ID, address: spec.Address, network: spec.Network, speed: speed, log: log, changed: changed,
		servers: map[int]*http.Server{}, targets: map[string]map[Target]*target{}, turns: map[string]*atomic.Uint64{},
		checks: checkTransport(spec.Network), shares: descriptors.Process(),
	}
	n.routes.Store(&routes{})
	return n
}

// upstream is a node's connections to its targets. It is replaced if the idle time changes; running requests keep
// the one that they began with.
type upstream struct {
	network   Network
	share     *semaphore.Weighted
	idle      time.Duration
	transport *http.Transport
	proxy     *httputil.ReverseProxy
}

func newUpstream(network Network, share *semaphore.Weighted, idle time.Duration, log *slog.Logger) *upstream {
	u := &upstream{network: network, share: share, idle: idle}
	u.transport = &http.Transport{
		DialContext: u.dial, DisableCompression: true, ResponseHeaderTimeout: idle, IdleConnTimeout: idle,
		MaxIdleConnsPerHost: 256, MaxResponseHeaderBytes: maxResponseHeader, ExpectContinueTimeout: time.Second,
	}
	u.proxy = newProxy(u.transport, log)
	return u
}

// errBusy means that no descriptor is left for a request.
var errBusy = errors.New("too many connections to targets")

// dial connects to a target. If there are too many connections, idle ones are closed.
func (u *upstream) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if !u.share.TryAcquire(1) {
		u.transport.CloseIdleConnections()
		if !u.share.TryAcquire(1) {
			return nil, errBusy
		}
	}
	c, err := u.network.DialContext(ctx, network, address)
	if err != nil {
		u.share.Release(1)
		return nil, err
	}
	c = descriptors.Counted(c, u.share)
	// A second more than the idle time: until a target's first answer net/http's own time-out is to
	// be the one that fires, since that one is never followed by another try.
	return &idleConn{Conn: c, limit: u.idle + time.Second}, nil
}

// setIdle changes the idle time.
func (n *node) setIdle(idle time.Duration) {
	old := n.upstream.Load()
	if old != nil && old.idle == idle {
		return
	}
	n.upstream.Store(newUpstream(n.network, n.shares.Targets, idle, n.log))
	if old != nil {
		old.transport.CloseIdleConnections()
	}
}

// idleConn fails once nothing has passed for a while in either direction.
type idleConn struct {
	net.Conn
	limit time.Duration
}

func (c *idleConn) Read(b []byte) (int, error) {
	c.extend()
	return c.Conn.Read(b)
}

func (c *idleConn) Write(b []byte) (int, error) {
	c.extend()
	return c.Conn.Write(b)
}

func (c *idleConn) extend() {
	_ = c.SetDeadline(time.Now().Add(c.limit)) // fails on a closed connection, as what follows then does
}

// configure swaps the node's snapshot and opens and closes listeners.
func (n *node) configure(c Config) error {
	n.setIdle(cmp.Or(c.IdleTimeout, defaultIdle))
	next := &routes{listeners: map[int][]Rule{}, groups: map[string]*pool{}, headers: c.Headers}
	for _, l := range c.Listeners {
		next.listeners[l.Port] = l.Rules
	}
	var ended []*target
	for _, g := range c.Groups {
		p, left := n.group(g)
		next.groups[g.ID] = p
		ended = append(ended, left...)
	}
	for id, targets := range n.targets {
		if next.groups[id] != nil {
			continue
		}
		for _, t := range targets {
			ended = append(ended, t)
		}
		delete(n.targets, id)
		delete(n.turns, id)
	}
	n.routes.Store(next)
	for _, t := range ended { // after the swap, so that no request can choose one of them any more
		t.end()
	}
	return n.listen(next)
}

// group makes the node's targets of one group match the configuration, and returns the group's
// snapshot and the targets that must end.
func (n *node) group(g Group) (*pool, []*target) {
	if n.turns[g.ID] == nil {
		n.turns[g.ID] = new(atomic.Uint64)
	}
	p := &pool{algorithm: g.Algorithm, minHealthy: g.MinHealthy, turn: n.turns[g.ID]}
	old, now := n.targets[g.ID], map[Target]*target{}
	for _, spec := range g.Targets {
		key := Target{ID: spec.ID, Address: spec.Address}
		t := old[key]
		if t == nil {
			t = newTarget(spec.Address.String())
		}
		now[key] = t
		t.apply(spec.Draining, g.Check, n.bootTime(g.Check), func(ctx context.Context, t *target, c Check) {
			n.work.Go(func() { n.watch(ctx, t, c) })
		})
		if !spec.Draining {
			p.targets = append(p.targets, t)
		}
	}
	n.targets[g.ID] = now
	var ended []*target
	for key, t := range old {
		if now[key] == nil {
			ended = append(ended, t)
		}
	}
	return p, ended
}

// bootTime is how long a new target's failures do not count. At real speed a target becomes unhealthy after as many
// checks as its threshold; at a higher speed they would end before an instance can have booted.
func (n *node) bootTime(c Check) time.Duration {
	checks := time.Duration(c.Unhealthy-1) * c.Interval
	if n.speed.Of(checks) == checks {
		return 0
	}
	return n.speed.Boot(checks) - n.speed.Of(checks)
}

// listen opens listeners that are new and closes those that nothing uses any more.
func (n *node) listen(want *routes) error {
	for port, s := range n.servers {
		if _, ok := want.listeners[port]; !ok {
			_ = s.Close() // nobody is to be served
			delete(n.servers, port)
		}
	}
	var errs []error
	for port := range want.listeners {
		if n.servers[port] != nil {
			continue
		}
		l, err := n.network.Listen("tcp", n.address.String()+portString(port))
		if err != nil {
			errs = append(errs, fmt.Errorf("listen at port %d of node %s: %w", port, n.id, err))
			continue
		}
		n.serve(port, l)
	}
	return errors.Join(errs...)
}

func (n *node) serve(port int, l net.Listener) {
	s := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.handle(port, w, r) }),
		ReadHeaderTimeout: n.upstream.Load().idle, IdleTimeout: n.upstream.Load().idle, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	n.servers[port] = s
	l = descriptors.Listener(l, n.shares.Accepted)
	n.work.Go(func() { _ = s.Serve(l) }) // ends with Close
}

// close ends the node with all its requests, and waits until its goroutines have ended.
func (n *node) close() {
	for _, s := range n.servers {
		_ = s.Close()
	}
	for _, targets := range n.targets {
		for _, t := range targets {
			t.end()
		}
	}
	n.work.Wait()
	n.upstream.Load().transport.CloseIdleConnections()
	n.checks.CloseIdleConnections()
}
