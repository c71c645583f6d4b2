package balancer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// packets is the running part of a listener of datagrams, with the flows that there are.
type packets struct {
	node *node
	at   netip.AddrPort
	conn net.PacketConn

	mu     sync.Mutex
	flows  map[netip.AddrPort]*datagrams // by client
	closed bool
}

// datagrams is one client's flow, and the socket to its target.
type datagrams struct {
	of     *packets
	client netip.AddrPort
	to     *target
	far    net.Conn
	last   atomic.Int64 // when one last passed, in nanoseconds
}

// largestDatagram is that of UDP over IPv6; over IPv4 it is 20 bytes less.
const largestDatagram = 65527

// listenPackets opens listeners of datagrams that are new and closes those that nothing uses any more.
func (n *node) listenPackets(want *routes) error {
	places := n.places(want, Listener.datagrams)
	for at, p := range n.packets {
		if !places[at] {
			p.close()
			delete(n.packets, at)
		}
	}
	var errs []error
	for at := range places {
		if n.packets[at] != nil {
			continue
		}
		err := errors.ErrUnsupported
		var conn net.PacketConn
		if network, ok := n.network.(FlowNetwork); ok {
			conn, err = network.ListenPacket("udp", at.String())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("listen for datagrams at %s of node %s: %w", at, n.id, err))
			continue
		}
		p := &packets{node: n, at: at, conn: conn, flows: map[netip.AddrPort]*datagrams{}}
		n.packets[at] = p
		n.work.Go(p.receive)
	}
	return errors.Join(errs...)
}

// receive passes clients' datagrams on until the listener is closed.
func (p *packets) receive() {
	buffer := make([]byte, largestDatagram)
	for {
		n, from, err := p.conn.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // one that an earlier answer has brought back
		}
		d := p.flow(addressOf(from))
		if d == nil {
			continue // dropped, as datagrams may be
		}
		d.last.Store(time.Now().UnixNano())
		p.node.flows.udp.bytes.Add(uint64(n))
		_, _ = d.far.Write(buffer[:n]) // a target that does not listen is no reason to end the flow
	}
}

// flow returns a client's flow, which is new where there is none; nil where there can be none.
func (p *packets) flow(client netip.AddrPort) *datagrams {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.flows[client]; d != nil || p.closed {
		return d
	}
	routes := p.node.routes.Load()
	l := routes.listeners[int(p.at.Port())]
	if l.Flow == nil {
		return nil
	}
	group := routes.groups[routes.share(l.Flow.Forward)]
	if group == nil {
		return nil
	}
	to, open := group.pickFlow(tuple{UDP, client, p.at, 0})
	share := p.node.shares.Targets
	if to == nil || !share.TryAcquire(1) {
		return nil
	}
	ctx, cancel := context.WithTimeout(to.links.life, connectTimeout) // connecting a datagram socket waits for nobody
	defer cancel()
	far, err := p.node.dialFlow(ctx, "udp", group.flow, routes.sourceOf(client, to), to.address)
	if err != nil {
		share.Release(1)
		return nil
	}
	if open {
		p.node.flows.unhealthyRouting.Add(1)
	}
	d := &datagrams{of: p, client: client, to: to, far: descriptors.Counted(far, share)}
	d.last.Store(time.Now().UnixNano())
	p.flows[client] = d
	to.flows.add(d)
	p.node.flows.udp.made.Add(1)
	p.node.flows.udp.active.Add(1)
	p.node.work.Go(d.answer)
	return d
}

// answer passes the target's datagrams back, until the flow is cut or has been silent for the idle time.
func (d *datagrams) answer() {
	defer d.forget()
	client := net.UDPAddrFromAddrPort(d.client)
	buffer := make([]byte, largestDatagram)
	for {
		_ = d.far.SetReadDeadline(time.Unix(0, d.last.Load()).Add(datagramIdle))
		n, err := d.far.Read(buffer)
		switch {
		case err == nil:
			d.last.Store(time.Now().UnixNano())
			d.of.node.flows.udp.bytes.Add(uint64(n))
			_, _ = d.of.conn.WriteTo(buffer[:n], client)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded) && time.Since(time.Unix(0, d.last.Load())) >= datagramIdle:
			return
		}
	}
}

// forget takes the flow out of the table.
func (d *datagrams) forget() {
	_ = d.far.Close()
	d.to.flows.remove(d)
	d.of.node.flows.udp.active.Add(-1)
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	if d.of.flows[d.client] == d {
		delete(d.of.flows, d.client)
	}
}

// cut ends the flow: the client's next datagram begins another.
func (d *datagrams) cut() { _ = d.far.Close() }

// close ends the listener and its flows.
func (p *packets) close() {
	_ = p.conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, d := range p.flows {
		d.cut()
	}
}
