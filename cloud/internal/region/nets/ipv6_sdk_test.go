package nets_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// dualStack makes a VPC with a block of Amazon's and a subnet with the first /64 of it, whose interfaces get addresses.
func (d *desk) dualStack() (vpc, subnet string) {
	d.T.Helper()
	ctx := d.T.Context()
	made := roomtest.Must(d.CreateVpc(ctx, &ec2.CreateVpcInput{
		CidrBlock: new("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: new(true), Ipv6CidrBlockNetworkBorderGroup: new("us-east-1"),
	}))(d.T).Vpc
	if a := made.Ipv6CidrBlockAssociationSet; len(a) != 1 || a[0].Ipv6CidrBlockState.State != "associating" || *a[0].Ipv6CidrBlock != "" {
		d.T.Errorf("made: %+v", a)
	}
	vpc = *made.VpcId
	subnet = *roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: new("10.0.1.0/24"), Ipv6CidrBlock: new("2001:db8:100::/64"),
	}))(d.T).Subnet.SubnetId
	roomtest.Must(d.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: &subnet, AssignIpv6AddressOnCreation: &ec2types.AttributeBooleanValue{Value: new(true)},
	}))(d.T)
	return vpc, subnet
}

// blocks are a VPC's, as AssociationId, block and state.
func (d *desk) blocks(vpc string) (all []string) {
	for _, a := range roomtest.Must(d.DescribeVpcs(d.T.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{vpc}}))(d.T).Vpcs[0].Ipv6CidrBlockAssociationSet {
		all = append(all, fmt.Sprint(*a.Ipv6CidrBlock, " ", a.Ipv6CidrBlockState.State, " ", *a.Ipv6Pool))
	}
	return all
}

// A VPC's IPv6 comes with the rules that let it pass, and shows in tables, ACLs and groups.
func TestVPCHasIPv6(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.dualStack()
	roomtest.WantSame(t, "blocks", d.blocks(vpc), "2001:db8:100::/56 associated Amazon")
	found := roomtest.Must(d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{
		Filters: regiontest.Where("ipv6-cidr-block-association.ipv6-cidr-block", "2001:db8:100::/56"),
	}))(t).Vpcs
	if len(found) != 1 || *found[0].VpcId != vpc {
		t.Errorf("found %+v", found)
	}
	d.Reopen()
	s := roomtest.Must(d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: regiontest.Where("ipv6-cidr-block-association.state", "associated")}))(t).Subnets
	if len(s) != 1 || *s[0].SubnetId != subnet || *s[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock != "2001:db8:100::/64" || !*s[0].AssignIpv6AddressOnCreation {
		t.Errorf("subnet: %+v", s)
	}
	var entries, rules []string
	for _, e := range d.networkACLs(regiontest.Where("vpc-id", vpc)...)[0].Entries {
		entries = append(entries, fmt.Sprint(*e.RuleNumber, " ", aws.ToString(e.CidrBlock), aws.ToString(e.Ipv6CidrBlock), " ", e.RuleAction, " ", *e.Egress))
	}
	roomtest.WantSame(t, "entries", entries, "100 0.0.0.0/0 allow true", "101 ::/0 allow true", "32767 0.0.0.0/0 deny true", "32768 ::/0 deny true",
		"100 0.0.0.0/0 allow false", "101 ::/0 allow false", "32767 0.0.0.0/0 deny false", "32768 ::/0 deny false")
	group := d.SecurityGroup(vpc, "app")
	for _, r := range d.rules(&ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", group)}) {
		rules = append(rules, aws.ToString(r.CidrIpv4)+aws.ToString(r.CidrIpv6))
	}
	slices.Sort(rules)
	roomtest.WantSame(t, "rules", rules, "0.0.0.0/0", "::/0")

	second := roomtest.Must(d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, AmazonProvidedIpv6CidrBlock: new(true)}))(t)
	roomtest.WantSame(t, "blocks", d.blocks(vpc), "2001:db8:100::/56 associated Amazon", "2001:db8:100:100::/56 associated Amazon")
	remove := func(id *string) error {
		_, err := d.DisassociateVpcCidrBlock(ctx, &ec2.DisassociateVpcCidrBlockInput{AssociationId: id})
		return err
	}
	if err := remove(second.Ipv6CidrBlockAssociation.AssociationId); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, remove(found[0].Ipv6CidrBlockAssociationSet[0].AssociationId), "DependencyViolation")
	roomtest.WantSame(t, "blocks", d.blocks(vpc), "2001:db8:100::/56 associated Amazon")

	if gone := roomtest.Must(d.DisassociateSubnetCidrBlock(ctx, &ec2.DisassociateSubnetCidrBlockInput{
		AssociationId: s[0].Ipv6CidrBlockAssociationSet[0].AssociationId,
	}))(t); gone.Ipv6CidrBlockAssociation.Ipv6CidrBlockState.State != "disassociating" {
		t.Errorf("subnet's block: %+v", gone)
	}
	roomtest.Must(d.AssociateSubnetCidrBlock(ctx, &ec2.AssociateSubnetCidrBlockInput{SubnetId: &subnet, Ipv6CidrBlock: new("2001:db8:100:ff::/64")}))(t)
	_, err := d.AssociateSubnetCidrBlock(ctx, &ec2.AssociateSubnetCidrBlockInput{SubnetId: &subnet, Ipv6CidrBlock: new("2001:db8:100:fe::/64")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DisassociateSubnetCidrBlock(ctx, &ec2.DisassociateSubnetCidrBlockInput{AssociationId: new("subnet-cidr-assoc-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidSubnetCidrBlockAssociationID.NotFound")
	for block, code := range map[string]string{
		"2001:db8:100:ff::/64": "InvalidSubnet.Conflict", "2001:db8:200::/64": "InvalidSubnet.Range",
		"2001:db8:100::/65": "InvalidSubnet.Range", "10.0.2.0/24": "InvalidParameterValue",
	} {
		_, err := d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.0.2.0/24"), Ipv6CidrBlock: &block})
		roomtest.WantAPIError(t, err, code)
	}
}

// Who has changed the default rules keeps them when IPv6 comes.
func TestIPv6LeavesChangedRulesAlone(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	acl := d.networkACLs(regiontest.Where("vpc-id", vpc)...)[0].NetworkAclId
	roomtest.Must(d.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: acl, RuleNumber: new(int32(100)), Egress: new(false)}))(t)
	made := roomtest.Must(d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, AmazonProvidedIpv6CidrBlock: new(true)}))(t)
	if a := made.Ipv6CidrBlockAssociation; a.Ipv6CidrBlockState.State != "associating" {
		t.Errorf("association: %+v", a)
	}
	var numbers []string
	for _, e := range d.networkACLs(regiontest.Where("vpc-id", vpc)...)[0].Entries {
		numbers = append(numbers, fmt.Sprintf("%d%t", *e.RuleNumber, *e.Egress))
	}
	roomtest.WantSame(t, "entries", numbers, "100true", "101true", "32767true", "32768true", "32767false", "32768false")
}

// A machine whose kernel has no IPv6 says so when it is asked for, and of nothing else.
func TestIPv6IsRefusedWhereTheKernelHasNone(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.Fabric.NoIPv6 = errors.New("the kernel has no IPv6")
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	_, err := d.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: new(true)})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	_, err = d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, AmazonProvidedIpv6CidrBlock: new(true)})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	_, err = d.CreateEgressOnlyInternetGateway(ctx, &ec2.CreateEgressOnlyInternetGatewayInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
}

func TestEgressOnlyGatewayIsIPv6WayOut(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.dualStack()
	table := d.routeTable(vpc)
	made := roomtest.Must(d.CreateEgressOnlyInternetGateway(ctx, &ec2.CreateEgressOnlyInternetGatewayInput{
		VpcId: &vpc, TagSpecifications: resourcetest.MadeAs("egress-only-internet-gateway"), ClientToken: new("once"),
	}))(t).EgressOnlyInternetGateway
	id := made.EgressOnlyInternetGatewayId
	if a := made.Attachments; len(a) != 1 || *a[0].VpcId != vpc || a[0].State != "attached" || len(made.Tags) != 1 {
		t.Errorf("made: %+v", made)
	}
	_, err := d.CreateEgressOnlyInternetGateway(ctx, &ec2.CreateEgressOnlyInternetGatewayInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "InvalidParameterValue") // it has one
	_, err = d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	route := func(destination string) *ec2.CreateRouteInput {
		in := &ec2.CreateRouteInput{RouteTableId: &table, EgressOnlyInternetGatewayId: id, DestinationIpv6CidrBlock: &destination}
		if p := netip.MustParsePrefix(destination); p.Addr().Is4() {
			in.DestinationIpv6CidrBlock, in.DestinationCidrBlock = nil, &destination
		}
		return in
	}
	roomtest.Must(d.CreateRoute(ctx, route("::/0")))(t)
	_, err = d.CreateRoute(ctx, route("0.0.0.0/0"))
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.CreateRoute(ctx, route("2001:db8:100::/56"))
	roomtest.WantAPIError(t, err, "RouteAlreadyExists") // the local one
	gateway := d.Gateway(vpc)
	roomtest.Must(d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, GatewayId: &gateway, DestinationIpv6CidrBlock: new("2001:0db8::/64")}))(t)
	d.Reopen()
	roomtest.WantSame(t, "routes", d.ipv6Routes(table), "2001:db8:100::/56 local active", "::/0 "+*id+" active", "2001:db8::/64 "+gateway+" active")
	if spec := d.Fabric.Applied(vpc); spec.ID != "" {
		t.Errorf("nothing is in the VPC, and the fabric has %+v", spec)
	}
	listed := roomtest.Must(d.DescribeEgressOnlyInternetGateways(ctx, &ec2.DescribeEgressOnlyInternetGatewaysInput{
		EgressOnlyInternetGatewayIds: []string{*id},
	}))(t)
	if len(listed.EgressOnlyInternetGateways) != 1 {
		t.Errorf("listed: %+v", listed)
	}
	if out := roomtest.Must(d.DeleteEgressOnlyInternetGateway(ctx, &ec2.DeleteEgressOnlyInternetGatewayInput{
		EgressOnlyInternetGatewayId: id,
	}))(t); !*out.ReturnCode {
		t.Errorf("deleted: %+v", out)
	}
	roomtest.Must(d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationIpv6CidrBlock: new("2001:db8:0::/64")}))(t)
	roomtest.WantSame(t, "routes", d.ipv6Routes(table), "2001:db8:100::/56 local active", "::/0 "+*id+" blackhole")
	roomtest.Must(d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &table, GatewayId: &gateway, DestinationIpv6CidrBlock: new("::/0")}))(t)
	roomtest.WantSame(t, "routes", d.ipv6Routes(table), "2001:db8:100::/56 local active", "::/0 "+gateway+" active")
	_, err = d.DescribeEgressOnlyInternetGateways(ctx, &ec2.DescribeEgressOnlyInternetGatewaysInput{EgressOnlyInternetGatewayIds: []string{*id}})
	roomtest.WantAPIError(t, err, "InvalidGatewayID.NotFound")
}

// ipv6Routes are a table's, each as destination, target and state.
func (d *desk) ipv6Routes(table string) (all []string) {
	for _, r := range d.describeRouteTable(table).Routes {
		if r.DestinationIpv6CidrBlock != nil {
			all = append(all, fmt.Sprint(*r.DestinationIpv6CidrBlock, " ", aws.ToString(r.GatewayId), aws.ToString(r.EgressOnlyInternetGatewayId), " ", r.State))
		}
	}
	return all
}

// Interfaces and instances have addresses of their subnet's block, and the network carries them.
func TestInterfacesHaveIPv6Addresses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.dualStack()
	addresses := func(eni string) (all []string) {
		for _, a := range d.interfaceOf(eni).Ipv6Addresses {
			all = append(all, *a.Ipv6Address)
		}
		return all
	}
	type in = ec2.CreateNetworkInterfaceInput
	eni := *roomtest.Must(d.CreateNetworkInterface(ctx, &in{
		SubnetId: &subnet, Ipv6Addresses: []ec2types.InstanceIpv6Address{{Ipv6Address: new("2001:db8:100::beef")}},
	}))(t).NetworkInterface.NetworkInterfaceId
	given := roomtest.Must(d.AssignIpv6Addresses(ctx, &ec2.AssignIpv6AddressesInput{NetworkInterfaceId: &eni, Ipv6AddressCount: new(int32(2))}))(t)
	roomtest.WantSame(t, "assigned", given.AssignedIpv6Addresses, "2001:db8:100::4", "2001:db8:100::5")
	roomtest.Must(d.UnassignIpv6Addresses(ctx, &ec2.UnassignIpv6AddressesInput{NetworkInterfaceId: &eni, Ipv6Addresses: []string{"2001:db8:100::4"}}))(t)
	roomtest.WantSame(t, "addresses", addresses(eni), "2001:db8:100::beef", "2001:db8:100::5")
	for code, text := range map[string]string{"InvalidIPAddress.InUse": "2001:db8:100::5", "InvalidParameterValue": "2001:db8:100::3"} {
		_, err := d.CreateNetworkInterface(ctx, &in{SubnetId: &subnet, Ipv6Addresses: []ec2types.InstanceIpv6Address{{Ipv6Address: &text}}})
		roomtest.WantAPIError(t, err, code)
	}
	if found := d.interfaces(ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("ipv6-addresses.ipv6-address", "2001:db8:100::beef")}); len(found) != 1 {
		t.Errorf("found %+v", found)
	}

	id := d.Run(subnet, 1)[0] // by the subnet's attribute
	i := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: regiontest.Where("ipv6-address", "2001:db8:100::4"),
	}))(t).Reservations[0].Instances[0]
	if *i.InstanceId != id || *i.NetworkInterfaces[0].Ipv6Addresses[0].Ipv6Address != "2001:db8:100::4" {
		t.Errorf("instance %+v", i)
	}
	spec := d.specOf(vpc, *i.NetworkInterfaces[0].NetworkInterfaceId)
	if whole := d.Fabric.Applied(vpc); len(whole.IPv6) != 1 || whole.IPv6[0].String() != "2001:db8:100::/56" ||
		len(spec.IPv6) != 1 || spec.IPv6[0].String() != "2001:db8:100::4" || spec.SubnetIPv6.String() != "2001:db8:100::/64" {
		t.Errorf("the fabric has %+v of %v", spec, whole.IPv6)
	}
	many := &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
		Ipv6AddressCount: new(int32(2)),
	}
	two := roomtest.Must(d.RunInstances(ctx, many))(t).Instances[0].NetworkInterfaces[0].Ipv6Addresses
	if len(two) != 2 {
		t.Errorf("asked for two: %+v", two)
	}
	many.Ipv6AddressCount = new(int32(100))
	_, err := d.RunInstances(ctx, many)
	roomtest.WantAPIError(t, err, "Ipv6AddressLimitExceeded")
	block := roomtest.Must(d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}))(t).Subnets[0].Ipv6CidrBlockAssociationSet[0]
	_, err = d.DisassociateSubnetCidrBlock(ctx, &ec2.DisassociateSubnetCidrBlockInput{AssociationId: block.AssociationId})
	roomtest.WantAPIError(t, err, "DependencyViolation")
}
