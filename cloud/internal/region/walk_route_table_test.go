package region_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksRouteTables(t *testing.T) {
	gone := []string{"InvalidRouteTableID.NotFound"}
	runWalks(t, []walk{
		{
			resource: "aws_route_table", create: (*provider).createRouteTable, read: (*provider).readRouteTable, gone: gone,
			update: func(p *provider, id string) {
				gateway := p.Gateway(p.vpc)
				roomtest.Must(p.CreateRoute(p.T.Context(), &ec2.CreateRouteInput{RouteTableId: &id, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway}))(p.T)
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteRouteTable(p.T.Context(), &ec2.DeleteRouteTableInput{RouteTableId: &id}))(p.T)
			},
		},
		{
			resource: "aws_route", create: (*provider).createRoute, read: (*provider).readRoute,
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteRoute(p.T.Context(), &ec2.DeleteRouteInput{RouteTableId: &id, DestinationCidrBlock: new("0.0.0.0/0")}))(p.T)
				_, err := p.DeleteRoute(p.T.Context(), &ec2.DeleteRouteInput{RouteTableId: &id, DestinationCidrBlock: new("0.0.0.0/0")})
				roomtest.WantAPIError(p.T, err, "InvalidRoute.NotFound") // which is forgiven
			},
		},
		{
			resource: "aws_route_table_association", read: (*provider).readAssociation,
			create: func(p *provider) string {
				out := roomtest.Must(p.AssociateRouteTable(p.T.Context(), &ec2.AssociateRouteTableInput{RouteTableId: new(p.createRouteTable()), SubnetId: &p.subnet}))(p.T)
				return *out.AssociationId
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DisassociateRouteTable(p.T.Context(), &ec2.DisassociateRouteTableInput{AssociationId: &id}))(p.T)
				_, err := p.DisassociateRouteTable(p.T.Context(), &ec2.DisassociateRouteTableInput{AssociationId: &id})
				roomtest.WantAPIError(p.T, err, "InvalidAssociationID.NotFound") // which is forgiven
			},
		},
		{
			resource: "aws_main_route_table_association", create: (*provider).replaceMain, read: (*provider).readAssociation,
		},
	})
}

func (p *provider) createRouteTable() string {
	out := roomtest.Must(p.CreateRouteTable(p.T.Context(), &ec2.CreateRouteTableInput{
		VpcId: &p.vpc, ClientToken: new("terraform-20261127000000000000000001"), TagSpecifications: tagged("route-table"),
	}))(p.T)
	return *out.RouteTable.RouteTableId
}

func (p *provider) readRouteTable(id string) (any, error) {
	out, err := p.DescribeRouteTables(p.T.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	if err != nil {
		return nil, err
	}
	return there(p, "the route table", only(p, out.RouteTables)), nil
}

func (p *provider) createRoute() string {
	id, gateway := p.createRouteTable(), p.Gateway(p.vpc)
	if before, _ := p.readRoute(id); before != nil {
		p.T.Fatalf("there is a route already: %+v", before)
	}
	roomtest.Must(p.CreateRoute(p.T.Context(), &ec2.CreateRouteInput{RouteTableId: &id, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway}))(p.T)
	return id
}

// readRoute finds a route of its table by the destination.
func (p *provider) readRoute(table string) (any, error) {
	out, err := p.DescribeRouteTables(p.T.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}})
	if err != nil {
		return nil, err
	}
	routes := out.RouteTables[0].Routes
	at := slices.IndexFunc(routes, func(x ec2types.Route) bool { return there(p, "the destination", x.DestinationCidrBlock) == "0.0.0.0/0" })
	if at < 0 {
		return nil, nil
	}
	if x := routes[at]; x.Origin != ec2types.RouteOriginCreateRoute || x.State != ec2types.RouteStateActive {
		p.T.Errorf("the route's origin is %s, its state %s", x.Origin, x.State)
	}
	return routes[at], nil
}

func (p *provider) readAssociation(id string) (any, error) {
	out, err := p.DescribeRouteTables(p.T.Context(), &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("association.route-table-association-id", id)})
	if err != nil || len(out.RouteTables) == 0 {
		return nil, err
	}
	return there(p, "the table", only(p, out.RouteTables)).Associations, nil
}

func (p *provider) replaceMain() string {
	ctx := p.T.Context()
	out := roomtest.Must(p.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: append(regiontest.Where("association.main", "true"), regiontest.Where("vpc-id", p.vpc)...),
	}))(p.T)
	main := there(p, "the main table", only(p, out.RouteTables))
	replaced := roomtest.Must(p.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
		AssociationId: main.Associations[0].RouteTableAssociationId, RouteTableId: new(p.createRouteTable()),
	}))(p.T)
	return *replaced.NewAssociationId
}
