package region

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync"
)

// Publisher makes a public address reachable from the host.
type Publisher interface {
	// Publish opens the loopback twin of a public TCP address; each connection to it enters the cloud
	// from the internet. It stays until closed.
	Publish(netip.AddrPort) (interface{ Close() error }, error)
}

// twins are the loopback twins of public ports.
type twins struct {
	publisher Publisher // nil where nothing is to be reached from the host
	log       *slog.Logger
	ports     func() []netip.AddrPort // those that are to have one

	mu   sync.Mutex
	open map[netip.AddrPort]interface{ Close() error }
}

// update opens the twins that are missing and closes those that nothing asks for.
func (t *twins) update() {
	if t.publisher == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	want := t.ports()
	for at, c := range t.open {
		if !slices.Contains(want, at) {
			_ = c.Close() // a listener that nobody wants
			delete(t.open, at)
		}
	}
	for _, at := range want {
		if _, ok := t.open[at]; ok {
			continue
		}
		c, err := t.publisher.Publish(at)
		if err != nil {
			t.log.Warn("publish public address", "address", at, "err", err)
			continue
		}
		if t.open == nil {
			t.open = map[netip.AddrPort]interface{ Close() error }{}
		}
		t.open[at] = c
	}
}

func (t *twins) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at, c := range t.open {
		_ = c.Close() // a listener of a region that ends
		delete(t.open, at)
	}
}

// publicPorts are the ports of load balancers and instances that have public addresses.
func (r *Region) publicPorts() []netip.AddrPort {
	ports := slices.Concat(r.balancing.Ports(), r.nets.PublicPorts())
	slices.SortFunc(ports, netip.AddrPort.Compare)
	return slices.Compact(ports)
}
