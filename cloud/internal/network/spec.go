// Package network makes a region's VPCs out of kernel network namespaces: routed, with no shared
// layer 2, with security groups as packet filters and route tables as policy routing.
package network

import (
	"net"
	"net/netip"
	"slices"
	"time"
)

// VPC is the specification of one VPC. Apply compares it with what exists.
type VPC struct {
	ID             string
	CIDR           netip.Prefix
	More           []netip.Prefix // further ranges
	IPv6           []netip.Prefix // ranges of IPv6, none where the VPC has none
	Gateway        bool           // an internet gateway is attached
	EgressOnly     bool           // it has an egress-only internet gateway
	Interfaces     []Interface
	RouteTables    []RouteTable
	SecurityGroups []SecurityGroup
	NetworkACLs    []NetworkACL
	Peerings       []Peering // active connections
}

// ranges are all of the VPC's of IPv4.
func (s VPC) ranges() []netip.Prefix { return append([]netip.Prefix{s.CIDR}, s.More...) }

// allRanges are those of both families.
func (s VPC) allRanges() []netip.Prefix { return append(s.ranges(), s.IPv6...) }

// contains tells whether an address is the VPC's.
func (s VPC) contains(a netip.Addr) bool {
	return slices.ContainsFunc(s.allRanges(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// Interface is an elastic network interface: private addresses in a namespace of its own, or in that of another one.
type Interface struct {
	ID         string // eni-...
	Within     string // eni-... of the interface in whose namespace it is; empty for its own
	Device     int    // N of ethN there: 0 in its own
	Address    netip.Addr
	MAC        net.HardwareAddr // the kernel's choice where it is nil
	Subnet     netip.Prefix
	Public     netip.Addr // the zero value where it has none
	Secondary  []Address  // further ones
	IPv6       []netip.Addr
	SubnetIPv6 netip.Prefix // the zero value where the subnet has none
	RouteTable string       // rtb-... that governs its subnet
	Groups     []string     // sg-..., the union of whose rules applies
	NetworkACL string       // acl-... of its subnet; empty where nothing is kept from it
	Forwards   bool         // what is from or for others' addresses passes: EC2's check of source and destination is off
	NoInternet bool         // its IPv6 addresses are not reached from the internet, whatever the routes
	NAT        *NAT         // not nil for a NAT gateway's, which no group guards
	// Transparent interfaces send from others' addresses too, and get the replies. One without groups lets everything pass.
	Transparent bool
}

// Address is a private address and the public one that means it, the zero value where none does.
type Address struct{ Private, Public netip.Addr }

// addresses are all of an interface's, the first one first. Those of IPv6 need no public ones.
func (i Interface) addresses() []Address {
	all := append([]Address{{i.Address, i.Public}}, i.Secondary...)
	for _, a := range i.IPv6 {
		all = append(all, Address{Private: a})
	}
	return all
}

// subnet is the interface's range of the family whose addresses have so many bits.
func (i Interface) subnet(bits int) netip.Prefix {
	if bits == 128 {
		return i.SubnetIPv6
	}
	return i.Subnet
}

// NAT makes the namespace of an interface a NAT gateway: connections that come from inside the VPC go on from the
// interface's own addresses, and nothing comes in that is not of one of these.
type NAT struct {
	Idle    time.Duration // after which a silent connection is forgotten, and reset if it is used again
	Sources []netip.Addr  // those of its addresses that new connections go on from, one by chance; at least one
}

// forwards tells whether an interface may send and get what is not of its own address.
func (i Interface) forwards() bool { return i.Forwards || i.NAT != nil }

// RouteTable has the routes besides the local one, which every table has.
type RouteTable struct {
	ID     string
	Routes []Route
}

// Route sends packets to a gateway to the internet, to an interface or to a peer, or drops them, as AWS does if the target was deleted.
type Route struct {
	Destination netip.Prefix
	Blackhole   bool
	Interface   string // eni-..., a NAT gateway's or a router's; empty for the internet gateway
	Peering     string // pcx-..., one of the VPC's; empty for the internet gateway
	EgressOnly  bool   // to the egress-only internet gateway
	Within      bool   // it is of a part of the VPC's own ranges or of a whole one, and goes before the local route
}

// SecurityGroup has rules that allow packets; packets that no rule of an interface's groups allows are dropped.
type SecurityGroup struct {
	ID      string
	Ingress []Rule
	Egress  []Rule
}

// Rule allows one protocol and range of ports from or to prefixes and members of groups.
type Rule struct {
	Protocol string         // "tcp", "udp", "icmp", "icmpv6", a number of IANA's, or "-1" for all
	FromPort int            // ports for tcp and udp; for icmp and icmpv6 the type, with -1 for all
	ToPort   int            // for icmp and icmpv6 the code, with -1 for all
	Prefixes []netip.Prefix // of both families
	Groups   []string       // sg-...: the private addresses of its members; a peer's too, where Peerings has it
}
