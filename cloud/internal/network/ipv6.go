package network

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"sync"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A namespace is made without IPv6, and gets it when a VPC's first range of IPv6 comes, so that who does not use it does not
// pay for it. Nothing waits for neighbours then: no address is tested for duplicates, and every end of a veth knows the other by a
// static entry.

// otherEnd is what each end of a veth calls the other one in its routes of IPv6. No link has the address: a static neighbour
// stands for it.
var otherEnd = netip.MustParseAddr("fe80::1")

// family is what differs between IPv4 and IPv6.
type family struct {
	number     int // AF_INET or AF_INET6
	bits       int // of an address
	flags      int // of an address on a link
	everything netip.Prefix
	near, next netip.Addr // the router as the internet's next hop, and the internet as the router's
	user       netip.Addr // the host's users
}

var (
	ipv4 = family{unix.AF_INET, 32, 0, netip.PrefixFrom(netip.IPv4Unspecified(), 0), gatewayNear, gatewayNext, address.HostUser}
	ipv6 = family{unix.AF_INET6, 128, unix.IFA_F_NODAD, netip.PrefixFrom(netip.IPv6Unspecified(), 0), otherEnd, otherEnd, address.HostUserIPv6}
)

func familyOf(a netip.Addr) family {
	if a.Is4() {
		return ipv4
	}
	return ipv6
}

// IPv6 tells why this machine's kernel cannot carry IPv6 in namespaces; nil where it can.
var IPv6 = sync.OnceValue(func() error {
	if !exists("/proc/sys/net/ipv6") {
		return errors.New("the kernel has no IPv6: it was built without, or started with ipv6.disable=1")
	}
	n, err := NewNamespace()
	if err != nil {
		return err
	}
	defer n.Close()
	return n.Do(func() error {
		if err := enableIPv6(true); err != nil {
			return fmt.Errorf("turn IPv6 on: %w", err)
		}
		if err := loseUnownedIPv6(); err != nil {
			return fmt.Errorf("the kernel has no nf_tables for IPv6 (%w): load them with `sudo modprobe nf_tables`", err)
		}
		return nil
	})
})

// enableIPv6 turns IPv6 on in the calling thread's namespace, for its links and those that come, which get no addresses and
// routes by themselves.
func enableIPv6(forwards bool) error {
	for _, which := range []string{"all", "default"} {
		for _, s := range [][2]string{
			{"addr_gen_mode", "1"}, {"accept_ra", "0"}, {"autoconf", "0"}, {"accept_dad", "0"}, {"router_solicitations", "0"},
			{"accept_redirects", "0"}, {"disable_ipv6", "0"},
		} {
			if err := setSysctl("ipv6/conf/"+which+"/"+s[0], s[1]); err != nil {
				return err
			}
		}
	}
	return forwardIPv6(forwards)
}

// forwardIPv6 turns forwarding of IPv6 on or off, in a namespace that has it.
func forwardIPv6(on bool) error {
	return ignoring(setSysctl("ipv6/conf/all/forwarding", map[bool]string{true: "1", false: "0"}[on]), fs.ErrNotExist)
}

// families are those that the VPC's namespaces have.
func (v *vpc) families() []family {
	if v.ipv6 {
		return []family{ipv4, ipv6}
	}
	return []family{ipv4}
}

// applyFamilies turns IPv6 on at the router when the VPC's first range of it comes.
func (v *vpc) applyFamilies(spec VPC) error {
	if v.ipv6 || len(spec.IPv6) == 0 {
		return nil
	}
	if err := IPv6(); err != nil {
		return err
	}
	if err := v.router.Do(func() error { return enableIPv6(true) }); err != nil {
		return err
	}
	if err := v.dropUnrouted(ipv6); err != nil {
		return err
	}
	v.ipv6, v.filtered = true, nil // the filter is written anew, with a table for it
	return nil
}

// meet makes the router's and the internet's ends of a veth neighbours, and returns their indices.
func (v *vpc) meet(outer, inner string) (inside, outside int, err error) {
	out, err := v.fabric.internet.LinkByName(outer)
	if err != nil {
		return 0, 0, fmt.Errorf("find link %s: %w", outer, err)
	}
	in, err := v.rtnl.LinkByName(inner)
	if err != nil {
		return 0, 0, fmt.Errorf("find link %s: %w", inner, err)
	}
	return in.Attrs().Index, out.Attrs().Index, acquaint(v.rtnl, in, v.fabric.internet, out)
}

// acquaint gives each end of a veth the other one's hardware address.
func acquaint(ah *netlink.Handle, a netlink.Link, bh *netlink.Handle, b netlink.Link) error {
	know := func(h *netlink.Handle, own, other netlink.Link) error {
		return h.NeighSet(&netlink.Neigh{Family: unix.AF_INET6, LinkIndex: own.Attrs().Index, IP: ipOf(otherEnd),
			HardwareAddr: other.Attrs().HardwareAddr, State: netlink.NUD_PERMANENT})
	}
	if err := errors.Join(know(ah, a, b), know(bh, b, a)); err != nil {
		return fmt.Errorf("add neighbours: %w", err)
	}
	return nil
}

// applyIPv6 gives an interface its IPv6 addresses, and its namespace IPv6 before the first of them.
func (v *vpc) applyIPv6(l *link, i Interface) error {
	if len(i.IPv6) == 0 {
		return nil
	}
	if !l.subnetIPv6.IsValid() {
		if err := v.prepareIPv6(l); err != nil {
			return err
		}
	}
	for _, a := range i.IPv6 {
		if err := v.addAddress(l, a); err != nil {
			return err
		}
	}
	if l.subnetIPv6 == i.SubnetIPv6 {
		return nil
	}
	err := l.visitInside(func(h *netlink.Handle) error { return l.leadInside(h, i.SubnetIPv6, i.IPv6[0]) })
	if err != nil {
		return fmt.Errorf("add route inside: %w", err)
	}
	l.subnetIPv6 = i.SubnetIPv6
	return nil
}

// prepareIPv6 turns IPv6 on in a link's namespace and makes its ends neighbours.
func (v *vpc) prepareIPv6(l *link) error {
	whole := l
	if l.within != nil {
		whole = l.within
	}
	if err := whole.namespace.Do(func() error { return enableIPv6(whole.forwards) }); err != nil {
		return err
	}
	outside, err := v.rtnl.LinkByName(l.name)
	if err != nil {
		return fmt.Errorf("find link %s: %w", l.name, err)
	}
	return l.visitInside(func(h *netlink.Handle) error {
		inside, err := h.LinkByName(l.inside())
		if err != nil {
			return err
		}
		return acquaint(v.rtnl, outside, h, inside)
	})
}

// leadInside leads what the namespace sends to the router, and what is for the subnet if another link's subnet is another one.
func (l *link) leadInside(h *netlink.Handle, subnet netip.Prefix, from netip.Addr) error {
	eth, err := h.LinkByName(l.inside())
	if err != nil {
		return err
	}
	route := netlink.Route{Dst: ipNet(ipv6.everything), LinkIndex: eth.Attrs().Index, Table: l.tableInside(), Gw: ipOf(otherEnd), Src: ipOf(from)}
	if err := h.RouteReplace(&route); err != nil || l.within == nil || subnet == l.within.subnetIPv6 {
		return err
	}
	route.Dst, route.Table = ipNet(subnet), unix.RT_TABLE_MAIN
	return h.RouteReplace(&route)
}
