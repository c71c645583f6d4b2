package balancer

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Flow is what a listener of a network load balancer does: it carries flows of bytes or datagrams to the targets of groups.
type Flow struct {
	ID       string // of the listener, for logs
	Protocol Protocol
	Forward  []Weighted    // each flow goes to one group, by their weights
	Idle     time.Duration // of TCP, after which a silent connection is forgotten; 0 means AWS's default of 350 s
	ALPN     []string      // protocols that TLS offers, the preferred first; none where it offers none
}

// Protocol is a network load balancer's listener's.
type Protocol string

// The protocols, by their names in the API.
const (
	TCP    Protocol = "TCP"
	TLSTCP Protocol = "TLS"
	UDP    Protocol = "UDP"
	TCPUDP Protocol = "TCP_UDP"
)

// Idle times of flows (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout).
const (
	defaultFlowIdle = 350 * time.Second
	datagramIdle    = 120 * time.Second
)

// streams tells whether a listener takes connections.
func (l Listener) streams() bool { return l.Flow == nil || l.Flow.Protocol != UDP }

// datagrams tells whether a listener takes datagrams.
func (l Listener) datagrams() bool {
	return l.Flow != nil && (l.Flow.Protocol == UDP || l.Flow.Protocol == TCPUDP)
}

// FlowGroup is what a network load balancer's target group has of its own.
type FlowGroup struct {
	CrossZone      bool // nodes send flows to targets of other zones too
	PreserveClient bool // targets see the client's address
	ProxyProtocol  bool // of version 2
	StickySource   bool // all flows of one client address go to one target
	CutDrained     bool // what is open when a target's delay has passed is cut
	CutUnhealthy   bool // what is open when a target is found ill is cut
}

// reaches tells whether a node of a zone sends flows to a target of a zone.
func (g *FlowGroup) reaches(node, target string) bool {
	return g != nil && (g.CrossZone || target == "" || target == node)
}

// FlowNetwork is what a network load balancer's nodes need beside Network: a network of datagrams, in which they may speak for their clients.
type FlowNetwork interface {
	Network
	ListenPacket(network, address string) (net.PacketConn, error)
	DialAs(ctx context.Context, network string, source netip.AddrPort, address string) (net.Conn, error)
}

// tuple is what a flow is known by.
type tuple struct {
	protocol Protocol
	from, to netip.AddrPort
	sequence uint64 // tells connections apart that have the rest in common
}

// hash is the same for all flows that must have one target: those of one tuple, or of one client.
func (t tuple) hash(sticky bool) uint64 {
	h := fnv.New64a() // a hash takes everything
	_, _ = h.Write(t.from.Addr().AsSlice())
	if !sticky {
		for _, b := range [][]byte{[]byte(t.protocol), t.to.Addr().AsSlice()} {
			_, _ = h.Write(b)
		}
		rest := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, t.from.Port()), t.to.Port())
		_, _ = h.Write(binary.BigEndian.AppendUint64(rest, t.sequence))
	}
	return h.Sum64()
}

// pickFlow chooses a flow's target among the healthy ones or, if they are fewer than the group's minimum, among all. Each target has a
// number with each flow, and the highest wins: so a target that comes or goes moves no flow but its own.
func (p *pool) pickFlow(flow tuple) (best *target, open bool) {
	choice := p.healthy()
	open = len(choice) < max(1, p.minHealthy)
	if open && p.unshifted != nil {
		return p.unshifted.pickFlow(flow)
	}
	if open {
		choice = p.near
	}
	hash, most := flow.hash(p.flow.StickySource), uint64(0)
	for _, t := range choice {
		h := fnv.New64a()
		_, _ = h.Write(binary.BigEndian.AppendUint64([]byte(t.address), hash))
		if n := h.Sum64(); best == nil || n > most {
			best, most = t, n
		}
	}
	return best, open
}

func (p *pool) healthy() (all []*target) {
	for _, t := range p.near {
		if t.health().State == Healthy {
			all = append(all, t)
		}
	}
	return all
}

// flows are what is open to one target.
type flows struct {
	mu  sync.Mutex
	all map[cutter]struct{}
}

// cutter is a flow that can be ended.
type cutter interface{ cut() }

func (f *flows) add(c cutter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[cutter]struct{}{}
	}
	f.all[c] = struct{}{}
}

func (f *flows) remove(c cutter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, c)
}

// cut ends all that is open.
func (f *flows) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.all {
		c.cut()
	}
}

// judgeFlows cuts what is open to a target that was found ill, unless the node fails open
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html).
func (n *node) judgeFlows(t *target) {
	f := t.flow.Load()
	if f == nil || !f.CutUnhealthy || t.health().State != Unhealthy {
		return
	}
	for _, p := range n.routes.Load().groups {
		for _, near := range p.near {
			if near == t && len(p.healthy()) >= max(1, p.minHealthy) {
				t.flows.cut()
			}
		}
	}
}
