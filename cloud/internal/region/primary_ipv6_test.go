package region_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// launch runs an instance and waits until it does.
func (p *provider) launch(change func(*ec2.RunInstancesInput)) (id string, first ec2types.InstanceNetworkInterface) {
	p.T.Helper()
	in := &ec2.RunInstancesInput{ImageId: new(p.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1))}
	change(in)
	id = *roomtest.Must(p.RunInstances(p.T.Context(), in))(p.T).Instances[0].InstanceId
	p.AwaitState(id, "running")
	out := roomtest.Must(p.DescribeInstances(p.T.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(p.T)
	return id, out.Reservations[0].Instances[0].NetworkInterfaces[0]
}

// An instance has a primary IPv6 address when it or its interface is made so, or later, and keeps it; target groups of IPv6 reach it by that.
func TestPrimaryIPv6Addresses(t *testing.T) {
	p := newDualStackProvider(t)
	ctx := t.Context()
	one := new(int32(1))
	first, nic := p.launch(func(in *ec2.RunInstancesInput) {
		in.SubnetId, in.Ipv6AddressCount, in.EnablePrimaryIpv6 = &p.subnet, one, new(true)
	})
	second, other := p.launch(func(in *ec2.RunInstancesInput) {
		in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: new(int32(0)), SubnetId: &p.subnet, Ipv6AddressCount: one, PrimaryIpv6: new(true)}}
	})
	data := &ec2types.RequestLaunchTemplateData{ImageId: new(p.HostImage()), InstanceType: regiontest.SmallType()}
	data.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
		DeviceIndex: new(int32(0)), SubnetId: &p.subnet, Ipv6AddressCount: one, PrimaryIpv6: new(true)}}
	roomtest.Must(p.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("six"), LaunchTemplateData: data}))(t)
	third, templated := p.launch(func(in *ec2.RunInstancesInput) {
		in.ImageId, in.InstanceType, in.LaunchTemplate = nil, "", &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("six")}
	})
	for _, n := range []ec2types.InstanceNetworkInterface{nic, other, templated} {
		if len(n.Ipv6Addresses) != 1 || !*n.Ipv6Addresses[0].IsPrimaryIpv6 {
			t.Errorf("its addresses are %+v", n.Ipv6Addresses)
		}
	}
	plain, without := p.launch(func(in *ec2.RunInstancesInput) { in.SubnetId, in.Ipv6AddressCount = &p.subnet, one })
	none, bare := p.launch(func(in *ec2.RunInstancesInput) { in.SubnetId = &p.subnet })
	if *without.Ipv6Addresses[0].IsPrimaryIpv6 {
		t.Errorf("unasked, its addresses are %+v", without.Ipv6Addresses)
	}

	group := *roomtest.Must(p.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("six"), VpcId: &p.vpc, Port: new(int32(80)), Protocol: "TCP", IpAddressType: "ipv6"}))(t).TargetGroups[0].TargetGroupArn
	register := func(id string) error {
		_, err := p.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: &id}}})
		return err
	}
	for _, id := range []string{first, second, third} {
		if err := register(id); err != nil {
			t.Error(err)
		}
	}
	roomtest.WantAPIError(t, register(plain), "InvalidTarget")
	roomtest.WantAPIError(t, register(none), "InvalidTarget")
	enable := func(eni *string, on bool) error {
		_, err := p.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: eni, EnablePrimaryIpv6: &on})
		return err
	}
	if err := enable(without.NetworkInterfaceId, true); err != nil {
		t.Fatal(err)
	}
	if err := register(plain); err != nil {
		t.Errorf("with a primary address since: %v", err)
	}
	roomtest.WantAPIError(t, enable(bare.NetworkInterfaceId, true), "InvalidParameterCombination")
	roomtest.WantAPIError(t, enable(nic.NetworkInterfaceId, false), "InvalidParameterValue")
	_, err := p.UnassignIpv6Addresses(ctx, &ec2.UnassignIpv6AddressesInput{
		NetworkInterfaceId: nic.NetworkInterfaceId, Ipv6Addresses: []string{*nic.Ipv6Addresses[0].Ipv6Address}})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = p.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: new(p.HostImage()), InstanceType: regiontest.SmallType(), MinCount: one, MaxCount: one,
		SubnetId: &p.subnet, EnablePrimaryIpv6: new(true)})
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")

	free := *roomtest.Must(p.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: &p.subnet, Ipv6AddressCount: one, EnablePrimaryIpv6: new(true)}))(t).NetworkInterface.NetworkInterfaceId
	primary := func() bool {
		out := roomtest.Must(p.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{free}}))(t)
		shown := only(p, out.NetworkInterfaces)
		return slices.ContainsFunc(shown.Ipv6Addresses, func(a ec2types.NetworkInterfaceIpv6Address) bool { return *a.IsPrimaryIpv6 })
	}
	p.Reopen()
	if !primary() {
		t.Error("an interface of its own has no primary address")
	}
	attached := roomtest.Must(p.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{InstanceId: &none, NetworkInterfaceId: &free, DeviceIndex: one}))(t)
	if !primary() {
		t.Error("an interface has lost its primary address to an instance")
	}
	roomtest.Must(p.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: attached.AttachmentId}))(t)
	if primary() {
		t.Error("an interface that is detached has kept its primary address")
	}
}
