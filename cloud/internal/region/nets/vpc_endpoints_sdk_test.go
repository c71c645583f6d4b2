package nets_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) endpoint(id string) ec2types.VpcEndpoint {
	d.T.Helper()
	return roomtest.Must(d.DescribeVpcEndpoints(d.T.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}}))(d.T).VpcEndpoints[0]
}

func (d *desk) makeEndpoint(in ec2.CreateVpcEndpointInput) ec2types.VpcEndpoint {
	d.T.Helper()
	made := *roomtest.Must(d.CreateVpcEndpoint(d.T.Context(), &in))(d.T).VpcEndpoint
	d.Await("the endpoint is available", func() bool { return d.endpoint(*made.VpcEndpointId).State == "available" })
	return d.endpoint(*made.VpcEndpointId)
}

func (d *desk) deleteEndpoint(id string) {
	d.T.Helper()
	out := roomtest.Must(d.DeleteVpcEndpoints(d.T.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))(d.T)
	if len(out.Unsuccessful) > 0 {
		d.T.Errorf("%+v", out.Unsuccessful)
	}
	d.Await("the endpoint is gone", func() bool {
		_, err := d.DescribeVpcEndpoints(d.T.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
		return err != nil
	})
}

// names has the VPC give its instances names, which private DNS takes.
func (d *desk) names(vpc string) {
	d.T.Helper()
	roomtest.Must(d.ModifyVpcAttribute(d.T.Context(), &ec2.ModifyVpcAttributeInput{
		VpcId: &vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: new(true)},
	}))(d.T)
}

func TestServicesThatEndpointsLeadTo(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	all := roomtest.Must(d.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{}))(t)
	of := func(kind string) (names []string) {
		out := roomtest.Must(d.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{Filters: regiontest.Where("service-type", kind)}))(t)
		for _, s := range out.ServiceDetails {
			names = append(names, strings.TrimPrefix(*s.ServiceName, "com.amazonaws.us-east-1."))
		}
		return names
	}
	roomtest.WantSame(t, "interface endpoints lead to", of("Interface"),
		"acm", "arc-zonal-shift", "autoscaling", "ec2", "elasticloadbalancing", "monitoring", "servicequotas", "sns", "ssm", "ssmmessages", "sts")
	roomtest.WantSame(t, "gateway endpoints lead to", of("Gateway"), "dynamodb", "s3")
	if len(all.ServiceNames) != 13 || len(all.ServiceDetails) != 13 {
		t.Errorf("%d services", len(all.ServiceNames))
	}
	in := &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.us-east-1.ec2"}}
	one := roomtest.Must(d.DescribeVpcEndpointServices(ctx, in))(t).ServiceDetails[0]
	if *one.PrivateDnsName != "ec2.us-east-1.amazonaws.com" || one.BaseEndpointDnsNames[0] != "ec2.us-east-1.vpce.amazonaws.com" || *one.Owner != "amazon" ||
		!*one.VpcEndpointPolicySupported || len(one.AvailabilityZones) != 3 {
		t.Errorf("%+v", one)
	}
	in.ServiceNames = []string{"com.amazonaws.us-east-1.ec2", "com.amazonaws.us-east-1.kms"}
	_, err := d.DescribeVpcEndpointServices(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidServiceName")
}

func TestInterfaceEndpointHasInterfaces(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	other := *roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: new("us-east-1b"),
	}))(t).Subnet.SubnetId
	d.names(vpc)
	group, second := d.SecurityGroup(vpc, "first"), d.SecurityGroup(vpc, "second")
	in := ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.ec2"), VpcEndpointType: "Interface", SubnetIds: []string{subnet}, SecurityGroupIds: []string{group},
		ClientToken: new("once"), TagSpecifications: resourcetest.MadeAs("vpc-endpoint"),
	}
	made := d.makeEndpoint(in)
	again := roomtest.Must(d.CreateVpcEndpoint(ctx, &in))(t)
	if *again.VpcEndpoint.VpcEndpointId != *made.VpcEndpointId || *again.ClientToken != "once" {
		t.Errorf("the same again made %s", *again.VpcEndpoint.VpcEndpointId)
	}
	if !*made.PrivateDnsEnabled || len(made.DnsEntries) != 3 ||
		*made.DnsEntries[2].DnsName != "ec2.us-east-1.amazonaws.com" || *made.Tags[0].Value != "vpc-endpoint" ||
		!strings.Contains(*made.PolicyDocument, `"Action": "*"`) || *made.OwnerId != "111122223333" || len(made.RouteTableIds) > 0 {
		t.Errorf("%+v", made)
	}
	eni := d.interfaceOf(made.NetworkInterfaceIds[0])
	if eni.InterfaceType != "vpc_endpoint" || !*eni.RequesterManaged ||
		*eni.Description != "VPC Endpoint Interface "+*made.VpcEndpointId || *eni.Groups[0].GroupId != group ||
		*eni.SubnetId != subnet || eni.Status != "in-use" {
		t.Errorf("%+v", eni)
	}
	_, err := d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: eni.NetworkInterfaceId})
	if err == nil {
		t.Error("its interface can be deleted")
	}
	if spec := d.Fabric.Applied(vpc).Interfaces; len(spec) != 1 || spec[0].ID != *eni.NetworkInterfaceId || !slices.Equal(spec[0].Groups, []string{group}) {
		t.Errorf("the network has %+v", spec)
	}
	id := *made.VpcEndpointId
	roomtest.Must(d.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{
		VpcEndpointId: &id, AddSubnetIds: []string{other}, RemoveSubnetIds: []string{subnet},
		AddSecurityGroupIds: []string{second}, RemoveSecurityGroupIds: []string{group},
		PrivateDnsEnabled: new(false), PolicyDocument: new(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`),
	}))(t)
	d.Reopen()
	changed := d.endpoint(id)
	if !slices.Equal(changed.SubnetIds, []string{other}) || *changed.Groups[0].GroupId != second || len(changed.Groups) != 1 || *changed.PrivateDnsEnabled ||
		!strings.Contains(*changed.PolicyDocument, "Deny") || !strings.Contains(*changed.DnsEntries[1].DnsName, "-us-east-1b.ec2.us-east-1.vpce.") {
		t.Errorf("%+v", changed)
	}
	if moved := d.interfaceOf(changed.NetworkInterfaceIds[0]); *moved.Groups[0].GroupId != second || len(d.Fabric.Applied(vpc).Interfaces) != 1 {
		t.Errorf("%+v", moved)
	}
	roomtest.Must(d.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, ResetPolicy: new(true)}))(t)
	if text := *d.endpoint(id).PolicyDocument; strings.Contains(text, "Deny") {
		t.Error(text)
	}
	_, err = d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	d.deleteEndpoint(id)
	if left := d.interfaces(ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("vpc-id", vpc)}); len(left) > 0 {
		t.Errorf("interfaces are left: %+v", left)
	}
}

// An endpoint of a service that is not here is made as any, and nothing is asked to answer at it.
func TestEndpointOfAServiceThatIsNotHere(t *testing.T) {
	d := newDesk(t)
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.names(vpc)
	made := d.makeEndpoint(ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.ssmmessages"), VpcEndpointType: "Interface", SubnetIds: []string{subnet},
	})
	if len(made.DnsEntries) != 3 || *made.DnsEntries[2].DnsName != "ssmmessages.us-east-1.amazonaws.com" || len(made.NetworkInterfaceIds) != 1 {
		t.Errorf("%+v", made)
	}
	_, err := d.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.ssmmessages"), VpcEndpointType: "Interface", SubnetIds: []string{subnet},
	})
	roomtest.WantAPIError(t, err, "InvalidParameter")
	d.deleteEndpoint(*made.VpcEndpointId)
}

func TestGatewayEndpointIsARoute(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	table := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	made := d.makeEndpoint(ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{table}, PrivateDnsEnabled: new(false),
	})
	if made.VpcEndpointType != "Gateway" || !slices.Equal(made.RouteTableIds, []string{table}) ||
		len(made.NetworkInterfaceIds)+len(made.DnsEntries)+len(made.Groups) > 0 {
		t.Errorf("%+v", made)
	}
	id := *made.VpcEndpointId
	list := *roomtest.Must(d.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{
		Filters: regiontest.Where("prefix-list-name", "com.amazonaws.us-east-1.s3"),
	}))(t).PrefixLists[0].PrefixListId
	routed := func(table string) (lists []string) {
		out := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("route.gateway-id", id)}))(t)
		for _, t := range out.RouteTables {
			for _, route := range t.Routes {
				if *t.RouteTableId == table && *route.GatewayId == id && route.State == "active" {
					lists = append(lists, *route.DestinationPrefixListId)
				}
			}
		}
		return lists
	}
	if !slices.Equal(routed(table), []string{list}) {
		t.Errorf("the table leads there by %v, want %s", routed(table), list)
	}
	_, err := d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationPrefixListId: &list})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	if !strings.Contains(err.Error(), "cannot remove VPC endpoint route "+list+" in route table "+table) {
		t.Error(err)
	}
	gateway := d.Gateway(vpc)
	_, err = d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationPrefixListId: &list, GatewayId: &gateway})
	roomtest.WantAPIError(t, err, "RouteAlreadyExists")
	_, err = d.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: made.ServiceName, RouteTableIds: []string{table}})
	roomtest.WantAPIError(t, err, "RouteAlreadyExists")
	further := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	roomtest.Must(d.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, AddRouteTableIds: []string{further}}))(t)
	roomtest.Must(d.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, RemoveRouteTableIds: []string{table}}))(t)
	if len(routed(table)) > 0 || len(routed(further)) != 1 {
		t.Errorf("%v, %v", routed(table), routed(further))
	}
	roomtest.Must(d.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &further}))(t)
	if tables := d.endpoint(id).RouteTableIds; len(tables) > 0 {
		t.Errorf("it has a table that is gone: %v", tables)
	}
	d.deleteEndpoint(id)
}

func TestEndpointsAreListed(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway := d.makeEndpoint(ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.dynamodb"), TagSpecifications: resourcetest.MadeAs("vpc-endpoint"),
	})
	inside := d.makeEndpoint(ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.sts"), VpcEndpointType: "Interface", SubnetIds: []string{subnet}, PrivateDnsEnabled: new(false),
	})
	for _, x := range []struct {
		filter, value string
		want          []ec2types.VpcEndpoint
	}{
		{"vpc-id", vpc, []ec2types.VpcEndpoint{gateway, inside}},
		{"service-name", *inside.ServiceName, []ec2types.VpcEndpoint{inside}},
		{"service-region", "us-east-1", []ec2types.VpcEndpoint{gateway, inside}},
		{"vpc-endpoint-id", *gateway.VpcEndpointId, []ec2types.VpcEndpoint{gateway}},
		{"vpc-endpoint-state", "available", []ec2types.VpcEndpoint{gateway, inside}},
		{"vpc-endpoint-type", "Interface", []ec2types.VpcEndpoint{inside}},
		{"ip-address-type", "ipv4", []ec2types.VpcEndpoint{gateway, inside}},
		{"tag:made", "vpc-endpoint", []ec2types.VpcEndpoint{gateway}},
	} {
		out := roomtest.Must(d.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: regiontest.Where(x.filter, x.value)}))(t)
		id := func(e ec2types.VpcEndpoint) *string { return e.VpcEndpointId }
		roomtest.WantSame(t, x.filter, regiontest.IDsOf(out.VpcEndpoints, id), regiontest.IDsOf(x.want, id)...)
	}
	_, err := d.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{"vpce-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidVpcEndpointId.NotFound")
	_, err = d.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: regiontest.Where("colour", "red")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	out := roomtest.Must(d.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{"vpce-0123456789abcdef0", *gateway.VpcEndpointId}}))(t)
	if len(out.Unsuccessful) != 1 || *out.Unsuccessful[0].Error.Code != "InvalidVpcEndpointId.NotFound" {
		t.Errorf("%+v", out.Unsuccessful)
	}
}

func TestEndpointsThatCannotBe(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	far, farSubnet := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	table := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &far}))(t).RouteTable.RouteTableId
	beside := *roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: new("us-east-1a"),
	}))(t).Subnet.SubnetId
	const s3, api = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.ec2"
	inside := func(change func(*ec2.CreateVpcEndpointInput)) ec2.CreateVpcEndpointInput {
		in := ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new(api), VpcEndpointType: "Interface", SubnetIds: []string{subnet}, PrivateDnsEnabled: new(false)}
		change(&in)
		return in
	}
	for what, x := range map[string]struct {
		in         ec2.CreateVpcEndpointInput
		code, says string
	}{
		"no such VPC": {ec2.CreateVpcEndpointInput{VpcId: new("vpc-0123456789abcdef0"), ServiceName: new(s3)}, "InvalidVpcID.NotFound", ""},
		"no such service": {ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.kms")},
			"InvalidServiceName", "com.amazonaws.us-east-1.kms' does not exist"},
		"another region's": {ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new("com.amazonaws.us-west-2.s3")}, "InvalidServiceName", ""},
		"the other type": {ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new(api)},
			"InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface])."},
		"a load balancer's": {inside(func(in *ec2.CreateVpcEndpointInput) { in.VpcEndpointType = "GatewayLoadBalancer" }),
			"InvalidParameter", "(GatewayLoadBalancer)"},
		"tables of an inside": {inside(func(in *ec2.CreateVpcEndpointInput) { in.RouteTableIds = []string{table} }),
			"InvalidParameter", "only supported for Gateway"},
		"subnets of a gateway": {
			ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new(s3), SubnetIds: []string{subnet}}, "InvalidParameter", "only supported for Interface",
		},
		"a foreign table":  {ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: new(s3), RouteTableIds: []string{table}}, "InvalidParameter", "not in the VPC"},
		"a foreign subnet": {inside(func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{farSubnet} }), "InvalidParameter", "not in the VPC"},
		"a zone twice":     {inside(func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{subnet, beside} }), "DuplicateSubnetsInSameZone", beside},
		"without names":    {inside(func(in *ec2.CreateVpcEndpointInput) { in.PrivateDnsEnabled = nil }), "InvalidParameter", "enableDnsHostnames"},
		"a bad policy":     {inside(func(in *ec2.CreateVpcEndpointInput) { in.PolicyDocument = new(`{"Statement":[]}`) }), "InvalidPolicyDocument", ""},
		"an identity's": {inside(func(in *ec2.CreateVpcEndpointInput) {
			in.PolicyDocument = new(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
		}), "InvalidPolicyDocument", "Principal"},
		"a long policy": {inside(func(in *ec2.CreateVpcEndpointInput) { in.PolicyDocument = new(strings.Repeat(" ", 20481)) }),
			"InvalidPolicyDocument", "20481"},
		"IPv6":                {inside(func(in *ec2.CreateVpcEndpointInput) { in.IpAddressType = "dualstack" }), "UnsupportedOperation", "IpAddressType"},
		"of another's":        {inside(func(in *ec2.CreateVpcEndpointInput) { in.ServiceRegion = new("us-west-2") }), "UnsupportedOperation", "ServiceRegion"},
		"an unknown group":    {inside(func(in *ec2.CreateVpcEndpointInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} }), "InvalidGroup.NotFound", ""},
		"only tried":          {inside(func(in *ec2.CreateVpcEndpointInput) { in.DryRun = new(true) }), "DryRunOperation", ""},
		"tagged as another's": {inside(func(in *ec2.CreateVpcEndpointInput) { in.TagSpecifications = resourcetest.MadeAs("vpc") }), "InvalidParameterValue", ""},
	} {
		_, err := d.CreateVpcEndpoint(ctx, &x.in)
		if roomtest.WantAPIError(t, err, x.code); err != nil && !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v, want %q", what, err, x.says)
		}
	}
	if left := d.interfaces(ec2.DescribeNetworkInterfacesInput{}); len(left) > 0 {
		t.Errorf("interfaces of refused endpoints: %+v", left)
	}
	d.names(vpc)
	made := d.makeEndpoint(inside(func(in *ec2.CreateVpcEndpointInput) { in.PrivateDnsEnabled = nil }))
	_, err := d.CreateVpcEndpoint(ctx, new(inside(func(in *ec2.CreateVpcEndpointInput) { in.PrivateDnsEnabled = nil })))
	if roomtest.WantAPIError(t, err, "InvalidParameter"); !strings.Contains(err.Error(), "conflicting DNS domain for ec2.us-east-1.amazonaws.com") {
		t.Error(err)
	}
	for what, in := range map[string]ec2.ModifyVpcEndpointInput{
		"the last group":   {RemoveSecurityGroupIds: []string{*made.Groups[0].GroupId}},
		"another's subnet": {RemoveSubnetIds: []string{beside}},
		"a table":          {AddRouteTableIds: []string{table}},
	} {
		in.VpcEndpointId = made.VpcEndpointId
		if _, err := d.ModifyVpcEndpoint(ctx, &in); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
