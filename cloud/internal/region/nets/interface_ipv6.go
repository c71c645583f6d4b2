package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ParseIPv6 reads IPv6 addresses of a request.
func ParseIPv6(given []string) (all []netip.Addr, err error) {
	for _, text := range given {
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is6() || a.Is4In6() || a.Zone() != "" {
			return nil, wire.Errorf("InvalidParameterValue", "invalid value for parameter ipv6Addresses: %s", text)
		}
		all = append(all, a)
	}
	return all, nil
}

// NamedIPv6 reads the form of requests about instances.
func NamedIPv6(given []ec2types.InstanceIpv6Address, count *int32) (named []netip.Addr, more int, err error) {
	texts := []string{}
	for _, g := range given {
		if err := room.Only(g, "Ipv6Address"); err != nil {
			return nil, 0, err
		}
		texts = append(texts, room.Deref(g.Ipv6Address))
	}
	if len(texts) > 0 && count != nil {
		return nil, 0, wire.Errorf("InvalidParameterCombination", "The parameters ipv6Addresses and ipv6AddressCount cannot be used together.")
	}
	named, err = ParseIPv6(texts)
	return named, int(room.Deref(count)), err
}

// ipv6Address returns the lowest free IPv6 address of a subnet, or the one that is wanted: the first four and the last are reserved
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
func (r *Room) ipv6Address(tx *store.Tx, s Subnet, wanted netip.Addr) (netip.Addr, error) {
	block := s.RangeIPv6()
	if !block.IsValid() {
		return wanted, wire.Errorf("InvalidParameterValue", "The subnet '%s' does not have an IPv6 CIDR block associated with it.", s.ID)
	}
	first := block.Addr()
	for range reserved - 1 {
		first = first.Next()
	}
	taken, prefixes := map[netip.Addr]bool{}, []netip.Prefix{}
	for _, i := range r.interfaces.AllTx(tx) {
		if i.Subnet != s.ID {
			continue
		}
		for _, a := range i.IPv6 {
			taken[a] = true
		}
		if i.SourceNAT.IsValid() {
			prefixes = append(prefixes, i.SourceNAT)
		}
	}
	within := func() int {
		return slices.IndexFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(wanted) })
	}
	if !wanted.IsValid() {
		for wanted = first; ; { // a block has more addresses than all interfaces together
			if p := within(); p >= 0 {
				wanted = after(prefixes[p])
			} else if taken[wanted] {
				wanted = wanted.Next()
			} else {
				return wanted, nil
			}
		}
	}
	switch {
	case !block.Contains(wanted) || wanted.Less(first) || !block.Contains(wanted.Next()):
		return wanted, wire.Errorf("InvalidParameterValue", "Address %s does not fall within the subnet's address range", wanted)
	case taken[wanted] || within() >= 0:
		return wanted, wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", wanted)
	}
	return wanted, nil
}

// assignIPv6 gives an interface IPv6 addresses: those named, and some more of any.
func (r *Room) assignIPv6(tx *store.Tx, row *Interface, named []netip.Addr, more int) error {
	subnet, _ := r.subnets.GetTx(tx, row.Subnet)
	for _, wanted := range slices.Concat(named, make([]netip.Addr, max(more, 0))) {
		a, err := r.ipv6Address(tx, subnet, wanted)
		if err != nil {
			return err
		}
		row.IPv6 = append(slices.Clone(row.IPv6), a)
		if err := r.interfaces.Put(tx, row.ID, *row); err != nil {
			return err
		}
	}
	if most := r.instance(tx, row.Instance).Addresses; most > 0 && len(row.IPv6) > most {
		return wire.Errorf("Ipv6AddressLimitExceeded", "Number of IPv6 addresses will exceed limit.")
	}
	return nil
}

// AssignIpv6Addresses gives an interface IPv6 addresses.
func (r *Room) AssignIpv6Addresses(ctx context.Context, in *ec2.AssignIpv6AddressesInput) (*ec2.AssignIpv6AddressesOutput, error) {
	if err := room.Only(in, "Ipv6AddressCount", "Ipv6Addresses", "NetworkInterfaceId"); err != nil {
		return nil, err
	}
	named, err := ParseIPv6(in.Ipv6Addresses)
	if err != nil {
		return nil, err
	}
	if (len(named) > 0) == (in.Ipv6AddressCount != nil) {
		return nil, wire.Errorf("InvalidParameterCombination", "Exactly one of ipv6Addresses and ipv6AddressCount must be specified.")
	}
	out := &ec2.AssignIpv6AddressesOutput{NetworkInterfaceId: in.NetworkInterfaceId}
	err = r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		named := slices.DeleteFunc(slices.Clone(named), func(a netip.Addr) bool { return slices.Contains(row.IPv6, a) }) // which is no error
		before := len(row.IPv6)
		if err := r.assignIPv6(tx, row, named, int(room.Deref(in.Ipv6AddressCount))); err != nil {
			return err
		}
		out.AssignedIpv6Addresses = texts(row.IPv6[before:])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UnassignIpv6Addresses takes IPv6 addresses from an interface.
func (r *Room) UnassignIpv6Addresses(ctx context.Context, in *ec2.UnassignIpv6AddressesInput) (*ec2.UnassignIpv6AddressesOutput, error) {
	if err := room.Only(in, "Ipv6Addresses", "NetworkInterfaceId"); err != nil {
		return nil, err
	}
	gone, err := ParseIPv6(in.Ipv6Addresses)
	if err != nil {
		return nil, err
	}
	if len(gone) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter ipv6Addresses")
	}
	err = r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		if slices.ContainsFunc(gone, func(a netip.Addr) bool { return !slices.Contains(row.IPv6, a) }) {
			return wire.Errorf("InvalidParameterValue", "Some of the specified addresses are not assigned to interface %s", row.ID)
		}
		if slices.Contains(gone, row.Primary()) {
			return wire.Errorf("InvalidParameterValue", "%s is the primary IPv6 address of interface %s and cannot be unassigned", row.Primary(), row.ID)
		}
		row.IPv6 = slices.DeleteFunc(slices.Clone(row.IPv6), func(a netip.Addr) bool { return slices.Contains(gone, a) })
		return r.interfaces.Put(tx, row.ID, *row)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.UnassignIpv6AddressesOutput{NetworkInterfaceId: in.NetworkInterfaceId, UnassignedIpv6Addresses: texts(gone)}, nil
}

func texts(addresses []netip.Addr) (all []string) {
	for _, a := range addresses {
		all = append(all, a.String())
	}
	return all
}
