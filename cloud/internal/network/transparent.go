package network

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"syscall"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A transparent interface is a network load balancer's: what it sends to a target, it sends from its client's address, and what the target
// answers to the client comes back to it. Three things make that so. The router lets the interface send from any address. It marks the
// connections that the interface opens, and routes their replies, whose destination is the client, back to the interface's link. And in
// the namespace of the interface all that comes in is for its own sockets, which are bound to clients' addresses (IP_TRANSPARENT, ip(7)).

// The priorities of the rules: of marked replies at the router before all that judges by destination, and of what comes in inside.
const (
	priorityReturn  = 10000
	priorityDeliver = 10
	tableDeliver    = 100
)

// returnMark is a transparent link's mark of connections, and the number of the route table of their replies. It has a bit that no other
// table's number has.
func returnMark(link string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(link)) // a hash takes everything
	return h.Sum32()>>2 | 1<<30
}

// transparentLinks are the links of a VPC's transparent interfaces, of one group of theirs or, where none is said, of all.
func (r *ruleset) transparentLinks(group string) (links []string) {
	for _, i := range r.vpc.Interfaces {
		for _, g := range i.Groups {
			if i.Transparent && g == group {
				links = append(links, linkName(i.ID))
			}
		}
		if i.Transparent && group == "" {
			links = append(links, linkName(i.ID))
		}
	}
	return links
}

// returns marks the connections that transparent links open, and the packets of their replies before these are routed. It comes after
// connection tracking, at -200, and before the translation of addresses, at -100.
func (r *ruleset) returns() {
	links := r.transparentLinks("")
	if len(links) == 0 {
		return
	}
	c := r.base("returns", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, -150, nftables.ChainPolicyAccept)
	for _, link := range links {
		r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: append(
			append(matchLink(expr.MetaKeyIIFNAME, link), matchState(expr.CtStateBitNEW)...),
			&expr.Immediate{Register: 1, Data: binaryutil.NativeEndian.PutUint32(returnMark(link))},
			&expr.Ct{Key: expr.CtKeyMARK, Register: 1, SourceRegister: true})})
	}
	r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: append(matchReply(),
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1},
		&expr.Meta{Key: expr.MetaKeyMARK, SourceRegister: true, Register: 1})})
}

// applyReturn has the replies to what a transparent interface opens go back to its link, in each family that it has had an address of.
func (v *vpc) applyReturn(l *link, transparent bool) error {
	for _, f := range []family{ipv4, ipv6} {
		want := transparent && (f == ipv4 || l.subnetIPv6.IsValid())
		if l.transparent[f] == want {
			continue
		}
		if err := v.applyReturnOf(l, f, want); err != nil {
			return err
		}
		l.transparent[f] = want
	}
	return nil
}

func (v *vpc) applyReturnOf(l *link, f family, transparent bool) error {
	mark := returnMark(l.name)
	rule := policyRule(f, priorityReturn, "", int(mark))
	rule.Mark = mark
	route := &netlink.Route{Dst: ipNet(f.everything), Table: int(mark), LinkIndex: l.index, Gw: ipOf(l.address), Flags: int(netlink.FLAG_ONLINK)}
	if f == ipv6 {
		route.Gw, route.Flags = ipOf(otherEnd), 0
	}
	if !transparent {
		return errors.Join(ignoring(v.rtnl.RuleDel(rule), syscall.ENOENT), ignoring(v.rtnl.RouteDel(route), syscall.ESRCH))
	}
	if err := v.rtnl.RouteReplace(route); err != nil {
		return fmt.Errorf("route replies to %s: %w", l.name, err)
	}
	if err := ignoring(v.rtnl.RuleAdd(rule), syscall.EEXIST); err != nil {
		return fmt.Errorf("add rule for replies to %s: %w", l.name, err)
	}
	if err := l.visitInside(func(h *netlink.Handle) error { return l.deliver(h, f) }); err != nil {
		return fmt.Errorf("deliver replies to %s: %w", l.name, err)
	}
	return nil
}

// deliver has all that comes in by the link stay in its namespace.
func (l *link) deliver(h *netlink.Handle, f family) error {
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	err = h.RouteReplace(&netlink.Route{Dst: ipNet(f.everything), LinkIndex: lo.Attrs().Index, Table: tableDeliver, Type: unix.RTN_LOCAL,
		Scope: netlink.SCOPE_HOST})
	if err != nil {
		return err
	}
	return ignoring(h.RuleAdd(policyRule(f, priorityDeliver, l.inside(), tableDeliver)), syscall.EEXIST)
}

// DialAs is DialContext from an address and port that may be anybody's, in the namespace of a transparent interface.
func (n *Namespace) DialAs(ctx context.Context, network string, source netip.AddrPort, address string) (net.Conn, error) {
	level, option := unix.SOL_IP, unix.IP_TRANSPARENT
	if source.Addr().Is6() {
		level, option = unix.SOL_IPV6, unix.IPV6_TRANSPARENT
	}
	// A client may have one port open to several listeners: SO_REUSEADDR lets its address be bound for each.
	return n.dial(ctx, network, address, func(fd int) error {
		return errors.Join(unix.SetsockoptInt(fd, level, option, 1), unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), bind(fd, source))
	})
}
