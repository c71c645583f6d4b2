package compute_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html and replace-local-route-target.html
func TestRoutesLeadThroughAMiddlebox(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	eni := *roomtest.Must(d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: regiontest.Where("attachment.instance-id", instance)}))(t).NetworkInterfaces[0].NetworkInterfaceId
	gateway := d.Gateway(vpc)
	table := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	routes := func() string {
		var all []string
		for _, r := range roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}}))(t).RouteTables[0].Routes {
			all = append(all, *r.DestinationCidrBlock+" "+aws.ToString(r.GatewayId)+aws.ToString(r.NetworkInterfaceId)+" "+string(r.Origin))
		}
		return strings.Join(all, ", ")
	}
	told := func() []network.Route {
		tables := d.Fabric.Applied(vpc).RouteTables
		return tables[slices.IndexFunc(tables, func(x network.RouteTable) bool { return x.ID == table })].Routes
	}
	expect := func(want string, before int) {
		t.Helper()
		if got := routes(); got != want {
			t.Errorf("routes %s, want %s", got, want)
		}
		led := slices.DeleteFunc(slices.Clone(told()), func(r network.Route) bool { return !r.Within || r.Interface != eni })
		if len(led) != before {
			t.Errorf("the network was told %+v, want %d routes before the local one", told(), before)
		}
	}
	create := func(in ec2.CreateRouteInput) error {
		in.RouteTableId = &table
		_, err := d.CreateRoute(ctx, &in)
		return err
	}
	replace := func(in ec2.ReplaceRouteInput) error {
		in.RouteTableId = &table
		_, err := d.ReplaceRoute(ctx, &in)
		return err
	}
	whole, part := new("10.0.0.0/16"), new("10.0.1.0/24")
	for _, c := range []struct {
		code string
		err  error
	}{
		{"InvalidParameterValue", create(ec2.CreateRouteInput{DestinationCidrBlock: part, GatewayId: &gateway})},
		{"InvalidParameterValue", create(ec2.CreateRouteInput{DestinationCidrBlock: new("10.0.1.0/25"), NetworkInterfaceId: &eni})},
		{"RouteAlreadyExists", create(ec2.CreateRouteInput{DestinationCidrBlock: whole, NetworkInterfaceId: &eni})},
		{"InvalidParameterValue", replace(ec2.ReplaceRouteInput{DestinationCidrBlock: whole, GatewayId: &gateway})},
		{"InvalidParameterValue", replace(ec2.ReplaceRouteInput{DestinationCidrBlock: part, LocalTarget: new(true)})},
		{"InvalidParameterCombination", replace(ec2.ReplaceRouteInput{DestinationCidrBlock: whole, LocalTarget: new(true), NetworkInterfaceId: &eni})},
	} {
		roomtest.WantAPIError(t, c.err, c.code)
	}
	expect("10.0.0.0/16 local CreateRouteTable", 0)
	if err := create(ec2.CreateRouteInput{DestinationCidrBlock: part, NetworkInterfaceId: &eni}); err != nil {
		t.Fatal(err)
	}
	expect("10.0.0.0/16 local CreateRouteTable, 10.0.1.0/24 "+eni+" CreateRoute", 1)
	for range 2 { // the same again succeeds
		if err := replace(ec2.ReplaceRouteInput{DestinationCidrBlock: whole, InstanceId: &instance}); err != nil {
			t.Fatal(err)
		}
	}
	d.Reopen()
	expect("10.0.1.0/24 "+eni+" CreateRoute, 10.0.0.0/16 "+eni+" CreateRouteTable", 2)
	_, err := d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: whole})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	if err := replace(ec2.ReplaceRouteInput{DestinationCidrBlock: whole, LocalTarget: new(true)}); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: part}))(t)
	expect("10.0.0.0/16 local CreateRouteTable", 0)
}
