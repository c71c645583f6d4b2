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

// AssociateSubnetCidrBlock gives a subnet its one block of IPv6 addresses.
func (r *Room) AssociateSubnetCidrBlock(ctx context.Context, in *ec2.AssociateSubnetCidrBlockInput) (*ec2.AssociateSubnetCidrBlockOutput, error) {
	if err := room.Only(in, "Ipv6CidrBlock", "SubnetId"); err != nil {
		return nil, err
	}
	if err := resource.Required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	if err := resource.Required("ipv6CidrBlock", in.Ipv6CidrBlock); err != nil {
		return nil, err
	}
	var row Subnet
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.subnets, *in.SubnetId, MissingSubnet); err != nil {
			return err
		}
		if row.IPv6.ID != "" {
			return wire.Errorf("InvalidParameterValue", "Subnet %s already has an IPv6 CIDR block associated with it.", row.ID)
		}
		vpc, _ := r.vpcs.GetTx(tx, row.VPC)
		if row.IPv6, err = r.blockOf(tx, vpc, *in.Ipv6CidrBlock); err != nil {
			return err
		}
		return r.subnets.Put(tx, row.ID, row)
	})
	if err != nil {
		return nil, err
	}
	out := row.showIPv6(ec2types.SubnetCidrBlockStateCodeAssociating)
	return &ec2.AssociateSubnetCidrBlockOutput{SubnetId: in.SubnetId, Ipv6CidrBlockAssociation: &out}, r.Sync(row.VPC)
}

// DisassociateSubnetCidrBlock takes a subnet's block away, none of whose addresses is an interface's
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateSubnetCidrBlock.html).
func (r *Room) DisassociateSubnetCidrBlock(ctx context.Context, in *ec2.DisassociateSubnetCidrBlockInput) (*ec2.DisassociateSubnetCidrBlockOutput, error) {
	if err := room.Only(in, "AssociationId"); err != nil {
		return nil, err
	}
	if err := resource.Required("associationId", in.AssociationId); err != nil {
		return nil, err
	}
	var gone Subnet
	err := r.Update(func(tx *store.Tx) error {
		all := r.subnets.AllTx(tx)
		at := slices.IndexFunc(all, func(s Subnet) bool { return s.IPv6.ID == *in.AssociationId })
		if at < 0 {
			return wire.Errorf("InvalidSubnetCidrBlockAssociationID.NotFound", "The subnet CIDR block association ID '%s' does not exist", *in.AssociationId)
		}
		gone = all[at]
		if slices.ContainsFunc(r.interfaces.AllTx(tx), func(i Interface) bool { return i.Subnet == gone.ID && len(i.IPv6) > 0 }) {
			return wire.Errorf("DependencyViolation", "The subnet CIDR block with association ID %s has dependencies and cannot be disassociated.", gone.IPv6.ID)
		}
		row := gone
		row.IPv6, row.AssignIPv6 = cidrRow{}, false
		return r.subnets.Put(tx, row.ID, row)
	})
	if err != nil {
		return nil, err
	}
	out := gone.showIPv6(ec2types.SubnetCidrBlockStateCodeDisassociating)
	return &ec2.DisassociateSubnetCidrBlockOutput{SubnetId: new(gone.ID), Ipv6CidrBlockAssociation: &out}, r.Sync(gone.VPC)
}
