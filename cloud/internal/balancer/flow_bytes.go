package balancer

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// byteFlow is a client's connection, and the one to its target.
type byteFlow struct {
	node        *node
	to          *target
	client, far net.Conn
	idle        time.Duration
	counts      *protocolCounters
	entry       *flowEntry   // of the access log; nil where there is none
	last        atomic.Int64 // when a byte last passed, in nanoseconds
	ended       sync.Once
}

// carryFlow serves a connection of a network load balancer's listener; it returns false for one of an application load balancer's.
func (n *node) carryFlow(port int, conn net.Conn) bool {
	routes := n.routes.Load()
	l := routes.listeners[port]
	if l.Flow == nil {
		return false
	}
	s := &byteFlow{node: n, client: conn, idle: cmp.Or(l.Flow.Idle, defaultFlowIdle), counts: n.flows.of(l.Flow.Protocol), entry: newFlowEntry(routes, l)}
	defer func() { s.entry.log(routes, l, s.client, n.reachedAt(conn, port)) }()
	s.counts.made.Add(1)
	s.counts.active.Add(1)
	defer s.counts.active.Add(-1)
	protocol, err := s.greet(routes.secure[port], l.TLS)
	if err != nil {
		n.flows.clientTLSErrors.Add(1)
		_ = conn.Close()
		return true
	}
	p := routes.groups[routes.share(l.Flow.Forward)]
	if !s.choose(p, l.Flow.Protocol) {
		s.cut()
		return true
	}
	if err := s.reach(p, protocol); err != nil {
		s.unreached(err)
		return true
	}
	s.to.flows.add(s)
	defer s.to.flows.remove(s)
	s.carryBoth()
	return true
}

// reachedAt is the node's address that a client has connected to.
func (n *node) reachedAt(conn net.Conn, port int) netip.AddrPort {
	if at := addressOf(conn.LocalAddr()); at.Addr().Is6() {
		return at
	}
	return netip.AddrPortFrom(n.address, uint16(port))
}

// greet makes the client's connection secure where the listener is, and returns the protocol that was agreed on.
func (s *byteFlow) greet(config *tls.Config, l *TLS) (protocol string, err error) {
	if config == nil {
		return "", nil
	}
	secured := tls.Server(s.client, s.entry.listening(config, l))
	_ = s.client.SetDeadline(time.Now().Add(s.idle))
	err = secured.Handshake()
	s.entry.shook(err)
	if err != nil {
		return "", err
	}
	_ = s.client.SetDeadline(time.Time{})
	s.client = secured
	return secured.ConnectionState().NegotiatedProtocol, nil
}

// choose finds the flow's target. AWS tells connections of one tuple apart by their first sequence number, which a socket does not tell.
func (s *byteFlow) choose(p *pool, protocol Protocol) bool {
	if p == nil {
		return false
	}
	var open bool
	s.to, open = p.pickFlow(tuple{protocol, addressOf(s.client.RemoteAddr()), addressOf(s.client.LocalAddr()), rand.Uint64()})
	if s.to != nil && open {
		s.node.flows.unhealthyRouting.Add(1)
	}
	return s.to != nil
}

func addressOf(a net.Addr) netip.AddrPort {
	if a == nil {
		return netip.AddrPort{}
	}
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// reach connects to the target.
func (s *byteFlow) reach(p *pool, protocol string) error {
	ctx, cancel := context.WithTimeout(s.to.links.life, connectTimeout)
	defer cancel()
	share := s.node.shares.Targets
	if err := share.Acquire(ctx, 1); err != nil {
		return err
	}
	conn, err := s.node.dialFlow(ctx, "tcp", p.flow, addressOf(s.client.RemoteAddr()), s.to.address)
	if err != nil {
		share.Release(1)
		return err
	}
	s.far = descriptors.Counted(conn, share)
	if p.flow.ProxyProtocol {
		if _, err := s.far.Write(proxyHeader(addressOf(s.client.RemoteAddr()), addressOf(s.client.LocalAddr()))); err != nil {
			return err
		}
	}
	if !s.to.links.secure {
		return nil
	}
	config := toTargets(HTTP1)
	if protocol != "" {
		config.NextProtos = []string{protocol}
	}
	secured := tls.Client(s.far, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		s.node.flows.targetTLSErrors.Add(1)
		return err
	}
	s.far = secured
	if s.entry != nil {
		s.entry.far = secured.ConnectionState().NegotiatedProtocol
	}
	return nil
}

// dialFlow connects to a target, for a client where the target is to see it and can: of the other family it sees the node
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation).
func (n *node) dialFlow(ctx context.Context, network string, g *FlowGroup, client netip.AddrPort, target string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(target)
	if err != nil {
		return nil, err
	}
	if !g.PreserveClient || client.Addr().Is4() != to.Addr().Is4() {
		return n.network.DialContext(ctx, network, target)
	}
	through, ok := n.network.(FlowNetwork)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	conn, err := through.DialAs(ctx, network, client, target)
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EADDRINUSE) {
		n.flows.portErrors.Add(1) // the client has the port open to this target already
	}
	return conn, err
}

// unreached ends a flow whose target cannot be reached. What the target refuses, the client gets as the target's reset.
func (s *byteFlow) unreached(err error) {
	if errors.Is(err, syscall.ECONNREFUSED) {
		s.node.flows.targetResets.Add(1)
		s.end(reset)
		return
	}
	s.cut()
}

// cut ends the flow with resets of the load balancer's own.
func (s *byteFlow) cut() {
	s.node.flows.ownResets.Add(1)
	s.end(reset)
}

// end closes both connections, once.
func (s *byteFlow) end(how func(net.Conn)) {
	s.ended.Do(func() {
		how(s.client)
		if s.far != nil {
			how(s.far)
		}
	})
}

// carryBoth carries bytes both ways until both sides have ended, one of them breaks off or nothing has passed for the idle time.
func (s *byteFlow) carryBoth() {
	s.last.Store(time.Now().UnixNano())
	var both sync.WaitGroup
	both.Go(func() { s.carry(s.far, s.client) })
	both.Go(func() { s.carry(s.client, s.far) })
	both.Wait()
	s.end(func(c net.Conn) { _ = c.Close() })
}

func (s *byteFlow) carry(to, from net.Conn) {
	for {
		_ = from.SetReadDeadline(time.Unix(0, s.last.Load()).Add(s.idle))
		n, err := move(to, from)
		if n > 0 {
			s.last.Store(time.Now().UnixNano())
			s.counts.bytes.Add(uint64(n))
			s.entry.passed(n, from == s.client)
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if time.Since(time.Unix(0, s.last.Load())) >= s.idle {
				s.end(forget)
				return
			}
		case errors.Is(err, io.EOF):
			if closeWrite(to) != nil {
				s.end(func(c net.Conn) { _ = c.Close() })
			}
			return
		default:
			s.broken(to, from, err)
			return
		}
	}
}

// broken ends a flow of which one side has gone: the other gets a reset, as it would without a load balancer between them.
func (s *byteFlow) broken(to, from net.Conn, err error) {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		gone := to
		if isClosed(from) {
			gone = from
		}
		if gone == s.client {
			s.node.flows.clientResets.Add(1)
		} else {
			s.node.flows.targetResets.Add(1)
		}
	}
	s.end(reset)
}
