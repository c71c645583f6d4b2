package balancing

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

func networkRequest(s *site, name string) *elb.CreateLoadBalancerInput {
	return &elb.CreateLoadBalancerInput{Name: &name, Type: "network", Subnets: s.subnets}
}

// network makes a network load balancer.
func (s *site) network(name string) elbtypes.LoadBalancer {
	s.t.Helper()
	return roomtest.Must(s.r.CreateLoadBalancer(s.t.Context(), networkRequest(s, name)))(s.t).LoadBalancers[0]
}

// flowGroup makes a target group of a network load balancer.
func (s *site) flowGroup(name string, p elbtypes.ProtocolEnum, change func(*elb.CreateTargetGroupInput)) elbtypes.TargetGroup {
	s.t.Helper()
	in := &elb.CreateTargetGroupInput{Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: p}
	if change != nil {
		change(in)
	}
	return roomtest.Must(s.r.CreateTargetGroup(s.t.Context(), in))(s.t).TargetGroups[0]
}

// wantWords fails unless an error has a code and these words.
func wantWords(t *testing.T, err error, code, words string) {
	t.Helper()
	roomtest.WantAPIError(t, err, code)
	if err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("%v does not say %q", err, words)
	}
}

func TestNetworkLoadBalancerIsDescribed(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	b := roomtest.Must(client.CreateLoadBalancer(ctx, networkRequest(s, "flow")))(t).LoadBalancers[0]
	id := (*b.LoadBalancerArn)[strings.LastIndexByte(*b.LoadBalancerArn, '/')+1:]
	if b.Type != "network" || !strings.Contains(*b.LoadBalancerArn, ":loadbalancer/net/flow/") || len(b.SecurityGroups) != 0 ||
		*b.DNSName != "flow-"+id+".elb.us-east-1.amazonaws.com" || *b.CanonicalHostedZoneId != "Z26RNL4JYFTOTI" || b.IpAddressType != "ipv4" {
		t.Errorf("%+v", b)
	}
	again := roomtest.Must(client.CreateLoadBalancer(ctx, networkRequest(s, "flow")))(t).LoadBalancers[0]
	if *again.LoadBalancerArn != *b.LoadBalancerArn {
		t.Error("a second load balancer")
	}
	shown := map[string]string{}
	attributes := roomtest.Must(client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn}))(t)
	for _, a := range attributes.Attributes {
		shown[*a.Key] = *a.Value
	}
	if len(shown) != len(networkBalancerAttributes)-1 || shown[noInternetAccess] != "" || shown["load_balancing.cross_zone.enabled"] != "false" ||
		shown["dns_record.client_routing_policy"] != "any_availability_zone" {
		t.Errorf("attributes %v", shown)
	}
	set := func(key, value string) error {
		_, err := client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &key, Value: &value}}})
		return err
	}
	if err := set("load_balancing.cross_zone.enabled", "true"); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, set("dns_record.client_routing_policy", "availability_zone_affinity"), "ValidationError")
	wantWords(t, set("idle_timeout.timeout_seconds", "60"), "ValidationError", "attribute key 'idle_timeout.timeout_seconds' is not supported")
	if err := set("deletion_protection.enabled", "true"); err != nil {
		t.Error(err)
	}
	_, err := client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	_, err = client.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: b.LoadBalancerArn, SecurityGroups: []string{s.ec2.newGroup(t, s.vpc)}})
	wantWords(t, err, "InvalidConfigurationRequest", "created without any security groups.")
	s.reopen()
	out := roomtest.Must(client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: b.LoadBalancerArn, Subnets: s.subnets[:1]}))(t)
	if len(out.AvailabilityZones) != 1 {
		t.Errorf("%+v", out.AvailabilityZones)
	}
}

// Addresses are chosen for each zone, by allocations or within the subnets.
func TestNetworkLoadBalancersAddressesAreChosen(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	create := func(name string, scheme elbtypes.LoadBalancerSchemeEnum, m elbtypes.SubnetMapping) (*elb.CreateLoadBalancerOutput, error) {
		m.SubnetId = &s.subnets[0]
		return client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
			Name: &name, Type: "network", Scheme: scheme, SubnetMappings: []elbtypes.SubnetMapping{m}})
	}
	elastic := roomtest.Must(create("a", "internet-facing", elbtypes.SubnetMapping{AllocationId: new("eipalloc-1")}))(t).LoadBalancers[0]
	got := elastic.AvailabilityZones[0].LoadBalancerAddresses
	if len(got) != 1 || *got[0].AllocationId != "eipalloc-1" || *got[0].IpAddress != "198.51.100.200" {
		t.Errorf("%+v", got)
	}
	fixed := roomtest.Must(create("b", "internal", elbtypes.SubnetMapping{PrivateIPv4Address: new("10.0.1.77")}))(t).LoadBalancers[0]
	if got := fixed.AvailabilityZones[0].LoadBalancerAddresses; len(got) != 1 || *got[0].PrivateIPv4Address != "10.0.1.77" {
		t.Errorf("%+v", got)
	}
	_, err := create("c", "internal", elbtypes.SubnetMapping{AllocationId: new("eipalloc-1")})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	_, err = create("c", "internet-facing", elbtypes.SubnetMapping{PrivateIPv4Address: new("10.0.1.78")})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	_, err = create("c", "internal", elbtypes.SubnetMapping{PrivateIPv4Address: new("there")})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = create("c", "internet-facing", elbtypes.SubnetMapping{AllocationId: new("eipalloc-none")})
	roomtest.WantAPIError(t, err, "AllocationIdNotFound")
	_, err = client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: new("c"), Type: "network"})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: fixed.LoadBalancerArn, SubnetMappings: []elbtypes.SubnetMapping{
		{SubnetId: &s.subnets[0], PrivateIPv4Address: new("10.0.1.79")}}})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
}

// A listener's protocol is one of its load balancer's, and its target group's suits it.
func TestProtocolsSuitEachOther(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	b := s.network("flow")
	groups := map[elbtypes.ProtocolEnum]string{"HTTP": s.group}
	for _, p := range []elbtypes.ProtocolEnum{"TCP", "TLS", "UDP", "TCP_UDP"} {
		groups[p] = *s.flowGroup(strings.ReplaceAll(string(p), "_", "-"), p, nil).TargetGroupArn
	}
	create := func(balancer *string, port int, p, group elbtypes.ProtocolEnum) error {
		in := &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: new(int32(port)), Protocol: p, DefaultActions: forwardTo(groups[group])}
		if hasTLS(p) {
			in.Certificates = named(s.shelf.put(t, "1", "one.example.com"))
		}
		_, err := client.CreateListener(ctx, in)
		return err
	}
	port := 1000
	for listener, fit := range flowGroups {
		for group := range groups {
			port++
			err := create(b.LoadBalancerArn, port, listener, group)
			if !slices.Contains(fit, group) {
				roomtest.WantAPIError(t, err, "IncompatibleProtocols")
			} else if err != nil {
				t.Errorf("%s before %s: %v", listener, group, err)
			}
		}
	}
	err := create(b.LoadBalancerArn, 80, "HTTP", "HTTP")
	wantWords(t, err, "ValidationError", "Listener protocol 'HTTP' must be one of 'TLS, TCP, TCP_UDP, UDP'")
	roomtest.WantAPIError(t, create(b.LoadBalancerArn, 80, "QUIC", "TCP"), "UnsupportedProtocol")
	roomtest.WantAPIError(t, create(s.balance.LoadBalancerArn, 80, "HTTP", "TCP"), "IncompatibleProtocols")
	err = create(s.balance.LoadBalancerArn, 80, "TCP", "TCP")
	wantWords(t, err, "ValidationError", "Listener protocol 'TCP' must be one of 'HTTPS, HTTP'")
}

func TestFlowListener(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	b := s.network("flow")
	group := *s.flowGroup("tcp", "TCP", nil).TargetGroupArn
	listen := func(in elb.CreateListenerInput) (*elb.CreateListenerOutput, error) {
		in.LoadBalancerArn = b.LoadBalancerArn
		if in.DefaultActions == nil {
			in.DefaultActions = forwardTo(group)
		}
		return client.CreateListener(ctx, &in)
	}
	l := roomtest.Must(listen(elb.CreateListenerInput{Port: new(int32(80)), Protocol: "TCP"}))(t).Listeners[0]
	if l.Protocol != "TCP" || *l.DefaultActions[0].TargetGroupArn != group || l.MutualAuthentication != nil {
		t.Errorf("%+v", l)
	}
	attributes := roomtest.Must(client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: l.ListenerArn}))(t).Attributes
	if len(attributes) != 1 || *attributes[0].Key != "tcp.idle_timeout.seconds" || *attributes[0].Value != "350" {
		t.Errorf("%+v", attributes)
	}
	set := func(value string) error {
		_, err := client.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{
			ListenerArn: l.ListenerArn, Attributes: []elbtypes.ListenerAttribute{{Key: new("tcp.idle_timeout.seconds"), Value: &value}}})
		return err
	}
	roomtest.WantAPIError(t, set("59"), "ValidationError")
	if err := set("6000"); err != nil {
		t.Error(err)
	}
	if row, _ := s.r.listeners.Get(*l.ListenerArn); runFlow(row).Idle != 6000*time.Second {
		t.Errorf("the data path has %v", runFlow(row).Idle)
	}
	_, err := client.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: l.ListenerArn, Priority: new(int32(1)), Actions: forwardTo(group),
		Conditions: []elbtypes.RuleCondition{{Field: new("path-pattern"), Values: []string{"/"}}}})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	_, err = listen(elb.CreateListenerInput{Port: new(int32(81)), Protocol: "TCP", DefaultActions: []elbtypes.Action{{
		Type: "fixed-response", FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("200")}}}})
	roomtest.WantAPIError(t, err, "InvalidLoadBalancerAction")
	tuple := elbtypes.TargetGroupTuple{TargetGroupArn: &group}
	_, err = listen(elb.CreateListenerInput{Port: new(int32(81)), Protocol: "TCP", DefaultActions: []elbtypes.Action{{
		Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{tuple, tuple}}}}})
	roomtest.WantAPIError(t, err, "ValidationError")
	other := *s.flowGroup("other", "TCP", nil).TargetGroupArn
	shared := roomtest.Must(listen(elb.CreateListenerInput{Port: new(int32(81)), Protocol: "TCP", DefaultActions: []elbtypes.Action{{
		Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{
			{TargetGroupArn: &group, Weight: new(int32(0))}, {TargetGroupArn: &other}}}}}}))(t).Listeners[0]
	if got := shared.DefaultActions[0].ForwardConfig.TargetGroups; len(got) != 2 || *got[0].Weight != 0 || *got[1].Weight != 1 {
		t.Errorf("shares %+v", got)
	}
	if row, _ := s.r.listeners.Get(*shared.ListenerArn); !slices.Equal(runFlow(row).Forward, []balancer.Weighted{{Group: group}, {Group: other, Weight: 1}}) {
		t.Errorf("the data path has %v", runFlow(row).Forward)
	}

	_, err = listen(elb.CreateListenerInput{Port: new(int32(443)), Protocol: "TLS"})
	roomtest.WantAPIError(t, err, "ValidationError")
	certificate := named(s.shelf.put(t, "1", "one.example.com"))
	_, err = listen(elb.CreateListenerInput{Port: new(int32(443)), Protocol: "TLS", Certificates: certificate, AlpnPolicy: []string{"HTTP3Only"}})
	roomtest.WantAPIError(t, err, "ALPNPolicyNotFound")
	_, err = listen(elb.CreateListenerInput{Port: new(int32(81)), Protocol: "TCP", AlpnPolicy: []string{"HTTP2Only"}})
	roomtest.WantAPIError(t, err, "ValidationError")
	secure := roomtest.Must(listen(elb.CreateListenerInput{
		Port: new(int32(443)), Protocol: "TLS", Certificates: certificate, AlpnPolicy: []string{"HTTP2Preferred"}}))(t).Listeners[0]
	if secure.Protocol != "TLS" || *secure.SslPolicy != defaultPolicy || !slices.Equal(secure.AlpnPolicy, []string{"HTTP2Preferred"}) {
		t.Errorf("%+v", secure)
	}
	plain := roomtest.Must(client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: secure.ListenerArn, Protocol: "TCP"}))(t).Listeners[0]
	if plain.Protocol != "TCP" || plain.SslPolicy != nil || len(plain.AlpnPolicy) != 0 {
		t.Errorf("without TLS: %+v", plain)
	}
	_, err = client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: secure.ListenerArn, Protocol: "UDP"})
	roomtest.WantAPIError(t, err, "IncompatibleProtocols")
}

// Health checks have the defaults of their protocols, and what a check that only connects cannot have is refused.
func TestFlowGroupsHealthChecks(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	describe := func(g elbtypes.TargetGroup) string {
		matcher := ""
		if g.Matcher != nil {
			matcher = *g.Matcher.HttpCode
		}
		return fmt.Sprint(g.HealthCheckProtocol, " ", *g.HealthCheckIntervalSeconds, *g.HealthCheckTimeoutSeconds, *g.HealthyThresholdCount,
			*g.UnhealthyThresholdCount, " ", room.Deref(g.HealthCheckPath), matcher)
	}
	for check, want := range map[elbtypes.ProtocolEnum]string{"": "TCP 30 10 5 2 ", "HTTP": "HTTP 30 6 5 2 /200-399", "HTTPS": "HTTPS 30 10 5 2 /200-399"} {
		g := s.flowGroup("g"+string(check), "UDP", func(in *elb.CreateTargetGroupInput) { in.HealthCheckProtocol = check })
		if got := describe(g); got != want || g.ProtocolVersion != nil {
			t.Errorf("%q: %s, want %s", check, got, want)
		}
	}
	g := s.flowGroup("changes", "TCP", nil)
	modify := func(in elb.ModifyTargetGroupInput) (string, error) {
		in.TargetGroupArn = g.TargetGroupArn
		out, err := client.ModifyTargetGroup(ctx, &in)
		if err != nil {
			return "", err
		}
		return describe(out.TargetGroups[0]), nil
	}
	if got, err := modify(elb.ModifyTargetGroupInput{HealthCheckProtocol: "HTTP", HealthCheckPath: new("/up")}); got != "HTTP 30 10 5 2 /up200-399" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := modify(elb.ModifyTargetGroupInput{Matcher: &elbtypes.Matcher{HttpCode: new("200-599")}}); got != "HTTP 30 10 5 2 /up200-599" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := modify(elb.ModifyTargetGroupInput{HealthCheckProtocol: "TCP"}); got != "TCP 30 10 5 2 " {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := modify(elb.ModifyTargetGroupInput{HealthCheckIntervalSeconds: new(int32(10))}); got != "TCP 10 10 5 2 " {
		t.Errorf("%s, %v", got, err)
	}
	_, err := modify(elb.ModifyTargetGroupInput{HealthCheckIntervalSeconds: new(int32(9))})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = modify(elb.ModifyTargetGroupInput{HealthCheckPath: new("/up")})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	for _, in := range []elb.CreateTargetGroupInput{
		{Protocol: "TCP", HealthCheckPath: new("/")}, {Protocol: "TCP", Matcher: &elbtypes.Matcher{HttpCode: new("200")}},
		{Protocol: "TCP", ProtocolVersion: new("HTTP1")},
		{Protocol: "TCP", HealthCheckProtocol: "UDP"}, {Protocol: "HTTP", HealthCheckProtocol: "TCP"}, {Protocol: "GENEVE"},
	} {
		in.Name, in.VpcId, in.Port = new("refused"), &s.vpc, new(int32(80))
		_, err := client.CreateTargetGroup(ctx, &in)
		roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	}
}

func TestFlowGroupsAttributes(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	shown := func(g elbtypes.TargetGroup) map[string]string {
		all := map[string]string{}
		out := roomtest.Must(client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn}))(t)
		for _, a := range out.Attributes {
			all[*a.Key] = *a.Value
		}
		return all
	}
	set := func(g elbtypes.TargetGroup, key, value string) error {
		_, err := client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
			TargetGroupArn: g.TargetGroupArn, Attributes: []elbtypes.TargetGroupAttribute{{Key: &key, Value: &value}}})
		return err
	}
	byAddress := func(in *elb.CreateTargetGroupInput) { in.TargetType = "ip" }
	for _, c := range []struct {
		group          elbtypes.TargetGroup
		preserved, cut string
	}{
		{s.flowGroup("a", "TCP", nil), "true", "false"}, {s.flowGroup("b", "TCP", byAddress), "false", "false"},
		{s.flowGroup("c", "TLS", byAddress), "false", "false"},
		{s.flowGroup("d", "UDP", byAddress), "true", "true"}, {s.flowGroup("e", "TCP_UDP", nil), "true", "true"},
	} {
		got := shown(c.group)
		if got[preserve] != c.preserved || got[cutDrained] != c.cut || got[cutUnhealthy] != "true" || got["stickiness.type"] != "source_ip" {
			t.Errorf("%s %s: %v", c.group.Protocol, c.group.TargetType, got)
		}
	}
	tcp, udp, secure := s.flowGroup("a", "TCP", nil), s.flowGroup("d", "UDP", byAddress), s.flowGroup("c", "TLS", byAddress)
	for key, value := range map[string]string{preserve: "false", proxyV2: "true", "stickiness.enabled": "true", crossZone: "true", cutUnhealthy: "false"} {
		if err := set(tcp, key, value); err != nil {
			t.Error(err)
		}
	}
	row, _ := s.r.targetGroups.Get(*tcp.TargetGroupArn)
	if got := *s.r.flowGroup(loadBalancerRow{}, row); !got.CrossZone || !got.ProxyProtocol || !got.StickySource || got.PreserveClient || got.CutUnhealthy {
		t.Errorf("the data path has %+v", got)
	}
	roomtest.WantAPIError(t, set(udp, preserve, "false"), "ValidationError")
	roomtest.WantAPIError(t, set(secure, "stickiness.enabled", "true"), "ValidationError")
	roomtest.WantAPIError(t, set(tcp, "slow_start.duration_seconds", "30"), "ValidationError")
	err := set(tcp, "stickiness.type", "lb_cookie")
	wantWords(t, err, "InvalidConfigurationRequest", "Stickiness type 'lb_cookie' is not supported for target groups with the TCP protocol")
}

// The nodes carry flows, the zones' health is told to Route 53, and the metrics are those of what passed.
func TestFlowsAreServed(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	b := s.network("flow")
	s.group = *s.flowGroup("tcp", "TCP", func(in *elb.CreateTargetGroupInput) {
		in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = new(int32(5)), new(int32(4))
	}).TargetGroupArn
	for _, in := range []elb.CreateListenerInput{
		{Port: new(int32(80)), Protocol: "TCP"}, {Port: new(int32(443)), Protocol: "TLS", Certificates: named(s.shelf.put(t, "1", "one.example.com"))},
	} {
		in.LoadBalancerArn, in.DefaultActions = b.LoadBalancerArn, forwardTo(s.group)
		roomtest.Must(s.r.CreateListener(ctx, &in))(t)
	}
	id, at := s.ec2.run(t, s.subnets[0])
	l, err := s.sockets.Listen("tcp", at.String()+":80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[0].Interface)
	whole := func() (addresses []netip.Addr, healthy bool) {
		for _, x := range s.r.Report() {
			if x.DNSName == *b.DNSName {
				return x.Addresses, x.Healthy
			}
		}
		return nil, false
	}
	s.await("told of, without the zone that has no target", func() bool {
		addresses, healthy := whole()
		return healthy && slices.Equal(addresses, []netip.Addr{eni.Public})
	})
	for _, x := range s.r.Report() {
		if zone := strings.HasPrefix(x.DNSName, "us-east-1b.flow-"); zone && (x.Healthy || len(x.Addresses) != 1) {
			t.Errorf("the other zone: %+v", x)
		}
	}
	s.r.reconcile()
	echo := func(c net.Conn, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(patience.Deadline())
		_, _ = io.WriteString(c, "hello\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "hello\n" {
			t.Errorf("%q came back: %v", line, err)
		}
	}
	echo(net.Dial("tcp", s.sockets.At(eni.Address.String()+":80")))
	secure, err := tls.Dial("tcp", s.sockets.At(eni.Address.String()+":443"), &tls.Config{InsecureSkipVerify: true})
	echo(secure, err)
	got := map[string]float64{}
	for deadline := patience.Deadline(); got["ProcessedBytes_TCP1"] < 12; { // the last bytes are counted after the client has them
		hosts := map[string]float64{}
		s.r.PublishMetrics(func(m metrics.Metric, _ string, data metrics.Summary) {
			if name := fmt.Sprint(m.Name, len(m.Dimensions)); strings.Contains(name, "HostCount") {
				hosts[name] += data.Sum
			} else if m.Namespace == "AWS/NetworkELB" {
				got[name] += data.Sum
			}
		})
		if hosts["HealthyHostCount2"] != 1 || hosts["HealthyHostCount3"] != 1 || time.Now().After(deadline) {
			t.Fatalf("metrics %v %v", got, hosts)
		}
	}
	if got["ZonalHealthStatus1"] == 0 || got["ZonalHealthStatus1"] != got["ZonalHealthStatus2"] || got["RejectedFlowCount1"] != 0 {
		t.Errorf("metrics %v", got)
	}
	if got["NewFlowCount1"] != 2 || got["NewFlowCount_TLS2"] != 1 {
		t.Errorf("metrics %v", got)
	}
	s.ec2.become(t, id, ec2types.InstanceStateNameTerminated)
	s.await("all zones, when none is well", func() bool {
		addresses, healthy := whole()
		return !healthy && len(addresses) == 2
	})
}
