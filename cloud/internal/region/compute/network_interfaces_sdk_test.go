package compute_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) eni(id string) ec2types.NetworkInterface {
	d.T.Helper()
	return roomtest.Must(d.DescribeNetworkInterfaces(d.T.Context(), &ec2.DescribeNetworkInterfacesInput{
		NetworkInterfaceIds: []string{id},
	}))(d.T).NetworkInterfaces[0]
}

func (d *desk) createENI(in ec2.CreateNetworkInterfaceInput) string {
	d.T.Helper()
	return *roomtest.Must(d.CreateNetworkInterface(d.T.Context(), &in))(d.T).NetworkInterface.NetworkInterfaceId
}

// applied is what the network was told of an interface; the zero value for nothing.
func (d *desk) applied(vpc, eni string) (spec network.Interface) {
	for _, i := range d.Fabric.Applied(vpc).Interfaces {
		if i.ID == eni {
			spec = i
		}
	}
	return spec
}

func (d *desk) attach(eni, instance string, index int32) (string, error) {
	out, err := d.AttachNetworkInterface(d.T.Context(), &ec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &eni, InstanceId: &instance, DeviceIndex: &index})
	if err != nil {
		return "", err
	}
	return *out.AttachmentId, nil
}

func (d *desk) terminate(id string) {
	d.T.Helper()
	roomtest.Must(d.TerminateInstances(d.T.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(d.T)
	d.AwaitState(id, ec2types.InstanceStateNameTerminated)
}

func TestInterfaceIsAttachedBesideTheFirst(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	first := *d.instance(instance).NetworkInterfaces[0].NetworkInterfaceId
	eni := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, PrivateIpAddress: new("10.0.1.50")})
	if n := d.eni(eni); n.Status != "available" || n.Attachment != nil || *n.RequesterManaged || d.applied(vpc, eni).ID != "" {
		t.Errorf("made: %+v", n)
	}
	attachment, err := d.attach(eni, instance, 1)
	if err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		n, i := d.eni(eni), d.instance(instance)
		if n.Status != "in-use" || *n.Attachment.AttachmentId != attachment || *n.Attachment.InstanceId != instance || *n.Attachment.DeviceIndex != 1 ||
			*n.Attachment.DeleteOnTermination || n.Attachment.Status != "attached" {
			t.Errorf("attached: %+v", n.Attachment)
		}
		if len(i.NetworkInterfaces) != 2 || *i.NetworkInterfaces[1].NetworkInterfaceId != eni || *i.PrivateIpAddress == "10.0.1.50" {
			t.Errorf("the instance has %+v", i.NetworkInterfaces)
		}
		if s := d.applied(vpc, eni); s.Within != first || s.Device != 1 || s.Address.String() != "10.0.1.50" {
			t.Errorf("the network was told %+v", s)
		}
	}
	check()
	d.Reopen()
	check()
	for name, want := range map[string]string{
		"network-interface.addresses.private-ip-address": "10.0.1.50", "network-interface.attachment.attachment-id": attachment,
		"network-interface.network-interface-id": eni, "network-interface.attachment.device-index": "1", "network-interface.network-interface-i?": "",
	} {
		out, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where(name, want)})
		if (err != nil) != (want == "") || want != "" && len(out.Reservations) != 1 {
			t.Errorf("%s=%s: %v, %v", name, want, out, err)
		}
	}
	if out := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: regiontest.Where("private-ip-address", "10.0.1.50"),
	}))(t); len(out.Reservations) != 0 {
		t.Error("a further address is taken for the instance's own")
	}

	// What is so of one interface cannot be asked of the instance.
	_, err = d.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &instance, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(false)},
	})
	roomtest.WantAPIError(t, err, "InvalidInstanceID")
	_, err = d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: d.eni(first).Attachment.AttachmentId})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	_, err = d.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: new("eni-attach-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidAttachmentID.NotFound")

	roomtest.Must(d.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: &attachment}))(t)
	if n := d.eni(eni); n.Status != "available" || n.Attachment != nil || *n.PrivateIpAddress != "10.0.1.50" || d.applied(vpc, eni).ID != "" {
		t.Errorf("detached: %+v", n)
	}
	roomtest.Must(d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni}))(t)
	_, err = d.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
	roomtest.WantAPIError(t, err, "InvalidNetworkInterfaceID.NotFound")
}

func TestInterfaceIsNotAttached(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	elsewhere := *roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: new("us-east-1b"),
	}))(t).Subnet.SubnetId
	_, abroad := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	ids := d.Run(subnet, 2)
	free := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet})
	full := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, SecondaryPrivateIpAddressCount: new(int32(2))})
	far := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &elsewhere})
	foreign := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &abroad})
	used := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet})
	if _, err := d.attach(used, ids[1], 1); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		eni, instance string
		index         int32
		code          string
	}{
		"no interface":         {"eni-0123456789abcdef0", ids[0], 1, "InvalidNetworkInterfaceID.NotFound"},
		"no instance":          {free, "i-0123456789abcdef0", 1, "InvalidInstanceID.NotFound"},
		"as the first":         {free, ids[0], 0, "InvalidParameterValue"},
		"below":                {free, ids[0], -1, "InvalidParameterValue"},
		"beyond":               {free, ids[0], 100, "InvalidParameterValue"},
		"in use":               {used, ids[0], 1, "InvalidNetworkInterface.InUse"},
		"index taken":          {free, ids[1], 1, "InvalidParameterValue"},
		"too many":             {free, ids[1], 2, "AttachmentLimitExceeded"}, // a t3.micro has two
		"too many addresses":   {full, ids[0], 1, "PrivateIpAddressLimitExceeded"},
		"in another zone":      {far, ids[0], 1, "InvalidParameterCombination"},
		"of another VPC":       {foreign, ids[0], 1, "UnsupportedOperation"},
		"of the other's first": {*d.instance(ids[1]).NetworkInterfaces[0].NetworkInterfaceId, ids[0], 1, "InvalidNetworkInterface.InUse"},
	} {
		_, err := d.attach(c.eni, c.instance, c.index)
		t.Run(name, func(t *testing.T) { roomtest.WantAPIError(t, err, c.code) })
	}
	_, err := d.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{
		NetworkInterfaceId: &free, InstanceId: &ids[0], DeviceIndex: new(int32(1)), DryRun: new(true),
	})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	d.terminate(ids[0])
	_, err = d.attach(free, ids[0], 1)
	roomtest.WantAPIError(t, err, "IncorrectState")
}

// An instance is launched with interfaces of all kinds, and each goes or stays as it was told.
func TestLaunchWithInterfaces(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	eni := d.createENI(ec2.CreateNetworkInterfaceInput{
		SubnetId: &subnet, PrivateIpAddress: new("10.0.1.40"), TagSpecifications: resourcetest.MadeAs("network-interface"),
	})
	launch := func(nics ...ec2types.InstanceNetworkInterfaceSpecification) (string, error) {
		out, err := d.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), NetworkInterfaces: nics,
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: "network-interface", Tags: []ec2types.Tag{{Key: new("launched"), Value: new("yes")}}}},
		})
		if err != nil {
			return "", err
		}
		d.AwaitState(*out.Instances[0].InstanceId, ec2types.InstanceStateNameRunning)
		return *out.Instances[0].InstanceId, nil
	}
	id, err := launch(
		ec2types.InstanceNetworkInterfaceSpecification{
			DeviceIndex: new(int32(1)), SubnetId: &subnet, SecondaryPrivateIpAddressCount: new(int32(1)), Description: new("made"),
		},
		ec2types.InstanceNetworkInterfaceSpecification{DeviceIndex: new(int32(0)), NetworkInterfaceId: &eni},
	)
	if err != nil {
		t.Fatal(err)
	}
	i := d.instance(id)
	made := i.NetworkInterfaces[1]
	if *i.PrivateIpAddress != "10.0.1.40" || *i.NetworkInterfaces[0].NetworkInterfaceId != eni || *i.NetworkInterfaces[0].Attachment.DeleteOnTermination ||
		!*made.Attachment.DeleteOnTermination || len(made.PrivateIpAddresses) != 2 || *made.Description != "made" || i.PublicIpAddress != nil {
		t.Errorf("launched: %+v", i.NetworkInterfaces)
	}
	if tags := d.eni(eni).TagSet; len(tags) != 1 || *tags[0].Key != "made" {
		t.Errorf("the interface that was there has the tags %v", tags)
	}
	if tags := d.eni(*made.NetworkInterfaceId).TagSet; len(tags) != 1 || *tags[0].Key != "launched" {
		t.Errorf("the one that was made has the tags %v", tags)
	}
	if s := d.applied(vpc, *made.NetworkInterfaceId); s.Within != eni || len(s.Secondary) != 1 {
		t.Errorf("the network was told %+v", s)
	}
	one := func(s ec2types.InstanceNetworkInterfaceSpecification) ec2types.InstanceNetworkInterfaceSpecification {
		s.DeviceIndex = new(int32(1))
		return s
	}
	zero := ec2types.InstanceNetworkInterfaceSpecification{DeviceIndex: new(int32(0)), SubnetId: &subnet}
	for code, nics := range map[string][]ec2types.InstanceNetworkInterfaceSpecification{
		"InvalidNetworkInterface.InUse":      {{DeviceIndex: new(int32(0)), NetworkInterfaceId: &eni}},
		"InvalidNetworkInterfaceID.NotFound": {{DeviceIndex: new(int32(0)), NetworkInterfaceId: new("eni-0123456789abcdef0")}},
		"InvalidParameterCombination":        {{DeviceIndex: new(int32(0)), NetworkInterfaceId: &eni, SubnetId: &subnet}},
		"InvalidParameterValue":              {one(zero)},
		"AttachmentLimitExceeded":            {zero, one(zero), zero},
		"PrivateIpAddressLimitExceeded": {zero,
			one(ec2types.InstanceNetworkInterfaceSpecification{SubnetId: &subnet, SecondaryPrivateIpAddressCount: new(int32(2))})},
	} {
		_, err := launch(nics...)
		t.Run(code, func(t *testing.T) { roomtest.WantAPIError(t, err, code) })
	}
	_, err = launch(zero, one(ec2types.InstanceNetworkInterfaceSpecification{SubnetId: &subnet, AssociatePublicIpAddress: new(true)}))
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")

	change := &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: made.Attachment.AttachmentId, DeleteOnTermination: new(false)}
	roomtest.Must(d.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: made.NetworkInterfaceId, Attachment: change,
	}))(t)
	d.Reopen()
	if *d.eni(*made.NetworkInterfaceId).Attachment.DeleteOnTermination {
		t.Error("it is still to go with the instance")
	}
	d.terminate(id)
	for _, left := range []string{eni, *made.NetworkInterfaceId} {
		if n := d.eni(left); n.Status != "available" || d.applied(vpc, left).ID != "" {
			t.Errorf("left: %+v", n)
		}
	}
	again, err := launch(ec2types.InstanceNetworkInterfaceSpecification{DeviceIndex: new(int32(0)), NetworkInterfaceId: &eni})
	if err != nil || *d.instance(again).PrivateIpAddress != "10.0.1.40" {
		t.Errorf("launched again: %v", err)
	}
	gone, err := launch(zero)
	if err != nil {
		t.Fatal(err)
	}
	mine := *d.instance(gone).NetworkInterfaces[0].NetworkInterfaceId
	d.terminate(gone)
	_, err = d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{mine}})
	roomtest.WantAPIError(t, err, "InvalidNetworkInterfaceID.NotFound")
}

// An Elastic IP address means one private address of an interface, and no instance that has never run.
func TestElasticAddressOfAnInterface(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Gateway(vpc)
	instance := d.Run(subnet, 1)[0]
	eni := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, PrivateIpAddresses: []ec2types.PrivateIpAddressSpecification{
		{PrivateIpAddress: new("10.0.1.60"), Primary: new(true)}, {PrivateIpAddress: new("10.0.1.61")},
	}})
	associate := func(private string) (allocation, public string) {
		t.Helper()
		a := roomtest.Must(d.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
		roomtest.Must(d.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: &eni, PrivateIpAddress: &private}))(t)
		return *a.AllocationId, *a.PublicIp
	}
	allocation, public := associate("10.0.1.61") // before it is attached
	_, primary := associate("10.0.1.60")
	if _, err := d.attach(eni, instance, 1); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	s := d.applied(vpc, eni)
	if s.Public.String() != primary || len(s.Secondary) != 1 || s.Secondary[0].Public.String() != public {
		t.Errorf("the network was told %+v", s)
	}
	a := roomtest.Must(d.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{allocation}}))(t).Addresses[0]
	if *a.PrivateIpAddress != "10.0.1.61" || *a.InstanceId != instance || *a.NetworkInterfaceId != eni {
		t.Errorf("address %+v", a)
	}
	if n := d.instance(instance).NetworkInterfaces[1]; *n.PrivateIpAddresses[1].Association.PublicIp != public || *n.Association.PublicIp != primary {
		t.Errorf("the instance's interface %+v", n)
	}
	in := &ec2.AssociateAddressInput{AllocationId: &allocation, InstanceId: &instance}
	_, err := d.AssociateAddress(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidInstanceID") // it has several interfaces
	in = &ec2.AssociateAddressInput{AllocationId: &allocation, NetworkInterfaceId: &eni, PrivateIpAddress: new("10.0.1.99")}
	_, err = d.AssociateAddress(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	roomtest.Must(d.UnassignPrivateIpAddresses(ctx, &ec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &eni, PrivateIpAddresses: []string{"10.0.1.61"}}))(t)
	a = roomtest.Must(d.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{allocation}}))(t).Addresses[0]
	if a.AssociationId != nil {
		t.Errorf("its private address is gone: %+v", a)
	}
}

// A route leads to an instance by its interface, while it is attached.
func TestRouteLeadsToInterface(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	first := *d.instance(instance).NetworkInterfaces[0].NetworkInterfaceId
	table := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	roomtest.Must(d.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: &first, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(false)},
	}))(t)
	if !d.applied(vpc, first).Forwards {
		t.Error("the network was not told that the check is off")
	}
	route := func() ec2types.Route {
		out := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}}))(t)
		return out.RouteTables[0].Routes[1]
	}
	create := ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("172.20.0.0/16"), InstanceId: &instance}
	roomtest.Must(d.CreateRoute(ctx, &create))(t)
	if r := route(); *r.NetworkInterfaceId != first || *r.InstanceId != instance || *r.InstanceOwnerId == "" || r.State != "active" || r.GatewayId != nil {
		t.Errorf("to the instance: %+v", r)
	}
	eni := d.createENI(ec2.CreateNetworkInterfaceInput{SubnetId: &subnet})
	roomtest.Must(d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: new("172.20.0.0/16"), NetworkInterfaceId: &eni}))(t)
	if r := route(); *r.NetworkInterfaceId != eni || r.InstanceId != nil || r.State != "blackhole" {
		t.Errorf("to a free interface: %+v", r)
	}
	if _, err := d.attach(eni, instance, 1); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	if r := route(); aws.ToString(r.InstanceId) != instance || r.State != "active" {
		t.Errorf("attached: %+v", r)
	}
	spec := d.Fabric.Applied(vpc).RouteTables
	at := slices.IndexFunc(spec, func(x network.RouteTable) bool { return x.ID == table })
	if r := spec[at].Routes[0]; r.Interface != eni || r.Blackhole {
		t.Errorf("the network was told %+v", r)
	}
	create.DestinationCidrBlock = new("172.21.0.0/16")
	_, err := d.CreateRoute(ctx, &create)
	roomtest.WantAPIError(t, err, "InvalidInstanceID")
	create.InstanceId, create.NetworkInterfaceId = nil, &eni
	create.DestinationCidrBlock = new("10.0.9.0/24")
	_, err = d.CreateRoute(ctx, &create)
	roomtest.WantAPIError(t, err, "InvalidParameterValue") // it is no subnet's
	create.NetworkInterfaceId, create.GatewayId = nil, new(d.Gateway(vpc))
	_, err = d.CreateRoute(ctx, &create)
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	d.terminate(instance)
	if r := route(); r.State != "blackhole" || d.eni(eni).Status != "available" {
		t.Errorf("terminated: %+v", r)
	}
}
