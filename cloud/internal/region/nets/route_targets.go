package nets

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// routeTarget is where a request leads a route. Exactly one member is to be set.
type routeTarget struct{ gateway, nat, peering, eni, instance, egressOnly *string }

// into sets a route's target, in a table of a VPC.
func (r *Room) into(tx *store.Tx, table *routeTableRow, route *routeRow, to routeTarget) error {
	given := 0
	for _, id := range []*string{to.gateway, to.nat, to.peering, to.eni, to.instance, to.egressOnly} {
		if room.Deref(id) != "" {
			given++
		}
	}
	if given != 1 {
		return wire.Errorf("InvalidParameterCombination", "Exactly one of the route targets must be specified.")
	}
	switch {
	case room.Deref(to.gateway) != "":
		return r.intoGateway(tx, table, route, *to.gateway)
	case room.Deref(to.egressOnly) != "":
		return r.intoEgressOnly(tx, table, route, *to.egressOnly)
	case room.Deref(to.nat) != "":
		return r.intoNAT(tx, table, route, *to.nat)
	case room.Deref(to.peering) != "":
		return r.intoPeering(tx, table, route, *to.peering)
	}
	return r.intoInterface(tx, table, route, room.Deref(to.instance), room.Deref(to.eni))
}

func otherNetwork(table *routeTableRow, what, id string) error {
	return wire.Errorf("InvalidParameterValue", "route table %s and %s %s belong to different networks", table.ID, what, id)
}

func (r *Room) intoGateway(tx *store.Tx, table *routeTableRow, route *routeRow, id string) error {
	if id == "local" {
		return wire.Errorf("UnsupportedOperation", "Replacing the target of the local route is not supported.")
	}
	g, ok := r.gateways.GetTx(tx, id)
	switch {
	case !ok && !resource.WellFormed("igw-", id):
		return wire.Errorf("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", id)
	case !ok:
		return missingGateway(id)
	case g.VPC != table.VPC:
		return otherNetwork(table, "network gateway", g.ID)
	}
	route.Gateway = g.ID
	return nil
}

// intoEgressOnly leads a route to an egress-only internet gateway, which is for IPv6 alone.
func (r *Room) intoEgressOnly(tx *store.Tx, table *routeTableRow, route *routeRow, id string) error {
	g, ok := r.egressOnlys.GetTx(tx, id)
	switch {
	case !ok:
		return missingEgressOnly(id)
	case g.VPC != table.VPC:
		return otherNetwork(table, "egress-only internet gateway", g.ID)
	case !route.ipv6():
		return wire.Errorf("InvalidParameterValue", "The egress-only internet gateway %s can be the target of IPv6 routes only.", g.ID)
	}
	route.EgressOnly = g.ID
	return nil
}

// intoNAT leads a route to a NAT gateway, which carries nothing before it is available, and here no IPv6, which it would translate.
func (r *Room) intoNAT(tx *store.Tx, table *routeTableRow, route *routeRow, id string) error {
	n, ok := r.nats.GetTx(tx, id)
	switch {
	case route.ipv6():
		return wire.Errorf("UnsupportedOperation", "IPv6 routes to NAT gateways (NAT64) are not supported here.")
	case !ok || n.State != ec2types.NatGatewayStatePending && n.State != ec2types.NatGatewayStateAvailable:
		return missingNAT(id)
	case n.VPC != table.VPC:
		return otherNetwork(table, "NAT gateway", n.ID)
	}
	route.NAT = n.ID
	return nil
}

// intoPeering leads a route to a peer, which it carries nothing to before the connection is active.
func (r *Room) intoPeering(tx *store.Tx, table *routeTableRow, route *routeRow, id string) error {
	row, ok := r.peering(tx, id)
	switch {
	case !ok || !row.open():
		return missingPeering(id)
	case !row.of(table.VPC):
		return otherNetwork(table, "VPC peering connection", id)
	}
	route.Peering = id
	return nil
}

// intoInterface leads a route to an interface, or to an instance by its only one. Whether it lets pass what is for others
// is its own affair.
func (r *Room) intoInterface(tx *store.Tx, table *routeTableRow, route *routeRow, instance, id string) error {
	eni, err := r.SoleInterface(tx, instance, id)
	if err != nil {
		return err
	}
	switch {
	case eni.VPC != table.VPC:
		return otherNetwork(table, "interface", eni.ID)
	case eni.managed():
		return notPermitted()
	}
	route.Interface = eni.ID
	return nil
}

// routeSpec is a route for the fabric: one whose target is gone, attached elsewhere or not ready drops packets.
func (r *Room) routeSpec(vpc string, route routeRow) (to network.Route) {
	switch {
	case route.NAT != "":
		n, _ := r.nats.Get(route.NAT)
		to.Interface, to.Blackhole = n.Interface, n.State != ec2types.NatGatewayStateAvailable
	case route.Peering != "":
		row, _ := r.peerings.Get(route.Peering)
		to.Peering, to.Blackhole = route.Peering, row.State != peeringActive
	case route.Interface != "":
		eni, _ := r.interfaces.Get(route.Interface)
		to.Interface, to.Blackhole = eni.ID, eni.Instance == ""
	case route.EgressOnly != "":
		_, ok := r.egressOnlys.Get(route.EgressOnly)
		to.EgressOnly, to.Blackhole = true, !ok
	default:
		g, ok := r.gateways.Get(route.Gateway)
		to.Blackhole = !ok || g.VPC != vpc
	}
	return to
}

func (r *Room) showRoute(vpc string, route routeRow) ec2types.Route {
	out := ec2types.Route{
		DestinationPrefixListId: room.Some(route.list()), GatewayId: room.Some(route.Gateway), NatGatewayId: room.Some(route.NAT),
		VpcPeeringConnectionId: room.Some(route.Peering), EgressOnlyInternetGatewayId: room.Some(route.EgressOnly),
		State: ec2types.RouteStateActive, Origin: ec2types.RouteOriginCreateRoute,
	}
	switch {
	case route.ipv6():
		out.DestinationIpv6CidrBlock = new(route.Destination)
	case route.list() == "":
		out.DestinationCidrBlock = new(route.Destination)
	}
	if r.routeSpec(vpc, route).Blackhole {
		out.State = ec2types.RouteStateBlackhole
	}
	if route.Interface != "" {
		eni, _ := r.interfaces.Get(route.Interface)
		out.NetworkInterfaceId = new(route.Interface)
		if eni.Instance != "" {
			out.InstanceId, out.InstanceOwnerId = new(eni.Instance), new(r.Account)
		}
	}
	return out
}
