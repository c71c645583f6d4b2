package balancer

import (
	"errors"
	"io"
	"math/bits"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Traffic is what a node has done since it was last asked.
type Traffic struct {
	Active      int            // connections there are, of clients and to targets
	Connections uint64         // that were made, of both kinds
	Rejected    uint64         // for which there was no place
	Bytes       uint64         // from and to clients
	IPv6Bytes   uint64         // of them
	TLSErrors   uint64         // clients who were not connected over TLS
	Evaluations uint64         // of rules, without the default ones
	Fixed       uint64         // answers that a rule says
	Redirects   uint64         // that a rule says
	Calls       uint64         // of gRPC, for which a target was chosen
	Unlike      uint64         // requests that are not as RFC 7230 has them
	Dropped     uint64         // requests that lost fields with invalid names
	Invalid     uint64         // requests that were forwarded with such fields
	Unstuck     uint64         // requests of sticky target groups whose client had no place there
	Own         map[int]uint64 // answers of the load balancer itself, by their status
	Groups      map[string]GroupTraffic
	Flows       FlowTraffic // of a network load balancer
}

// GroupTraffic is what a node has done with a target group.
type GroupTraffic struct {
	Requests  uint64    // for which it has chosen a target
	IPv6      uint64    // of them
	Open      uint64    // of them, for which it failed open
	Failed    uint64    // connections that could not be made
	TLSErrors uint64    // connections that could not be secured
	Answers   [6]uint64 // by the first digit of their status
	Times     []Taken
}

// Taken is how many targets' answers took a time to begin, within an eighth of it.
type Taken struct {
	Time  time.Duration
	Count uint64
}

// counters are a node's, which requests add to side by side.
type counters struct {
	connections, rejected, bytes, bytes6, tlsErrors, evaluations, fixed, redirects, calls atomic.Uint64
	unlike, dropped, invalid, unstuck                                                     atomic.Uint64
	own                                                                                   [600]atomic.Uint64
}

type groupCounters struct {
	requests, requests6, open, failed, tlsErrors atomic.Uint64
	answers                                      [6]atomic.Uint64
	times                                        [64 * fractions]atomic.Uint64
}

// fractions is how many times between one power of two and the next, in nanoseconds, are told apart.
const fractions = 8

// took counts an answer and how long it took to begin.
func (g *groupCounters) took(status int, d time.Duration) {
	g.answers[min(status/100, len(g.answers)-1)].Add(1)
	g.times[timeSlot(d)].Add(1)
}

func timeSlot(d time.Duration) int {
	ns := uint64(max(d, fractions))
	power := bits.Len64(ns) - 1 // at least 3
	return power*fractions + int(ns>>(power-3))&(fractions-1)
}

// timeOf is the middle of a slot.
func timeOf(slot int) time.Duration {
	power := slot / fractions
	return time.Duration((2*(fractions+uint64(slot%fractions)) + 1) << power >> 4)
}

// tlsError is one of securing a connection.
type tlsError struct{ error }

func (e tlsError) Unwrap() error { return e.error }

// connectionFailed counts an error of connecting.
func (g *groupCounters) connectionFailed(err error) {
	if insecure := (tlsError{}); errors.As(err, &insecure) {
		g.tlsErrors.Add(1)
		return
	}
	if !errors.Is(err, errBusy) && !errors.Is(err, net.ErrClosed) {
		g.failed.Add(1)
	}
}

// take empties the counters.
func (g *groupCounters) take() (t GroupTraffic) {
	t.Requests, t.IPv6, t.Open = g.requests.Swap(0), g.requests6.Swap(0), g.open.Swap(0)
	t.Failed, t.TLSErrors = g.failed.Swap(0), g.tlsErrors.Swap(0)
	for n := range t.Answers {
		t.Answers[n] = g.answers[n].Swap(0)
	}
	for slot := range g.times {
		if n := g.times[slot].Swap(0); n > 0 {
			t.Times = append(t.Times, Taken{timeOf(slot), n})
		}
	}
	return t
}

// traffic empties the node's counters.
func (n *node) traffic() Traffic {
	c := &n.counters
	t := Traffic{
		Active: n.upstream.count(), Connections: c.connections.Swap(0), Rejected: c.rejected.Swap(0), Bytes: c.bytes.Swap(0),
		IPv6Bytes: c.bytes6.Swap(0), TLSErrors: c.tlsErrors.Swap(0), Evaluations: c.evaluations.Swap(0), Fixed: c.fixed.Swap(0),
		Redirects: c.redirects.Swap(0), Calls: c.calls.Swap(0),
		Unlike: c.unlike.Swap(0), Dropped: c.dropped.Swap(0), Invalid: c.invalid.Swap(0), Unstuck: c.unstuck.Swap(0),
		Own: map[int]uint64{}, Groups: map[string]GroupTraffic{}, Flows: n.flows.take(),
	}
	t.Bytes += t.IPv6Bytes
	for _, s := range n.servers {
		t.Active += s.count()
	}
	for status := range n.counters.own {
		if count := n.counters.own[status].Swap(0); count > 0 {
			t.Own[status] = count
		}
	}
	for id, g := range n.groups {
		t.Groups[id] = g.take()
	}
	return t
}

// Traffic returns what each node has done since the last call, by the nodes' ids.
func (b *Balancer) Traffic() map[string]Traffic {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]Traffic{}
	for id, n := range b.nodes {
		all[id] = n.traffic()
	}
	return all
}

// bytes counts those of the client's address family.
func (c *client) bytes() *atomic.Uint64 {
	if c.from.Addr().Is6() {
		return &c.node.counters.bytes6
	}
	return &c.node.counters.bytes
}

// metered counts what is read.
type metered struct {
	io.Reader
	node, client *atomic.Uint64
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.node.Add(uint64(n))
	m.client.Add(uint64(n))
	return n, err
}

// countRequest counts one for which a target is chosen.
func (c *client) countRequest(t *target, dropsInvalid bool) {
	t.counts.requests.Add(1)
	if c.from.Addr().Is6() {
		t.counts.requests6.Add(1)
	}
	if !slices.ContainsFunc(c.q.Fields, func(f http1.Field) bool { return !isValidName(f.Name) }) {
		return
	}
	if dropsInvalid {
		c.node.counters.dropped.Add(1)
	} else {
		c.node.counters.invalid.Add(1)
	}
}
