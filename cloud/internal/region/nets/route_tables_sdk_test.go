package nets_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) routeTable(vpc string) string {
	d.T.Helper()
	out, err := d.CreateRouteTable(d.T.Context(), &ec2.CreateRouteTableInput{VpcId: &vpc})
	if err != nil {
		d.T.Fatal(err)
	}
	return *out.RouteTable.RouteTableId
}

func (d *desk) describeRouteTable(id string) ec2types.RouteTable {
	d.T.Helper()
	out, err := d.DescribeRouteTables(d.T.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	if err != nil || len(out.RouteTables) != 1 {
		d.T.Fatalf("route table %s: %v, %v", id, out, err)
	}
	return out.RouteTables[0]
}

// routes tells a table's routes, each as destination, target and state.
func (d *desk) routes(table string) (all []string) {
	d.T.Helper()
	for _, r := range d.describeRouteTable(table).Routes {
		all = append(all, aws.ToString(r.DestinationCidrBlock)+" "+aws.ToString(r.GatewayId)+" "+string(r.State))
	}
	return all
}

func TestRoutesAreMadeReplacedAndDeleted(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway, table := d.Gateway(vpc), d.routeTable(vpc)
	local := "10.0.0.0/16 local active"
	roomtest.WantSame(t, "a new table", d.routes(table), local)

	out, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway})
	if err != nil || !aws.ToBool(out.Return) {
		t.Fatalf("CreateRoute: %v, %v", out, err)
	}
	// AWS sets host bits to zero: 100.68.0.18/18 becomes 100.68.0.0/18.
	if _, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("100.68.0.18/18"), GatewayId: &gateway}); err != nil {
		t.Fatal(err)
	}
	all := []string{local, "0.0.0.0/0 " + gateway + " active", "100.68.0.0/18 " + gateway + " active"}
	roomtest.WantSame(t, "after CreateRoute", d.routes(table), all...)
	found, err := d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("route.gateway-id", gateway)})
	if err != nil {
		t.Fatal(err)
	}
	roomtest.WantSame(t, "tables by gateway", regiontest.IDsOf(found.RouteTables, func(x ec2types.RouteTable) *string { return x.RouteTableId }), table)

	d.Reopen()
	roomtest.WantSame(t, "after the region's restart", d.routes(table), all...)

	// A gateway that leaves the VPC leaves a black hole; the next one takes its place by ReplaceRoute.
	if _, err := d.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc}); err != nil {
		t.Fatal(err)
	}
	next := d.Gateway(vpc)
	roomtest.WantSame(t, "after the gateway left", d.routes(table), local, "0.0.0.0/0 "+gateway+" blackhole", "100.68.0.0/18 "+gateway+" blackhole")
	if _, err := d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &next}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: new("100.68.0.0/18")}); err != nil {
		t.Fatal(err)
	}
	all = []string{local, "0.0.0.0/0 " + next + " active"}
	roomtest.WantSame(t, "after ReplaceRoute and DeleteRoute", d.routes(table), all...)
	d.Reopen()
	roomtest.WantSame(t, "after another restart", d.routes(table), all...)
}

func TestRoutesThatAreRefused(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway, loose, table := d.Gateway(vpc), d.Gateway(""), d.routeTable(vpc)
	if _, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway}); err != nil {
		t.Fatal(err)
	}
	before := d.routes(table)
	missing := "rtb-0123456789abcdef0"
	for _, c := range []struct{ code, table, destination, gateway string }{
		{"InvalidRouteTableID.NotFound", missing, "0.0.0.0/0", gateway},
		{"RouteAlreadyExists", table, "10.0.0.0/16", gateway},
		{"InvalidParameterValue", table, "10.0.0.0/33", gateway},
		{"InvalidInternetGatewayID.NotFound", table, "192.0.2.0/24", "igw-0123456789abcdef0"},
		{"InvalidParameterValue", table, "192.0.2.0/24", loose},
	} {
		_, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &c.table, DestinationCidrBlock: &c.destination, GatewayId: &c.gateway})
		roomtest.WantAPIError(t, err, c.code)
	}
	_, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway})
	if err != nil {
		t.Errorf("the same route again: %v", err)
	}
	_, err = d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: new("192.0.2.0/24"), GatewayId: &gateway})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &missing, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway})
	roomtest.WantAPIError(t, err, "InvalidRouteTableID.NotFound")
	_, err = d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: new("192.0.2.0/24")})
	roomtest.WantAPIError(t, err, "InvalidRoute.NotFound")
	_, err = d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: new("10.0.0.0/16")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &missing, DestinationCidrBlock: new("0.0.0.0/0")})
	roomtest.WantAPIError(t, err, "InvalidRouteTableID.NotFound")
	roomtest.WantSame(t, "after what was refused", d.routes(table), before...)
}

// under tells which table a subnet is explicitly associated with, and by which association.
func (d *desk) under(subnet string) (table, association string) {
	d.T.Helper()
	out, err := d.DescribeRouteTables(d.T.Context(), &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("association.subnet-id", subnet)})
	if err != nil || len(out.RouteTables) > 1 {
		d.T.Fatalf("tables of %s: %v, %v", subnet, out, err)
	}
	for _, t := range out.RouteTables {
		at := slices.IndexFunc(t.Associations, func(a ec2types.RouteTableAssociation) bool { return aws.ToString(a.SubnetId) == subnet })
		return *t.RouteTableId, *t.Associations[at].RouteTableAssociationId
	}
	return "", ""
}

func TestSubnetMovesBetweenRouteTables(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	first, second := d.routeTable(vpc), d.routeTable(vpc)
	made, err := d.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &first, SubnetId: &subnet})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &second, SubnetId: &subnet})
	roomtest.WantAPIError(t, err, "Resource.AlreadyAssociated")
	_, err = d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &first})
	roomtest.WantAPIError(t, err, "DependencyViolation")

	moved, err := d.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: made.AssociationId, RouteTableId: &second})
	if err != nil || *moved.NewAssociationId == *made.AssociationId || moved.AssociationState.State != "associated" {
		t.Fatalf("ReplaceRouteTableAssociation: %v, %v", moved, err)
	}
	d.Reopen()
	if table, association := d.under(subnet); table != second || association != *moved.NewAssociationId {
		t.Errorf("the subnet is under %s by %s, want %s by %s", table, association, second, *moved.NewAssociationId)
	}
	// The old association went with the move.
	_, err = d.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: made.AssociationId, RouteTableId: &first})
	roomtest.WantAPIError(t, err, "InvalidAssociationID.NotFound")
	_, err = d.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: made.AssociationId})
	roomtest.WantAPIError(t, err, "InvalidAssociationID.NotFound")
	_, err = d.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
		AssociationId: moved.NewAssociationId, RouteTableId: new("rtb-0123456789abcdef0"),
	})
	roomtest.WantAPIError(t, err, "InvalidRouteTableID.NotFound")
	other, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	_, err = d.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
		AssociationId: moved.NewAssociationId, RouteTableId: new(d.routeTable(other)),
	})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")

	if _, err := d.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: moved.NewAssociationId}); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	if table, _ := d.under(subnet); table != "" {
		t.Errorf("the subnet is still under %s", table)
	}
	for _, table := range []string{first, second} {
		if _, err := d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &table}); err != nil {
			t.Fatal(err)
		}
		_, err = d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &table})
		roomtest.WantAPIError(t, err, "InvalidRouteTableID.NotFound")
		_, err = d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}})
		roomtest.WantAPIError(t, err, "InvalidRouteTableID.NotFound")
	}
}

func TestAnotherTableBecomesMain(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	mains := func() []ec2types.RouteTable {
		t.Helper()
		out, err := d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
			Filters: append(regiontest.Where("association.main", "true"), regiontest.Where("vpc-id", vpc)...),
		})
		if err != nil || len(out.RouteTables) != 1 || len(out.RouteTables[0].Associations) != 1 {
			t.Fatalf("main tables %v, %v", out, err)
		}
		return out.RouteTables
	}
	old, next := mains()[0], d.routeTable(vpc)
	association := old.Associations[0].RouteTableAssociationId
	_, err := d.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: association})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: old.RouteTableId})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	if _, err := d.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: association, RouteTableId: &next}); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	if got := *mains()[0].RouteTableId; got != next {
		t.Errorf("main is %s, want %s", got, next)
	}
	if _, err := d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: old.RouteTableId}); err != nil {
		t.Errorf("the table that was main: %v", err)
	}
}

func TestRoutesWithinTheVPCLeadNowhereElse(t *testing.T) {
	d := newDesk(t)
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway := d.Gateway(vpc)
	table := roomtest.Must(d.CreateRouteTable(t.Context(), &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	for cidr, code := range map[string]string{"10.0.1.0/24": "InvalidParameterValue", "10.0.0.0/16": "RouteAlreadyExists"} {
		_, err := d.CreateRoute(t.Context(), &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: &cidr, GatewayId: &gateway})
		roomtest.WantAPIError(t, err, code)
	}
	roomtest.Must(d.CreateRoute(t.Context(), &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: new("10.0.0.0/8"), GatewayId: &gateway}))(t)
}
