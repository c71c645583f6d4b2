package balancer

import (
	"errors"
	"io"
	"math/bits"
	"net"
	"sync/atomic"
	"time"
)

// Traffic is what a node has done since it was last asked.
type Traffic struct {
	Active      int            // connections there are, of clients and to targets
	Connections uint64         // that were made, of both kinds
	Bytes       uint64         // from and to clients
	Evaluations uint64         // of rules, without the default ones
	Fixed       uint64         // answers that a rule says
	Redirects   uint64         // that a rule says
	Calls       uint64         // of gRPC, for which a target was chosen
	Own         map[int]uint64 // answers of the load balancer itself, by their status
	Groups      map[string]GroupTraffic
	Flows       FlowTraffic // of a network load balancer
}

// GroupTraffic is what a node has done with a target group.
type GroupTraffic struct {
	Requests uint64    // for which it has chosen a target
	Failed   uint64    // connections that could not be made
	Answers  [6]uint64 // by the first digit of their status
	Times    []Taken
}

// Taken is how many targets' answers took a time to begin, within an eighth of it.
type Taken struct {
	Time  time.Duration
	Count uint64
}

// counters are a node's, which requests add to side by side.
type counters struct {
	connections, bytes, evaluations, fixed, redirects, calls atomic.Uint64
	own                                                      [600]atomic.Uint64
}

type groupCounters struct {
	requests, failed atomic.Uint64
	answers          [6]atomic.Uint64
	times            [64 * fractions]atomic.Uint64
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

// connectionFailed counts an error of connecting.
func (g *groupCounters) connectionFailed(err error) {
	if !errors.Is(err, errBusy) && !errors.Is(err, net.ErrClosed) {
		g.failed.Add(1)
	}
}

// take empties the counters.
func (g *groupCounters) take() (t GroupTraffic) {
	t.Requests, t.Failed = g.requests.Swap(0), g.failed.Swap(0)
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
	t := Traffic{
		Active: n.upstream.count(), Connections: n.counters.connections.Swap(0), Bytes: n.counters.bytes.Swap(0),
		Evaluations: n.counters.evaluations.Swap(0), Fixed: n.counters.fixed.Swap(0), Redirects: n.counters.redirects.Swap(0),
		Calls: n.counters.calls.Swap(0),
		Own:   map[int]uint64{}, Groups: map[string]GroupTraffic{}, Flows: n.flows.take(),
	}
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
