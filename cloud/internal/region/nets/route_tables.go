package nets

import (
	"cmp"
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

type routeTableRow struct {
	ID, VPC      string
	Routes       []routeRow // beside the local one
	Associations []associationRow
}

var routeTableKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "rtb", Tagged: ec2types.ResourceTypeRouteTable, Missing: missingRouteTable,
	Exists: resource.Within(func(r *Room) *store.Table[routeTableRow] { return r.routeTables }),
	Keeps: resource.SomeOf(func(r *Room) *store.Table[routeTableRow] { return r.routeTables },
		func(t routeTableRow, vpc string) bool { return t.VPC == vpc && !t.main() }),
})

func missingRouteTable(id string) error {
	return resource.Missing("rtb-", id, "InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist")
}

func (t routeTableRow) main() bool {
	return slices.ContainsFunc(t.Associations, func(a associationRow) bool { return a.Main })
}

// tablesOf returns a VPC's route tables.
func (r *Room) tablesOf(vpc string) []routeTableRow {
	return slices.DeleteFunc(r.routeTables.All(), func(t routeTableRow) bool { return t.VPC != vpc })
}

// governing returns the id of the route table of a VPC that a subnet is under: its own, or the main one.
func governing(tables []routeTableRow, subnet string) (id string) {
	for _, t := range tables {
		for _, a := range t.Associations {
			if a.Subnet == subnet {
				return t.ID
			}
			if a.Main {
				id = t.ID
			}
		}
	}
	return id
}

// tableSpec is a route table for the fabric. Of two routes to one range the fabric takes the later, so those to prefix lists come
// first: a range of its own is preferred
// (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html#route-tables-priority).
func (r *Room) tableSpec(t routeTableRow) network.RouteTable {
	spec := network.RouteTable{ID: t.ID}
	vpc, _ := r.vpcs.Get(t.VPC)
	var plain []network.Route
	for _, route := range t.Routes {
		to := r.routeSpec(t.VPC, route)
		if list := route.list(); list != "" {
			for _, to.Destination = range r.prefixesOf(list) {
				spec.Routes = append(spec.Routes, to)
			}
			continue
		}
		to.Destination = netip.MustParsePrefix(route.Destination)
		to.Within = vpc.hasCIDR(route.Destination) || vpc.within(route.Destination)
		plain = append(plain, to)
	}
	spec.Routes = append(spec.Routes, plain...)
	return spec
}

// CreateRouteTable makes a route table with the local route only.
func (r *Room) CreateRouteTable(ctx context.Context, in *ec2.CreateRouteTableInput) (*ec2.CreateRouteTableOutput, error) {
	if err := room.Only(in, "VpcId", "ClientToken", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeRouteTable); err != nil {
		return nil, err
	}
	var id string
	err := r.Update(func(tx *store.Tx) (err error) {
		if _, ok := r.vpcs.GetTx(tx, *in.VpcId); !ok {
			return missingVPC(*in.VpcId)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		alive := func(id string) bool { _, ok := r.routeTables.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateRouteTable", in.ClientToken, in, alive, func() (string, error) {
			row := routeTableRow{ID: routeTableKind.NewID(), VPC: *in.VpcId}
			if err := r.routeTables.Put(tx, row.ID, row); err != nil {
				return "", err
			}
			return row.ID, r.TagNew(tx, in.TagSpecifications, row.ID)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	row, _ := r.routeTables.Get(id)
	table := r.showRouteTable(row)
	return &ec2.CreateRouteTableOutput{RouteTable: &table, ClientToken: in.ClientToken}, r.Sync(row.VPC)
}

func (r *Room) showRouteTable(t routeTableRow) ec2types.RouteTable {
	vpc, _ := r.vpcs.Get(t.VPC)
	out := ec2types.RouteTable{
		RouteTableId: new(t.ID), VpcId: new(t.VPC), OwnerId: new(r.Account), Tags: room.Listed(r.Tags(t.ID)),
		PropagatingVgws: []ec2types.PropagatingVgw{}, Associations: []ec2types.RouteTableAssociation{},
	}
	for _, c := range vpc.cidrs() {
		if t.find(c.CIDR) >= 0 {
			continue // it has another target
		}
		out.Routes = append(out.Routes, ec2types.Route{
			DestinationCidrBlock: new(c.CIDR), GatewayId: new("local"),
			State: ec2types.RouteStateActive, Origin: ec2types.RouteOriginCreateRouteTable,
		})
	}
	for _, c := range vpc.IPv6 {
		if t.find(c.CIDR) >= 0 {
			continue
		}
		out.Routes = append(out.Routes, ec2types.Route{
			DestinationIpv6CidrBlock: new(c.CIDR), GatewayId: new("local"),
			State: ec2types.RouteStateActive, Origin: ec2types.RouteOriginCreateRouteTable,
		})
	}
	for _, route := range t.Routes {
		shown := r.showRoute(t.VPC, route)
		if vpc.hasCIDR(route.Destination) {
			shown.Origin = ec2types.RouteOriginCreateRouteTable
		}
		out.Routes = append(out.Routes, shown)
	}
	out.Routes = append(out.Routes, r.endpointRoutes(t.ID)...)
	for _, a := range t.Associations {
		out.Associations = append(out.Associations, ec2types.RouteTableAssociation{
			RouteTableAssociationId: new(a.ID), RouteTableId: new(t.ID), Main: new(a.Main), SubnetId: room.Some(a.Subnet),
			AssociationState: &ec2types.RouteTableAssociationState{State: ec2types.RouteTableAssociationStateCodeAssociated},
		})
	}
	return out
}

// routeTableFilters are the filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html, by what
// they look at.
var routeTableFilters = map[string]string{
	"route-table-id": "RouteTableId", "vpc-id": "VpcId", "owner-id": "OwnerId", "association.main": "Associations.Main",
	"association.gateway-id": "Associations.GatewayId", "association.route-table-id": "Associations.RouteTableId",
	"association.route-table-association-id": "Associations.RouteTableAssociationId", "association.subnet-id": "Associations.SubnetId",

	"route.destination-cidr-block": "Routes.DestinationCidrBlock", "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
	"route.destination-prefix-list-id": "Routes.DestinationPrefixListId", "route.gateway-id": "Routes.GatewayId",
	"route.egress-only-internet-gateway-id": "Routes.EgressOnlyInternetGatewayId", "route.instance-id": "Routes.InstanceId",
	"route.nat-gateway-id": "Routes.NatGatewayId", "route.origin": "Routes.Origin", "route.state": "Routes.State",
	"route.transit-gateway-id": "Routes.TransitGatewayId", "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
}

// DescribeRouteTables lists route tables.
func (r *Room) DescribeRouteTables(ctx context.Context, in *ec2.DescribeRouteTablesInput) (*ec2.DescribeRouteTablesOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "RouteTableIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[routeTableRow]{
		ID: func(t routeTableRow) string { return t.ID }, Missing: missingRouteTable,
		Fields: resource.With(resource.Fields[routeTableRow]{}, r.showRouteTable, routeTableFilters),
	}
	rows, next, err := l.List(r.Registry, r.routeTables.All(), in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeRouteTablesOutput{NextToken: next}
	for _, row := range rows {
		out.RouteTables = append(out.RouteTables, r.showRouteTable(row))
	}
	return out, nil
}

// changeTable changes one route table and brings its VPC to it.
func (r *Room) changeTable(id *string, in any, change func(*store.Tx, *routeTableRow) error) error {
	if err := resource.Required("routeTableId", id); err != nil {
		return err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.routeTables.GetTx(tx, *id)
		if !ok {
			return missingRouteTable(*id)
		}
		vpc = row.VPC
		row.Routes, row.Associations = slices.Clone(row.Routes), slices.Clone(row.Associations)
		if err := change(tx, &row); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.routeTables.Put(tx, row.ID, row)
	})
	if err != nil {
		return err
	}
	return r.Sync(vpc)
}

// DeleteRouteTable deletes a route table that is not main and has no associations.
func (r *Room) DeleteRouteTable(ctx context.Context, in *ec2.DeleteRouteTableInput) (*ec2.DeleteRouteTableOutput, error) {
	if err := room.Only(in, "RouteTableId"); err != nil {
		return nil, err
	}
	if err := resource.Required("routeTableId", in.RouteTableId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.routeTables.GetTx(tx, *in.RouteTableId)
		if !ok {
			return missingRouteTable(*in.RouteTableId)
		}
		vpc = row.VPC
		if err := room.DryRun(in); err != nil {
			return err
		}
		if len(row.Associations) > 0 {
			return wire.Errorf("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", row.ID)
		}
		return cmp.Or(r.leaveEndpoints(tx, row.ID), r.Remove(tx, row.ID, r.routeTables.Delete))
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteRouteTableOutput{}, r.Sync(vpc)
}
