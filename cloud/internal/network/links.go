package network

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// link is a network interface as it is: a veth, one end at the router and the other, eth0, in a
// namespace of its own, or ethN in the namespace of another one.
type link struct {
	name        string
	device      int // N
	within      *link
	address     netip.Addr
	addresses   map[netip.Addr]bool // all that it has, routed to it
	mac         net.HardwareAddr
	subnet      netip.Prefix
	namespace   *Namespace
	forwards    bool           // its namespace does
	translated  []netip.Prefix // the ranges from which it is a NAT gateway
	sources     []netip.Addr   // that its new connections go on from
	index       int
	tables      map[family]int // the route table that judges what comes from it, where any does yet
	before      map[family]int // the one that does before the local route, where any does
	subnetIPv6  netip.Prefix   // the zero value while it has no IPv6
	transparent map[family]bool
}

// inside names the link's end in the namespace.
func (l *link) inside() string { return "eth" + strconv.Itoa(l.device) }

// The router's policy rules, by priority. The kernel's own three come first: local 0, main 32766,
// default 32767. Main holds the VPC's local route, so what remains for an interface's own table are destinations outside the VPC. Routes
// that go before the local one stand in a table of their own, before main; what stays in the interface's subnet leaves no subnet and is
// under no route table.
const (
	priorityInside    = 20000 // in the namespace of an interface, before main
	priorityStay      = 28000
	priorityWithin    = 30000
	priorityInterface = 40000
	priorityDrop      = 50000
	tableDrop         = 252 // holds but a blackhole
	tableFirst        = 1000
	tableWithin       = 1 << 20 // above a route table's number: that of its routes before the local one
)

// prepareRouter makes the namespace a router for the CIDR: it sets its addresses, and the routes that drop packets without
// another route. They drop silently, as AWS does; unreachable routes would answer with an ICMP error.
func (v *vpc) prepareRouter(cidr netip.Prefix) error {
	if err := v.router.Do(func() error { return forward(true) }); err != nil {
		return err
	}
	for _, a := range []netip.Addr{metadataAddress, resolverAddress, Resolver(cidr)} {
		if err := v.addOwn(a); err != nil {
			return err
		}
	}
	return v.dropUnrouted(ipv4)
}

// dropUnrouted drops what no other rule routes.
func (v *vpc) dropUnrouted(f family) error {
	if err := v.rtnl.RouteReplace(&netlink.Route{Dst: ipNet(f.everything), Table: tableDrop, Type: unix.RTN_BLACKHOLE}); err != nil {
		return fmt.Errorf("add route %s: %w", f.everything, err)
	}
	return v.addRule(f, priorityDrop, "", tableDrop)
}

// applyRanges keeps what is for the VPC's own ranges within it.
func (v *vpc) applyRanges(wanted []netip.Prefix) error {
	local := func(p netip.Prefix) *netlink.Route {
		return &netlink.Route{Dst: ipNet(p.Masked()), Table: unix.RT_TABLE_MAIN, Type: unix.RTN_BLACKHOLE}
	}
	for _, p := range wanted {
		if err := v.rtnl.RouteReplace(local(p)); err != nil {
			return fmt.Errorf("add route %s: %w", p, err)
		}
		v.ranges[p] = true
	}
	for p := range v.ranges {
		if slices.Contains(wanted, p) {
			continue
		}
		if err := ignoring(v.rtnl.RouteDel(local(p)), syscall.ESRCH); err != nil {
			return fmt.Errorf("delete route %s: %w", p, err)
		}
		delete(v.ranges, p)
	}
	return nil
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

func policyRule(f family, priority int, from string, table int) *netlink.Rule {
	r := netlink.NewRule()
	r.Family, r.Priority, r.IifName, r.Table = f.number, priority, from, table
	return r
}

func (v *vpc) addRule(f family, priority int, from string, table int) error {
	err := v.rtnl.RuleAdd(policyRule(f, priority, from, table))
	if err := ignoring(err, syscall.EEXIST); err != nil {
		return fmt.Errorf("add rule for %q: %w", from, err)
	}
	return nil
}

func (v *vpc) deleteRule(f family, priority int, from string, table int) error {
	err := v.rtnl.RuleDel(policyRule(f, priority, from, table))
	if err := ignoring(err, syscall.ENOENT); err != nil {
		return fmt.Errorf("delete rule for %q: %w", from, err)
	}
	return nil
}

// applyLinks makes the links that there are not yet, those of other namespaces after those of their own, and gives
// them their addresses.
func (v *vpc) applyLinks(spec VPC) error {
	inOrder := slices.SortedStableFunc(slices.Values(spec.Interfaces), func(a, b Interface) int { return cmp.Compare(a.Device, b.Device) })
	for _, i := range inOrder {
		if err := v.applyLink(spec, i); err != nil {
			return fmt.Errorf("network interface %s: %w", i.ID, err)
		}
	}
	return nil
}

func (v *vpc) applyLink(spec VPC, i Interface) error {
	l := v.links[i.ID]
	if l == nil {
		var err error
		if l, err = v.makeLink(i); err != nil {
			return err
		}
		v.links[i.ID] = l
		v.fabric.setInterface(i.ID, l.namespace)
	}
	if err := v.addAddresses(l, i); err != nil {
		return err
	}
	if err := v.applyIPv6(l, i); err != nil {
		return err
	}
	if i.NAT != nil && !(slices.Equal(l.translated, spec.ranges()) && slices.Equal(l.sources, i.NAT.Sources)) {
		if err := l.translate(spec.ranges(), *i.NAT); err != nil {
			return err
		}
		l.translated, l.sources = spec.ranges(), i.NAT.Sources
	}
	if err := v.applyReturn(l, i.Transparent); err != nil {
		return err
	}
	forwards := slices.ContainsFunc(spec.Interfaces, func(x Interface) bool { return x.forwards() && (x.ID == i.ID || x.Within == i.ID) })
	if l.within != nil || l.forwards == forwards {
		return nil
	}
	if err := l.namespace.Do(func() error { return errors.Join(forward(forwards), forwardIPv6(forwards)) }); err != nil {
		return err
	}
	l.forwards = forwards
	return nil
}

// governLink sets the route table for an interface's packets.
func (v *vpc) governLink(i Interface) error {
	l := v.links[i.ID]
	number := v.tables[i.RouteTable].number
	for _, f := range v.families() {
		before := 0
		if t := v.tables[i.RouteTable].within; t.leads(f) {
			before = t.number
		}
		if err := v.governBefore(l, f, i.subnet(f.bits), before); err != nil {
			return err
		}
		old, governed := l.tables[f]
		if governed && old == number {
			continue
		}
		if err := v.addRule(f, priorityInterface, l.name, number); err != nil {
			return err
		}
		l.tables[f] = number
		if !governed {
			continue
		}
		if err := v.deleteRule(f, priorityInterface, l.name, old); err != nil {
			return err
		}
	}
	return nil
}

func (v *vpc) makeLink(i Interface) (*link, error) {
	if !v.subnets[i.Subnet] {
		if err := v.addOwn(Gateway(i.Subnet)); err != nil {
			return nil, err
		}
		v.subnets[i.Subnet] = true
	}
	l := &link{
		name: linkName(i.ID), device: i.Device, within: v.links[i.Within], address: i.Address, addresses: map[netip.Addr]bool{},
		mac: i.MAC, subnet: i.Subnet, tables: map[family]int{}, before: map[family]int{}, transparent: map[family]bool{},
	}
	after := func() {}
	if l.within != nil {
		l.namespace = l.within.namespace
	} else {
		var err error
		if l.namespace, err = NewNamespace(); err != nil {
			return nil, err
		}
		after = func() { l.namespace.Close() }
	}
	if err := v.connect(l); err != nil {
		v.deleteLater(v.rtnl, l.name, after)
		return nil, err
	}
	return l, nil
}

// connect makes the veth and sets up both its ends.
func (v *vpc) connect(l *link) error {
	v.await(l.name)
	v.await(l.place())
	err := v.rtnl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: l.name}, PeerName: l.inside(), PeerHardwareAddr: l.mac,
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
		return fmt.Errorf("set up %s: %w", l.inside(), err)
	}
	outside, err := v.rtnl.LinkByName(l.name)
	if err != nil {
		return fmt.Errorf("find link %s: %w", l.name, err)
	}
	if err := v.rtnl.LinkSetUp(outside); err != nil {
		return fmt.Errorf("set link %s up: %w", l.name, err)
	}
	if err := awaitCarrier(inside, l.inside()); err != nil {
		return err
	}
	l.index = outside.Attrs().Index
	return v.routeAddress(l, l.address)
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

// dropLinks removes every interface that is not among the wanted ones, or is among them with another address or place, and
// the addresses that others no longer have.
func (v *vpc) dropLinks(wanted []Interface) error {
	keep := map[string]Interface{}
	for _, i := range slices.SortedStableFunc(slices.Values(wanted), func(a, b Interface) int { return cmp.Compare(a.Device, b.Device) }) {
		l := v.links[i.ID]
		_, stays := keep[i.Within]
		if l != nil && l.address == i.Address && l.subnet == i.Subnet && l.device == i.Device && l.within == v.links[i.Within] && (i.Within == "" || stays) {
			keep[i.ID] = i
		}
	}
	// Those in others' namespaces go first, while these are there.
	for _, id := range slices.SortedFunc(maps.Keys(v.links), func(a, b string) int { return v.links[b].device - v.links[a].device }) {
		l := v.links[id]
		if i, kept := keep[id]; kept {
			if err := v.dropAddresses(l, i.addresses()); err != nil {
				return fmt.Errorf("network interface %s: %w", id, err)
			}
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
	if err := v.applyReturn(l, false); err != nil {
		return err
	}
	if err := v.dropAddresses(l, nil); err != nil {
		return err
	}
	for f, table := range l.tables {
		if err := v.deleteRule(f, priorityInterface, l.name, table); err != nil {
			return err
		}
		delete(l.tables, f)
	}
	for f := range l.before {
		if err := v.governBefore(l, f, netip.Prefix{}, 0); err != nil {
			return err
		}
	}
	if l.within != nil {
		v.deleteLater(v.rtnl, l.name, nil)
		v.dying[l.place()] = v.dying[l.name] // for the next that is to be there
		return nil
	}
	v.deleteLater(v.rtnl, l.name, func() { l.namespace.Close() })
	return nil
}
