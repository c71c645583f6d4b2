package nets

import (
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// IPv6 is what a service's interface is to have of IPv6; the zero value for nothing.
type IPv6 struct {
	On         bool
	Address    netip.Addr // the zero value for the one that it has, or any
	NoInternet bool       // it is not reached from the internet
	SourceNAT  SourceNAT
}

// SourceNAT is whether an interface has a prefix of 80 bits to speak from besides.
type SourceNAT struct {
	On     bool
	Prefix netip.Prefix // the zero value for the one that it has, or any
}

// prefixBits is how long a prefix for source NAT is
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SubnetMapping.html).
const prefixBits = 80

// SetIPv6 changes what a service's interface has of IPv6. Its errors are EC2's.
func (r *Room) SetIPv6(tx *store.Tx, id string, to IPv6) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if !ok {
		return missingInterface(id)
	}
	return r.setIPv6(tx, row, to)
}

func (r *Room) setIPv6(tx *store.Tx, row Interface, to IPv6) error {
	row.NoInternet = to.NoInternet
	if !to.On {
		row.IPv6, row.SourceNAT = nil, netip.Prefix{}
		return r.interfaces.Put(tx, row.ID, row)
	}
	if len(row.IPv6) == 0 || to.Address.IsValid() && row.IPv6[0] != to.Address {
		row.IPv6 = nil
		if err := r.assignIPv6(tx, &row, []netip.Addr{to.Address}, 0); err != nil {
			return err
		}
	}
	var err error
	if row.SourceNAT, err = r.sourceNAT(tx, row, to.SourceNAT); err != nil {
		return err
	}
	return r.interfaces.Put(tx, row.ID, row)
}

// sourceNAT is the prefix that an interface gets: the one that it has, the one that is wanted, or one by chance.
func (r *Room) sourceNAT(tx *store.Tx, row Interface, to SourceNAT) (netip.Prefix, error) {
	switch {
	case !to.On:
		return netip.Prefix{}, nil
	case row.SourceNAT.IsValid() && (!to.Prefix.IsValid() || to.Prefix == row.SourceNAT):
		return row.SourceNAT, nil
	}
	subnet, _ := r.subnets.GetTx(tx, row.Subnet)
	block := subnet.RangeIPv6()
	if to.Prefix.IsValid() {
		if to.Prefix.Bits() != prefixBits || to.Prefix != to.Prefix.Masked() || !block.Contains(to.Prefix.Addr()) {
			return to.Prefix, wire.Errorf("InvalidParameterValue", "Prefix %s does not fall within the subnet's address range", to.Prefix)
		}
		if r.usesPrefix(tx, row, to.Prefix) {
			return to.Prefix, wire.Errorf("InvalidIPAddress.InUse", "Prefix %s is in use.", to.Prefix)
		}
		return to.Prefix, nil
	}
	for { // a block has 65,536 of them, more than interfaces
		a := block.Addr().As16()
		n := rand.Uint32()
		a[8], a[9] = byte(n>>8), byte(n)
		if p := netip.PrefixFrom(netip.AddrFrom16(a), prefixBits); !r.usesPrefix(tx, row, p) && !p.Contains(block.Addr()) {
			return p, nil // the first one has the addresses that interfaces get
		}
	}
}

// usesPrefix tells whether a prefix is another interface's of a subnet, or has an address of one.
func (r *Room) usesPrefix(tx *store.Tx, row Interface, p netip.Prefix) bool {
	return slices.ContainsFunc(r.interfaces.AllTx(tx), func(i Interface) bool {
		return i.Subnet == row.Subnet && (i.ID != row.ID && i.SourceNAT == p || slices.ContainsFunc(i.IPv6, p.Contains))
	})
}

// after is the address that follows a prefix of IPv6.
func after(p netip.Prefix) netip.Addr {
	last := p.Masked().Addr().As16()
	for n := p.Bits() / 8; n < len(last); n++ {
		last[n] = 0xff
	}
	return netip.AddrFrom16(last).Next()
}
