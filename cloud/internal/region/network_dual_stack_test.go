package region_test

import (
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// newDualStackProvider has a VPC and subnets of both families, and an internet gateway.
func newDualStackProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{Desk: regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, DefaultVPC: true})}
	p.vpc, p.subnet = p.VPC("10.20.0.0/16", "10.20.1.0/24", false)
	p.other = p.subnetIn("10.20.2.0/24", "us-east-1b")
	p.dualStack()
	p.Gateway(p.vpc)
	return p
}

// interfaceIn is the network load balancer's in a subnet.
func (p *provider) interfaceIn(subnet string) *ec2types.NetworkInterface {
	p.T.Helper()
	return only(p, roomtest.Must(p.DescribeNetworkInterfaces(p.T.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: append(
		regiontest.Where("subnet-id", subnet), regiontest.Where("interface-type", "network_load_balancer")...)}))(p.T).NetworkInterfaces)
}

// A prefix for source NAT is its node's alone: no interface gets an address of it, and none that is in use becomes one.
func TestPrefixesForSourceNATAreKept(t *testing.T) {
	p := newDualStackProvider(t)
	ctx := t.Context()
	mapped := func(address, prefix string) []elbtypes.SubnetMapping {
		m := elbtypes.SubnetMapping{SubnetId: &p.subnet}
		if address != "" {
			m.IPv6Address = &address
		}
		if prefix != "" {
			m.SourceNatIpv6Prefix = &prefix
		}
		return []elbtypes.SubnetMapping{m}
	}
	create := func(name, address, prefix string) (elbtypes.LoadBalancer, error) {
		out, err := p.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &name, Type: "network", IpAddressType: "dualstack",
			EnablePrefixForIpv6SourceNat: "on", SubnetMappings: mapped(address, prefix)})
		if err != nil {
			return elbtypes.LoadBalancer{}, err
		}
		return out.LoadBalancers[0], nil
	}
	addressed := func(a string) (string, error) {
		in := &ec2.CreateNetworkInterfaceInput{SubnetId: &p.subnet, Ipv6AddressCount: new(int32(1))}
		if a != "" {
			in.Ipv6AddressCount, in.Ipv6Addresses = nil, []ec2types.InstanceIpv6Address{{Ipv6Address: &a}}
		}
		out, err := p.CreateNetworkInterface(ctx, in)
		if err != nil {
			return "", err
		}
		return *out.NetworkInterface.Ipv6Addresses[0].Ipv6Address, nil
	}
	const first = "2001:db8:100::/80" // in which addresses are found first
	b := roomtest.Must(create("first", "2001:db8:100:0:5::1", first))(t)
	eni := p.interfaceIn(p.subnet)
	if got := b.AvailabilityZones[0]; *got.LoadBalancerAddresses[0].IPv6Address != "2001:db8:100:0:5::1" || got.SourceNatIpv6Prefixes[0] != first ||
		*eni.Ipv6Address != "2001:db8:100:0:5::1" || *eni.Ipv6Prefixes[0].Ipv6Prefix != first {
		t.Errorf("%+v, %+v", got, eni)
	}
	if got := roomtest.Must(addressed(""))(t); got != "2001:db8:100:0:1::" {
		t.Errorf("an interface got %s, of the prefix or far from it", got)
	}
	_, err := addressed("2001:db8:100::9")
	roomtest.WantAPIError(t, err, "InvalidIPAddress.InUse")
	for _, prefix := range []string{first, "2001:db8:100:0:1::/80", "2001:db8:100:0:5::/80"} {
		_, err := create("refused", "", prefix)
		roomtest.WantAPIError(t, err, "ResourceInUse")
	}
	_, err = create("refused", "", "2001:db8:100:9::/80")
	roomtest.WantAPIError(t, err, "ValidationError")
	p.Reopen()
	_, err = addressed("2001:db8:100::9")
	roomtest.WantAPIError(t, err, "InvalidIPAddress.InUse")

	second := roomtest.Must(create("second", "", "auto_assigned"))(t)
	auto := netip.MustParsePrefix(second.AvailabilityZones[0].SourceNatIpv6Prefixes[0])
	if auto.Bits() != 80 || !netip.MustParsePrefix("2001:db8:100::/64").Contains(auto.Addr()) || auto.String() == first {
		t.Errorf("the prefix is %s", auto)
	}
	again := roomtest.Must(p.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: second.LoadBalancerArn, Subnets: []string{p.subnet, p.other}}))(t)
	if got := again.AvailabilityZones[0].SourceNatIpv6Prefixes[0]; got != auto.String() || len(again.AvailabilityZones[1].SourceNatIpv6Prefixes) != 1 {
		t.Errorf("the prefix was %s and is %s; %+v", auto, got, again.AvailabilityZones)
	}
	roomtest.Must(p.ELB.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: "ipv4"}))(t)
	if got := roomtest.Must(addressed("2001:db8:100::9"))(t); got != "2001:db8:100::9" {
		t.Errorf("once the prefix is free again: %s", got)
	}
}
