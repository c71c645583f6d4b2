package dns

import (
	"encoding/binary"
	"net/netip"

	"github.com/miekg/dns"
)

// subnet is the client subnet option of a question (RFC 7871): the network of the client for which a resolver
// asks.
type subnet struct {
	prefix netip.Prefix // of length 0 where the client does not want it to be told
	raw    []byte       // the option's data, to be echoed
}

// The address families of RFC 7871, 6.
const (
	familyIPv4 = 1
	familyIPv6 = 2
)

// read reads the option's data: family, source prefix length, scope prefix length (0 in questions), and
// as many bytes of address as the prefix needs, with zeros beyond it (RFC 7871, 6 and 7.1.2: FORMERR for
// anything else).
func (s *subnet) read(data []byte) bool {
	if s.raw != nil || len(data) < 4 {
		return false
	}
	length, scope, address := int(data[2]), data[3], data[4:]
	var whole [16]byte
	if scope != 0 || len(address) != (length+7)/8 || len(address) > len(whole) {
		return false
	}
	copy(whole[:], address)
	var addr netip.Addr
	switch binary.BigEndian.Uint16(data) {
	case familyIPv4:
		if length > 32 {
			return false
		}
		addr = netip.AddrFrom4([4]byte(whole[:4]))
	case familyIPv6:
		addr = netip.AddrFrom16(whole)
	default:
		return false
	}
	s.prefix = netip.PrefixFrom(addr, length)
	s.raw = data
	return s.prefix.IsValid() && s.prefix == s.prefix.Masked()
}

// append appends the option of the answer: the question's, with the scope. If the question has no client subnet (a prefix
// of length 0), the scope is 0 too.
func (s *subnet) append(b []byte, scope uint8) []byte {
	if s.raw == nil {
		return b
	}
	b = append(b, 0, dns.EDNS0SUBNET, 0, byte(len(s.raw)))
	b = append(b, s.raw...)
	if s.prefix.Bits() > 0 {
		b[len(b)-len(s.raw)+3] = scope
	}
	return b
}
