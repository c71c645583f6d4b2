package nets

import (
	"net/netip"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// A primary IPv6 address does not change while its interface is an instance's: "the first IPv6 GUA will be made the primary IPv6 address until the
// instance is terminated or the network interface is detached" (EC2 API reference, ModifyNetworkInterfaceAttribute). Target groups of IPv6 reach
// instances by it.

// Primary is the interface's primary IPv6 address; the zero value where it has none.
func (i Interface) Primary() netip.Addr {
	if !i.PrimaryIPv6 || len(i.IPv6) == 0 {
		return netip.Addr{}
	}
	return i.IPv6[0]
}

// checkPrimary refuses a primary address of an interface that has none of IPv6. The words are not AWS's.
func (i Interface) checkPrimary() error {
	if i.PrimaryIPv6 && len(i.IPv6) == 0 {
		return wire.Errorf("InvalidParameterCombination", "A primary IPv6 address takes an IPv6 address of the network interface.")
	}
	return nil
}

// setPrimary changes whether the first address is the primary one: "Once you enable an IPv6 GUA address to be a primary IPv6, you cannot disable
// it", the same page. The words are not AWS's.
func (i *Interface) setPrimary(on bool) error {
	if i.PrimaryIPv6 && !on {
		return wire.Errorf("InvalidParameterValue", "The primary IPv6 address of network interface %s cannot be disabled.", i.ID)
	}
	i.PrimaryIPv6 = on
	return i.checkPrimary()
}
