package balancing

import (
	"net/netip"
	"slices"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// mapped are the site's subnets with a change of the first one's mapping.
func (s *site) mapped(change func(*elbtypes.SubnetMapping)) []elbtypes.SubnetMapping {
	all := []elbtypes.SubnetMapping{{SubnetId: &s.subnets[0]}, {SubnetId: &s.subnets[1]}}
	if change != nil {
		change(&all[0])
	}
	return all
}

// named are the addresses that Route 53 learns of a name.
func (s *site) named(dns string) []netip.Addr {
	s.t.Helper()
	all := s.r.Report()
	at := slices.IndexFunc(all, func(b beacon.LoadBalancer) bool { return b.DNSName == dns })
	if at < 0 {
		return nil
	}
	return all[at].Addresses
}

// A network load balancer's zones have IPv6 addresses beside those of IPv4, which stay when the type changes, and over a restart.
func TestNetworkLoadBalancerOfBothFamilies(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	b := s.network("flow")
	if b.EnablePrefixForIpv6SourceNat != "off" {
		t.Errorf("made with EnablePrefixForIpv6SourceNat %q", b.EnablePrefixForIpv6SourceNat)
	}
	first := s.reachOf(b)
	becomes := func(to elbtypes.IpAddressType, families int) {
		t.Helper()
		out := roomtest.Must(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: to}))(t)
		if got := s.named(*b.DNSName); out.IpAddressType != to || len(got) != 2*families {
			t.Errorf("%s, answered %s: the name has %v", to, out.IpAddressType, got)
		}
		if got := s.named("us-east-1a." + *b.DNSName); len(got) != families || got[0] != first[0].Public {
			t.Errorf("%s: the zone's name has %v, %s was there before", to, got, first[0].Public)
		}
	}
	becomes("dualstack", 2)
	s.reopen()
	becomes("dualstack", 2)
	becomes("ipv4", 1)
	_, err := client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: "dualstack-without-public-ipv4"})
	wantWords(t, err, "InvalidConfigurationRequest", "is not valid for load balancers of type 'network'")
	in := networkRequest(s, "other")
	in.IpAddressType = "dualstack-without-public-ipv4"
	_, err = client.CreateLoadBalancer(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")

	in.IpAddressType, in.Scheme = "dualstack", "internal"
	within := roomtest.Must(client.CreateLoadBalancer(ctx, in))(t).LoadBalancers[0]
	for _, i := range s.reachOf(within) {
		if !i.NoInternet || !i.IPv6.IsValid() || i.Public.IsValid() {
			t.Errorf("within, a node is reached at %+v", i)
		}
	}
	roomtest.Must(client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: within.LoadBalancerArn,
		Attributes: []elbtypes.LoadBalancerAttribute{{Key: new(noInternetAccess), Value: new("false")}}}))(t)
	if s.reachOf(within)[0].NoInternet {
		t.Error("it is closed to the internet when the attribute is off")
	}
	narrow := s.ec2.newSubnet(t, s.vpc, "us-east-1c", "10.0.3.0/24")
	s.ec2.change(t, func(tx *store.Tx) error {
		row, _ := s.ec2.subnets.GetTx(tx, narrow)
		row.IPv6 = false
		return s.ec2.subnets.Put(tx, narrow, row)
	})
	_, err = client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: within.LoadBalancerArn, Subnets: append(s.subnets, narrow)})
	wantWords(t, err, "ValidationError", "You must specify subnets with an associated IPv6 CIDR block.")
}

// IPv6 addresses are chosen for each zone of an internet-facing load balancer, when it is made or when it gets them, and stay.
func TestIPv6AddressesAreChosen(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	chosen := func(a string) []elbtypes.SubnetMapping {
		return s.mapped(func(m *elbtypes.SubnetMapping) { m.IPv6Address = &a })
	}
	create := func(name string, change func(*elb.CreateLoadBalancerInput)) (*elb.CreateLoadBalancerOutput, error) {
		in := networkRequest(s, name)
		in.Subnets, in.IpAddressType, in.SubnetMappings = nil, "dualstack", chosen("2001:DB8:100::77")
		if change != nil {
			change(in)
		}
		return client.CreateLoadBalancer(ctx, in)
	}
	shows := func(zones []elbtypes.AvailabilityZone, want string) {
		t.Helper()
		got := zones[0].LoadBalancerAddresses
		if len(got) != 1 || *got[0].IPv6Address != want || len(zones[1].LoadBalancerAddresses) != 0 {
			t.Errorf("its addresses are %+v", zones)
		}
	}
	b := roomtest.Must(create("flow", nil))(t).LoadBalancers[0]
	shows(b.AvailabilityZones, "2001:db8:100::77")
	if got := s.reachOf(b)[0].IPv6.String(); got != "2001:db8:100::77" {
		t.Errorf("the node has %s", got)
	}
	both := func(in *elb.CreateLoadBalancerInput) { in.SubnetMappings[0].AllocationId = new("eipalloc-1") }
	shown := roomtest.Must(create("both", both))(t).LoadBalancers[0].AvailabilityZones[0].LoadBalancerAddresses
	if len(shown) != 1 || *shown[0].AllocationId != "eipalloc-1" || *shown[0].IPv6Address != "2001:db8:100::77" {
		t.Errorf("of both families: %+v", shown)
	}
	for name, change := range map[string]func(*elb.CreateLoadBalancerInput){
		"of IPv4":       func(in *elb.CreateLoadBalancerInput) { in.IpAddressType = "ipv4" },
		"within":        func(in *elb.CreateLoadBalancerInput) { in.Scheme = "internal" },
		"with a prefix": func(in *elb.CreateLoadBalancerInput) { in.SubnetMappings[0].SourceNatIpv6Prefix = new(autoAssigned) },
	} {
		if _, err := create("refused", change); err == nil {
			t.Errorf("one %s is made", name)
		} else {
			roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
		}
	}
	for _, a := range []string{"10.0.1.77", "::ffff:10.0.1.77", "there", "2001:db8:900::1"} {
		_, err := create("refused", func(in *elb.CreateLoadBalancerInput) { in.SubnetMappings = chosen(a) })
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	set := func(a string) error {
		_, err := client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: b.LoadBalancerArn, SubnetMappings: chosen(a)})
		return err
	}
	if err := set("2001:db8:100::77"); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, set("2001:db8:100::78"), "InvalidConfigurationRequest")
	roomtest.Must(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: "ipv4"}))(t)
	out := roomtest.Must(client.SetSubnets(ctx, &elb.SetSubnetsInput{
		LoadBalancerArn: b.LoadBalancerArn, SubnetMappings: chosen("2001:db8:100::78"), IpAddressType: "dualstack"}))(t)
	shows(out.AvailabilityZones, "2001:db8:100::78")
	if got := s.reachOf(b)[0]; got.IPv6.String() != "2001:db8:100::78" || !got.Public.IsValid() {
		t.Errorf("the node has %+v", got)
	}
}

// Datagrams come to a dual-stack load balancer that has prefixes for source NAT alone, and these go with IPv6.
func TestDatagramsTakeAPrefix(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	in := networkRequest(s, "flow")
	in.IpAddressType = "dualstack"
	b := roomtest.Must(client.CreateLoadBalancer(ctx, in))(t).LoadBalancers[0]
	datagrams, both := *s.flowGroup("datagrams", "UDP", nil).TargetGroupArn, *s.flowGroup("both", "TCP_UDP", nil).TargetGroupArn
	const unless = "unless EnablePrefixForIpv6SourceNat is 'on'"
	l := roomtest.Must(client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: new(int32(54)), Protocol: "TCP", DefaultActions: forwardTo(*s.flowGroup("tcp", "TCP", nil).TargetGroupArn)}))(t)
	_, err := client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: l.Listeners[0].ListenerArn, Protocol: "UDP", DefaultActions: forwardTo(datagrams)})
	wantWords(t, err, "InvalidConfigurationRequest", unless)
	wantWords(t, s.forwards(b, "UDP", 53, datagrams), "InvalidConfigurationRequest", unless)
	wantWords(t, s.forwards(b, "TCP_UDP", 53, both), "InvalidConfigurationRequest", unless)
	set := func(on elbtypes.EnablePrefixForIpv6SourceNatEnum, to elbtypes.IpAddressType, m []elbtypes.SubnetMapping) (*elb.SetSubnetsOutput, error) {
		return client.SetSubnets(ctx, &elb.SetSubnetsInput{
			LoadBalancerArn: b.LoadBalancerArn, IpAddressType: to, EnablePrefixForIpv6SourceNat: on, SubnetMappings: m})
	}
	auto := s.mapped(func(m *elbtypes.SubnetMapping) { m.SourceNatIpv6Prefix = new(autoAssigned) })
	out := roomtest.Must(set("on", "", auto))(t)
	if got := out.AvailabilityZones; out.EnablePrefixForIpv6SourceNat != "on" || len(got[0].SourceNatIpv6Prefixes) != 1 || len(got[1].SourceNatIpv6Prefixes) != 1 {
		t.Errorf("%s %+v", out.EnablePrefixForIpv6SourceNat, got)
	}
	if err := s.forwards(b, "UDP", 53, datagrams); err != nil {
		t.Fatal(err)
	}
	fixed := func(p string) []elbtypes.SubnetMapping {
		return s.mapped(func(m *elbtypes.SubnetMapping) { m.SourceNatIpv6Prefix = &p })
	}
	out = roomtest.Must(set("", "", fixed("2001:db8:100:0:7::/80")))(t)
	if got := out.AvailabilityZones[0].SourceNatIpv6Prefixes; !slices.Equal(got, []string{"2001:db8:100:0:7::/80"}) {
		t.Errorf("the prefix is %v", got)
	}
	s.reopen()
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	config, err := s.r.balancerConfig(row)
	if err != nil || config.Nodes[0].SourceNAT.String() != "2001:db8:100:0:7::/80" {
		t.Errorf("the data path has %+v, %v", config.Nodes[0], err)
	}
	for _, p := range []string{"2001:db8:100:0:7::/64", "2001:db8:100:0:7::1/80", "10.0.0.0/16", "any"} {
		_, err := set("", "", fixed(p))
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	_, err = set("off", "", s.mapped(nil))
	wantWords(t, err, "InvalidConfigurationRequest", unless)
	_, err = set("on", "ipv4", s.mapped(nil))
	wantWords(t, err, "InvalidConfigurationRequest", "only supported for load balancers with the IP address type 'dualstack'")
	_, err = client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: s.balance.LoadBalancerArn, Subnets: s.subnets, EnablePrefixForIpv6SourceNat: "on"})
	wantWords(t, err, "InvalidConfigurationRequest", "not supported for load balancers of type 'application'")

	to := func(kind elbtypes.IpAddressType) error {
		_, err := client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: kind})
		return err
	}
	if err := to("ipv4"); err != nil {
		t.Fatal(err)
	}
	if got := s.reachOf(b)[0]; got.SourceNAT.IsValid() || got.IPv6.IsValid() {
		t.Errorf("without IPv6 the node has %+v", got)
	}
	wantWords(t, to("dualstack"), "InvalidConfigurationRequest", unless) // the prefixes have to come with it
	out = roomtest.Must(set("on", "dualstack", s.mapped(nil)))(t)
	if out.IpAddressType != "dualstack" || len(out.AvailabilityZones[0].SourceNatIpv6Prefixes) != 1 {
		t.Errorf("%+v", out)
	}
	in.Name, in.EnablePrefixForIpv6SourceNat = new("made"), "on"
	made := roomtest.Must(client.CreateLoadBalancer(ctx, in))(t).LoadBalancers[0]
	if made.EnablePrefixForIpv6SourceNat != "on" || len(made.AvailabilityZones[1].SourceNatIpv6Prefixes) != 1 {
		t.Errorf("made with %s: %+v", made.EnablePrefixForIpv6SourceNat, made.AvailabilityZones)
	}
	in.EnablePrefixForIpv6SourceNat = "off"
	_, err = client.CreateLoadBalancer(ctx, in)
	roomtest.WantAPIError(t, err, "DuplicateLoadBalancerName")
	in.Name, in.IpAddressType, in.EnablePrefixForIpv6SourceNat = new("four"), "ipv4", "on"
	_, err = client.CreateLoadBalancer(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
}

// Target groups of IPv6 are behind dual-stack load balancers alone, not with others in one action, and not of load balancers.
func TestFlowGroupsOfIPv6(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	of := func(name string, family elbtypes.TargetGroupIpAddressTypeEnum) string {
		return *s.flowGroup(name, "TCP", func(in *elb.CreateTargetGroupInput) { in.TargetType, in.IpAddressType = "ip", family }).TargetGroupArn
	}
	six, four := of("six", "ipv6"), of("four", "ipv4")
	b := s.network("flow")
	const mixed = "You cannot associate an IPv6 target group with a load balancer that has an 'ipv4' IP address type"
	wantWords(t, s.forwards(b, "TCP", 80, six), "InvalidConfigurationRequest", mixed)
	to := func(kind elbtypes.IpAddressType) error {
		_, err := client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: kind})
		return err
	}
	if err := to("dualstack"); err != nil {
		t.Fatal(err)
	}
	if err := s.forwards(b, "TCP", 80, six); err != nil {
		t.Fatal(err)
	}
	wantWords(t, to("ipv4"), "InvalidConfigurationRequest", mixed)
	tuples := []elbtypes.TargetGroupTuple{{TargetGroupArn: &six}, {TargetGroupArn: &four}}
	_, err := client.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: b.LoadBalancerArn, Port: new(int32(81)), Protocol: "TCP",
		DefaultActions: []elbtypes.Action{{Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: tuples}}}})
	wantWords(t, err, "InvalidConfigurationRequest", "must have the same IP address type")
	register := func(id string) error {
		_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &six, Targets: []elbtypes.TargetDescription{{Id: &id}}})
		return err
	}
	wantWords(t, register("10.0.1.9"), "ValidationError", "The IP address '10.0.1.9' is not a valid IPv6 address")
	roomtest.WantAPIError(t, register("2001:db8:900::9"), "InvalidTarget")
	if err := register("2001:DB8:100::9"); err != nil {
		t.Error(err)
	}
	if shown := s.healthOf(six); *shown.Target.Id != "2001:db8:100::9" {
		t.Errorf("%+v", shown.Target)
	}
	again := []elbtypes.TargetDescription{{Id: new("2001:0db8:100:0::9")}} // the same address
	roomtest.Must(client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &six, Targets: again}))(t)
	if shown := s.healthOf(six); shown.TargetHealth.State != "draining" {
		t.Errorf("deregistered by another text of it: %+v", shown.TargetHealth)
	}
	instances := *s.flowGroup("instances", "TCP", func(in *elb.CreateTargetGroupInput) { in.IpAddressType = "ipv6" }).TargetGroupArn
	id, _ := s.ec2.run(t, s.subnets[0])
	targets := []elbtypes.TargetDescription{{Id: &id}}
	_, err = client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &instances, Targets: targets})
	wantWords(t, err, "InvalidTarget", "because of missing primary IPv6 addresses: '"+id+"'")
	s.ec2.change(t, func(tx *store.Tx) error {
		row, _ := s.ec2.instances.GetTx(tx, id)
		row.IPv6 = netip.MustParseAddr("2001:db8:100::50")
		return s.ec2.instances.Put(tx, id, row)
	})
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &instances, Targets: targets}))(t)
	if err := s.forwards(b, "TCP", 82, instances); err != nil {
		t.Fatal(err)
	}
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	config, err := s.r.balancerConfig(row)
	if err != nil || !slices.ContainsFunc(config.Groups, func(g balancer.Group) bool {
		return g.ID == instances && g.Targets[0].Address.String() == "[2001:db8:100::50]:80" && g.Targets[0].Zone == "us-east-1a"
	}) {
		t.Errorf("the data path has %+v, %v", config.Groups, err)
	}
	_, err = client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("refused"), VpcId: &s.vpc, Port: new(int32(80)), Protocol: "TCP", TargetType: "alb", IpAddressType: "ipv6"})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
}
