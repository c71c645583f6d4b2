package nets

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// routeRow is a route beside the local one, with the one target that is not empty. Its destination is a range, or the id of a
// prefix list.
type routeRow struct{ Destination, Gateway, NAT, Peering, Interface, EgressOnly string }

// list is the prefix list that is the destination; empty for a range.
func (r routeRow) list() string {
	if strings.HasPrefix(r.Destination, prefixListKind.Prefix+"-") {
		return r.Destination
	}
	return ""
}

// ipv6 tells whether the destination is a range of IPv6.
func (r routeRow) ipv6() bool { return strings.Contains(r.Destination, ":") }

// destinations are how a request says where a route leads to: one of them is to be set.
type destinations struct{ cidr, ipv6, list *string }

// given returns the parameter that is set, and its name.
func (d destinations) given() (name, value string, err error) {
	for _, p := range []struct {
		name  string
		value *string
	}{{"destinationCidrBlock", d.cidr}, {"destinationIpv6CidrBlock", d.ipv6}, {"destinationPrefixListId", d.list}} {
		switch {
		case room.Deref(p.value) == "":
		case value != "":
			return "", "", wire.Errorf("InvalidParameterCombination", "The parameter %s cannot be used with the parameter %s", name, p.name)
		default:
			name, value = p.name, *p.value
		}
	}
	if value == "" {
		return "", "", resource.Required("destinationCidrBlock", nil)
	}
	return name, value, nil
}

// destination reads a route's destination.
func (r *Room) destination(tx *store.Tx, d destinations) (string, error) {
	name, value, err := d.given()
	if err != nil {
		return "", err
	}
	if name == "destinationPrefixListId" {
		if _, ok := r.prefixList(tx, value); !ok {
			return "", missingPrefixList(value)
		}
		return value, nil
	}
	text, ok := canonical(value, name == "destinationCidrBlock")
	if !ok {
		return "", wire.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", value, name)
	}
	return text, nil
}

// weighed counts a table's routes of IPv6, or the others, as its quota does: a prefix list as all that it may have.
func (r *Room) weighed(tx *store.Tx, routes []routeRow, ipv6 bool) (n int) {
	for _, route := range routes {
		if route.ipv6() != ipv6 {
			continue
		}
		if list := route.list(); list != "" {
			n += r.listWeight(tx, list) - 1
		}
		n++
	}
	return n
}

// newRoute validates a route's destination and target.
func (r *Room) newRoute(tx *store.Tx, table *routeTableRow, d destinations, to routeTarget) (route routeRow, err error) {
	if route.Destination, err = r.destination(tx, d); err != nil {
		return route, err
	}
	vpc, _ := r.vpcs.GetTx(tx, table.VPC)
	if route.list() == "" && vpc.within(route.Destination) {
		if err := r.checkNarrow(tx, vpc, route.Destination, to); err != nil {
			return route, err
		}
	}
	return route, r.into(tx, table, &route, to)
}

// checkNarrow checks a route that is narrower than the local one: "The destination must match the entire IPv4 or IPv6 CIDR block of a
// subnet in your VPC. The target must be a NAT gateway, network interface, or Gateway Load Balancer endpoint"
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html).
func (r *Room) checkNarrow(tx *store.Tx, vpc VPC, destination string, to routeTarget) error {
	if !to.inside() {
		return notInside(destination)
	}
	for _, s := range r.subnets.AllTx(tx) {
		if s.VPC == vpc.ID && (s.CIDR == destination || s.IPv6.CIDR == destination) {
			return nil
		}
	}
	return wire.Errorf("InvalidParameterValue", "The destination CIDR block %s is more specific than one of this VPC's CIDR blocks "+
		"and does not match the entire CIDR block of any of its subnets.", destination)
}

// inside tells whether a target is one that a route within the VPC can have.
func (to routeTarget) inside() bool {
	return room.Deref(to.nat) != "" || room.Deref(to.eni) != "" || room.Deref(to.instance) != ""
}

func notInside(destination string) error {
	return wire.Errorf("InvalidParameterValue",
		"The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.",
		destination)
}

// within tells whether a range is a part of the VPC's own.
func (v VPC) within(cidr string) bool {
	p := netip.MustParsePrefix(cidr)
	return slices.ContainsFunc(append(v.Ranges(), v.RangesIPv6()...), func(own netip.Prefix) bool { return p.Bits() > own.Bits() && own.Contains(p.Addr()) })
}

func (t *routeTableRow) find(destination string) int {
	return slices.IndexFunc(t.Routes, func(x routeRow) bool { return x.Destination == destination })
}

// CreateRoute adds a route.
func (r *Room) CreateRoute(ctx context.Context, in *ec2.CreateRouteInput) (*ec2.CreateRouteOutput, error) {
	if err := room.Only(in, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "EgressOnlyInternetGatewayId",
		"GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId", "RouteTableId", "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		route, err := r.newRoute(tx, t, destinations{in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId},
			routeTarget{in.GatewayId, in.NatGatewayId, in.VpcPeeringConnectionId, in.NetworkInterfaceId, in.InstanceId, in.EgressOnlyInternetGatewayId})
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
		if vpc.hasCIDR(route.Destination) || r.endpointAt(tx, t.ID, route.Destination) != "" {
			return wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", route.Destination)
		}
		if r.weighed(tx, append(slices.Clone(t.Routes), route), route.ipv6()) > r.Quota(routesPerTable) {
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

// ReplaceRoute changes an existing route's target. That of the local route may be changed, too, to what is inside the VPC, and reset
// (https://docs.aws.amazon.com/vpc/latest/userguide/replace-local-route-target.html).
func (r *Room) ReplaceRoute(ctx context.Context, in *ec2.ReplaceRouteInput) (*ec2.ReplaceRouteOutput, error) {
	if err := room.Only(in, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "EgressOnlyInternetGatewayId",
		"GatewayId", "InstanceId", "LocalTarget", "NatGatewayId", "NetworkInterfaceId", "RouteTableId", "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	err := r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		if room.Deref(in.LocalTarget) {
			return r.resetLocal(tx, t, in)
		}
		route, err := r.newRoute(tx, t, destinations{in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId},
			routeTarget{in.GatewayId, in.NatGatewayId, in.VpcPeeringConnectionId, in.NetworkInterfaceId, in.InstanceId, in.EgressOnlyInternetGatewayId})
		if err != nil {
			return err
		}
		at := t.find(route.Destination)
		if vpc, _ := r.vpcs.GetTx(tx, t.VPC); vpc.hasCIDR(route.Destination) {
			if route.Interface == "" && route.NAT == "" {
				return notInside(route.Destination)
			}
			if at < 0 {
				t.Routes, at = append(t.Routes, route), len(t.Routes)
			}
		}
		if at < 0 {
			return wire.Errorf("InvalidParameterValue", "There is no route defined for '%s' in the route table. Use CreateRoute instead.", route.Destination)
		}
		t.Routes[at] = route
		return nil
	})
	return &ec2.ReplaceRouteOutput{}, err
}

// resetLocal gives a local route its own target again.
func (r *Room) resetLocal(tx *store.Tx, t *routeTableRow, in *ec2.ReplaceRouteInput) error {
	if err := room.Only(in, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "LocalTarget", "RouteTableId"); err != nil {
		return wire.Errorf("InvalidParameterCombination", "Exactly one of the route targets must be specified.")
	}
	destination, err := r.destination(tx, destinations{cidr: in.DestinationCidrBlock, ipv6: in.DestinationIpv6CidrBlock})
	if err != nil {
		return err
	}
	if vpc, _ := r.vpcs.GetTx(tx, t.VPC); !vpc.hasCIDR(destination) {
		return wire.Errorf("InvalidParameterValue", "The route identified by %s is not a local route.", destination)
	}
	t.Routes = slices.DeleteFunc(t.Routes, func(x routeRow) bool { return x.Destination == destination })
	return nil
}

// DeleteRoute removes a route.
func (r *Room) DeleteRoute(ctx context.Context, in *ec2.DeleteRouteInput) (*ec2.DeleteRouteOutput, error) {
	if err := room.Only(in, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"); err != nil {
		return nil, err
	}
	name, destination, err := destinations{in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId}.given()
	if err != nil {
		return nil, err
	}
	what := "destination-cidr-block"
	if text, ok := canonical(destination, false); ok && name == "destinationIpv6CidrBlock" { // one may be written in several ways
		what, destination = "destination-ipv6-cidr-block", text
	}
	err = r.changeTable(in.RouteTableId, in, func(tx *store.Tx, t *routeTableRow) error {
		if vpc, _ := r.vpcs.GetTx(tx, t.VPC); vpc.hasCIDR(destination) {
			return wire.Errorf("InvalidParameterValue", "cannot remove local route %s in route table %s", destination, t.ID)
		}
		if r.endpointAt(tx, t.ID, destination) != "" {
			return wire.Errorf("InvalidParameterValue", "cannot remove VPC endpoint route %s in route table %s", destination, t.ID)
		}
		at := t.find(destination)
		if at < 0 {
			return wire.Errorf("InvalidRoute.NotFound", "no route with %s %s in route table %s", what, destination, t.ID)
		}
		t.Routes = slices.Delete(t.Routes, at, at+1)
		return nil
	})
	return &ec2.DeleteRouteOutput{}, err
}
