package balancer

import (
	"encoding/binary"
	"net/netip"
)

// sourceOf is the address and port that a client's datagrams go on from to a target that sees its clients. One of IPv6 cannot see a client of IPv4
// itself, and where the node has a prefix for them, each client gets an address of that prefix. AWS does not say which: here the prefix, of 80
// bits, is followed by the client's address and port, so that no two clients have one.
func (s *routes) sourceOf(client netip.AddrPort, to *target) netip.AddrPort {
	at, err := netip.ParseAddrPort(to.address)
	if err != nil || !s.sourceNAT.IsValid() || !client.Addr().Is4() || !at.Addr().Is6() {
		return client
	}
	a, four := s.sourceNAT.Masked().Addr().As16(), client.Addr().As4()
	copy(a[10:], four[:])
	binary.BigEndian.PutUint16(a[14:], client.Port())
	return netip.AddrPortFrom(netip.AddrFrom16(a), client.Port())
}
