package roomtest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Sockets stand in for the namespaces of one network: an address listened on is a loopback port, and dialling the address
// reaches it. The zero value is ready.
type Sockets struct {
	mu    sync.Mutex
	ports map[string]string
}

// Listen opens a loopback port for an address, 10.0.1.4:80; who listened there before is not reached any more.
func (s *Sockets) Listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ports == nil {
		s.ports = map[string]string{}
	}
	s.ports[address] = l.Addr().String()
	return l, nil
}

// DialContext reaches who listens at an address.
func (s *Sockets) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at := s.At(address)
	if at == "" {
		return nil, fmt.Errorf("dial %s: refused", address)
	}
	return new(net.Dialer).DialContext(ctx, network, at)
}

// ListenPacket opens a loopback port for datagrams to an address.
func (s *Sockets) ListenPacket(network, address string) (net.PacketConn, error) {
	c, err := net.ListenPacket(network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ports == nil {
		s.ports = map[string]string{}
	}
	s.ports[network+" "+address] = c.LocalAddr().String()
	return c, nil
}

// DialAs reaches who listens at an address. Here nobody can speak for another, so its source stays the machine's.
func (s *Sockets) DialAs(ctx context.Context, network string, _ netip.AddrPort, address string) (net.Conn, error) {
	return s.DialContext(ctx, network, address)
}

// At returns the loopback address of who listens at an address.
func (s *Sockets) At(address string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports[address]
}
