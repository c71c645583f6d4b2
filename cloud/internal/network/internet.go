package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// PrepareInternet makes the calling process's network namespace the internet: it forwards between
// regions, has all of 192.0.2.0/24 and the further addresses given, and drops every packet to an
// address that nobody has, as the real one does. It may be called again.
func PrepareInternet(further ...netip.Addr) error {
	n, err := Current()
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.Do(func() error { return prepareInternet(further) }); err != nil {
		return fmt.Errorf("prepare the internet: %w", err)
	}
	return nil
}

func prepareInternet(further []netip.Addr) error {
	if err := errors.Join(disableIPv6(), trustLinks(), forward(true)); err != nil {
		return err
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := loopbackUp(h); err != nil {
		return err
	}
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	// A prefix on lo makes all its addresses local; HostUser is the one the kernel chooses as source.
	own := []netip.Prefix{netip.PrefixFrom(address.HostUser, address.Range(0).Bits())}
	for _, a := range further {
		own = append(own, netip.PrefixFrom(a, 32))
	}
	for _, p := range own {
		if err := h.AddrReplace(lo, &netlink.Addr{IPNet: ipNet(p)}); err != nil {
			return fmt.Errorf("add address %s: %w", p, err)
		}
	}
	if err := loseUnowned(); err != nil {
		return err
	}
	err = h.RouteReplace(&netlink.Route{Dst: ipNet(ipv4.everything), LinkIndex: lo.Attrs().Index,
		Scope: netlink.SCOPE_LINK, Src: net.IP(address.HostUser.AsSlice())})
	if err != nil {
		return fmt.Errorf("add default route: %w", err)
	}
	if IPv6() != nil {
		return nil
	}
	return prepareInternetIPv6(h, lo)
}

// prepareInternetIPv6 is prepareInternet for IPv6, in which the kernel has no route of others' packets to lo: so all addresses
// that no other route leads to are its own there, and what is for one that is not the internet's is dropped when it comes in. A socket
// may be bound to an address that is the kernel's own by a route alone where the namespace says so (ip_nonlocal_bind).
func prepareInternetIPv6(h *netlink.Handle, lo netlink.Link) error {
	if err := errors.Join(enableIPv6(true), loseUnownedIPv6(), setSysctl("ipv6/ip_nonlocal_bind", "1")); err != nil {
		return err
	}
	if err := h.AddrReplace(lo, &netlink.Addr{IPNet: hostNet(address.HostUserIPv6), Flags: ipv6.flags}); err != nil {
		return fmt.Errorf("add address %s: %w", address.HostUserIPv6, err)
	}
	err := h.RouteReplace(&netlink.Route{Dst: ipNet(ipv6.everything), LinkIndex: lo.Attrs().Index, Table: unix.RT_TABLE_MAIN,
		Type: unix.RTN_LOCAL, Src: ipOf(address.HostUserIPv6)})
	if err != nil {
		return fmt.Errorf("add default route of IPv6: %w", err)
	}
	return nil
}

func loseUnownedIPv6() error {
	return transact(nil, func(conn *nftables.Conn) error {
		r := newRuleset(conn, "internet", ipv6.bits, nil)
		r.begin()
		lost := r.base("lost", nftables.ChainTypeFilter, nftables.ChainHookInput, 0, nftables.ChainPolicyDrop)
		for _, own := range []netip.Prefix{address.InternetIPv6, only(netip.IPv6Loopback())} {
			r.rule(lost, expr.VerdictAccept, matchPrefix(destination, own))
		}
		return nil
	})
}

// loseUnowned drops what leaves by the default route, over lo: everything that is neither the internet's own nor
// routed to a gateway. A blackhole route is not used, because connect(2) would fail at once with EINVAL, while a
// client on the real internet gets no answer.
func loseUnowned() error {
	return transact(nil, func(conn *nftables.Conn) error {
		r := newRuleset(conn, "internet", ipv4.bits, nil)
		r.begin()
		lost := r.base("lost", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, 0, nftables.ChainPolicyAccept)
		r.rule(lost, expr.VerdictDrop, matchLink(expr.MetaKeyOIFNAME, "lo"), []expr.Any{
			&expr.Fib{Register: 1, FlagDADDR: true, ResultADDRTYPE: true},
			&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)},
		})
		return nil
	})
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func hostNet(a netip.Addr) *net.IPNet { return ipNet(only(a)) }

// only is the prefix of one address.
func only(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// end is one of the two addresses in a packet's header.
type end int

const (
	source end = iota
	destination
)

// load puts the address into a register: bits is how long one is, which tells the family. An IPv4 header has the source's at 12
// (RFC 791), an IPv6 header at 8 (RFC 8200), and the destination's behind it.
func (e end) load(register uint32, bits int) expr.Any {
	at, length := uint32(12), uint32(bits/8)
	if bits == 128 {
		at = 8
	}
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: at + uint32(e)*length, Len: length}
}

// linkKey is a link's name as the kernel compares it: IFNAMSIZ bytes, padded with zeros.
func linkKey(name string) []byte {
	b := make([]byte, unix.IFNAMSIZ)
	copy(b, name)
	return b
}

func matchLink(key expr.MetaKey, name string) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: key, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: linkKey(name)},
	}
}

// matchPrefix compares an address of the header with a prefix of the table's family; all of it needs no comparison.
func matchPrefix(which end, p netip.Prefix) []expr.Any {
	if p.Bits() == 0 {
		return nil
	}
	bits := p.Addr().BitLen()
	e := []expr.Any{which.load(1, bits)}
	if p.Bits() < bits {
		e = append(e, &expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: uint32(bits / 8),
			Mask: net.CIDRMask(p.Bits(), bits), Xor: make([]byte, bits/8)})
	}
	return append(e, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: p.Masked().Addr().AsSlice()})
}

// matchPorts compares the destination port of TCP or UDP with a range.
func matchPorts(from, to int) []expr.Any {
	if from <= 0 && to >= 65535 {
		return nil
	}
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpGte, Register: 1, Data: binaryutil.BigEndian.PutUint16(uint16(from))},
		&expr.Cmp{Op: expr.CmpOpLte, Register: 1, Data: binaryutil.BigEndian.PutUint16(uint16(to))},
	}
}

func matchProtocol(number byte) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{number}},
	}
}
