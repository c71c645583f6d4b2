package nets

import (
	"net/netip"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// privateAddress returns the lowest free address of a subnet: the first four and the last are reserved.
func (r *Room) privateAddress(tx *store.Tx, s Subnet, wanted netip.Addr) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, i := range r.interfaces.AllTx(tx) {
		if i.Subnet == s.ID {
			for _, a := range i.Addresses() {
				taken[a.Private] = true
			}
		}
	}
	cidr := netip.MustParsePrefix(s.CIDR)
	first := cidr.Addr()
	for range reserved - 1 {
		first = first.Next()
	}
	for a := first; cidr.Contains(a.Next()); a = a.Next() {
		if wanted.IsValid() && a != wanted {
			continue
		}
		if !taken[a] {
			return a, nil
		}
		if wanted.IsValid() {
			return a, wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", wanted)
		}
	}
	if wanted.IsValid() {
		return wanted, wire.Errorf("InvalidParameterValue", "Address %s does not fall within the subnet's address range", wanted)
	}
	return netip.Addr{}, wire.Errorf("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
}

// publicAddress returns a free public address, going round the range so that one just given back is not
// given out again at once.
func (r *Room) publicAddress(tx *store.Tx) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, i := range r.interfaces.AllTx(tx) {
		taken[i.Public] = true
	}
	for _, e := range r.elastics.AllTx(tx) {
		taken[e.Public] = true
	}
	base := address.Range(r.cfg.Index).Addr().As4()
	last, _ := r.counters.GetTx(tx, "public-address")
	for i := range 254 {
		host := (last+i)%254 + 1
		base[3] = byte(host)
		if a := netip.AddrFrom4(base); !taken[a] {
			return a, r.counters.Put(tx, "public-address", host)
		}
	}
	return netip.Addr{}, wire.Errorf("InsufficientAddressCapacity", "There are not enough free public addresses in region %s.", r.Region)
}
