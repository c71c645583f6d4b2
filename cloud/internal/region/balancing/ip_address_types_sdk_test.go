package balancing

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// families are how many addresses of IPv4 and of IPv6 Route 53 learns.
func (s *site) families(name string) (v4, v6 int) {
	s.t.Helper()
	for _, b := range s.r.Report() {
		if strings.TrimPrefix(b.DNSName, "internal-")[:len(name)] != name {
			continue
		}
		for _, a := range b.Addresses {
			if a.Is4() {
				v4++
			} else {
				v6++
			}
		}
	}
	return v4, v6
}

func (s *site) reachOf(b elbtypes.LoadBalancer) (all []interfaceRow) {
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	for _, n := range row.Nodes {
		i, _ := s.ec2.interfaces.Get(n.Interface)
		all = append(all, i)
	}
	return all
}

// A load balancer changes its families while it serves, and keeps them over a restart.
func TestSetIpAddressType(t *testing.T) {
	s := newSite(t)
	client, ctx, arn := s.client(), t.Context(), s.balance.LoadBalancerArn
	becomes := func(to elbtypes.IpAddressType, v4, v6 int) {
		t.Helper()
		out := roomtest.Must(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: arn, IpAddressType: to}))(t)
		shown := roomtest.Must(client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{}))(t).LoadBalancers[0]
		if out.IpAddressType != to || shown.IpAddressType != to {
			t.Errorf("made %s: answered %s, shown %s", to, out.IpAddressType, shown.IpAddressType)
		}
		if a, b := s.families("hello"); a != v4 || b != v6 {
			t.Errorf("%s: %d addresses of IPv4 and %d of IPv6, want %d and %d", to, a, b, v4, v6)
		}
	}
	first := s.reachOf(s.balance)[0].Public
	becomes("dualstack", 2, 2)
	if kept := s.reachOf(s.balance)[0].Public; kept != first {
		t.Errorf("the public address was %s and is %s", first, kept)
	}
	s.reopen()
	becomes("dualstack", 2, 2)
	becomes("dualstack-without-public-ipv4", 0, 2)
	becomes("ipv4", 2, 0)
	_, err := client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: arn, IpAddressType: "ipv6"})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: new(*arn + "0"), IpAddressType: "ipv4"})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")

	out := roomtest.Must(client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: s.subnets, IpAddressType: "dualstack"}))(t)
	if _, v6 := s.families("hello"); out.IpAddressType != "dualstack" || v6 != 2 {
		t.Errorf("by SetSubnets: %s, %d addresses of IPv6", out.IpAddressType, v6)
	}
	narrow := s.ec2.newSubnet(t, s.vpc, "us-east-1c", "10.0.3.0/24")
	s.ec2.change(t, func(tx *store.Tx) error {
		row, _ := s.ec2.subnets.GetTx(tx, narrow)
		row.IPv6 = false
		return s.ec2.subnets.Put(tx, narrow, row)
	})
	_, err = client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: []string{s.subnets[0], narrow}})
	roomtest.WantAPIError(t, err, "ValidationError")
	if !strings.Contains(err.Error(), "You must specify subnets with an associated IPv6 CIDR block.") {
		t.Error(err)
	}
}

// Nodes listen at the addresses of both families, as far as they have them.
func TestDualStackListens(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	client, ctx := s.client(), t.Context()
	roomtest.Must(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: s.balance.LoadBalancerArn, IpAddressType: "dualstack"}))(t)
	open := func() (all []netip.Addr) {
		for _, i := range s.reachOf(s.balance) {
			for _, a := range []netip.Addr{i.Address, i.IPv6} {
				if a.IsValid() && s.sockets.At(netip.AddrPortFrom(a, 80).String()) != "" {
					all = append(all, a)
				}
			}
		}
		return all
	}
	s.r.reconcile()
	if all := open(); len(all) != 4 {
		t.Errorf("listens at %v", all)
	}
}

func TestInternalDualStackIsClosedToTheInternet(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	in := s.request()
	in.Name, in.Scheme, in.IpAddressType = new("within"), "internal", "dualstack-without-public-ipv4"
	_, err := client.CreateLoadBalancer(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	in.IpAddressType = "dualstack"
	made := roomtest.Must(client.CreateLoadBalancer(ctx, in))(t).LoadBalancers[0]
	if v4, v6 := s.families("within"); made.IpAddressType != "dualstack" || v4 != 2 || v6 != 2 {
		t.Errorf("%s with %d addresses of IPv4 and %d of IPv6", made.IpAddressType, v4, v6)
	}
	closed := func(want bool) {
		t.Helper()
		if slices.ContainsFunc(s.reachOf(made), func(i interfaceRow) bool { return i.NoInternet != want }) {
			t.Errorf("nodes are %+v", s.reachOf(made))
		}
	}
	closed(true)
	deny := func(arn *string, value string) error {
		_, err := client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: arn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: new("ipv6.deny_all_igw_traffic"), Value: &value}},
		})
		return err
	}
	shown := func() (value string) {
		out := roomtest.Must(client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: made.LoadBalancerArn}))(t)
		for _, a := range out.Attributes {
			if *a.Key == "ipv6.deny_all_igw_traffic" {
				value = *a.Value
			}
		}
		return value
	}
	if shown() != "true" {
		t.Errorf("at first it is %q", shown())
	}
	if err := deny(made.LoadBalancerArn, "false"); err != nil || shown() != "false" {
		t.Errorf("turned off: %v, %q", err, shown())
	}
	closed(false)
	for _, to := range []elbtypes.IpAddressType{"ipv4", "dualstack"} { // which forgets what was set
		roomtest.Must(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: made.LoadBalancerArn, IpAddressType: to}))(t)
	}
	closed(true)
	err = deny(s.balance.LoadBalancerArn, "false")
	roomtest.WantAPIError(t, err, "ValidationError")
	if want := "key 'ipv6.deny_all_igw_traffic' is not supported on load balancers with IP address type 'ipv4'"; !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
	in.IpAddressType = "ipv4"
	_, err = client.CreateLoadBalancer(ctx, in)
	roomtest.WantAPIError(t, err, "DuplicateLoadBalancerName")
}

// Targets of IPv6 are addresses of the VPC, behind dual-stack load balancers alone.
func TestTargetGroupsOfIPv6(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	group := func(name string, kind elbtypes.TargetTypeEnum) *string {
		t.Helper()
		out := roomtest.Must(client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: "HTTP", TargetType: kind, IpAddressType: "ipv6",
		}))(t)
		if got := out.TargetGroups[0].IpAddressType; got != "ipv6" {
			t.Errorf("%s is of %s", name, got)
		}
		return out.TargetGroups[0].TargetGroupArn
	}
	addresses := group("addresses", "ip")
	register := func(group *string, id string) error {
		in := &elb.RegisterTargetsInput{TargetGroupArn: group, Targets: []elbtypes.TargetDescription{{Id: &id}}}
		_, err := client.RegisterTargets(ctx, in)
		return err
	}
	if err := register(addresses, "10.0.1.9"); err == nil || !strings.Contains(err.Error(), "The IP address '10.0.1.9' is not a valid IPv6 address") {
		t.Errorf("an IPv4 address: %v", err)
	}
	roomtest.WantAPIError(t, register(addresses, "2001:db8:900::9"), "InvalidTarget")
	if err := register(addresses, "2001:DB8:100::9"); err != nil {
		t.Error(err)
	}
	instance := s.launch(saysHello)
	if err := register(group("instances", "instance"), instance); err == nil || !strings.Contains(err.Error(), "because of missing primary IPv6 addresses") {
		t.Errorf("an instance: %v", err)
	}

	listen := &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(80)), Protocol: "HTTP", DefaultActions: forwardTo(*addresses),
	}
	mixed := func(err error) {
		t.Helper()
		roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
		if !strings.Contains(err.Error(), "You cannot associate an IPv6 target group with a load balancer that has an 'ipv4' IP address type") {
			t.Error(err)
		}
	}
	_, err := client.CreateListener(ctx, listen)
	mixed(err)
	to := func(kind elbtypes.IpAddressType) error {
		_, err := client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: s.balance.LoadBalancerArn, IpAddressType: kind})
		return err
	}
	if err := to("dualstack"); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(client.CreateListener(ctx, listen))(t)
	mixed(to("ipv4"))
	s.reopen()
	health := roomtest.Must(client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: addresses}))(t).TargetHealthDescriptions
	if len(health) != 1 || *health[0].Target.Id != "2001:db8:100::9" {
		t.Errorf("targets are %+v", health)
	}
	_, err = client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("addresses"), VpcId: &s.vpc, Port: new(int32(80)), Protocol: "HTTP", TargetType: "ip",
	})
	roomtest.WantAPIError(t, err, "DuplicateTargetGroupName")
}
