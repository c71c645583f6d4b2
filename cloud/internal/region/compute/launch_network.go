package compute

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// device is an interface of an instance that is launched: one to be made, or one that is there.
type device struct {
	nets.Wanted
	there string // eni-...
}

// planNetwork reads either form of the request: with interfaces that it describes itself, or without.
func (r *Room) planNetwork(p *launchPlan) error {
	if len(p.in.NetworkInterfaces) > 0 {
		return r.planDevices(p)
	}
	groups, err := r.groupsOf(p.in)
	if err != nil {
		return err
	}
	if p.subnet, err = r.chooseSubnet(room.Deref(p.in.SubnetId), p.in.Placement); err != nil {
		return err
	}
	first := nets.Wanted{Subnet: p.subnet.ID, Groups: groups, Public: p.subnet.MapPublic, PrimaryIPv6: room.Deref(p.in.EnablePrimaryIpv6)}
	if p.in.PrivateIpAddress != nil {
		asked, err := nets.ParseAddresses([]string{*p.in.PrivateIpAddress})
		if err != nil {
			return err
		}
		first.Address = asked[0]
	}
	if first.IPv6, first.FurtherIPv6, err = nets.NamedIPv6(p.in.Ipv6Addresses, p.in.Ipv6AddressCount); err != nil {
		return err
	}
	p.devices = []device{{Wanted: first}}
	return r.checkIPv6(first, p.kind)
}

// groupsOf are the security groups of a request without interfaces. Names are of the default VPC, so that no subnet can be
// named beside them (EC2 API reference, RunInstances).
func (r *Room) groupsOf(in *ec2.RunInstancesInput) ([]string, error) {
	if len(in.SecurityGroups) > 0 && in.SubnetId != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
	}
	named, err := r.nets.GroupsNamed(nil, in.SecurityGroups)
	return append(named, in.SecurityGroupIds...), err
}

// planDevices reads the form of the request that describes the interfaces itself.
func (r *Room) planDevices(p *launchPlan) error {
	in := p.in
	if n := len(in.NetworkInterfaces); n > int(p.kind.interfaces) {
		return tooManyInterfaces(n, p.kind)
	}
	if in.Ipv6AddressCount != nil || len(in.Ipv6Addresses) > 0 || in.EnablePrimaryIpv6 != nil {
		return wire.Errorf("InvalidParameterCombination", "Network interfaces and an instance-level IPv6 address may not be specified on the same request")
	}
	if in.SubnetId != nil || len(in.SecurityGroupIds)+len(in.SecurityGroups) > 0 {
		return wire.Errorf(
			"InvalidParameterCombination",
			"Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request",
		)
	}
	for _, spec := range in.NetworkInterfaces {
		d, err := r.planDevice(p, spec)
		if err != nil {
			return err
		}
		p.devices = append(p.devices, d)
	}
	slices.SortFunc(p.devices, func(a, b device) int { return int(a.Device - b.Device) })
	return r.checkDevices(p)
}

func tooManyInterfaces(n int, kind instanceType) error {
	return wire.Errorf("AttachmentLimitExceeded", "Interface count %d exceeds the limit for %s", n, kind.name)
}

func (r *Room) planDevice(p *launchPlan, spec ec2types.InstanceNetworkInterfaceSpecification) (d device, err error) {
	if err := room.Only(spec, "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "DeviceIndex", "Groups", "Ipv6AddressCount",
		"Ipv6Addresses", "NetworkInterfaceId", "PrimaryIpv6", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SubnetId"); err != nil {
		return d, err
	}
	if len(p.in.NetworkInterfaces) > 1 && spec.DeviceIndex == nil {
		return d, wire.Errorf("InvalidParameterValue", "Each network interface requires a device index.")
	}
	d.Device = room.Deref(spec.DeviceIndex)
	if spec.NetworkInterfaceId != nil {
		return d, r.planThere(p, spec, &d)
	}
	subnet, err := r.chooseSubnet(room.Deref(spec.SubnetId), p.in.Placement)
	if err != nil {
		return d, err
	}
	d.Subnet, d.Groups, d.Description = subnet.ID, spec.Groups, room.Deref(spec.Description)
	d.Keep = spec.DeleteOnTermination != nil && !*spec.DeleteOnTermination
	d.Further, d.PrimaryIPv6 = int(room.Deref(spec.SecondaryPrivateIpAddressCount)), room.Deref(spec.PrimaryIpv6)
	if d.Address, d.Secondary, err = nets.SplitAddresses(spec.PrivateIpAddress, spec.PrivateIpAddresses); err != nil {
		return d, err
	}
	if d.IPv6, d.FurtherIPv6, err = nets.NamedIPv6(spec.Ipv6Addresses, spec.Ipv6AddressCount); err != nil {
		return d, err
	}
	alone := len(p.in.NetworkInterfaces) == 1
	d.Public = subnet.MapPublic && alone
	if spec.AssociatePublicIpAddress != nil {
		if d.Public = *spec.AssociatePublicIpAddress; d.Public && !alone {
			return d, wire.Errorf("InvalidParameterCombination",
				"The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
		}
	}
	return d, nil
}

// planThere reads the description of an interface that is there already, which nothing else may be said of. It outlives the
// instance (EC2 API reference, InstanceNetworkInterfaceSpecification).
func (r *Room) planThere(p *launchPlan, spec ec2types.InstanceNetworkInterfaceSpecification, d *device) error {
	said := spec
	said.DeviceIndex, said.NetworkInterfaceId, said.DeleteOnTermination = nil, nil, nil
	if room.Only(said) != nil || room.Deref(spec.DeleteOnTermination) {
		return wire.Errorf("InvalidParameterCombination", "A network interface that is specified by its ID cannot be described further.")
	}
	if *p.in.MaxCount > 1 {
		return wire.Errorf("InvalidParameterCombination", "A network interface ID cannot be specified when launching multiple instances.")
	}
	eni, err := r.nets.Free(nil, *spec.NetworkInterfaceId)
	d.there, d.Subnet, d.Keep = eni.ID, eni.Subnet, true
	for range eni.Addresses()[1:] {
		d.Secondary = append(d.Secondary, netip.Addr{})
	}
	return err
}

// checkDevices checks what the interfaces are to each other.
func (r *Room) checkDevices(p *launchPlan) error {
	if p.devices[0].Device != 0 {
		return wire.Errorf("InvalidParameterValue", "The primary network interface must have device index 0.")
	}
	p.subnet, _ = r.nets.Subnet(nil, p.devices[0].Subnet)
	for n, d := range p.devices {
		subnet, _ := r.nets.Subnet(nil, d.Subnet)
		switch {
		case n > 0 && d.Device == p.devices[n-1].Device:
			return wire.Errorf("InvalidParameterValue", "The device index %d is specified more than once.", d.Device)
		case d.Device > maxDevice:
			return badDevice(d.Device)
		case 1+len(d.Secondary)+d.Further > int(p.kind.addresses):
			return wire.Errorf("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
		}
		if err := r.checkIPv6(d.Wanted, p.kind); err != nil {
			return err
		}
		if err := sameZone(subnet.VPC, subnet.Zone, p.subnet.VPC, p.subnet.Zone); err != nil {
			return err
		}
	}
	return nil
}

// checkIPv6 refuses more IPv6 addresses than an interface of a type may have: as many as IPv4 addresses
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html).
func (r *Room) checkIPv6(w nets.Wanted, kind instanceType) error {
	if len(w.IPv6)+w.FurtherIPv6 > int(kind.addresses) {
		return wire.Errorf("Ipv6AddressLimitExceeded", "Number of IPv6 addresses will exceed limit.")
	}
	return nil
}

// chooseSubnet finds the subnet that is named, or the default one of the zone that is.
func (r *Room) chooseSubnet(id string, place *ec2types.Placement) (nets.Subnet, error) {
	if id == "" {
		var zone string
		if place != nil {
			zone = room.Deref(place.AvailabilityZone)
		}
		return r.nets.DefaultSubnet(nil, zone)
	}
	subnet, ok := r.nets.Subnet(nil, id)
	if !ok {
		return subnet, nets.MissingSubnet(id)
	}
	return subnet, nil
}

// connect gives a new instance its interfaces, and returns the ids of those that it makes.
func (r *Room) connect(tx *store.Tx, p launchPlan, row *Instance) (made []string, err error) {
	for n, d := range p.devices {
		var eni nets.Interface
		if d.there != "" {
			if eni, err = r.nets.Free(tx, d.there); err == nil {
				eni, err = r.nets.Attach(tx, eni, row.ID, d.Device, d.Keep)
			}
		} else {
			d.Instance = row.ID
			eni, err = r.nets.NewInterface(tx, d.Wanted)
			made = append(made, eni.ID)
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			row.Interface = eni.ID
		}
	}
	return made, nil
}
