package nets_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) nat(id string) ec2types.NatGateway {
	d.T.Helper()
	return roomtest.Must(d.DescribeNatGateways(d.T.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}))(d.T).NatGateways[0]
}

func (d *desk) awaitNAT(id string, s ec2types.NatGatewayState) ec2types.NatGateway {
	d.T.Helper()
	d.Await("NAT gateway "+id+" "+string(s), func() bool { return d.nat(id).State == s })
	return d.nat(id)
}

func (d *desk) allocate() (id, public string) {
	d.T.Helper()
	a := roomtest.Must(d.AllocateAddress(d.T.Context(), &ec2.AllocateAddressInput{}))(d.T)
	return *a.AllocationId, *a.PublicIp
}

// createNAT makes a NAT gateway and waits until it is available.
func (d *desk) createNAT(in ec2.CreateNatGatewayInput) ec2types.NatGateway {
	d.T.Helper()
	made := roomtest.Must(d.CreateNatGateway(d.T.Context(), &in))(d.T).NatGateway
	return d.awaitNAT(*made.NatGatewayId, ec2types.NatGatewayStateAvailable)
}

// specOf is what the network was told of an interface.
func (d *desk) specOf(vpc, eni string) (spec network.Interface) {
	for _, i := range d.Fabric.Applied(vpc).Interfaces {
		if i.ID == eni {
			spec = i
		}
	}
	return spec
}

func TestPublicNATGatewayComesAndGoes(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway := d.Gateway(vpc)
	allocation, public := d.allocate()
	in := &ec2.CreateNatGatewayInput{
		SubnetId: &subnet, AllocationId: &allocation, ClientToken: new("once"),
		PrivateIpAddress: new("10.0.1.77"), TagSpecifications: resourcetest.MadeAs("natgateway"),
	}
	made := roomtest.Must(d.CreateNatGateway(ctx, in))(t)
	n := made.NatGateway
	id := *n.NatGatewayId
	if n.State != "pending" || *n.VpcId != vpc || *n.SubnetId != subnet || *made.ClientToken != "once" || *n.NatGatewayAddresses[0].AllocationId != allocation {
		t.Errorf("at first %+v", n)
	}
	if again := *roomtest.Must(d.CreateNatGateway(ctx, in))(t).NatGateway.NatGatewayId; again != id {
		t.Errorf("the same token made %s and %s", id, again)
	}
	got := d.awaitNAT(id, ec2types.NatGatewayStateAvailable)
	a := got.NatGatewayAddresses[0]
	want := ec2types.NatGatewayAddress{
		AllocationId: &allocation, AssociationId: a.AssociationId, IsPrimary: new(true), NetworkInterfaceId: a.NetworkInterfaceId,
		PrivateIp: new("10.0.1.77"), PublicIp: &public, Status: "succeeded",
	}
	if diff := cmp.Diff(want, a, cmp.AllowUnexported(ec2types.NatGatewayAddress{})); diff != "" {
		t.Errorf("address (-want +got):\n%s", diff)
	}
	if got.AvailabilityMode != "zonal" || got.ConnectivityType != "public" ||
		got.CreateTime == nil || got.DeleteTime != nil || got.FailureCode != nil || len(got.Tags) != 1 {
		t.Errorf("available: %+v", got)
	}
	eni := roomtest.Must(d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		NetworkInterfaceIds: []string{*a.NetworkInterfaceId},
	}))(t).NetworkInterfaces[0]
	if eni.InterfaceType != "nat_gateway" || !*eni.RequesterManaged || *eni.SourceDestCheck || *eni.Description != "Interface for NAT Gateway "+id ||
		*eni.Association.AllocationId != allocation || len(eni.Groups) != 0 {
		t.Errorf("its interface %+v", eni)
	}
	if s := d.specOf(vpc, *eni.NetworkInterfaceId); s.NAT == nil || s.Public.String() != public {
		t.Errorf("the network was told %+v", s)
	}
	d.Reopen()
	if diff := cmp.Diff(got, d.nat(id), cmp.AllowUnexported(ec2types.NatGateway{}, ec2types.NatGatewayAddress{}, ec2types.Tag{})); diff != "" {
		t.Errorf("after a restart (-was +is):\n%s", diff)
	}
	if s := d.specOf(vpc, *eni.NetworkInterfaceId); s.NAT == nil {
		t.Error("after a restart the network has no NAT gateway")
	}

	// Its address and what it stands on stay while it does.
	held := d.address(allocation)
	if held.InstanceId != nil || *held.NetworkInterfaceId != *eni.NetworkInterfaceId || *held.AssociationId != *a.AssociationId {
		t.Errorf("its Elastic IP address %+v", held)
	}
	_, err := d.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: a.AssociationId})
	roomtest.WantAPIError(t, err, "AuthFailure")
	_, err = d.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &allocation})
	roomtest.WantAPIError(t, err, "InvalidIPAddress.InUse")
	instance := d.Run(subnet, 1)[0]
	_, err = d.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: &allocation, InstanceId: &instance})
	roomtest.WantAPIError(t, err, "AuthFailure")
	_, err = d.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: &allocation, NetworkInterfaceId: eni.NetworkInterfaceId})
	roomtest.WantAPIError(t, err, "AuthFailure")
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{instance}}))(t)
	d.AwaitState(instance, ec2types.InstanceStateNameTerminated)
	_, err = d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")

	for range 2 { // it is idempotent
		roomtest.Must(d.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &id}))(t)
	}
	gone := d.awaitNAT(id, ec2types.NatGatewayStateDeleted)
	if gone.DeleteTime == nil || *gone.NatGatewayAddresses[0].PublicIp != public {
		t.Errorf("deleted: %+v", gone)
	}
	if a := d.address(allocation); a.AssociationId != nil {
		t.Errorf("its address afterwards %+v", a)
	}
	if d.specOf(vpc, *eni.NetworkInterfaceId).ID != "" {
		t.Error("the network still has it")
	}
	roomtest.Must(d.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &allocation}))(t)
	roomtest.Must(d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}))(t)
	roomtest.Must(d.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc}))(t)
	roomtest.Must(d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}))(t)
	_, err = d.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: new("nat-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "NatGatewayNotFound")
}

func TestPrivateNATGatewayHasNoPublicAddress(t *testing.T) {
	d := newDesk(t)
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	n := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: ec2types.ConnectivityTypePrivate})
	a := n.NatGatewayAddresses[0]
	if n.ConnectivityType != "private" || a.PublicIp != nil || a.AllocationId != nil || a.AssociationId != nil || *a.PrivateIp == "" {
		t.Errorf("%+v", n)
	}
	if s := d.specOf(vpc, *a.NetworkInterfaceId); s.NAT == nil || s.Public.IsValid() {
		t.Errorf("the network was told %+v", s)
	}
}

// Most of what is wrong turns out after the call is answered.
func TestNATGatewayFails(t *testing.T) {
	for code, prepare := range map[string]func(*desk, string, *ec2.CreateNatGatewayInput){
		"Gateway.NotAttached": func(*desk, string, *ec2.CreateNatGatewayInput) {},
		"Resource.AlreadyAssociated": func(d *desk, vpc string, in *ec2.CreateNatGatewayInput) {
			d.Gateway(vpc)
			d.createNAT(ec2.CreateNatGatewayInput{SubnetId: in.SubnetId, AllocationId: in.AllocationId})
		},
		"InvalidIPAddress.InUse": func(d *desk, vpc string, in *ec2.CreateNatGatewayInput) {
			d.Gateway(vpc)
			d.createNAT(ec2.CreateNatGatewayInput{SubnetId: in.SubnetId, ConnectivityType: "private", PrivateIpAddress: new("10.0.1.5")})
			in.PrivateIpAddress = new("10.0.1.5")
		},
		"InsufficientFreeAddressesInSubnet": func(d *desk, vpc string, in *ec2.CreateNatGatewayInput) {
			d.Gateway(vpc)
			d.Run(*in.SubnetId, 11) // a /28 has 16 addresses, 5 of them reserved
		},
	} {
		t.Run(code, func(t *testing.T) {
			d := newDesk(t)
			vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/28", false)
			allocation, _ := d.allocate()
			in := ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation}
			prepare(d, vpc, &in)
			id := *roomtest.Must(d.CreateNatGateway(t.Context(), &in))(t).NatGateway.NatGatewayId
			n := d.awaitNAT(id, ec2types.NatGatewayStateFailed)
			if aws.ToString(n.FailureCode) != code || aws.ToString(n.FailureMessage) == "" || n.NatGatewayAddresses[0].Status != "failed" {
				t.Errorf("failed with %+v", n)
			}
			roomtest.Must(d.DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: &id}))(t)
			d.awaitNAT(id, ec2types.NatGatewayStateDeleted)
		})
	}
}

func TestNATGatewayIsRefused(t *testing.T) {
	d := newDesk(t)
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Gateway(vpc)
	allocation, _ := d.allocate()
	for name, c := range map[string]struct {
		in   ec2.CreateNatGatewayInput
		code string
	}{
		"no subnet":       {ec2.CreateNatGatewayInput{AllocationId: &allocation}, "MissingParameter"},
		"no such subnet":  {ec2.CreateNatGatewayInput{SubnetId: new("subnet-0123456789abcdef0"), AllocationId: &allocation}, "InvalidSubnetID.NotFound"},
		"no address":      {ec2.CreateNatGatewayInput{SubnetId: &subnet}, "MissingParameter"},
		"no such address": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: new("eipalloc-0")}, "InvalidElasticIpID.NotFound"},
		"private with an address": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, ConnectivityType: "private"},
			"InvalidParameterCombination"},
		"unknown type":       {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, ConnectivityType: "secret"}, "InvalidParameterValue"},
		"no private address": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, PrivateIpAddress: new("ten")}, "InvalidParameterValue"},
		"regional":           {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, AvailabilityMode: "regional"}, "UnsupportedOperation"},
		"no such second address": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, SecondaryAllocationIds: []string{"eipalloc-0"}},
			"InvalidElasticIpID.NotFound"},
		"a number for a public": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, SecondaryPrivateIpAddressCount: new(int32(1))},
			"InvalidParameterCombination"},
		"tags of something else": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, TagSpecifications: resourcetest.MadeAs("vpc")},
			"InvalidParameterValue"},
		"it would have been made":  {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, DryRun: new(true)}, "DryRunOperation"},
		"an availability mode not": {ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &allocation, AvailabilityMode: "lunar"}, "InvalidParameterValue"},
	} {
		_, err := d.CreateNatGateway(t.Context(), &c.in)
		t.Run(name, func(t *testing.T) { roomtest.WantAPIError(t, err, c.code) })
	}
	for n := range 5 {
		roomtest.Must(d.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{
			SubnetId: &subnet, ConnectivityType: "private", ClientToken: new(strconv.Itoa(n)),
		}))(t)
	}
	_, err := d.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: "private"})
	roomtest.WantAPIError(t, err, "NatGatewayLimitExceeded")
}

func TestNATGatewaysAreListed(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	var ids []string
	var vpc, subnet string
	for range 2 {
		vpc, subnet = d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
		for range 3 - len(ids)/2 {
			n := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: "private", TagSpecifications: resourcetest.MadeAs("natgateway")})
			ids = append(ids, *n.NatGatewayId)
		}
	}
	deleted := ids[len(ids)-1]
	roomtest.Must(d.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &deleted}))(t)
	d.awaitNAT(deleted, ec2types.NatGatewayStateDeleted)
	slices.Sort(ids)
	for name, c := range map[string]struct {
		filter []ec2types.Filter
		want   int
	}{
		"vpc-id":         {regiontest.Where("vpc-id", vpc), len(ids) - 3},
		"subnet-id":      {regiontest.Where("subnet-id", subnet), len(ids) - 3},
		"state":          {regiontest.Where("state", "available"), len(ids) - 1},
		"both":           {regiontest.Where("state", "available", "deleted"), len(ids)},
		"nat-gateway-id": {regiontest.Where("nat-gateway-id", ids[0]), 1},
		"tag-key":        {regiontest.Where("tag-key", "made"), len(ids)},
		"none":           {regiontest.Where("vpc-id", "vpc-0"), 0},
	} {
		got := roomtest.Must(d.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: c.filter}))(t).NatGateways
		if len(got) != c.want {
			t.Errorf("%s: %d NAT gateways, want %d", name, len(got), c.want)
		}
	}
	_, err := d.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: regiontest.Where("subnet", "x")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{"nat-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "NatGatewayNotFound")
	var paged []string
	pages := ec2.NewDescribeNatGatewaysPaginator(d.Client, &ec2.DescribeNatGatewaysInput{MaxResults: new(int32(5))})
	for pages.HasMorePages() {
		page := roomtest.Must(pages.NextPage(ctx))(t)
		paged = append(paged, regiontest.IDsOf(page.NatGateways, func(n ec2types.NatGateway) *string { return n.NatGatewayId })...)
	}
	if !slices.Equal(paged, ids) {
		t.Errorf("in pages %v, want %v", paged, ids)
	}
}

// A route to a NAT gateway carries once the gateway is available, and is a black hole when it is deleted.
func TestRouteLeadsToNATGateway(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway := d.Gateway(vpc)
	n := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: "private"})
	table := roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	in := &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: new("0.0.0.0/0"), NatGatewayId: n.NatGatewayId}
	for range 2 { // the same again succeeds
		roomtest.Must(d.CreateRoute(ctx, in))(t)
	}
	route := func() ec2types.Route { return d.describeRouteTable(*table).Routes[1] }
	want := func(state ec2types.RouteState, blackhole bool) {
		t.Helper()
		if r := route(); aws.ToString(r.NatGatewayId) != *n.NatGatewayId || r.GatewayId != nil || r.State != state || r.Origin != "CreateRoute" {
			t.Errorf("route %+v", r)
		}
		for _, spec := range d.Fabric.Applied(vpc).RouteTables {
			if spec.ID == *table && (spec.Routes[0].Interface != *n.NatGatewayAddresses[0].NetworkInterfaceId || spec.Routes[0].Blackhole != blackhole) {
				t.Errorf("the network was told %+v", spec.Routes)
			}
		}
	}
	want("active", false)
	found := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("route.nat-gateway-id", *n.NatGatewayId)}))(t)
	if len(found.RouteTables) != 1 || *found.RouteTables[0].RouteTableId != *table {
		t.Errorf("found %+v", found.RouteTables)
	}
	replace := func(gateway, nat *string) error {
		_, err := d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: gateway, NatGatewayId: nat})
		return err
	}
	if err := replace(&gateway, nil); err != nil || route().NatGatewayId != nil || *route().GatewayId != gateway {
		t.Errorf("replaced: %+v, %v", route(), err)
	}
	roomtest.WantAPIError(t, replace(&gateway, n.NatGatewayId), "InvalidParameterCombination")
	roomtest.WantAPIError(t, replace(nil, nil), "InvalidParameterCombination")
	roomtest.WantAPIError(t, replace(nil, new("nat-0123456789abcdef0")), "InvalidNatGatewayID.NotFound")
	_, elsewhere := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	other := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &elsewhere, ConnectivityType: "private"})
	roomtest.WantAPIError(t, replace(nil, other.NatGatewayId), "InvalidParameterValue")
	if err := replace(nil, n.NatGatewayId); err != nil {
		t.Fatal(err)
	}
	want("active", false)
	d.Reopen()
	want("active", false)
	roomtest.Must(d.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: n.NatGatewayId}))(t)
	want("blackhole", true)
	d.awaitNAT(*n.NatGatewayId, ec2types.NatGatewayStateDeleted)
	want("blackhole", true)
	roomtest.WantAPIError(t, replace(nil, n.NatGatewayId), "InvalidNatGatewayID.NotFound")
}
