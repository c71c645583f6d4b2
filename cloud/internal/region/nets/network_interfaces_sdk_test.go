package nets_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) interfaces(in ec2.DescribeNetworkInterfacesInput) []ec2types.NetworkInterface {
	d.T.Helper()
	return roomtest.Must(d.DescribeNetworkInterfaces(d.T.Context(), &in))(d.T).NetworkInterfaces
}

func (d *desk) interfaceOf(id string) ec2types.NetworkInterface {
	d.T.Helper()
	return d.interfaces(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})[0]
}

// addresses are an interface's private ones, the primary one first.
func addresses(n ec2types.NetworkInterface) []string {
	return regiontest.IDsOf(n.PrivateIpAddresses, func(a ec2types.NetworkInterfacePrivateIpAddress) *string { return a.PrivateIpAddress })
}

func TestInterfaceIsMadeAndListed(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	group := d.SecurityGroup(vpc, "own")
	in := &ec2.CreateNetworkInterfaceInput{
		SubnetId: &subnet, Description: new("mine"), Groups: []string{group}, PrivateIpAddress: new("10.0.1.77"), SecondaryPrivateIpAddressCount: new(int32(2)),
		ClientToken: new("once"), TagSpecifications: resourcetest.MadeAs("network-interface"),
	}
	made := roomtest.Must(d.CreateNetworkInterface(ctx, in))(t)
	id := *made.NetworkInterface.NetworkInterfaceId
	if made.NetworkInterface.Status != "pending" || *made.ClientToken != "once" {
		t.Errorf("made %+v", made.NetworkInterface)
	}
	if again := *roomtest.Must(d.CreateNetworkInterface(ctx, in))(t).NetworkInterface.NetworkInterfaceId; again != id {
		t.Errorf("the same token made %s and %s", id, again)
	}
	d.Reopen()
	n := d.interfaceOf(id)
	if n.Status != "available" || n.Attachment != nil || *n.RequesterManaged || !*n.SourceDestCheck || *n.Description != "mine" || n.Association != nil ||
		len(n.Groups) != 1 || *n.Groups[0].GroupId != group || len(n.TagSet) != 1 || n.RequesterId != nil || n.InterfaceType != "interface" {
		t.Errorf("listed %+v", n)
	}
	if a := addresses(n); !slices.Equal(a, []string{"10.0.1.77", "10.0.1.4", "10.0.1.5"}) ||
		!*n.PrivateIpAddresses[0].Primary || *n.PrivateIpAddresses[1].Primary {
		t.Errorf("addresses %v", a)
	}
	other := *roomtest.Must(d.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet}))(t).NetworkInterface.NetworkInterfaceId
	for name, value := range map[string]string{
		"addresses.primary": "false", "addresses.private-ip-address": "10.0.1.5", "private-ip-address": "10.0.1.77", "availability-zone": "us-east-1a",
		"description": "mine", "group-id": group, "interface-type": "interface",
		"mac-address": *n.MacAddress, "network-interface-id": id, "private-dns-name": *n.PrivateDnsName,
		"requester-managed": "false", "source-dest-check": "true", "status": "available", "subnet-id": subnet, "vpc-id": vpc, "owner-id": *n.OwnerId,
		"tag:made": "network-interface", "availability-zone-id": *n.AvailabilityZoneId,
	} {
		got := d.interfaces(ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where(name, value)})
		both := slices.Contains([]string{"availability-zone", "availability-zone-id", "interface-type",
			"requester-managed", "source-dest-check", "status", "subnet-id", "vpc-id", "owner-id"}, name)
		if want := map[bool]int{true: 2, false: 1}[both]; len(got) != want {
			t.Errorf("%s=%s: %d interfaces, want %d", name, value, len(got), want)
		}
	}
	for _, none := range []string{
		"association.public-ip", "association.allocation-id", "attachment.instance-id", "attachment.status",
		"addresses.association.public-ip", "requester-id",
	} {
		if got := d.interfaces(ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where(none, "*")}); len(got) != 0 {
			t.Errorf("%s=*: %v", none, got)
		}
	}
	_, err := d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	for _, id := range []string{id, other} {
		roomtest.Must(d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}))(t)
	}
	roomtest.Must(d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}))(t)
}

func TestInterfaceIsNotMade(t *testing.T) {
	d := newDesk(t)
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	type in = ec2.CreateNetworkInterfaceInput
	roomtest.Must(d.CreateNetworkInterface(t.Context(), &in{SubnetId: &subnet, PrivateIpAddress: new("10.0.1.9")}))(t)
	two := []ec2types.PrivateIpAddressSpecification{
		{PrivateIpAddress: new("10.0.1.20"), Primary: new(true)}, {PrivateIpAddress: new("10.0.1.21"), Primary: new(true)},
	}
	for name, c := range map[string]struct {
		in   in
		code string
	}{
		"no such subnet":   {in{SubnetId: new("subnet-0123456789abcdef0")}, "InvalidSubnetID.NotFound"},
		"no such group":    {in{SubnetId: &subnet, Groups: []string{"sg-0123456789abcdef0"}}, "InvalidGroup.NotFound"},
		"no address":       {in{SubnetId: &subnet, PrivateIpAddress: new("ten")}, "InvalidParameterValue"},
		"outside":          {in{SubnetId: &subnet, PrivateIpAddress: new("10.0.2.9")}, "InvalidParameterValue"},
		"taken":            {in{SubnetId: &subnet, PrivateIpAddress: new("10.0.1.9")}, "InvalidIPAddress.InUse"},
		"two primary ones": {in{SubnetId: &subnet, PrivateIpAddresses: two}, "InvalidParameterCombination"},
		"named and counted": {in{
			SubnetId: &subnet, PrivateIpAddresses: []ec2types.PrivateIpAddressSpecification{{PrivateIpAddress: new("10.0.1.20")}},
			SecondaryPrivateIpAddressCount: new(int32(1)),
		}, "InvalidParameterCombination"},
		"more than there are": {in{SubnetId: &subnet, SecondaryPrivateIpAddressCount: new(int32(250))}, "InsufficientFreeAddressesInSubnet"},
		"IPv6 in none":        {in{SubnetId: &subnet, Ipv6AddressCount: new(int32(1))}, "InvalidParameterValue"},
		"prefixes of IPv6":    {in{SubnetId: &subnet, Ipv6PrefixCount: new(int32(1))}, "UnsupportedOperation"},
		"a trunk":             {in{SubnetId: &subnet, InterfaceType: "trunk"}, "UnsupportedOperation"},
		"tags of others":      {in{SubnetId: &subnet, TagSpecifications: resourcetest.MadeAs("vpc")}, "InvalidParameterValue"},
		"it would be":         {in{SubnetId: &subnet, DryRun: new(true)}, "DryRunOperation"},
	} {
		_, err := d.CreateNetworkInterface(t.Context(), &c.in)
		t.Run(name, func(t *testing.T) { roomtest.WantAPIError(t, err, c.code) })
	}
	if all := d.interfaces(ec2.DescribeNetworkInterfacesInput{}); len(all) != 1 {
		t.Errorf("%d interfaces", len(all))
	}
}

func TestInterfaceAttributes(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group := d.SecurityGroup(vpc, "own")
	id := *roomtest.Must(d.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet}))(t).NetworkInterface.NetworkInterfaceId
	modify := func(in ec2.ModifyNetworkInterfaceAttributeInput) error {
		in.NetworkInterfaceId = &id
		_, err := d.ModifyNetworkInterfaceAttribute(ctx, &in)
		return err
	}
	for _, in := range []ec2.ModifyNetworkInterfaceAttributeInput{
		{Description: &ec2types.AttributeValue{Value: new("changed")}}, {Groups: []string{group}},
		{SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(false)}},
	} {
		if err := modify(in); err != nil {
			t.Fatal(err)
		}
	}
	d.Reopen()
	ask := func(name ec2types.NetworkInterfaceAttribute) *ec2.DescribeNetworkInterfaceAttributeOutput {
		t.Helper()
		return roomtest.Must(d.DescribeNetworkInterfaceAttribute(ctx, &ec2.DescribeNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Attribute: name}))(t)
	}
	if a := ask("description"); *a.Description.Value != "changed" || a.SourceDestCheck != nil || *a.NetworkInterfaceId != id {
		t.Errorf("description %+v", a)
	}
	if a := ask("groupSet"); len(a.Groups) != 1 || *a.Groups[0].GroupId != group {
		t.Errorf("groups %+v", a)
	}
	if a := ask("sourceDestCheck"); *a.SourceDestCheck.Value {
		t.Error("the check is on")
	}
	if a := ask("attachment"); a.Attachment != nil {
		t.Errorf("attachment %+v", a)
	}
	if a := ask("associatePublicIpAddress"); aws.ToBool(a.AssociatePublicIpAddress) {
		t.Error("it wants a public address")
	}
	roomtest.Must(d.ResetNetworkInterfaceAttribute(ctx, &ec2.ResetNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, SourceDestCheck: new("true")}))(t)
	if a := ask("sourceDestCheck"); !*a.SourceDestCheck.Value {
		t.Error("the check is off after it was reset")
	}
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{}), "InvalidParameterCombination")
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{
		Description: &ec2types.AttributeValue{Value: new("x")}, Groups: []string{group},
	}), "InvalidParameterCombination")
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{Groups: []string{"sg-0123456789abcdef0"}}), "InvalidGroup.NotFound")
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{AssociatePublicIpAddress: new(true)}), "UnsupportedOperation")
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{
		Attachment: &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: new("eni-attach-0"), DeleteOnTermination: new(true)},
	}), "InvalidAttachmentID.NotFound")
	n := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: "private"})
	id = *n.NatGatewayAddresses[0].NetworkInterfaceId
	roomtest.WantAPIError(t, modify(ec2.ModifyNetworkInterfaceAttributeInput{Groups: []string{group}}), "AuthFailure")
	_, err := d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}

func TestPrivateAddressesAreAssigned(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	first := *d.interfaces(ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("attachment.instance-id", instance)})[0].NetworkInterfaceId
	free := *roomtest.Must(d.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: &subnet, PrivateIpAddress: new("10.0.1.90"),
	}))(t).NetworkInterface.NetworkInterfaceId
	assign := func(id string, again bool, named ...string) error {
		out, err := d.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &id, PrivateIpAddresses: named, AllowReassignment: &again})
		if err == nil && (len(out.AssignedPrivateIpAddresses) != len(named) || *out.AssignedPrivateIpAddresses[0].PrivateIpAddress != named[0]) {
			t.Errorf("assigned %+v", out.AssignedPrivateIpAddresses)
		}
		return err
	}
	if err := assign(first, false, "10.0.1.50"); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	if s := d.specOf(vpc, first); len(s.Secondary) != 1 || s.Secondary[0].Private.String() != "10.0.1.50" {
		t.Errorf("the network was told %+v", s)
	}
	if a := addresses(d.interfaceOf(first)); len(a) != 2 || a[1] != "10.0.1.50" {
		t.Errorf("addresses %v", a)
	}
	roomtest.WantAPIError(t, assign(first, false, "10.0.1.51"), "PrivateIpAddressLimitExceeded") // a t3.micro's has two
	roomtest.WantAPIError(t, assign(free, false, "10.0.1.50"), "InvalidIPAddress.InUse")
	roomtest.WantAPIError(t, assign(free, true, *d.interfaceOf(first).PrivateIpAddress), "InvalidIPAddress.InUse") // a primary one stays
	if err := assign(free, true, "10.0.1.50"); err != nil {
		t.Fatal(err)
	}
	if a, b := addresses(d.interfaceOf(first)), addresses(d.interfaceOf(free)); len(a) != 1 || len(b) != 2 || len(d.specOf(vpc, first).Secondary) != 0 {
		t.Errorf("moved: %v and %v", a, b)
	}
	out := roomtest.Must(d.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{
		NetworkInterfaceId: &free, SecondaryPrivateIpAddressCount: new(int32(3)),
	}))(t)
	if len(out.AssignedPrivateIpAddresses) != 3 || *out.NetworkInterfaceId != free {
		t.Errorf("counted: %+v", out)
	}
	unassign := func(named ...string) error {
		_, err := d.UnassignPrivateIpAddresses(ctx, &ec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &free, PrivateIpAddresses: named})
		return err
	}
	roomtest.WantAPIError(t, unassign("10.0.1.90"), "InvalidParameterValue") // the primary one
	roomtest.WantAPIError(t, unassign("10.0.1.50", "10.0.1.200"), "InvalidParameterValue")
	roomtest.WantAPIError(t, unassign(), "MissingParameter")
	if err := unassign("10.0.1.50"); err != nil || len(addresses(d.interfaceOf(free))) != 4 {
		t.Errorf("unassigned: %v, %v", addresses(d.interfaceOf(free)), err)
	}
	roomtest.WantAPIError(t, assign("eni-0123456789abcdef0", false, "10.0.1.50"), "InvalidNetworkInterfaceID.NotFound")
	_, err := d.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &free})
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
}
