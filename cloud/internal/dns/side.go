package dns

import (
	"net/netip"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/address"
)

// Side is where a question comes from.
type Side int

// Inside, addresses are as they are; on the Host, each has a twin on loopback.
const (
	Inside Side = iota
	Host
)

// seen turns the addresses of an answer into what they are on the side, in place.
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
