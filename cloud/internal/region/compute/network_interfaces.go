package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ForNetworks tells what the networks have to know of an instance.
func (r *Room) ForNetworks(tx *store.Tx, id string) nets.Instance {
	i, _ := r.instances.GetTx(tx, id)
	kind, _ := findType(string(i.Type))
	return nets.Instance{Creating: i.State == pending && i.Started.IsZero(), Addresses: int(kind.addresses)}
}

// maxDevice is the highest device index, above all that any type has interfaces for.
const maxDevice = 99

func badDevice(index int32) error {
	return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter deviceIndex is invalid.", index)
}

// sameZone refuses an interface in another zone than the instance's, and one of another VPC, into which a namespace here does
// not reach.
func sameZone(vpc, zone, ownVPC, ownZone string) error {
	if zone != ownZone {
		return wire.Errorf("InvalidParameterCombination", "You may not attach a network interface to an instance if they are not in the same availability zone")
	}
	if vpc != ownVPC {
		return wire.Errorf("UnsupportedOperation", "Network interfaces of several VPCs on one instance are not supported here.")
	}
	return nil
}

// AttachNetworkInterface makes an interface a further one of an instance, in whose namespace it is at once.
func (r *Room) AttachNetworkInterface(ctx context.Context, in *ec2.AttachNetworkInterfaceInput) (*ec2.AttachNetworkInterfaceOutput, error) {
	if err := room.Only(in, "DeviceIndex", "InstanceId", "NetworkInterfaceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if err := resource.Required("networkInterfaceId", in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	if in.DeviceIndex == nil {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter deviceIndex")
	}
	var eni nets.Interface
	err := r.Update(func(tx *store.Tx) error {
		i, err := room.Find(tx, r.instances, *in.InstanceId, missingInstance)
		if err != nil {
			return err
		}
		if eni, err = r.nets.Free(tx, *in.NetworkInterfaceId); err != nil {
			return err
		}
		if err := r.mayAttach(tx, i, eni, *in.DeviceIndex); err != nil {
			return err
		}
		if eni, err = r.nets.Attach(tx, eni, i.ID, *in.DeviceIndex, true); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err == nil {
		err = r.nets.Sync(eni.VPC)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.AttachNetworkInterfaceOutput{AttachmentId: new(eni.Attachment), NetworkCardIndex: new(int32(0))}, nil
}

// mayAttach tells why an interface cannot be an instance's at a device index.
func (r *Room) mayAttach(tx *store.Tx, i Instance, eni nets.Interface, index int32) error {
	if i.State != running && i.State != stopped {
		return wire.Errorf("IncorrectState", "The instance '%s' is not in a state in which a network interface can be attached to it.", i.ID)
	}
	if err := sameZone(eni.VPC, eni.Zone, i.VPC, i.Zone); err != nil {
		return err
	}
	if index < 0 || index > maxDevice {
		return badDevice(index)
	}
	there := r.nets.InterfacesOf(tx, i.ID)
	if slices.ContainsFunc(there, func(x nets.Interface) bool { return x.Device == index }) {
		return wire.Errorf("InvalidParameterValue", "Instance '%s' already has an interface attached at device index '%d'.", i.ID, index)
	}
	kind, known := findType(string(i.Type))
	switch {
	case known && len(there) >= int(kind.interfaces):
		return tooManyInterfaces(len(there)+1, kind)
	case known && max(len(eni.Addresses()), len(eni.IPv6)) > int(kind.addresses):
		return wire.Errorf("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
	}
	return nil
}

// DetachNetworkInterface takes a further interface from its instance. To force it makes no difference: no instance here can
// hold one back.
func (r *Room) DetachNetworkInterface(ctx context.Context, in *ec2.DetachNetworkInterfaceInput) (*ec2.DetachNetworkInterfaceOutput, error) {
	if err := room.Only(in, "AttachmentId", "Force"); err != nil {
		return nil, err
	}
	if err := resource.Required("attachmentId", in.AttachmentId); err != nil {
		return nil, err
	}
	var eni nets.Interface
	err := r.Update(func(tx *store.Tx) error {
		var ok bool
		if eni, ok = r.nets.Attachment(tx, *in.AttachmentId); !ok {
			return nets.MissingAttachment(*in.AttachmentId)
		}
		if eni.Device == 0 {
			return wire.Errorf("OperationNotPermitted", "The network interface at device index 0 and networkCard index 0 cannot be detached.")
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.nets.Detach(tx, eni)
	})
	if err == nil {
		err = r.nets.Sync(eni.VPC)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.DetachNetworkInterfaceOutput{}, nil
}

// showDevice is an interface as a description of its instance has it.
func (r *Room) showDevice(eni nets.Interface) ec2types.InstanceNetworkInterface {
	nic := ec2types.InstanceNetworkInterface{
		NetworkInterfaceId: new(eni.ID), SubnetId: new(eni.Subnet), VpcId: new(eni.VPC), MacAddress: new(eni.MAC), Description: new(eni.Description),
		OwnerId: new(r.Account), PrivateIpAddress: new(eni.Address.String()), PrivateDnsName: new(r.nets.PrivateName(eni.Address)),
		Groups: r.nets.Identifiers(eni.Groups), SourceDestCheck: new(!eni.NoSourceDestCheck), Status: ec2types.NetworkInterfaceStatusInUse,
		InterfaceType: new("interface"), Ipv6Addresses: []ec2types.InstanceIpv6Address{},
		Attachment: &ec2types.InstanceNetworkInterfaceAttachment{
			AttachmentId: new(eni.Attachment), AttachTime: new(eni.Attached), DeleteOnTermination: new(!eni.KeepOnTermination), DeviceIndex: new(eni.Device),
			Status: ec2types.AttachmentStatusAttached, NetworkCardIndex: new(int32(0)),
		},
	}
	for n, a := range eni.Addresses() {
		nic.PrivateIpAddresses = append(nic.PrivateIpAddresses, ec2types.InstancePrivateIpAddress{
			Primary: new(n == 0), PrivateIpAddress: new(a.Private.String()), PrivateDnsName: new(r.nets.PrivateName(a.Private)), Association: r.showPublic(eni, a),
		})
	}
	nic.Association = nic.PrivateIpAddresses[0].Association
	for _, a := range eni.IPv6 {
		nic.Ipv6Addresses = append(nic.Ipv6Addresses, ec2types.InstanceIpv6Address{Ipv6Address: new(a.String()), IsPrimaryIpv6: new(a == eni.Primary())})
	}
	return nic
}

func (r *Room) showPublic(eni nets.Interface, a network.Address) *ec2types.InstanceNetworkInterfaceAssociation {
	if !a.Public.IsValid() {
		return nil
	}
	return &ec2types.InstanceNetworkInterfaceAssociation{
		PublicIp: new(a.Public.String()), PublicDnsName: new(r.nets.PublicName(eni.VPC, a.Public)), IpOwnerId: new(r.nets.PublicOwner(eni, a)),
	}
}

// showFirst tells of an instance what is so of its first interface.
func showFirst(out *ec2types.Instance) {
	first := out.NetworkInterfaces[0]
	out.SecurityGroups, out.SourceDestCheck = first.Groups, first.SourceDestCheck
	out.PrivateIpAddress, out.PrivateDnsName = first.PrivateIpAddress, first.PrivateDnsName
	if len(first.Ipv6Addresses) > 0 {
		out.Ipv6Address = first.Ipv6Addresses[0].Ipv6Address
	}
	if first.Association != nil {
		out.PublicIpAddress, out.PublicDnsName = first.Association.PublicIp, first.Association.PublicDnsName
	}
}
