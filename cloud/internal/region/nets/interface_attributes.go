package nets

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// CreateNetworkInterface makes an interface that is attached to nothing, and reached at no address until it is.
func (r *Room) CreateNetworkInterface(ctx context.Context, in *ec2.CreateNetworkInterfaceInput) (*ec2.CreateNetworkInterfaceOutput, error) {
	if err := room.Only(in, "ClientToken", "Description", "EnablePrimaryIpv6", "Groups", "Ipv6AddressCount", "Ipv6Addresses", "PrivateIpAddress",
		"PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SubnetId", "TagSpecifications"); err != nil {
		return nil, err
	}
	w := Wanted{Subnet: room.Deref(in.SubnetId), Groups: in.Groups, Description: room.Deref(in.Description),
		Own: true, PrimaryIPv6: room.Deref(in.EnablePrimaryIpv6), Further: int(room.Deref(in.SecondaryPrivateIpAddressCount))}
	if err := resource.Required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeNetworkInterface); err != nil {
		return nil, err
	}
	var err error
	if w.Address, w.Secondary, err = SplitAddresses(in.PrivateIpAddress, in.PrivateIpAddresses); err != nil {
		return nil, err
	}
	if w.IPv6, w.FurtherIPv6, err = NamedIPv6(in.Ipv6Addresses, in.Ipv6AddressCount); err != nil {
		return nil, err
	}
	if w.Further > 0 && len(w.Secondary) > 0 {
		return nil, wire.Errorf("InvalidParameterCombination", "secondaryPrivateIpAddressCount cannot be specified together with secondary private IP addresses.")
	}
	var id string
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.interfaces.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateNetworkInterface", in.ClientToken, in, alive, func() (string, error) {
			row, err := r.NewInterface(tx, w)
			if err != nil {
				return "", err
			}
			return row.ID, r.TagNew(tx, in.TagSpecifications, row.ID)
		})
		if err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	row, _ := r.interfaces.Get(id)
	shown := r.showInterface(row)
	if shown.Attachment == nil {
		shown.Status = "pending" // as AWS answers at first
	}
	return &ec2.CreateNetworkInterfaceOutput{NetworkInterface: &shown, ClientToken: in.ClientToken}, nil
}

// DeleteNetworkInterface deletes an interface that no instance has.
func (r *Room) DeleteNetworkInterface(ctx context.Context, in *ec2.DeleteNetworkInterfaceInput) (*ec2.DeleteNetworkInterfaceOutput, error) {
	if err := room.Only(in, "NetworkInterfaceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("networkInterfaceId", in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	var row Interface
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.interfaces, *in.NetworkInterfaceId, missingInterface); err != nil {
			return err
		}
		if row.managed() || row.Instance != "" {
			return wire.Errorf("InvalidParameterValue", "Network interface '%s' is currently in use.", row.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.RemoveInterface(tx, row.ID)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteNetworkInterfaceOutput{}, r.Sync(row.VPC) // routes to it are black holes
}

// ModifyNetworkInterfaceAttribute changes one attribute of an interface.
func (r *Room) ModifyNetworkInterfaceAttribute(
	ctx context.Context, in *ec2.ModifyNetworkInterfaceAttributeInput,
) (*ec2.ModifyNetworkInterfaceAttributeOutput, error) {
	if err := room.Only(in, "Attachment", "Description", "EnablePrimaryIpv6", "Groups", "NetworkInterfaceId", "SourceDestCheck"); err != nil {
		return nil, err
	}
	changes := slices.DeleteFunc(interfaceChanges(r, in), func(c interfaceChange) bool { return !c.given })
	switch len(changes) {
	case 0:
		return nil, wire.Errorf("InvalidParameterCombination", "No attributes specified.")
	case 1:
	default:
		return nil, wire.Errorf("InvalidParameterCombination", "Fields for multiple attribute types specified")
	}
	err := r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		if err := changes[0].change(tx, row); err != nil {
			return err
		}
		return r.interfaces.Put(tx, row.ID, *row)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}

// interfaceChange is one attribute of ModifyNetworkInterfaceAttribute.
type interfaceChange struct {
	given  bool
	change func(*store.Tx, *Interface) error
}

func interfaceChanges(r *Room, in *ec2.ModifyNetworkInterfaceAttributeInput) []interfaceChange {
	return []interfaceChange{
		{in.Description != nil, func(_ *store.Tx, row *Interface) error {
			row.Description = room.Deref(in.Description.Value)
			return nil
		}},
		{in.EnablePrimaryIpv6 != nil, func(_ *store.Tx, row *Interface) error { return row.setPrimary(*in.EnablePrimaryIpv6) }},
		{in.SourceDestCheck != nil, func(_ *store.Tx, row *Interface) error {
			row.NoSourceDestCheck = !room.Deref(in.SourceDestCheck.Value)
			return nil
		}},
		{len(in.Groups) > 0, func(tx *store.Tx, row *Interface) error {
			row.Groups = slices.Clone(in.Groups)
			return r.CheckGroups(tx, row.VPC, in.Groups)
		}},
		{in.Attachment != nil, func(_ *store.Tx, row *Interface) error {
			if err := room.Only(in.Attachment, "AttachmentId", "DeleteOnTermination"); err != nil {
				return err
			}
			if id := room.Deref(in.Attachment.AttachmentId); row.Instance == "" || id != row.Attachment {
				return MissingAttachment(id)
			}
			row.KeepOnTermination = !room.Deref(in.Attachment.DeleteOnTermination)
			return nil
		}},
	}
}

// MissingAttachment is the error where there is no such attachment.
func MissingAttachment(id string) error {
	return wire.Errorf("InvalidAttachmentID.NotFound", "The attachment ID '%s' does not exist", id)
}

// ResetNetworkInterfaceAttribute turns the check of sources and destinations on, which is its default.
func (r *Room) ResetNetworkInterfaceAttribute(
	ctx context.Context, in *ec2.ResetNetworkInterfaceAttributeInput,
) (*ec2.ResetNetworkInterfaceAttributeOutput, error) {
	if err := room.Only(in, "NetworkInterfaceId", "SourceDestCheck"); err != nil {
		return nil, err
	}
	if in.SourceDestCheck == nil {
		return nil, wire.Errorf("InvalidParameterCombination", "No attributes specified.")
	}
	err := r.changeInterface(in.NetworkInterfaceId, in, func(tx *store.Tx, row *Interface) error {
		return r.SetSourceDestCheck(tx, row.ID, true)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ResetNetworkInterfaceAttributeOutput{}, nil
}

// DescribeNetworkInterfaceAttribute tells one attribute of an interface.
func (r *Room) DescribeNetworkInterfaceAttribute(
	ctx context.Context, in *ec2.DescribeNetworkInterfaceAttributeInput,
) (*ec2.DescribeNetworkInterfaceAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "NetworkInterfaceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("networkInterfaceId", in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	row, ok := r.interfaces.Get(*in.NetworkInterfaceId)
	if !ok {
		return nil, missingInterface(*in.NetworkInterfaceId)
	}
	shown := r.showInterface(row)
	out := &ec2.DescribeNetworkInterfaceAttributeOutput{NetworkInterfaceId: in.NetworkInterfaceId}
	switch in.Attribute {
	case ec2types.NetworkInterfaceAttributeDescription:
		out.Description = &ec2types.AttributeValue{Value: shown.Description}
	case ec2types.NetworkInterfaceAttributeGroupSet:
		out.Groups = shown.Groups
	case ec2types.NetworkInterfaceAttributeSourceDestCheck:
		out.SourceDestCheck = &ec2types.AttributeBooleanValue{Value: shown.SourceDestCheck}
	case ec2types.NetworkInterfaceAttributeAttachment:
		out.Attachment = shown.Attachment
	case ec2types.NetworkInterfaceAttributeAssociatePublicIpAddress:
		out.AssociatePublicIpAddress = new(row.WantsPublic)
	case "":
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter attribute")
	default:
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter attribute is invalid.", in.Attribute)
	}
	return out, nil
}
