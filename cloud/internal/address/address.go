// Package address is the address plan of a local cloud.
//
// Public addresses come from ranges that no real network uses: the documentation ranges of RFC 5737 and, for further
// regions, the range for benchmarks of RFC 2544. Name servers, health checkers and the host's users are in 192.0.2.0/24, the
// first region's public addresses in 198.51.100.0/24, the second's in 203.0.113.0/24, and those of the Nth from the third on in
// 198.19.N.0/24. None of them is reachable from the host. From the host, each has a twin on loopback, 127.CLOUD.REGION.HOST: CLOUD
// numbers the clouds of one machine from 1, REGION is 0 for 192.0.2.0/24 and then counts the regions from 1, HOST is the
// address's last number.
package address

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Regions is how many regions one cloud can have.
const Regions = 8

// ranges has 198.19.N.0/24 and not 198.18.N.0/24 since that is where package routing's locations are.
var ranges = [1 + Regions]netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("198.19.3.0/24"),
	netip.MustParsePrefix("198.19.4.0/24"),
	netip.MustParsePrefix("198.19.5.0/24"),
	netip.MustParsePrefix("198.19.6.0/24"),
	netip.MustParsePrefix("198.19.7.0/24"),
	netip.MustParsePrefix("198.19.8.0/24"),
}

// HostUser is the address that the host's own users have inside the cloud's internet.
var HostUser = netip.MustParseAddr("192.0.2.1")

// API is the address at which AWS's API answers inside the cloud: every service's, of every region.
var API = netip.MustParseAddr("192.0.2.2")

// NameServers are the addresses at which the cloud's DNS server answers, four as in a Route 53
// delegation set.
var NameServers = [4]netip.Addr{
	netip.MustParseAddr("192.0.2.53"),
	netip.MustParseAddr("192.0.2.54"),
	netip.MustParseAddr("192.0.2.55"),
	netip.MustParseAddr("192.0.2.56"),
}

// Checker returns the address of the n-th health checker, n from 0 to 63.
func Checker(n int) netip.Addr {
	a := ranges[0].Addr().As4()
	a[3] = byte(128 + n)
	return netip.AddrFrom4(a)
}

// Range returns the public range of the region with this index, from 1 to Regions, or with index 0 that of the name servers,
// health checkers and users.
func Range(index int) netip.Prefix { return ranges[index] }

// Twin returns the loopback address that stands for a public address on the host, or false where the
// address is not of the plan.
func Twin(cloud int, public netip.Addr) (netip.Addr, bool) {
	for i, r := range ranges {
		if r.Contains(public) {
			return netip.AddrFrom4([4]byte{127, byte(cloud), byte(i), public.As4()[3]}), true
		}
	}
	return netip.Addr{}, false
}

// Endpoint returns the front door's own loopback address in a cloud.
func Endpoint(cloud int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, byte(cloud), 0, 1})
}

// PortShift is how much higher a port that the host reserves is published.
const PortShift = 8000

// HostPort returns the port at which a port of a public address is published on loopback: the same,
// or PortShift higher if this process may not bind it (ip_unprivileged_port_start in ip(7)).
func HostPort(port int) int {
	if port < firstFreePort() {
		return port + PortShift
	}
	return port
}

var firstFreePort = sync.OnceValue(func() int {
	if canBindReserved() {
		return 0
	}
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 1024
	}
	return n
})

// canBindReserved tells whether this process has CAP_NET_BIND_SERVICE for the host's network, by trying: root of a user
// namespace does not have it, although its id is 0. Only the process on the host calls it; processes inside
// the cloud get the result.
func canBindReserved() bool {
	c, err := net.ListenPacket("udp4", "127.0.0.1:1")
	if err == nil {
		c.Close()
	}
	return !errors.Is(err, fs.ErrPermission)
}

// String returns an address and a port as a person types them.
func String(a netip.Addr, port int) string { return fmt.Sprintf("%s:%d", a, port) }
