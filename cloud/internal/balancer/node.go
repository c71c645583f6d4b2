package balancer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// node is the running part of a load balancer in one zone.
type node struct {
	id      string
	zone    string
	address netip.Addr
	network Network
	pace    tempo.Pace
	log     *slog.Logger
	changed func()
	shares  *descriptors.Shares

	routes   atomic.Pointer[routes]
	idle     atomic.Int64 // a time.Duration, as is keep
	keep     atomic.Int64 // how long a client may use one connection
	upstream *upstream
	checks   *http.Transport
	counters counters
	flows    flowCounters

	// What follows is touched by Configure and Close only, which the balancer runs one at a time, and
	// by Health under the balancer's lock.
	servers map[netip.AddrPort]*server
	packets map[netip.AddrPort]*packets
	targets map[string]map[Target]*target // by group, and by target with Draining left out
	tickets map[int][32]byte              // keys of TLS sessions, by port
	turns   map[string]*atomic.Uint64
	groups  map[string]*groupCounters
	work    sync.WaitGroup
	stop    context.CancelFunc // of what compares targets
}

func newNode(spec Node, pace tempo.Pace, log *slog.Logger, changed func()) *node {
	n := &node{
		id: spec.ID, zone: spec.Zone, address: spec.Address, network: spec.Network, pace: pace, log: log, changed: changed,
		servers: map[netip.AddrPort]*server{}, targets: map[string]map[Target]*target{}, turns: map[string]*atomic.Uint64{}, groups: map[string]*groupCounters{},
		tickets: map[int][32]byte{}, packets: map[netip.AddrPort]*packets{},
		checks: checkTransport(spec.Network), shares: descriptors.Process(),
	}
	n.upstream = newUpstream(spec.Network, n.shares.Targets, &n.counters.connections)
	n.routes.Store(&routes{})
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.work.Go(func() { n.compareTargets(ctx) })
	return n
}

// idleTime is how long a connection may be silent.
func (n *node) idleTime() time.Duration { return time.Duration(n.idle.Load()) }

// configure swaps the node's snapshot and opens and closes listeners.
func (n *node) configure(c Config, spec Node) error {
	n.idle.Store(int64(cmp.Or(c.IdleTimeout, defaultIdle)))
	n.keep.Store(int64(cmp.Or(c.KeepAlive, defaultKeepAlive)))
	next := &routes{
		listeners: map[int]Listener{}, rules: map[int][]guarded{}, groups: map[string]*pool{}, headers: c.Headers,
		secure: n.secure(c.Listeners, c.HTTP1Only), secret: []byte(c.Secret), name: c.Name, dnsName: c.DNSName, logs: spec.Logs,
		ipv6: spec.IPv6, sourceNAT: spec.SourceNAT,
	}
	for _, l := range c.Listeners {
		next.listeners[l.Port], next.rules[l.Port] = l, guard(l.Rules)
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
		delete(n.groups, id)
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
		n.turns[g.ID], n.groups[g.ID] = new(atomic.Uint64), new(groupCounters)
	}
	p := &pool{
		version: g.Version, algorithm: g.Algorithm, mitigate: g.Mitigate, sticky: g.Sticky,
		minHealthy: g.MinHealthy, minPercent: g.MinPercent, slow: n.pace.Of(g.SlowStart),
		turn: n.turns[g.ID], flow: g.Flow,
	}
	if slices.ContainsFunc(g.Targets, func(t Target) bool { return t.Away }) {
		p.unshifted = new(*p)
	}
	old, now := n.targets[g.ID], make(map[Target]*target, len(g.Targets))
	p.targets = make([]*target, 0, len(g.Targets))
	for _, spec := range g.Targets {
		key := spec.key()
		t := old[key]
		if t == nil {
			t = newTarget(key, g, n.upstream, n.groups[g.ID])
			t.first.Store(len(old) == 0)
		}
		now[key] = t
		t.flow.Store(g.Flow)
		t.apply(spec.Draining, g.Check, n.bootTime(g.Check), func(ctx context.Context, t *target, c Check) {
			n.work.Go(func() { n.watch(ctx, t, c) })
		})
		if spec.Draining {
			continue
		}
		if !spec.Away {
			p.add(n.zone, g, spec, t)
		}
		if p.unshifted != nil {
			p.unshifted.add(n.zone, g, spec, t)
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

// add puts a target into the pool of a node in a zone, if the node sends anything to it.
func (p *pool) add(zone string, g Group, spec Target, t *target) {
	if !g.SameZone || spec.Zone == "" || spec.Zone == zone {
		p.targets = append(p.targets, t)
	}
	if g.Flow.reaches(zone, spec.Zone) {
		p.near = append(p.near, t)
	}
}

// bootTime is how long a new target's failures do not count. At real speed a target becomes unhealthy after as many
// checks as its threshold; at a higher speed they would end before an instance can have booted.
func (n *node) bootTime(c Check) time.Duration {
	checks := time.Duration(c.Unhealthy-1) * c.Interval
	if n.pace.Of(checks) == checks {
		return 0
	}
	return n.pace.Boot(checks) - n.pace.Of(checks)
}

// places are where those listeners listen that do as asked, at the node's addresses of both families.
func (n *node) places(want *routes, does func(Listener) bool) map[netip.AddrPort]bool {
	all := map[netip.AddrPort]bool{}
	for port, l := range want.listeners {
		for _, a := range []netip.Addr{n.address, want.ipv6} {
			if a.IsValid() && does(l) {
				all[netip.AddrPortFrom(a, uint16(port))] = true
			}
		}
	}
	return all
}

// listen opens listeners that are new and closes those that nothing uses any more.
func (n *node) listen(want *routes) error {
	places := n.places(want, Listener.streams)
	for at, s := range n.servers {
		if !places[at] {
			s.close() // nobody is to be served
			delete(n.servers, at)
		}
	}
	var errs []error
	for at := range places {
		if n.servers[at] != nil {
			continue
		}
		l, err := n.network.Listen("tcp", at.String())
		if err != nil {
			errs = append(errs, fmt.Errorf("listen at %s of node %s: %w", at, n.id, err))
			continue
		}
		n.servers[at] = n.serve(int(at.Port()), l)
	}
	return errors.Join(append(errs, n.listenPackets(want))...)
}

// close ends the node with all its requests, and waits until its goroutines have ended.
func (n *node) close() {
	n.stop()
	for _, s := range n.servers {
		s.close()
	}
	for _, p := range n.packets {
		p.close()
	}
	for _, targets := range n.targets {
		for _, t := range targets {
			t.end()
		}
	}
	n.work.Wait()
	n.checks.CloseIdleConnections()
}
