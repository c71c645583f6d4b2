package roomtest

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/understudy/understudy/cloud/internal/network"
)

// Loopback stands in for a namespace: whatever is listened on gets a free loopback port.
type Loopback struct{}

// Do runs f where the test runs.
func (Loopback) Do(f func() error) error { return f() }

// DialContext refuses to dial.
func (Loopback) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("not dialled in tests")
}

// Listen listens on a free port.
func (Loopback) Listen(network, _ string) (net.Listener, error) {
	return net.Listen(network, "127.0.0.1:0")
}

// ListenPacket listens on a free port.
func (Loopback) ListenPacket(network, _ string) (net.PacketConn, error) {
	return net.ListenPacket(network, "127.0.0.1:0")
}

// Fabric remembers the networks that were applied. N is the interface of the namespaces that it gives out, all of
// which are Place.
type Fabric[N any] struct {
	Place  N
	NoIPv6 error // why IPv6 is not possible

	mu   sync.Mutex
	vpcs map[string]network.VPC
}

// Apply remembers a network.
func (f *Fabric[N]) Apply(v network.VPC) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.vpcs == nil {
		f.vpcs = map[string]network.VPC{}
	}
	f.vpcs[v.ID] = v
	return nil
}

// Remove forgets a network.
func (f *Fabric[N]) Remove(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.vpcs, id)
	return nil
}

// Applied returns a network as it was applied last, or the zero value.
func (f *Fabric[N]) Applied(id string) network.VPC {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.vpcs[id]
}

// Interface returns Place for an interface of a network that was applied.
func (f *Fabric[N]) Interface(id string) (N, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.vpcs {
		for _, i := range v.Interfaces {
			if i.ID == id {
				return f.Place, nil
			}
		}
	}
	var none N
	return none, errors.New("no such interface")
}

// IPv6 returns NoIPv6.
func (f *Fabric[N]) IPv6() error { return f.NoIPv6 }

// Router returns Place.
func (f *Fabric[N]) Router(string) (N, error) { return f.Place, nil }
