package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// routeRow is a route beside the local one, with the one target that is not empty.
type routeRow struct{ Destination, Gateway, NAT, Peering string }

// newRoute validates a route's destination and target.
func (r *Room) newRoute(tx *store.Tx, table *routeTableRow, destination *string, to routeTarget) (routeRow, error) {
	if err := resource.Required("destinationCidrBlock", destination); err != nil {
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
	route := routeRow{Destination: p.Masked().String()}
	return route, r.into(tx, table, &route, to)
}

func (t *routeTableRow) find(destination string) int {
	return slices.IndexFunc(t.Routes, func(x routeRow) bool { return x.Destination == destination })
}

// CreateRoute adds a route.
func (r *Room) CreateRoute(ctx context.Context, in *ec2.CreateRouteInput) (*ec2.CreateRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId", "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		route, err := r.newRoute(tx, t, in.DestinationCidrBlock, routeTarget{in.GatewayId, in.NatGatewayId, in.VpcPeeringConnectionId})
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
func (r *Room) ReplaceRoute(ctx context.Context, in *ec2.ReplaceRouteInput) (*ec2.ReplaceRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId", "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		route, err := r.newRoute(tx, t, in.DestinationCidrBlock, routeTarget{in.GatewayId, in.NatGatewayId, in.VpcPeeringConnectionId})
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
func (r *Room) DeleteRoute(ctx context.Context, in *ec2.DeleteRouteInput) (*ec2.DeleteRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock"); err != nil {
		return nil, err
	}
	if err := resource.Required("destinationCidrBlock", in.DestinationCidrBlock); err != nil {
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
