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

type associationRow struct {
	ID, Subnet string
	Main       bool
}

var tableAssociationKind = kinds.Add(resource.Kind[*Room]{Prefix: "rtbassoc"})

func missingAssociation(id string) error {
	return wire.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

func associated() *ec2types.RouteTableAssociationState {
	return &ec2types.RouteTableAssociationState{State: ec2types.RouteTableAssociationStateCodeAssociated}
}

// AssociateRouteTable puts a subnet under a route table.
func (r *Room) AssociateRouteTable(ctx context.Context, in *ec2.AssociateRouteTableInput) (*ec2.AssociateRouteTableOutput, error) {
	if err := room.Only(in, "RouteTableId", "SubnetId"); err != nil {
		return nil, err
	}
	if err := resource.Required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	var id string
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		subnet, ok := r.subnets.GetTx(tx, *in.SubnetId)
		if !ok {
			return MissingSubnet(*in.SubnetId)
		}
		if subnet.VPC != t.VPC {
			return wire.Errorf("InvalidParameterValue", "route table %s and subnet %s belong to different networks", t.ID, subnet.ID)
		}
		for _, other := range r.routeTables.AllTx(tx) {
			for _, a := range other.Associations {
				if a.Subnet == subnet.ID && other.ID == t.ID {
					id = a.ID
					return nil // the same again succeeds, as on AWS
				}
				if a.Subnet == subnet.ID {
					return wire.Errorf("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.ID)
				}
			}
		}
		id = tableAssociationKind.NewID()
		t.Associations = append(t.Associations, associationRow{ID: id, Subnet: subnet.ID})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AssociateRouteTableOutput{AssociationId: new(id), AssociationState: associated()}, nil
}

// findAssociation returns the table that holds an association, and the association.
func (r *Room) findAssociation(tx *store.Tx, id *string) (routeTableRow, associationRow, error) {
	if err := resource.Required("associationId", id); err != nil {
		return routeTableRow{}, associationRow{}, err
	}
	for _, t := range r.routeTables.AllTx(tx) {
		for _, a := range t.Associations {
			if a.ID == *id {
				return t, a, nil
			}
		}
	}
	return routeTableRow{}, associationRow{}, missingAssociation(*id)
}

// dropAssociations removes some of a table's associations.
func (r *Room) dropAssociations(tx *store.Tx, t routeTableRow, drop func(associationRow) bool) error {
	if !slices.ContainsFunc(t.Associations, drop) {
		return nil
	}
	t.Associations = slices.DeleteFunc(slices.Clone(t.Associations), drop)
	return r.routeTables.Put(tx, t.ID, t)
}

// DisassociateRouteTable puts a subnet back under the main route table.
func (r *Room) DisassociateRouteTable(ctx context.Context, in *ec2.DisassociateRouteTableInput) (*ec2.DisassociateRouteTableOutput, error) {
	if err := room.Only(in, "AssociationId"); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		t, a, err := r.findAssociation(tx, in.AssociationId)
		if err != nil {
			return err
		}
		if a.Main {
			return wire.Errorf("InvalidParameterValue", "cannot disassociate the main route table association %s", a.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		vpc = t.VPC
		return r.dropAssociations(tx, t, func(x associationRow) bool { return x.ID == a.ID })
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DisassociateRouteTableOutput{}, r.Sync(vpc)
}

// ReplaceRouteTableAssociation moves a subnet, or the role of main, to another table of the VPC.
func (r *Room) ReplaceRouteTableAssociation(ctx context.Context, in *ec2.ReplaceRouteTableAssociationInput) (*ec2.ReplaceRouteTableAssociationOutput, error) {
	if err := room.Only(in, "AssociationId", "RouteTableId"); err != nil {
		return nil, err
	}
	var id string
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		from, a, err := r.findAssociation(tx, in.AssociationId)
		if err != nil {
			return err
		}
		if from.VPC != t.VPC {
			return wire.Errorf("InvalidParameterValue", "route table %s and association %s belong to different networks", t.ID, a.ID)
		}
		id = tableAssociationKind.NewID()
		moved := associationRow{ID: id, Subnet: a.Subnet, Main: a.Main}
		if from.ID == t.ID {
			t.Associations = slices.DeleteFunc(t.Associations, func(x associationRow) bool { return x.ID == a.ID })
		} else if err := r.dropAssociations(tx, from, func(x associationRow) bool { return x.ID == a.ID }); err != nil {
			return err
		}
		t.Associations = append(t.Associations, moved)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ReplaceRouteTableAssociationOutput{NewAssociationId: new(id), AssociationState: associated()}, nil
}
