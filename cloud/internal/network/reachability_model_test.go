package network_test

import (
	"net/netip"
	"slices"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
)

// packet is one as the interface sees it that it leaves or reaches: peer is the other side's address there.
type packet struct {
	protocol string // "tcp" or "udp"
	peer     netip.Addr
	port     int // the destination's
}

// model predicts what AWS's documents say of peered VPCs, by their specifications alone.
type model []network.VPC

// place is an interface and its VPC; the zero value is the internet.
type place struct {
	network.Interface
	vpc network.VPC
}

func (p place) internet() bool { return p.ID == "" }

// journey is a packet's way to whom its destination belongs.
type journey struct {
	to     place
	source netip.Addr // as the receiver sees it
	nat    *place     // the NAT gateway that it passes, from where it goes on by the routes of that
}

// way tells where a packet to an address leads: by the local route, or by the longest prefix of the interface's table.
func (m model) way(from place, to netip.Addr) (journey, bool) {
	if from.internet() {
		return m.fromInternet(to, user(to))
	}
	source := from.own(to)
	if !source.IsValid() {
		return journey{}, false
	}
	if owns(from.vpc, to) {
		return m.find(from.vpc, to, source)
	}
	r, ok := from.route(to)
	switch {
	case !ok || r.Blackhole:
		return journey{}, false
	case r.Peering != "":
		for _, peer := range m {
			if peer.ID != from.vpc.ID && owns(peer, to) {
				return m.find(peer, to, source)
			}
		}
		return journey{}, false
	case r.Interface != "":
		i := slices.IndexFunc(from.vpc.Interfaces, func(i network.Interface) bool { return i.ID == r.Interface })
		nat := place{from.vpc.Interfaces[i], from.vpc}
		j, ok := m.way(nat, to)
		j.nat = &nat
		return j, ok
	}
	return m.outward(from, to)
}

// outward leads to the internet, which takes nothing of an interface without a public address, and from there. An IPv6 address
// is public itself.
func (m model) outward(from place, to netip.Addr) (journey, bool) {
	source := from.Public
	if to.Is6() {
		source = from.own(to)
	}
	r, ok := from.route(to)
	attached := from.vpc.Gateway
	if r.EgressOnly {
		attached = from.vpc.EgressOnly
	}
	if !ok || r.Blackhole || r.Interface != "" || r.Peering != "" || !attached || !source.IsValid() {
		return journey{}, false
	}
	return m.fromInternet(to, source)
}

// fromInternet leads to the public address of an interface, or stays.
func (m model) fromInternet(to, source netip.Addr) (journey, bool) {
	if to == user(to) {
		return journey{source: source}, true
	}
	for _, v := range m {
		for _, i := range v.Interfaces {
			if i.Public == to || slices.Contains(i.IPv6, to) {
				return journey{to: place{i, v}, source: source}, v.Gateway && i.NAT == nil
			}
		}
	}
	return journey{}, false
}

func (m model) find(v network.VPC, to, source netip.Addr) (journey, bool) {
	for _, i := range v.Interfaces {
		if has(i, to) {
			return journey{to: place{i, v}, source: source}, i.NAT == nil
		}
	}
	return journey{}, false
}

// route is that of the longest prefix in the interface's table.
func (p place) route(to netip.Addr) (best network.Route, found bool) {
	for _, t := range p.vpc.RouteTables {
		for _, r := range t.Routes {
			if t.ID == p.RouteTable && r.Destination.Contains(to) && (!found || r.Destination.Bits() > best.Destination.Bits()) {
				best, found = r, true
			}
		}
	}
	return best, found
}

// opens tells whether a first packet reaches whom it asks.
func (m model) opens(from place, at netip.Addr, protocol string, port int) bool {
	out := packet{protocol, at, port}
	j, ok := m.way(from, at)
	if !ok || !from.allowed(out, egress) || !from.passes(out, egress) {
		return false
	}
	if j.nat != nil && (!j.nat.passes(packet{protocol, from.Address, port}, ingress) || !j.nat.passes(out, egress)) {
		return false
	}
	in := packet{protocol, j.source, port}
	return j.to.passes(in, ingress) && j.to.allowed(in, ingress)
}

// replies tells whether a reply to what has opened, to the port that it came from, comes back the same way: groups let it
// pass, ACLs do not know it.
func (m model) replies(from place, at netip.Addr, protocol string, port int) bool {
	j, _ := m.way(from, at)
	if !m.returns(from, j, at) || !j.to.passes(packet{protocol, j.source, port}, egress) {
		return false
	}
	in := packet{protocol, at, port}
	if j.nat != nil && (!j.nat.passes(in, ingress) || !j.nat.passes(packet{protocol, from.Address, port}, egress)) {
		return false
	}
	return from.passes(in, ingress)
}

// returns tells whether the receiver's routes lead back as the journey came: through the internet gateway, the peering
// connection, or the local route.
func (m model) returns(from place, j journey, at netip.Addr) bool {
	switch {
	case j.to.internet() || owns(j.to.vpc, j.source):
		return true
	case j.to.Public == at, at.Is6() && from.internet(): // what an egress-only gateway has not seen open, it does not carry
		r, ok := j.to.route(j.source)
		return ok && !r.Blackhole && r.Interface == "" && r.Peering == "" && !r.EgressOnly
	}
	r, ok := j.to.route(j.source)
	return ok && r.Peering != "" && from.vpc.ID != j.to.vpc.ID
}

// user is the address of the host's users that asks another one, and answers.
func user(other netip.Addr) netip.Addr {
	if other.Is6() {
		return address.HostUserIPv6
	}
	return address.HostUser
}

// own is the address from which an interface asks another one; the zero value where it has none of that family.
func (p place) own(other netip.Addr) netip.Addr {
	switch {
	case other.Is4():
		return p.Address
	case len(p.IPv6) > 0:
		return p.IPv6[0]
	}
	return netip.Addr{}
}

func owns(v network.VPC, a netip.Addr) bool { return v.CIDR.Contains(a) || contain(v.IPv6, a) }

func has(i network.Interface, a netip.Addr) bool { return i.Address == a || slices.Contains(i.IPv6, a) }

type direction bool

const (
	ingress direction = false
	egress  direction = true
)

// allowed tells whether a rule of any of an interface's groups allows a packet. No group guards the internet.
func (p place) allowed(what packet, d direction) bool {
	return p.internet() || slices.ContainsFunc(p.vpc.SecurityGroups, func(g network.SecurityGroup) bool {
		rules := g.Ingress
		if d == egress {
			rules = g.Egress
		}
		return slices.Contains(p.Groups, g.ID) && slices.ContainsFunc(rules, func(r network.Rule) bool {
			return covers(r.Protocol, r.FromPort, r.ToPort, what) && (contain(r.Prefixes, what.peer) || p.member(what.peer, r.Groups, d))
		})
	})
}

// member tells whether a private address is of an interface, here or at a peer, that has one of the groups. What leaves for a peer
// by a NAT gateway does not leave by the peering connection, so no group of the peer's is meant.
func (p place) member(a netip.Addr, groups []string, d direction) bool {
	return slices.ContainsFunc(p.vpc.Interfaces, func(i network.Interface) bool {
		return has(i, a) && slices.ContainsFunc(i.Groups, func(g string) bool { return slices.Contains(groups, g) })
	}) || slices.ContainsFunc(p.vpc.Peerings, func(c network.Peering) bool {
		if r, _ := p.route(a); d == egress && r.Peering != c.ID {
			return false
		}
		return slices.ContainsFunc(c.Groups, func(g network.PeerGroup) bool { return slices.Contains(groups, g.ID) && slices.Contains(g.Members, a) })
	})
}

// passes tells whether the ACL of an interface's subnet lets a packet over the subnet's border. The first entry that matches
// decides.
func (p place) passes(what packet, d direction) bool {
	if p.internet() || p.Subnet.Contains(what.peer) || p.SubnetIPv6.Contains(what.peer) {
		return true
	}
	for _, acl := range p.vpc.NetworkACLs {
		entries := acl.Ingress
		if d == egress {
			entries = acl.Egress
		}
		if acl.ID != p.NetworkACL {
			continue
		}
		for _, e := range entries {
			if e.Prefix.Contains(what.peer) && covers(e.Protocol, e.FromPort, e.ToPort, what) {
				return e.Allow
			}
		}
	}
	return false
}

func covers(protocol string, from, to int, p packet) bool {
	return protocol == "-1" || protocol == p.protocol && from <= p.port && p.port <= to
}

func contain(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
