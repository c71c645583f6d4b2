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

// egressOnlyRow is an egress-only internet gateway: IPv6's way out of a VPC by which nothing comes in that it did not ask for
// (https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html).
type egressOnlyRow struct{ ID, VPC string }

var egressOnlyKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "eigw", Tagged: ec2types.ResourceTypeEgressOnlyInternetGateway, Missing: missingEgressOnly,
	Exists: resource.Within(func(r *Room) *store.Table[egressOnlyRow] { return r.egressOnlys }),
	Keeps: resource.SomeOf(func(r *Room) *store.Table[egressOnlyRow] { return r.egressOnlys },
		func(g egressOnlyRow, vpc string) bool { return g.VPC == vpc }),
})

func missingEgressOnly(id string) error {
	return wire.Errorf("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", id)
}

// hasEgressOnly tells whether a VPC has an egress-only internet gateway.
func (r *Room) hasEgressOnly(tx *store.Tx, vpc string) bool {
	return slices.ContainsFunc(r.egressOnlys.AllTx(tx), func(g egressOnlyRow) bool { return g.VPC == vpc })
}

// CreateEgressOnlyInternetGateway gives a VPC one. A VPC has no more than one, so that their quota is that of VPCs.
func (r *Room) CreateEgressOnlyInternetGateway(
	ctx context.Context, in *ec2.CreateEgressOnlyInternetGatewayInput,
) (*ec2.CreateEgressOnlyInternetGatewayOutput, error) {
	if err := room.Only(in, "ClientToken", "TagSpecifications", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeEgressOnlyInternetGateway); err != nil {
		return nil, err
	}
	if err := r.mayIPv6(nil); err != nil {
		return nil, err
	}
	var id string
	err := r.Update(func(tx *store.Tx) (err error) {
		if _, ok := r.vpcs.GetTx(tx, *in.VpcId); !ok {
			return missingVPC(*in.VpcId)
		}
		alive := func(id string) bool { _, ok := r.egressOnlys.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateEgressOnlyInternetGateway", in.ClientToken, in, alive, func() (string, error) {
			row := egressOnlyRow{ID: egressOnlyKind.NewID(), VPC: *in.VpcId}
			if r.hasEgressOnly(tx, row.VPC) {
				return "", wire.Errorf("InvalidParameterValue", "Network %s already has an egress-only internet gateway attached", row.VPC)
			}
			if err := r.egressOnlys.Put(tx, row.ID, row); err != nil {
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
	row, _ := r.egressOnlys.Get(id)
	gateway := r.showEgressOnly(row)
	return &ec2.CreateEgressOnlyInternetGatewayOutput{ClientToken: in.ClientToken, EgressOnlyInternetGateway: &gateway}, r.Sync(row.VPC)
}

func (r *Room) showEgressOnly(row egressOnlyRow) ec2types.EgressOnlyInternetGateway {
	return ec2types.EgressOnlyInternetGateway{
		EgressOnlyInternetGatewayId: new(row.ID), Tags: room.Listed(r.Tags(row.ID)),
		Attachments: []ec2types.InternetGatewayAttachment{{VpcId: new(row.VPC), State: ec2types.AttachmentStatusAttached}},
	}
}

// DescribeEgressOnlyInternetGateways lists egress-only internet gateways. Its filters are of tags alone.
func (r *Room) DescribeEgressOnlyInternetGateways(
	ctx context.Context, in *ec2.DescribeEgressOnlyInternetGatewaysInput,
) (*ec2.DescribeEgressOnlyInternetGatewaysOutput, error) {
	if err := room.Only(in, "EgressOnlyInternetGatewayIds", "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[egressOnlyRow]{ID: func(g egressOnlyRow) string { return g.ID }, Missing: missingEgressOnly, Fields: resource.Fields[egressOnlyRow]{}}
	rows, next, err := l.List(r.Registry, r.egressOnlys.All(), in.EgressOnlyInternetGatewayIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeEgressOnlyInternetGatewaysOutput{NextToken: next}
	for _, row := range rows {
		out.EgressOnlyInternetGateways = append(out.EgressOnlyInternetGateways, r.showEgressOnly(row))
	}
	return out, nil
}

// DeleteEgressOnlyInternetGateway deletes one; routes to it become black holes.
func (r *Room) DeleteEgressOnlyInternetGateway(
	ctx context.Context, in *ec2.DeleteEgressOnlyInternetGatewayInput,
) (*ec2.DeleteEgressOnlyInternetGatewayOutput, error) {
	if err := room.Only(in, "EgressOnlyInternetGatewayId"); err != nil {
		return nil, err
	}
	if err := resource.Required("egressOnlyInternetGatewayId", in.EgressOnlyInternetGatewayId); err != nil {
		return nil, err
	}
	var row egressOnlyRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.egressOnlys, *in.EgressOnlyInternetGatewayId, missingEgressOnly); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.Remove(tx, row.ID, r.egressOnlys.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteEgressOnlyInternetGatewayOutput{ReturnCode: new(true)}, r.Sync(row.VPC)
}
