package network

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// What an interface is inside its namespace is what Amazon Linux makes of it: eth0 has the default route, and what is
// sent from an address of ethN leaves by ethN (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html).

// place names the device of a link in another's namespace, "" for one of its own.
func (l *link) place() string {
	if l.within == nil {
		return ""
	}
	return l.within.name + "/" + strconv.Itoa(l.device)
}

// setUpInside gives the link its address, with no neighbour on it, and routes to the subnet's router.
func (l *link) setUpInside(h *netlink.Handle) error {
	eth, err := h.LinkByName(l.inside())
	if err != nil {
		return err
	}
	if err := l.addInside(h, l.address); err != nil {
		return err
	}
	if err := h.LinkSetUp(eth); err != nil {
		return err
	}
	route := netlink.Route{Dst: ipNet(ipv4.everything), LinkIndex: eth.Attrs().Index, Table: l.tableInside(),
		Gw: ipOf(Gateway(l.subnet)), Flags: int(netlink.FLAG_ONLINK), Src: ipOf(l.address)}
	if err := h.RouteAdd(&route); err != nil || l.within == nil || l.subnet == l.within.subnet {
		return err
	}
	route.Dst, route.Table = ipNet(l.subnet), unix.RT_TABLE_MAIN // its neighbours are reached by it
	return ignoring(h.RouteAdd(&route), syscall.EEXIST)          // or by another one that is in this subnet
}

// tableInside is the route table of what the link's addresses send.
func (l *link) tableInside() int {
	if l.within == nil {
		return unix.RT_TABLE_MAIN
	}
	return tableFirst + l.device
}

func (l *link) ruleInside(a netip.Addr) *netlink.Rule {
	r := policyRule(familyOf(a), priorityInside, "", l.tableInside())
	r.Src = hostNet(a)
	return r
}

// addInside gives the link's end in the namespace an address.
func (l *link) addInside(h *netlink.Handle, a netip.Addr) error {
	eth, err := h.LinkByName(l.inside())
	if err != nil {
		return err
	}
	if err := h.AddrReplace(eth, &netlink.Addr{IPNet: hostNet(a), Flags: familyOf(a).flags}); err != nil {
		return fmt.Errorf("add address %s: %w", a, err)
	}
	if l.within == nil {
		return nil
	}
	if err := ignoring(h.RuleAdd(l.ruleInside(a)), syscall.EEXIST); err != nil {
		return fmt.Errorf("add rule for %s: %w", a, err)
	}
	return nil
}

// dropInside takes an address from the link's end in the namespace.
func (l *link) dropInside(h *netlink.Handle, a netip.Addr) error {
	eth, err := h.LinkByName(l.inside())
	if err != nil {
		return err
	}
	err = ignoring(h.AddrDel(eth, &netlink.Addr{IPNet: hostNet(a)}), syscall.EADDRNOTAVAIL)
	if l.within != nil {
		err = errors.Join(err, ignoring(h.RuleDel(l.ruleInside(a)), syscall.ENOENT))
	}
	if err != nil {
		return fmt.Errorf("delete address %s: %w", a, err)
	}
	return nil
}

// addAddresses gives an interface the addresses that it has not yet.
func (v *vpc) addAddresses(l *link, i Interface) error {
	for _, a := range i.Secondary {
		if err := v.addAddress(l, a.Private); err != nil {
			return err
		}
	}
	return nil
}

func (v *vpc) addAddress(l *link, a netip.Addr) error {
	if l.addresses[a] {
		return nil
	}
	if err := l.visitInside(func(h *netlink.Handle) error { return l.addInside(h, a) }); err != nil {
		return err
	}
	return v.routeAddress(l, a)
}

// dropAddresses takes from an interface what is not among the wanted addresses.
func (v *vpc) dropAddresses(l *link, wanted []Address) error {
	keep := map[netip.Addr]bool{}
	for _, a := range wanted {
		keep[a.Private] = true
	}
	for a := range l.addresses {
		if keep[a] {
			continue
		}
		if err := ignoring(v.rtnl.RouteDel(l.route(a)), syscall.ESRCH); err != nil {
			return fmt.Errorf("delete route to %s: %w", a, err)
		}
		if l.within != nil || wanted != nil { // else the namespace ends with the link
			if err := l.visitInside(func(h *netlink.Handle) error { return l.dropInside(h, a) }); err != nil {
				return err
			}
		}
		delete(l.addresses, a)
	}
	return nil
}

func (l *link) visitInside(f func(*netlink.Handle) error) error {
	h, err := l.namespace.netlink()
	if err != nil {
		return err
	}
	defer h.Close()
	return f(h)
}

// routeAddress has the router send an address's packets to the link.
func (v *vpc) routeAddress(l *link, a netip.Addr) error {
	if err := v.rtnl.RouteReplace(l.route(a)); err != nil {
		return fmt.Errorf("add route to %s: %w", a, err)
	}
	l.addresses[a] = true
	return nil
}

func (l *link) route(a netip.Addr) *netlink.Route {
	if a.Is6() {
		return &netlink.Route{Dst: hostNet(a), LinkIndex: l.index, Gw: ipOf(otherEnd), Table: unix.RT_TABLE_MAIN}
	}
	return &netlink.Route{Dst: hostNet(a), LinkIndex: l.index, Scope: netlink.SCOPE_LINK, Table: unix.RT_TABLE_MAIN}
}
