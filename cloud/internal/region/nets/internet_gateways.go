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

type gatewayRow struct {
	ID, VPC string // VPC is empty while detached
}

var gatewayKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "igw", Tagged: ec2types.ResourceTypeInternetGateway, Missing: missingGateway,
	Exists: resource.Within(func(r *Room) *store.Table[gatewayRow] { return r.gateways }),
	Keeps:  resource.SomeOf(func(r *Room) *store.Table[gatewayRow] { return r.gateways }, func(g gatewayRow, vpc string) bool { return g.VPC == vpc }),
})

func missingGateway(id string) error {
	return resource.Missing("igw-", id, "InvalidInternetGatewayId.Malformed", "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist")
}

// CreateInternetGateway makes a gateway that is attached to nothing.
func (r *Room) CreateInternetGateway(ctx context.Context, in *ec2.CreateInternetGatewayInput) (*ec2.CreateInternetGatewayOutput, error) {
	if err := room.Only(in, "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeInternetGateway); err != nil {
		return nil, err
	}
	if err := room.DryRun(in); err != nil {
		return nil, err
	}
	row := gatewayRow{ID: gatewayKind.NewID()}
	err := r.Update(func(tx *store.Tx) error {
		if len(r.gateways.AllTx(tx)) >= r.Quota(gatewaysPerRegion) {
			return wire.Errorf("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
		}
		if err := r.gateways.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.TagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	gateway := r.showGateway(row)
	return &ec2.CreateInternetGatewayOutput{InternetGateway: &gateway}, nil
}

func (r *Room) showGateway(row gatewayRow) ec2types.InternetGateway {
	g := ec2types.InternetGateway{InternetGatewayId: new(row.ID), OwnerId: new(r.Account), Tags: room.Listed(r.Tags(row.ID))}
	g.Attachments = []ec2types.InternetGatewayAttachment{}
	if row.VPC != "" {
		// A gateway says "available" where anything else would say "attached".
		g.Attachments = []ec2types.InternetGatewayAttachment{{VpcId: new(row.VPC), State: "available"}}
	}
	return g
}

// HasGateway tells whether an internet gateway is attached to a VPC.
func (r *Room) HasGateway(tx *store.Tx, vpc string) bool {
	return slices.ContainsFunc(r.gateways.AllTx(tx), func(g gatewayRow) bool { return g.VPC == vpc })
}

// AttachInternetGateway gives a VPC its one way out.
func (r *Room) AttachInternetGateway(ctx context.Context, in *ec2.AttachInternetGatewayInput) (*ec2.AttachInternetGatewayOutput, error) {
	if err := room.Only(in, "InternetGatewayId", "VpcId"); err != nil {
		return nil, err
	}
	err := r.changeGateway(in.InternetGatewayId, in.VpcId, in, func(tx *store.Tx, row *gatewayRow) error {
		if row.VPC != "" {
			return wire.Errorf("Resource.AlreadyAssociated", "resource %s is already attached to network %s", row.ID, row.VPC)
		}
		if r.HasGateway(tx, *in.VpcId) {
			return wire.Errorf("InvalidParameterValue", "Network %s already has an internet gateway attached", *in.VpcId)
		}
		row.VPC = *in.VpcId
		return nil
	})
	return &ec2.AttachInternetGatewayOutput{}, err
}

// DetachInternetGateway takes it away; AWS refuses while the VPC has mapped public addresses.
func (r *Room) DetachInternetGateway(ctx context.Context, in *ec2.DetachInternetGatewayInput) (*ec2.DetachInternetGatewayOutput, error) {
	if err := room.Only(in, "InternetGatewayId", "VpcId"); err != nil {
		return nil, err
	}
	err := r.changeGateway(in.InternetGatewayId, in.VpcId, in, func(tx *store.Tx, row *gatewayRow) error {
		if row.VPC != *in.VpcId {
			return wire.Errorf("Gateway.NotAttached", "resource %s is not attached to network %s", row.ID, *in.VpcId)
		}
		for _, i := range r.interfaces.AllTx(tx) {
			if i.VPC == row.VPC && i.hasPublic() {
				return wire.Errorf(
					"DependencyViolation",
					"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.",
					row.VPC,
				)
			}
		}
		row.VPC = ""
		return nil
	})
	return &ec2.DetachInternetGatewayOutput{}, err
}

func (r *Room) changeGateway(id, vpc *string, in any, change func(*store.Tx, *gatewayRow) error) error {
	if err := resource.Required("internetGatewayId", id); err != nil {
		return err
	}
	if err := resource.Required("vpcId", vpc); err != nil {
		return err
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.gateways.GetTx(tx, *id)
		if !ok {
			return missingGateway(*id)
		}
		if _, ok := r.vpcs.GetTx(tx, *vpc); !ok {
			return missingVPC(*vpc)
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.gateways.Put(tx, row.ID, row)
	})
	if err != nil {
		return err
	}
	return r.Sync(*vpc)
}

// DescribeInternetGateways lists internet gateways.
func (r *Room) DescribeInternetGateways(ctx context.Context, in *ec2.DescribeInternetGatewaysInput) (*ec2.DescribeInternetGatewaysOutput, error) {
	if err := room.Only(in, "Filters", "InternetGatewayIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[gatewayRow]{
		ID: func(g gatewayRow) string { return g.ID }, Missing: missingGateway,
		Fields: resource.Fields[gatewayRow]{
			"internet-gateway-id": resource.One(func(g gatewayRow) string { return g.ID }),
			"attachment.vpc-id": func(g gatewayRow) []string {
				if g.VPC == "" {
					return nil
				}
				return []string{g.VPC}
			},
			"attachment.state": func(g gatewayRow) []string {
				if g.VPC == "" {
					return nil
				}
				return []string{"available"}
			},
			"owner-id": resource.One(func(gatewayRow) string { return r.Account }),
		},
	}
	rows, next, err := l.List(r.Registry, r.gateways.All(), in.InternetGatewayIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInternetGatewaysOutput{NextToken: next}
	for _, row := range rows {
		out.InternetGateways = append(out.InternetGateways, r.showGateway(row))
	}
	return out, nil
}

// DeleteInternetGateway deletes a detached gateway; routes to it become black holes.
func (r *Room) DeleteInternetGateway(ctx context.Context, in *ec2.DeleteInternetGatewayInput) (*ec2.DeleteInternetGatewayOutput, error) {
	if err := room.Only(in, "InternetGatewayId"); err != nil {
		return nil, err
	}
	if err := resource.Required("internetGatewayId", in.InternetGatewayId); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.gateways.GetTx(tx, *in.InternetGatewayId)
		if !ok {
			return missingGateway(*in.InternetGatewayId)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if row.VPC != "" {
			return wire.Errorf("DependencyViolation", "The internetGateway '%s' has dependencies and cannot be deleted.", row.ID)
		}
		return r.Remove(tx, row.ID, r.gateways.Delete)
	})
	return &ec2.DeleteInternetGatewayOutput{}, err
}
