package network

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// link is a network interface as it is: a veth, one end at the router and the other, eth0, in a
// namespace of its own.
type link struct {
	name      string
	address   netip.Addr
	mac       net.HardwareAddr
	subnet    netip.Prefix
	namespace *Namespace
	forwards  bool
	index     int
	table     int // the route table that judges what comes from it; 0 for none yet
}

// The router's policy rules, by priority. The kernel's own three come first: local 0, main 32766,
// default 32767. Main holds the VPC's local route, which no other can override, so what remains for an
// interface's own table are destinations outside the VPC.
const (
	priorityInterface = 40000
	priorityDrop      = 50000
	tableDrop         = 252 // holds but a blackhole
	tableFirst        = 1000
)

// prepareRouter makes the namespace a router for the CIDR: it sets its addresses, and the routes that drop packets without
// another route. They drop silently, as AWS does; unreachable routes would answer with an ICMP error.
func (v *vpc) prepareRouter(cidr netip.Prefix) error {
	if err := v.router.Do(becomeRouter); err != nil {
		return err
	}
	for _, a := range []netip.Addr{metadataAddress, resolverAddress, Resolver(cidr)} {
		if err := v.addOwn(a); err != nil {
			return err
		}
	}
	everything := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	for _, r := range []netlink.Route{
		{Dst: ipNet(cidr.Masked()), Table: unix.RT_TABLE_MAIN, Type: unix.RTN_BLACKHOLE},
		{Dst: ipNet(everything), Table: tableDrop, Type: unix.RTN_BLACKHOLE},
	} {
		if err := v.rtnl.RouteReplace(&r); err != nil {
			return fmt.Errorf("add route %s: %w", r.Dst, err)
		}
	}
	return v.addRule(priorityDrop, "", tableDrop)
}

// addOwn gives the router an address on lo, at which it answers packets from all links.
func (v *vpc) addOwn(a netip.Addr) error {
	lo, err := v.rtnl.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := v.rtnl.AddrReplace(lo, &netlink.Addr{IPNet: hostNet(a)}); err != nil {
		return fmt.Errorf("add address %s: %w", a, err)
	}
	return nil
}

func policyRule(priority int, from string, table int) *netlink.Rule {
	r := netlink.NewRule()
	r.Family, r.Priority, r.IifName, r.Table = unix.AF_INET, priority, from, table
	return r
}

func (v *vpc) addRule(priority int, from string, table int) error {
	err := v.rtnl.RuleAdd(policyRule(priority, from, table))
	if err := ignoring(err, syscall.EEXIST); err != nil {
		return fmt.Errorf("add rule for %q: %w", from, err)
	}
	return nil
}

func (v *vpc) deleteRule(priority int, from string, table int) error {
	err := v.rtnl.RuleDel(policyRule(priority, from, table))
	if err := ignoring(err, syscall.ENOENT); err != nil {
		return fmt.Errorf("delete rule for %q: %w", from, err)
	}
	return nil
}

// applyLink makes an interface's link if there is none, and its namespace a router or none.
func (v *vpc) applyLink(i Interface, cidr netip.Prefix) error {
	l := v.links[i.ID]
	if l == nil {
		var err error
		if l, err = v.makeLink(i, cidr); err != nil {
			return err
		}
		v.links[i.ID] = l
		v.fabric.setInterface(i.ID, l.namespace)
	}
	if l.forwards == i.forwards() {
		return nil
	}
	if err := l.namespace.Do(func() error { return forward(i.forwards(), "eth0") }); err != nil {
		return err
	}
	l.forwards = i.forwards()
	return nil
}

// governLink sets the route table for an interface's packets.
func (v *vpc) governLink(i Interface) error {
	l := v.links[i.ID]
	number := v.tables[i.RouteTable].number
	if l.table == number {
		return nil
	}
	if err := v.addRule(priorityInterface, l.name, number); err != nil {
		return err
	}
	old := l.table
	l.table = number
	if old == 0 {
		return nil
	}
	return v.deleteRule(priorityInterface, l.name, old)
}

func (v *vpc) makeLink(i Interface, cidr netip.Prefix) (*link, error) {
	if !v.subnets[i.Subnet] {
		if err := v.addOwn(Gateway(i.Subnet)); err != nil {
			return nil, err
		}
		v.subnets[i.Subnet] = true
	}
	n, err := NewNamespace()
	if err != nil {
		return nil, err
	}
	l := &link{name: linkName(i.ID), address: i.Address, mac: i.MAC, subnet: i.Subnet, namespace: n}
	err = v.connect(l)
	if err == nil && i.NAT != nil {
		err = l.translate(cidr, *i.NAT)
	}
	if err != nil {
		v.deleteLater(v.rtnl, l.name, func() { n.Close() })
		return nil, err
	}
	return l, nil
}

// connect makes the veth and sets up both its ends.
func (v *vpc) connect(l *link) error {
	v.await(l.name)
	err := v.rtnl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: l.name}, PeerName: "eth0", PeerHardwareAddr: l.mac,
		PeerNamespace: netlink.NsFd(l.namespace.file.Fd())})
	if err != nil {
		return fmt.Errorf("add link %s: %w", l.name, err)
	}
	inside, err := l.namespace.netlink()
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := l.setUpInside(inside); err != nil {
		return fmt.Errorf("set up eth0: %w", err)
	}
	outside, err := v.rtnl.LinkByName(l.name)
	if err != nil {
		return fmt.Errorf("find link %s: %w", l.name, err)
	}
	if err := v.rtnl.LinkSetUp(outside); err != nil {
		return fmt.Errorf("set link %s up: %w", l.name, err)
	}
	if err := awaitCarrier(inside, "eth0"); err != nil {
		return err
	}
	l.index = outside.Attrs().Index
	if err := v.rtnl.RouteReplace(l.route()); err != nil {
		return fmt.Errorf("add route to %s: %w", l.address, err)
	}
	return nil
}

// carrierTimeout is much longer than the kernel's work queue takes.
const carrierTimeout = 5 * time.Second

// awaitCarrier returns when an end of a veth that was set up before its peer can send packets. Until the
// kernel's link watch has seen that the peer is up, which deletions of other links delay, the end drops
// packets, and the first ARP request is repeated a second later. Since Linux 6.8 a request for
// the link updates the link watch, so the first request is enough.
func awaitCarrier(h *netlink.Handle, name string) error {
	for end := time.Now().Add(carrierTimeout); ; {
		l, err := h.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find link %s: %w", name, err)
		}
		if l.Attrs().OperState == netlink.OperUp {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("link %s is %s after %s", name, l.Attrs().OperState, carrierTimeout)
		}
		time.Sleep(time.Millisecond)
	}
}

func (l *link) route() *netlink.Route {
	return &netlink.Route{Dst: hostNet(l.address), LinkIndex: l.index, Scope: netlink.SCOPE_LINK, Table: unix.RT_TABLE_MAIN}
}

// setUpInside gives eth0 its address, with no neighbour on its link, and a default route to the subnet's router.
func (l *link) setUpInside(h *netlink.Handle) error {
	eth0, err := h.LinkByName("eth0")
	if err != nil {
		return err
	}
	if err := h.AddrAdd(eth0, &netlink.Addr{IPNet: hostNet(l.address)}); err != nil {
		return err
	}
	if err := h.LinkSetUp(eth0); err != nil {
		return err
	}
	return h.RouteAdd(&netlink.Route{Dst: ipNet(netip.PrefixFrom(netip.IPv4Unspecified(), 0)), LinkIndex: eth0.Attrs().Index,
		Gw: ipOf(Gateway(l.subnet)), Flags: int(netlink.FLAG_ONLINK), Src: ipOf(l.address)})
}

// dropLinks removes every interface that is not among the wanted ones, or is among them with another address.
func (v *vpc) dropLinks(wanted []Interface) error {
	keep := map[string]bool{}
	for _, i := range wanted {
		if l := v.links[i.ID]; l != nil && l.address == i.Address && l.subnet == i.Subnet {
			keep[i.ID] = true
		}
	}
	for id, l := range v.links {
		if keep[id] {
			continue
		}
		if err := v.dropLink(l); err != nil {
			return fmt.Errorf("network interface %s: %w", id, err)
		}
		v.fabric.setInterface(id, nil)
		delete(v.links, id)
	}
	return nil
}

func (v *vpc) dropLink(l *link) error {
	if err := ignoring(v.rtnl.RouteDel(l.route()), syscall.ESRCH); err != nil {
		return fmt.Errorf("delete route to %s: %w", l.address, err)
	}
	if l.table != 0 {
		if err := v.deleteRule(priorityInterface, l.name, l.table); err != nil {
			return err
		}
		l.table = 0
	}
	v.deleteLater(v.rtnl, l.name, func() { l.namespace.Close() })
	return nil
}
