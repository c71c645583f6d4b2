package network

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routeTable is the actual state of a route table: a kernel table of the router's namespace.
type routeTable struct {
	number int
	routes map[netip.Prefix]hop
	within *routeTable // those of its routes that go before the local one; nil for such a table itself
}

// leads tells whether a table has routes of a family.
func (t *routeTable) leads(f family) bool {
	for p := range t.routes {
		if p.Addr().BitLen() == f.bits {
			return true
		}
	}
	return false
}

// governBefore sets the table that judges what comes from a link before the local route does, 0 for none. It judges nothing that is for
// the link's own subnet.
func (v *vpc) governBefore(l *link, f family, subnet netip.Prefix, number int) error {
	old := l.before[f]
	if old == number {
		return nil
	}
	stay := policyRule(f, priorityStay, l.name, unix.RT_TABLE_MAIN)
	if number != 0 {
		stay.Dst = ipNet(subnet.Masked())
		if err := ignoring(v.rtnl.RuleAdd(stay), syscall.EEXIST); err != nil {
			return fmt.Errorf("add rule for %s: %w", l.name, err)
		}
		if err := v.addRule(f, priorityWithin, l.name, number); err != nil {
			return err
		}
		l.before[f] = number
	} else {
		delete(l.before, f)
	}
	if old != 0 {
		if err := v.deleteRule(f, priorityWithin, l.name, old); err != nil {
			return err
		}
	}
	if number != 0 {
		return nil
	}
	if err := ignoring(v.rtnl.RuleDel(stay), syscall.ENOENT); err != nil {
		return fmt.Errorf("delete rule for %s: %w", l.name, err)
	}
	return nil
}

// hop is where a route leads: a link of the router and the address at its other end. The zero value drops packets.
type hop struct {
	link int
	next netip.Addr
}

// applyTables makes every route table's routes match the specification.
func (v *vpc) applyTables(spec VPC) error {
	for _, t := range spec.RouteTables {
		have := v.tables[t.ID]
		if have == nil {
			have = &routeTable{number: v.freeTable(), routes: map[netip.Prefix]hop{}}
			have.within = &routeTable{number: have.number + tableWithin, routes: map[netip.Prefix]hop{}}
			v.tables[t.ID] = have
		}
		want, within := map[netip.Prefix]hop{}, map[netip.Prefix]hop{}
		for _, r := range t.Routes {
			if !r.Destination.Addr().Is4() && !v.ipv6 {
				continue
			}
			into := want
			if r.Within {
				into = within
			}
			into[r.Destination.Masked()] = v.hop(spec, r)
		}
		if err := errors.Join(v.applyRoutes(have, want), v.applyRoutes(have.within, within)); err != nil {
			return fmt.Errorf("route table %s: %w", t.ID, err)
		}
	}
	return nil
}

// hop returns where a route leads. A gateway that is not attached is a blackhole, as in DescribeRouteTables; so is an interface
// with the check of source and destination, which would drop what is for others.
func (v *vpc) hop(spec VPC, r Route) hop {
	f := familyOf(r.Destination.Addr())
	switch {
	case r.Blackhole:
	case r.Interface != "":
		for _, i := range spec.Interfaces {
			if i.ID != r.Interface || !i.forwards() || !i.subnet(f.bits).IsValid() {
				continue
			}
			if f == ipv6 {
				return hop{v.links[i.ID].index, otherEnd}
			}
			return hop{v.links[i.ID].index, i.Address}
		}
	case r.Peering != "":
		if p := v.peerings[r.Peering]; p != nil {
			return hop{p.index, f.next}
		}
	case r.EgressOnly:
		if v.egress != nil {
			return hop{v.egress.index, f.next}
		}
	case v.gateway != nil:
		return hop{v.gateway.index, f.next}
	}
	return hop{}
}

func (v *vpc) applyRoutes(have *routeTable, want map[netip.Prefix]hop) error {
	for p := range have.routes {
		if _, wanted := want[p]; wanted {
			continue
		}
		err := v.rtnl.RouteDel(&netlink.Route{Dst: ipNet(p), Table: have.number})
		if err := ignoring(err, syscall.ESRCH); err != nil {
			return fmt.Errorf("delete route %s: %w", p, err)
		}
		delete(have.routes, p)
	}
	for p, to := range want {
		if now, there := have.routes[p]; there && now == to {
			continue
		}
		r := netlink.Route{Dst: ipNet(p), Table: have.number, Type: unix.RTN_BLACKHOLE}
		if to != (hop{}) {
			r = netlink.Route{Dst: ipNet(p), Table: have.number, LinkIndex: to.link, Gw: ipOf(to.next), Flags: int(netlink.FLAG_ONLINK)}
		}
		if err := v.rtnl.RouteReplace(&r); err != nil {
			return fmt.Errorf("add route %s: %w", p, err)
		}
		have.routes[p] = to
	}
	return nil
}

// dropTables empties the tables that the specification no longer has.
func (v *vpc) dropTables(spec VPC) error {
	keep := map[string]bool{}
	for _, t := range spec.RouteTables {
		keep[t.ID] = true
	}
	for id, t := range v.tables {
		if keep[id] {
			continue
		}
		if err := errors.Join(v.applyRoutes(t, nil), v.applyRoutes(t.within, nil)); err != nil {
			return fmt.Errorf("route table %s: %w", id, err)
		}
		delete(v.tables, id)
	}
	return nil
}

func (v *vpc) freeTable() int {
	used := map[int]bool{}
	for _, t := range v.tables {
		used[t.number] = true
	}
	n := tableFirst
	for used[n] {
		n++
	}
	return n
}
