package network_test

import (
	"net/netip"
	"slices"

	"github.com/understudy/understudy/cloud/internal/network"
)

// packet is one as the interface sees it that it leaves or reaches: peer is the other side's address there.
type packet struct {
	protocol string // "tcp" or "udp"
	peer     netip.Addr
	port     int // the destination's
}

// model predicts what AWS's documents say of a VPC, by its specification alone.
type model struct{ network.VPC }

// opens tells whether a first packet from one interface reaches the other, which one asks at a private or a public address.
func (m model) opens(from, to network.Interface, at netip.Addr, protocol string, port int) bool {
	out, in := packet{protocol, at, port}, packet{protocol, from.Address, port}
	if at == to.Public {
		in.peer = from.Public
		if !m.leaves(from, at) || !m.enters(to) {
			return false
		}
	}
	return m.allowed(from, out, egress) && m.passes(from, out, egress) && m.passes(to, in, ingress) && m.allowed(to, in, ingress)
}

// replies tells whether the reply to it, to the port that it came from, comes back: groups let it pass, ACLs do not know it.
func (m model) replies(from, to network.Interface, at netip.Addr, protocol string, port int) bool {
	out, in := packet{protocol, from.Address, port}, packet{protocol, at, port}
	if at == to.Public {
		out.peer = from.Public
		if !m.leaves(to, from.Public) || !m.enters(from) {
			return false
		}
	}
	return m.passes(to, out, egress) && m.passes(from, in, ingress)
}

// visited tells whether a packet from the internet reaches an interface at its public address.
func (m model) visited(to network.Interface, p packet) bool {
	return m.enters(to) && m.passes(to, p, ingress) && m.allowed(to, p, ingress)
}

// visits tells whether a packet from an interface reaches the internet.
func (m model) visits(from network.Interface, p packet) bool {
	return m.leaves(from, p.peer) && m.allowed(from, p, egress) && m.passes(from, p, egress)
}

// enters tells whether packets from the internet find an interface.
func (m model) enters(i network.Interface) bool { return m.Gateway && i.Public.IsValid() }

// leaves tells whether the longest prefix of the interface's route table leads to the internet gateway, which takes nothing
// of an interface without a public address.
func (m model) leaves(i network.Interface, to netip.Addr) bool {
	var best *network.Route
	for _, t := range m.RouteTables {
		for n, r := range t.Routes {
			if t.ID == i.RouteTable && r.Destination.Contains(to) && (best == nil || r.Destination.Bits() > best.Destination.Bits()) {
				best = &t.Routes[n]
			}
		}
	}
	return m.enters(i) && best != nil && !best.Blackhole
}

type direction bool

const (
	ingress direction = false
	egress  direction = true
)

// allowed tells whether a rule of any of an interface's groups allows a packet.
func (m model) allowed(i network.Interface, p packet, d direction) bool {
	return slices.ContainsFunc(m.SecurityGroups, func(g network.SecurityGroup) bool {
		rules := g.Ingress
		if d == egress {
			rules = g.Egress
		}
		return slices.Contains(i.Groups, g.ID) && slices.ContainsFunc(rules, func(r network.Rule) bool {
			return covers(r.Protocol, r.FromPort, r.ToPort, p) && (contain(r.Prefixes, p.peer) || m.member(p.peer, r.Groups))
		})
	})
}

// member tells whether a private address is of an interface that has one of the groups.
func (m model) member(a netip.Addr, groups []string) bool {
	return slices.ContainsFunc(m.Interfaces, func(i network.Interface) bool {
		return i.Address == a && slices.ContainsFunc(i.Groups, func(g string) bool { return slices.Contains(groups, g) })
	})
}

// passes tells whether the ACL of an interface's subnet lets a packet over the subnet's border. The first entry that matches
// decides.
func (m model) passes(i network.Interface, p packet, d direction) bool {
	if i.Subnet.Contains(p.peer) {
		return true
	}
	for _, acl := range m.NetworkACLs {
		entries := acl.Ingress
		if d == egress {
			entries = acl.Egress
		}
		if acl.ID != i.NetworkACL {
			continue
		}
		for _, e := range entries {
			if e.Prefix.Contains(p.peer) && covers(e.Protocol, e.FromPort, e.ToPort, p) {
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
