package network

import (
	"slices"

	"github.com/google/nftables"
)

// filterTables are the names of the table that has a VPC's packet filter, and of the one in which the next is made.
var filterTables = [2]string{"vpc-a", "vpc-b"}

// applyFilter replaces the packet filter where the specification has changed.
func (v *vpc) applyFilter(spec VPC) error {
	if v.filtered != nil && sameFilter(*v.filtered, spec) {
		return nil
	}
	next := 1 - v.filter
	var rulesets []*ruleset
	prepare := func(conn *nftables.Conn) error {
		for _, family := range v.families() {
			r := newRuleset(conn, filterTables[next], family.bits, &spec)
			if err := r.prepare(); err != nil {
				return err
			}
			rulesets = append(rulesets, r)
		}
		return nil
	}
	replace := func(*nftables.Conn) error {
		for _, r := range rulesets {
			r.hook()
			r.remove(filterTables[v.filter])
		}
		return nil
	}
	if err := transact(v.router, prepare, replace); err != nil {
		return err
	}
	kept := spec.clone()
	v.filtered, v.filter = &kept, next
	return nil
}

// sameFilter tells whether two specifications have the same packet filter.
func sameFilter(a, b VPC) bool {
	return a.CIDR == b.CIDR && slices.Equal(a.More, b.More) && slices.Equal(a.IPv6, b.IPv6) &&
		slices.EqualFunc(a.Interfaces, b.Interfaces, func(a, b Interface) bool {
			return a.ID == b.ID && slices.Equal(a.addresses(), b.addresses()) && a.Subnet == b.Subnet && a.SubnetIPv6 == b.SubnetIPv6 &&
				a.NetworkACL == b.NetworkACL && slices.Equal(a.Groups, b.Groups) &&
				a.Forwards == b.Forwards && a.Transparent == b.Transparent && (a.NAT == nil) == (b.NAT == nil)
		}) &&
		slices.EqualFunc(a.NetworkACLs, b.NetworkACLs, NetworkACL.equal) &&
		slices.EqualFunc(a.Peerings, b.Peerings, Peering.equal) &&
		slices.EqualFunc(a.SecurityGroups, b.SecurityGroups, func(a, b SecurityGroup) bool {
			return a.ID == b.ID && slices.EqualFunc(a.Ingress, b.Ingress, Rule.equal) && slices.EqualFunc(a.Egress, b.Egress, Rule.equal)
		})
}
