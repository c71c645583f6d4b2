package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ParseAddresses reads private addresses of a request.
func ParseAddresses(given []string) (all []netip.Addr, err error) {
	for _, text := range given {
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is4() {
			return nil, wire.Errorf("InvalidParameterValue", "invalid value for parameter address: %s", text)
		}
		all = append(all, a)
	}
	return all, nil
}

// SplitAddresses reads the form of a request that says of each private address whether it is the primary one.
func SplitAddresses(primary *string, specs []ec2types.PrivateIpAddressSpecification) (first netip.Addr, further []netip.Addr, err error) {
	firsts := []string{}
	if primary != nil {
		firsts = append(firsts, *primary)
	}
	rest := []string{}
	for _, s := range specs {
		if room.Deref(s.Primary) {
			firsts = append(firsts, room.Deref(s.PrivateIpAddress))
		} else {
			rest = append(rest, room.Deref(s.PrivateIpAddress))
		}
	}
	if len(firsts) > 1 {
		return first, nil, wire.Errorf("InvalidParameterCombination", "Only one primary private IP address can be specified.")
	}
	parsed, err := ParseAddresses(append(firsts, rest...))
	if err != nil || len(firsts) == 0 {
		return first, parsed, err
	}
	return parsed[0], parsed[1:], nil
}

// assign gives an interface further private addresses: those named, and some more of any.
func (r *Room) assign(tx *store.Tx, row *Interface, named []netip.Addr, more int) error {
	if err := r.interfaces.Put(tx, row.ID, *row); err != nil {
		return err
	}
	subnet, _ := r.subnets.GetTx(tx, row.Subnet)
	for _, wanted := range slices.Concat(named, make([]netip.Addr, max(more, 0))) {
		a, err := r.privateAddress(tx, subnet, wanted)
		if err != nil {
			return err
		}
		row.Secondary = append(slices.Clone(row.Secondary), network.Address{Private: a})
		if err := r.interfaces.Put(tx, row.ID, *row); err != nil {
			return err
		}
	}
	if most := r.instance(tx, row.Instance).Addresses; most > 0 && len(row.Addresses()) > most {
		return wire.Errorf("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
	}
	return nil
}

// unassign takes secondary addresses from an interface. Elastic IP addresses that mean them are disassociated
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-secondary-ip-addresses.html).
func (r *Room) unassign(tx *store.Tx, row Interface, gone []netip.Addr) error {
	for _, a := range gone {
		if e, ok := r.elasticAt(tx, row, a); ok {
			if err := r.loseElastic(tx, e, false); err != nil {
				return err
			}
		}
	}
	row.Secondary = slices.DeleteFunc(slices.Clone(row.Secondary), func(a network.Address) bool { return slices.Contains(gone, a.Private) })
	return r.interfaces.Put(tx, row.ID, row)
}

// changeInterface changes a user's interface, and its VPC's network with it.
func (r *Room) changeInterface(id *string, in any, change func(*store.Tx, *Interface) error) error {
	if err := resource.Required("networkInterfaceId", id); err != nil {
		return err
	}
	var row Interface
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.interfaces, *id, missingInterface); err != nil {
			return err
		}
		if row.managed() {
			return notPermitted()
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return err
	}
	return r.Sync(row.VPC)
}

// AssignPrivateIpAddresses gives an interface further private addresses.
func (r *Room) AssignPrivateIpAddresses(ctx context.Context, in *ec2.AssignPrivateIpAddressesInput) (*ec2.AssignPrivateIpAddressesOutput, error) {
	if err := room.Only(in, "AllowReassignment", "NetworkInterfaceId", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount"); err != nil {
		return nil, err
	}
	named, err := ParseAddresses(in.PrivateIpAddresses)
	if err != nil {
		return nil, err
	}
	if (len(named) > 0) == (in.SecondaryPrivateIpAddressCount != nil) {
		return nil, wire.Errorf("InvalidParameterCombination", "Exactly one of privateIpAddresses and secondaryPrivateIpAddressCount must be specified.")
	}
	out := &ec2.AssignPrivateIpAddressesOutput{NetworkInterfaceId: in.NetworkInterfaceId}
	err = r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		named := slices.DeleteFunc(slices.Clone(named), row.has) // which is no error
		if room.Deref(in.AllowReassignment) {
			if err := r.takeAway(tx, row.Subnet, named); err != nil {
				return err
			}
		}
		before := len(row.Secondary)
		if err := r.assign(tx, row, named, int(room.Deref(in.SecondaryPrivateIpAddressCount))); err != nil {
			return err
		}
		for _, a := range row.Secondary[before:] {
			out.AssignedPrivateIpAddresses = append(out.AssignedPrivateIpAddresses, ec2types.AssignedPrivateIpAddress{PrivateIpAddress: new(a.Private.String())})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// takeAway takes secondary addresses of a subnet from the interfaces that have them. A primary address stays.
func (r *Room) takeAway(tx *store.Tx, subnet string, addresses []netip.Addr) error {
	for _, i := range r.interfaces.AllTx(tx) {
		gone := slices.DeleteFunc(slices.Clone(addresses), func(a netip.Addr) bool { return a == i.Address || !i.has(a) })
		if i.Subnet != subnet || len(gone) == 0 || i.managed() {
			continue
		}
		if err := r.unassign(tx, i, gone); err != nil {
			return err
		}
	}
	return nil
}

// UnassignPrivateIpAddresses takes secondary private addresses from an interface.
func (r *Room) UnassignPrivateIpAddresses(ctx context.Context, in *ec2.UnassignPrivateIpAddressesInput) (*ec2.UnassignPrivateIpAddressesOutput, error) {
	if err := room.Only(in, "NetworkInterfaceId", "PrivateIpAddresses"); err != nil {
		return nil, err
	}
	gone, err := ParseAddresses(in.PrivateIpAddresses)
	if err != nil {
		return nil, err
	}
	if len(gone) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter privateIpAddresses")
	}
	err = r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		if slices.ContainsFunc(gone, func(a netip.Addr) bool { return a == row.Address || !row.has(a) }) {
			return wire.Errorf("InvalidParameterValue", "Some of the specified addresses are not assigned to interface %s", row.ID)
		}
		return r.unassign(tx, *row, gone)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.UnassignPrivateIpAddressesOutput{}, nil
}
