package address

import (
	"encoding/binary"
	"net/netip"
)

// IPv6 addresses come from the documentation range of RFC 3849, 2001:db8::/32: no real network uses it, and programs take its
// addresses for global ones, as those that AWS gives are. (The range for benchmarks of RFC 5180, 2001:2::/48, has 256 blocks of the
// size that a VPC gets, too few for the VPCs of eight regions.) 2001:db8::/40 is the internet's own, 2001:db8:N00::/40 that of
// the region with index N: as many /56 blocks as one region can ever want. They have no twins on loopback, which is one address in
// IPv6.

// InternetIPv6 is all that is the internet's own.
var InternetIPv6 = netip.MustParsePrefix("2001:db8::/64")

// HostUserIPv6 is the IPv6 address that the host's own users have inside the cloud's internet.
var HostUserIPv6 = netip.MustParseAddr("2001:db8::1")

// CheckersIPv6 is where the health checkers are in IPv6.
var CheckersIPv6 = netip.MustParsePrefix("2001:db8::80/122")

// CheckerIPv6 returns the IPv6 address of the n-th health checker, n from 0 to 63.
func CheckerIPv6(n int) netip.Addr {
	a := CheckersIPv6.Addr().As16()
	a[15] += byte(n)
	return netip.AddrFrom16(a)
}

// BlocksIPv6 is how many blocks a region has.
const BlocksIPv6 = 1 << 16

// BlockIPv6 returns the nth /56 block of the region with this index, n from 0 to BlocksIPv6-1.
func BlockIPv6(index, n int) netip.Prefix {
	a := netip.MustParseAddr("2001:db8::").As16()
	a[4] = byte(index)
	binary.BigEndian.PutUint16(a[5:], uint16(n))
	return netip.PrefixFrom(netip.AddrFrom16(a), 56)
}
