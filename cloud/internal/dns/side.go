package dns

import (
	"net/netip"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/address"
)

// Side is where a question comes from.
type Side int

// Clients Inside get the addresses themselves; clients on the Host get their twins on loopback.
const (
	Inside Side = iota
	Host
)

// seen replaces the addresses of an answer, in place, by those that clients on the side use.
func (s Side) seen(cloud int, rrs []dns.RR) {
	if s == Inside {
		return
	}
	for _, rr := range rrs {
		record, ok := rr.(*dns.A)
		if !ok {
			continue
		}
		if addr, ok := netip.AddrFromSlice(record.A.To4()); ok {
			if twin, ok := address.Twin(cloud, addr); ok {
				record.A = twin.AsSlice()
			}
		}
	}
}
