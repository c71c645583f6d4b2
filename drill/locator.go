package drill

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Locator tells which region an address belongs to, by what the regions' load balancers resolve to.
// A load balancer's addresses can change, so the names are resolved again for an unknown address.
type Locator struct {
	Names  map[string]string // a load balancer's DNS name -> its region
	Lookup func(context.Context, string) (Answer, error)

	mu      sync.Mutex
	known   map[netip.Addr]string
	refresh time.Time // not before
}

// Region returns the address's region, or "".
func (l *Locator) Region(addr netip.Addr) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if region, ok := l.known[addr]; ok || time.Now().Before(l.refresh) {
		return region
	}
	l.refresh = time.Now().Add(time.Second)
	if l.known == nil {
		l.known = map[netip.Addr]string{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for name, region := range l.Names {
		a, err := l.Lookup(ctx, name)
		if err != nil {
			continue
		}
		for _, found := range a.Addresses {
			l.known[found] = region
		}
	}
	return l.known[addr]
}
