package region

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func missingRouteTable(id string) error {
	return wire.Errorf("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
}

func (t routeTableRow) main() bool {
	return slices.ContainsFunc(t.Associations, func(a associationRow) bool { return a.Main })
}

// CreateRouteTable makes a route table with the local route only.
func (r *Region) CreateRouteTable(ctx context.Context, in *ec2.CreateRouteTableInput) (*ec2.CreateRouteTableOutput, error) {
	if err := room.Only(in, "VpcId", "ClientToken", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := checkTagSpecs(in.TagSpecifications, ec2types.ResourceTypeRouteTable); err != nil {
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
		id, err = r.once(tx, "CreateRouteTable", in.ClientToken, in, alive, func() (string, error) {
			row := routeTableRow{ID: newID(routeTableKind), VPC: *in.VpcId}
			if err := r.routeTables.Put(tx, row.ID, row); err != nil {
				return "", err
			}
			return row.ID, r.tagNew(tx, in.TagSpecifications, row.ID)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	row, _ := r.routeTables.Get(id)
	table := r.showRouteTable(row)
	return &ec2.CreateRouteTableOutput{RouteTable: &table, ClientToken: in.ClientToken}, r.syncVPC(row.VPC)
}

func (r *Region) showRouteTable(t routeTableRow) ec2types.RouteTable {
	vpc, _ := r.vpcs.Get(t.VPC)
	out := ec2types.RouteTable{
		RouteTableId: new(t.ID), VpcId: new(t.VPC), OwnerId: new(r.Account), Tags: room.Listed(r.tags(t.ID)),
		PropagatingVgws: []ec2types.PropagatingVgw{}, Associations: []ec2types.RouteTableAssociation{},
		Routes: []ec2types.Route{{
			DestinationCidrBlock: new(vpc.CIDR), GatewayId: new("local"),
			State: ec2types.RouteStateActive, Origin: ec2types.RouteOriginCreateRouteTable,
		}},
	}
	for _, route := range t.Routes {
		out.Routes = append(out.Routes, ec2types.Route{
			DestinationCidrBlock: new(route.Destination), GatewayId: new(route.Gateway),
			State: r.routeState(t.VPC, route), Origin: ec2types.RouteOriginCreateRoute,
		})
	}
	for _, a := range t.Associations {
		out.Associations = append(out.Associations, ec2types.RouteTableAssociation{
			RouteTableAssociationId: new(a.ID), RouteTableId: new(t.ID), Main: new(a.Main), SubnetId: room.Some(a.Subnet),
			AssociationState: &ec2types.RouteTableAssociationState{State: ec2types.RouteTableAssociationStateCodeAssociated},
		})
	}
	return out
}

// routeState is blackhole where the route's gateway is gone or attached elsewhere.
func (r *Region) routeState(vpc string, route routeRow) ec2types.RouteState {
	if g, ok := r.gateways.Get(route.Gateway); ok && g.VPC == vpc {
		return ec2types.RouteStateActive
	}
	return ec2types.RouteStateBlackhole
}

// DescribeRouteTables lists route tables.
func (r *Region) DescribeRouteTables(ctx context.Context, in *ec2.DescribeRouteTablesInput) (*ec2.DescribeRouteTablesOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "RouteTableIds"); err != nil {
		return nil, err
	}
	associations := func(f func(associationRow) string) func(routeTableRow) []string {
		return func(t routeTableRow) (all []string) {
			for _, a := range t.Associations {
				all = append(all, f(a))
			}
			return all
		}
	}
	routes := func(f func(ec2types.Route) string) func(routeTableRow) []string {
		return func(t routeTableRow) (all []string) {
			for _, route := range r.showRouteTable(t).Routes {
				all = append(all, f(route))
			}
			return all
		}
	}
	l := listing[routeTableRow]{
		id: func(t routeTableRow) string { return t.ID }, missing: missingRouteTable,
		fields: fields[routeTableRow]{
			"route-table-id":                         one(func(t routeTableRow) string { return t.ID }),
			"vpc-id":                                 one(func(t routeTableRow) string { return t.VPC }),
			"owner-id":                               one(func(routeTableRow) string { return r.Account }),
			"association.main":                       associations(func(a associationRow) string { return map[bool]string{true: "true", false: "false"}[a.Main] }),
			"association.subnet-id":                  associations(func(a associationRow) string { return a.Subnet }),
			"association.route-table-association-id": associations(func(a associationRow) string { return a.ID }),
			"association.route-table-id": func(t routeTableRow) []string {
				if len(t.Associations) == 0 {
					return nil
				}
				return []string{t.ID}
			},
			"route.destination-cidr-block": routes(func(x ec2types.Route) string { return room.Deref(x.DestinationCidrBlock) }),
			"route.gateway-id":             routes(func(x ec2types.Route) string { return room.Deref(x.GatewayId) }),
			"route.state":                  routes(func(x ec2types.Route) string { return string(x.State) }),
			"route.origin":                 routes(func(x ec2types.Route) string { return string(x.Origin) }),
		},
	}
	rows, next, err := l.list(r, r.routeTables.All(), in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken)
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
func (r *Region) changeTable(id *string, in any, change func(*store.Tx, *routeTableRow) error) error {
	if err := required("routeTableId", id); err != nil {
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
	return r.syncVPC(vpc)
}

// newRoute validates a route's destination and gateway.
func (r *Region) newRoute(tx *store.Tx, table *routeTableRow, destination, gateway *string) (routeRow, error) {
	if err := required("destinationCidrBlock", destination); err != nil {
		return routeRow{}, err
	}
	p, err := netip.ParsePrefix(*destination)
	if err != nil || !p.Addr().Is4() {
		return routeRow{}, wire.Errorf(
			"InvalidParameterValue",
			"Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.",
			*destination,
		)
	}
	if room.Deref(gateway) == "" {
		return routeRow{}, wire.Errorf(
			"InvalidParameterCombination",
			"Exactly one of the route targets must be specified; this region has internet gateways only (GatewayId).",
		)
	}
	if *gateway == "local" {
		return routeRow{}, wire.Errorf("UnsupportedOperation", "Replacing the target of the local route is not supported.")
	}
	g, ok := r.gateways.GetTx(tx, *gateway)
	switch {
	case !ok && !wellFormed("igw-", *gateway):
		return routeRow{}, wire.Errorf("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", *gateway)
	case !ok:
		return routeRow{}, missingGateway(*gateway)
	case g.VPC != table.VPC:
		return routeRow{}, wire.Errorf("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", table.ID, g.ID)
	}
	return routeRow{Destination: p.Masked().String(), Gateway: g.ID}, nil
}

func (t *routeTableRow) find(destination string) int {
	return slices.IndexFunc(t.Routes, func(x routeRow) bool { return x.Destination == destination })
}

// CreateRoute adds a route to an internet gateway.
func (r *Region) CreateRoute(ctx context.Context, in *ec2.CreateRouteInput) (*ec2.CreateRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock", "GatewayId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		route, err := r.newRoute(tx, t, in.DestinationCidrBlock, in.GatewayId)
		if err != nil {
			return err
		}
		vpc, _ := r.vpcs.GetTx(tx, t.VPC)
		if at := t.find(route.Destination); at >= 0 {
			if t.Routes[at] == route {
				return nil // the same again succeeds, as on AWS
			}
			return wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", route.Destination)
		}
		if vpc.CIDR == route.Destination {
			return wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", route.Destination)
		}
		if len(t.Routes) >= 50 {
			return wire.Errorf("RouteLimitExceeded", "The maximum number of routes has been reached for the route table: %s.", t.ID)
		}
		t.Routes = append(t.Routes, route)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.CreateRouteOutput{Return: new(true)}, nil
}

// ReplaceRoute changes an existing route's target.
func (r *Region) ReplaceRoute(ctx context.Context, in *ec2.ReplaceRouteInput) (*ec2.ReplaceRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock", "GatewayId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		route, err := r.newRoute(tx, t, in.DestinationCidrBlock, in.GatewayId)
		if err != nil {
			return err
		}
		at := t.find(route.Destination)
		if at < 0 {
			return wire.Errorf("InvalidParameterValue", "There is no route defined for '%s' in the route table. Use CreateRoute instead.", route.Destination)
		}
		t.Routes[at] = route
		return nil
	})
	return &ec2.ReplaceRouteOutput{}, err
}

// DeleteRoute removes a route.
func (r *Region) DeleteRoute(ctx context.Context, in *ec2.DeleteRouteInput) (*ec2.DeleteRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock"); err != nil {
		return nil, err
	}
	if err := required("destinationCidrBlock", in.DestinationCidrBlock); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		destination := *in.DestinationCidrBlock
		if vpc, _ := r.vpcs.GetTx(tx, t.VPC); vpc.CIDR == destination {
			return wire.Errorf("InvalidParameterValue", "cannot remove local route %s in route table %s", destination, t.ID)
		}
		at := t.find(destination)
		if at < 0 {
			return wire.Errorf("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", destination, t.ID)
		}
		t.Routes = slices.Delete(t.Routes, at, at+1)
		return nil
	})
	return &ec2.DeleteRouteOutput{}, err
}

// DeleteRouteTable deletes a route table that is not main and has no associations.
func (r *Region) DeleteRouteTable(ctx context.Context, in *ec2.DeleteRouteTableInput) (*ec2.DeleteRouteTableOutput, error) {
	if err := room.Only(in, "RouteTableId"); err != nil {
		return nil, err
	}
	if err := required("routeTableId", in.RouteTableId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.routeTables.GetTx(tx, *in.RouteTableId)
		if !ok {
			return missingRouteTable(*in.RouteTableId)
		}
		vpc = row.VPC
		if len(row.Associations) > 0 {
			return wire.Errorf("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", row.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.remove(tx, row.ID, r.routeTables.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteRouteTableOutput{}, r.syncVPC(vpc)
}
