package balancing

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// balancerGroup makes a target group for the site's application load balancer.
func (s *site) balancerGroup(name string) string {
	s.t.Helper()
	return *s.flowGroup(name, "TCP", func(in *elb.CreateTargetGroupInput) {
		in.TargetType, in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = "alb", new(int32(5)), new(int32(4))
	}).TargetGroupArn
}

// balanced is the site's application load balancer as a target; port 0 is the group's.
func (s *site) balanced(port int32) []elbtypes.TargetDescription {
	t := elbtypes.TargetDescription{Id: s.balance.LoadBalancerArn}
	if port != 0 {
		t.Port = &port
	}
	return []elbtypes.TargetDescription{t}
}

// forwards has a network load balancer's port lead to a group.
func (s *site) forwards(b elbtypes.LoadBalancer, p elbtypes.ProtocolEnum, port int32, group string) error {
	in := &elb.CreateListenerInput{LoadBalancerArn: b.LoadBalancerArn, Port: &port, Protocol: p, DefaultActions: forwardTo(group)}
	if hasTLS(p) {
		in.Certificates = named(s.shelf.put(s.t, "1", "one.example.com"))
	}
	_, err := s.client().CreateListener(s.t.Context(), in)
	return err
}

func (s *site) healthOf(group string) elbtypes.TargetHealthDescription {
	s.t.Helper()
	out := roomtest.Must(s.client().DescribeTargetHealth(s.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &group}))(s.t)
	if len(out.TargetHealthDescriptions) != 1 {
		s.t.Fatalf("the targets are %+v", out.TargetHealthDescriptions)
	}
	return out.TargetHealthDescriptions[0]
}

func TestGroupOfBalancersIsDescribed(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	g := s.flowGroup("balancer", "TCP", func(in *elb.CreateTargetGroupInput) { in.TargetType = "alb" })
	got := fmt.Sprint(g.TargetType, g.HealthCheckProtocol, *g.HealthCheckIntervalSeconds, *g.HealthCheckTimeoutSeconds, *g.HealthyThresholdCount,
		*g.UnhealthyThresholdCount, *g.HealthCheckPath, *g.Matcher.HttpCode, *g.HealthCheckPort)
	if got != fmt.Sprint(elbtypes.TargetTypeEnumAlb, "HTTP", 30, 6, 5, 2, "/", "200-399", "traffic-port") || g.ProtocolVersion != nil {
		t.Errorf("its health check is %s", got)
	}
	shown := map[string]string{}
	out := roomtest.Must(client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn}))(t)
	for _, a := range out.Attributes {
		shown[*a.Key] = *a.Value
	}
	for key, want := range map[string]string{preserve: "true", proxyV2: "false", "stickiness.enabled": "false", "stickiness.type": "source_ip",
		"deregistration_delay.timeout_seconds": "300", crossZone: "use_load_balancer_configuration", cutUnhealthy: "true"} {
		if shown[key] != want {
			t.Errorf("%s is %q, not %q", key, shown[key], want)
		}
		_, err := client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
			TargetGroupArn: g.TargetGroupArn, Attributes: []elbtypes.TargetGroupAttribute{{Key: &key, Value: &want}}})
		wantWords(t, err, "InvalidConfigurationRequest", "The provided target group attribute is not supported")
	}
	changed := roomtest.Must(client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
		TargetGroupArn: g.TargetGroupArn, HealthCheckProtocol: "HTTPS", HealthCheckPath: new("/up")}))(t).TargetGroups[0]
	if changed.HealthCheckProtocol != "HTTPS" || *changed.HealthCheckPath != "/up" {
		t.Errorf("%+v", changed)
	}
	_, err := client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: g.TargetGroupArn, HealthCheckProtocol: "TCP"})
	wantWords(t, err, "InvalidConfigurationRequest", "Health check protocol 'TCP' is not supported")
	for _, in := range []elb.CreateTargetGroupInput{
		{Protocol: "TLS"}, {Protocol: "UDP"}, {Protocol: "TCP_UDP"}, {Protocol: "HTTP"}, {Protocol: "TCP", HealthCheckProtocol: "TCP"},
		{Protocol: "TCP", HealthCheckEnabled: new(false)}, {Protocol: "TCP", ProtocolVersion: new("HTTP1")},
	} {
		in.Name, in.VpcId, in.Port, in.TargetType = new("refused"), &s.vpc, new(int32(80)), "alb"
		_, err := client.CreateTargetGroup(ctx, &in)
		roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	}
	_, err = client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: new("refused"), Port: new(int32(80)), Protocol: "TCP", TargetType: "alb"})
	wantWords(t, err, "ValidationError", "A VPC ID must be specified")
}

// An application load balancer is a target where it listens, once in a group, and neither it nor its listener can be deleted then.
func TestBalancersAreRegistered(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	group := s.balancerGroup("balancer")
	register := func(targets []elbtypes.TargetDescription) error {
		_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: targets})
		return err
	}
	const silent = "If the target type is ALB, the target must have at least one listener that matches the target group port or any specified port overrides"
	wantWords(t, register(s.balanced(0)), "ValidationError", silent)
	listener := s.listen(80)
	s.listen(81)
	wantWords(t, register(s.balanced(82)), "ValidationError", silent)
	zoned := s.balanced(80)
	zoned[0].AvailabilityZone = new("us-east-1a")
	wantWords(t, register(zoned), "ValidationError", "You cannot specify an Availability Zone for targets of type 'alb'")
	id, _ := s.ec2.run(t, s.subnets[0])
	wantWords(t, register([]elbtypes.TargetDescription{{Id: &id}}), "ValidationError", "'"+id+"' is not a valid load balancer ARN")
	gone := *s.balance.LoadBalancerArn + "0"
	wantWords(t, register([]elbtypes.TargetDescription{{Id: &gone}}), "InvalidTarget", gone)
	network := s.network("flow")
	wantWords(t, register([]elbtypes.TargetDescription{{Id: network.LoadBalancerArn}}), "InvalidTarget", *network.LoadBalancerArn)
	away := s.ec2.newVPC(t, "10.1.0.0/16")
	elsewhere := s.flowGroup("elsewhere", "TCP", func(in *elb.CreateTargetGroupInput) { in.TargetType, in.VpcId = "alb", &away })
	_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: elsewhere.TargetGroupArn, Targets: s.balanced(0)})
	wantWords(t, err, "InvalidTarget", "are not in the target group VPC '"+away+"'")

	for range 2 { // it is the same target
		if err := register(s.balanced(0)); err != nil {
			t.Fatal(err)
		}
	}
	wantWords(t, register(s.balanced(81)), "TooManyTargets", "The maximum number of targets per target group is 1")
	shown := s.healthOf(group)
	if *shown.Target.Id != *s.balance.LoadBalancerArn || *shown.Target.Port != 80 || shown.Target.AvailabilityZone != nil || *shown.HealthCheckPort != "80" ||
		shown.TargetHealth.State != "unused" || shown.TargetHealth.Reason != "Target.NotInUse" {
		t.Errorf("%+v %+v", shown.Target, shown.TargetHealth)
	}
	inUse := "Listener port '80' is in use by registered target '" + *s.balance.LoadBalancerArn + "' and cannot be removed."
	_, err = client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &listener})
	wantWords(t, err, "ResourceInUse", inUse)
	_, err = client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &listener, Port: new(int32(82))})
	wantWords(t, err, "ResourceInUse", inUse)
	_, err = client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn})
	wantWords(t, err, "ResourceInUse", "cannot be deleted because it is currently associated with another service")
	roomtest.Must(client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: s.balanced(0)}))(t)
	roomtest.Must(client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &listener}))(t)
	roomtest.Must(client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
}

// Listeners of TCP lead to an application load balancer, of two network load balancers at most.
func TestListenersBeforeABalancer(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	client, ctx := s.client(), t.Context()
	networks := []elbtypes.LoadBalancer{s.network("one"), s.network("two"), s.network("three")}
	var groups []string
	for _, name := range []string{"a", "b", "c", "d"} {
		group := s.balancerGroup(name)
		groups = append(groups, group)
		if name != "d" {
			roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: s.balanced(0)}))(t)
		}
	}
	for _, p := range []elbtypes.ProtocolEnum{"TLS", "UDP", "TCP_UDP"} {
		roomtest.WantAPIError(t, s.forwards(networks[0], p, 443, groups[0]), "IncompatibleProtocols")
	}
	for n := range 2 {
		for port := range int32(2) { // several ports are one network load balancer
			if err := s.forwards(networks[n], "TCP", 80+port, groups[n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	roomtest.WantAPIError(t, s.forwards(networks[1], "TCP", 90, groups[0]), "TargetGroupAssociationLimit")
	roomtest.WantAPIError(t, s.forwards(networks[2], "TCP", 80, groups[2]), "TooManyRegistrationsForTargetId")
	if err := s.forwards(networks[2], "TCP", 80, groups[3]); err != nil {
		t.Error(err)
	}
	_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &groups[3], Targets: s.balanced(0)})
	roomtest.WantAPIError(t, err, "TooManyRegistrationsForTargetId")
	_, err = client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(8080)), Protocol: "HTTP", DefaultActions: forwardTo(groups[3])})
	roomtest.WantAPIError(t, err, "IncompatibleProtocols")
}

// A network load balancer carries what comes to it to the nodes of an application load balancer, and follows their health, their zones, and a restart.
func TestFlowsReachABalancer(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	b, group := s.network("flow"), s.balancerGroup("balancer")
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: s.balanced(0)}))(t)
	if err := s.forwards(b, "TCP", 8080, group); err != nil {
		t.Fatal(err)
	}
	awaits := func(state elbtypes.TargetHealthStateEnum) {
		t.Helper()
		s.await("the application load balancer is "+string(state), func() bool {
			h, _ := s.r.State(group, *s.balance.LoadBalancerArn)
			return h.State == state
		})
	}
	at := func(node int) Interface {
		row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
		eni, _ := s.ec2.Interface(row.Nodes[node].Interface)
		return eni
	}
	told := func(addresses ...netip.Addr) func() bool {
		return func() bool {
			for _, x := range s.r.Report() {
				if x.DNSName == *b.DNSName {
					return x.Healthy == (len(addresses) > 0) && (!x.Healthy || slices.Equal(x.Addresses, addresses))
				}
			}
			return false
		}
	}
	wantHello := func(node int) {
		t.Helper()
		url := "http://" + s.sockets.At(at(node).Address.String()+":8080")
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if body, _ := io.ReadAll(resp.Body); string(body) != "hello" {
			t.Errorf("node %d: %d %s", node, resp.StatusCode, body)
		}
	}
	awaits("healthy")
	s.await("both zones are told of", told(at(0).Public, at(1).Public))
	wantHello(0)
	wantHello(1)

	third := s.ec2.newSubnet(t, s.vpc, "us-east-1c", "10.0.3.0/24")
	roomtest.Must(client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: s.balance.LoadBalancerArn, Subnets: []string{s.subnets[0], third}}))(t)
	s.await("the zone without a node is not told of", told(at(0).Public))
	wantHello(0)

	s.reopen()
	awaits("healthy")
	wantHello(0)
	roomtest.Must(client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn,
		Attributes: []elbtypes.LoadBalancerAttribute{{Key: new(crossZone), Value: new("true")}}}))(t)
	s.await("over zones both are well", told(at(0).Public, at(1).Public))
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	if config, err := s.r.balancerConfig(row); err != nil || len(config.Groups[0].Targets) != 1 { // the third zone is not the network load balancer's
		t.Errorf("%+v, %v", config.Groups[0].Targets, err)
	}
	s.r.reconcile()
	wantHello(1)

	s.ec2.become(t, id, ec2types.InstanceStateNameTerminated)
	awaits("unhealthy")
	if h := s.healthOf(group).TargetHealth; h.Reason != "Target.ResponseCodeMismatch" || !strings.Contains(*h.Description, "503") {
		t.Errorf("%s %s", h.Reason, *h.Description)
	}
	s.await("the alias is ill", told())
	roomtest.Must(client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: s.balanced(80)}))(t)
	if h := s.healthOf(group).TargetHealth; h.State != "draining" || h.Reason != "Target.DeregistrationInProgress" {
		t.Errorf("%+v", h)
	}
}
