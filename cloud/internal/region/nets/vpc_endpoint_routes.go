package nets

import (
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A gateway endpoint is a route in each of its route tables: to the prefix list of its service
// (https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html). It is the endpoint's, and no call of routes changes it. The
// lists of S3 and DynamoDB are empty here, so no packet takes it.

// addTables adds route tables to a gateway endpoint.
func (r *Room) addTables(tx *store.Tx, e *endpointRow, tables []string) error {
	for _, id := range tables {
		t, ok := r.routeTables.GetTx(tx, id)
		switch {
		case !ok:
			return missingRouteTable(id)
		case t.VPC != e.VPC:
			return wire.Errorf("InvalidParameter", "The route table %s is not in the VPC %s.", id, e.VPC)
		}
		list := r.listNamed(e.Service)
		if slices.Contains(e.Tables, id) || t.find(list) >= 0 || r.endpointAt(tx, id, list) != "" {
			return wire.Errorf("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", id, list)
		}
		e.Tables = append(slices.Clone(e.Tables), id)
	}
	return nil
}

func (e *endpointRow) removeTables(tables []string) error {
	e.Tables = slices.Clone(e.Tables)
	for _, id := range tables {
		at := slices.Index(e.Tables, id)
		if at < 0 {
			return wire.Errorf("InvalidParameter", "The route table %s is not associated with the VPC endpoint %s.", id, e.ID)
		}
		e.Tables = slices.Delete(e.Tables, at, at+1)
	}
	return nil
}

// listNamed returns the id of AWS's own prefix list of a service.
func (r *Room) listNamed(service string) string {
	for _, list := range r.awsPrefixLists() {
		if list.Name == service {
			return list.ID
		}
	}
	return ""
}

// endpointAt returns the gateway endpoint whose route a table has to a destination; empty for none.
func (r *Room) endpointAt(tx *store.Tx, table, destination string) string {
	for _, e := range r.endpoints.AllTx(tx) {
		if e.gateway() && slices.Contains(e.Tables, table) && r.listNamed(e.Service) == destination {
			return e.ID
		}
	}
	return ""
}

// endpointRoutes are the routes of gateway endpoints in a table.
func (r *Room) endpointRoutes(table string) (routes []ec2types.Route) {
	for _, list := range r.awsPrefixLists() {
		if id := r.endpointAt(nil, table, list.ID); id != "" {
			routes = append(routes, ec2types.Route{
				DestinationPrefixListId: new(list.ID), GatewayId: new(id), State: ec2types.RouteStateActive, Origin: ec2types.RouteOriginCreateRoute,
			})
		}
	}
	return routes
}

// leaveEndpoints has gateway endpoints lose a route table that is deleted.
func (r *Room) leaveEndpoints(tx *store.Tx, table string) error {
	for _, e := range r.endpoints.AllTx(tx) {
		if !slices.Contains(e.Tables, table) {
			continue
		}
		if err := e.removeTables([]string{table}); err != nil {
			return err
		}
		if err := r.endpoints.Put(tx, e.ID, e); err != nil {
			return err
		}
	}
	return nil
}
