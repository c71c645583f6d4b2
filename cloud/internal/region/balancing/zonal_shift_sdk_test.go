package balancing

import (
	"net/netip"
	"slices"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// target starts an instance in a subnet, which accepts connections.
func (s *site) target(subnet string) elbtypes.TargetDescription {
	s.t.Helper()
	id, at := s.ec2.run(s.t, subnet)
	l, err := s.sockets.Listen("tcp", at.String()+":80")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return elbtypes.TargetDescription{Id: &id}
}

func TestZonalShiftOfANetworkLoadBalancer(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	b, g := s.network("flow"), s.flowGroup("flow", "TCP", nil)
	roomtest.Must(s.r.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: new(int32(80)), Protocol: "TCP", DefaultActions: forwardTo(*g.TargetGroupArn),
	}))(t)
	targets := []elbtypes.TargetDescription{s.target(s.subnets[0]), s.target(s.subnets[1])}
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: g.TargetGroupArn, Targets: targets}))(t)
	set := func(key, value string) error {
		_, err := client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &key, Value: &value}}})
		return err
	}
	// inDNS are the zones whose own names are well, and how many addresses the load balancer's has.
	inDNS := func() (zones []string, addresses int) {
		for _, l := range s.r.Report() {
			switch l.DNSName {
			case *b.DNSName:
				addresses = len(l.Addresses)
			case "us-east-1a." + *b.DNSName, "us-east-1b." + *b.DNSName:
				if l.Healthy {
					zones = append(zones, l.DNSName[:len("us-east-1a")])
				}
			}
		}
		return zones, addresses
	}
	await := func(want ...string) {
		t.Helper()
		s.await("zones in DNS", func() bool {
			zones, addresses := inDNS()
			return slices.Equal(zones, want) && addresses == len(want)
		})
	}
	shift := func(zone string) {
		t.Helper()
		if err := s.r.Update(func(tx *store.Tx) error { return s.r.Shift(tx, *b.LoadBalancerArn, zone) }); err != nil {
			t.Fatal(err)
		}
	}
	overrides := func() (states []string) {
		out := roomtest.Must(client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn, Targets: targets}))(t)
		for _, d := range out.TargetHealthDescriptions {
			states = append(states, string(d.AdministrativeOverride.State))
		}
		return states
	}
	await("us-east-1a", "us-east-1b")
	if err := set("zonal_shift.config.enabled", "true"); err != nil {
		t.Fatal(err)
	}
	shift("us-east-1a")
	await("us-east-1b")
	roomtest.WantSame(t, "overrides", overrides(), "zonal_shift_delegated_to_dns", "no_override")

	// Across zones it takes a target group that can be shifted.
	roomtest.WantAPIError(t, set("load_balancing.cross_zone.enabled", "true"), "InvalidConfigurationRequest")
	roomtest.Must(client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn,
		Attributes: []elbtypes.TargetGroupAttribute{{Key: new(cutUnhealthy), Value: new("false")}}}))(t)
	if err := set("load_balancing.cross_zone.enabled", "true"); err != nil {
		t.Fatal(err)
	}
	await("us-east-1b")
	roomtest.WantSame(t, "overrides across zones", overrides(), "zonal_shift_active", "no_override")
	_, err := client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn,
		Attributes: []elbtypes.TargetGroupAttribute{{Key: new(cutUnhealthy), Value: new("true")}}})
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	if err := s.forwards(b, "UDP", 81, *s.flowGroup("datagrams", "UDP", nil).TargetGroupArn); err == nil {
		t.Error("a load balancer that can be shifted across zones carries datagrams")
	}
	if err := set("zonal_shift.config.enabled", "false"); err != nil {
		t.Fatal(err)
	}
	await("us-east-1a", "us-east-1b")
	roomtest.WantAPIError(t, set("zonal_shift.config.enabled", "maybe"), "ValidationError")
}

// A shift of a network load balancer takes its node in the zone out of DNS, and with it the application load balancer's there, since flows keep to
// their zone: with such a target it cannot cross zones and be shifted
// (https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-shift.resource-types.network-load-balancers.html).
func TestZonalShiftBeforeAnApplicationLoadBalancer(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	s.listen(80)
	if err := s.r.Register(s.group, []string{s.launch(saysHello)}); err != nil {
		t.Fatal(err)
	}
	b, group := s.network("flow"), s.balancerGroup("balancer")
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: s.balanced(0)}))(t)
	if err := s.forwards(b, "TCP", 8080, group); err != nil {
		t.Fatal(err)
	}
	set := func(key, value string) error {
		_, err := client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &key, Value: &value}}})
		return err
	}
	shift := func(arn *string, zone string) {
		t.Helper()
		if err := s.r.Update(func(tx *store.Tx) error { return s.r.Shift(tx, *arn, zone) }); err != nil {
			t.Fatal(err)
		}
	}
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	awaits := func(what string, nodes ...int) {
		t.Helper()
		var want []netip.Addr
		for _, n := range nodes {
			eni, _ := s.ec2.Interface(row.Nodes[n].Interface)
			want = append(want, eni.Public)
		}
		s.await(what, func() bool {
			return slices.ContainsFunc(s.r.Report(), func(x beacon.LoadBalancer) bool {
				return x.DNSName == *b.DNSName && x.Healthy && slices.Equal(x.Addresses, want)
			})
		})
	}
	override := func(want elbtypes.TargetAdministrativeOverrideStateEnum) {
		t.Helper()
		if got := s.healthOf(group).AdministrativeOverride.State; got != want {
			t.Errorf("its override is %s, not %s", got, want)
		}
	}
	awaits("both zones are well", 0, 1)
	override("no_override")
	if err := set(zonalShift, "true"); err != nil {
		t.Fatal(err)
	}
	shift(b.LoadBalancerArn, "us-east-1a")
	awaits("the zone is left", 1)
	override("zonal_shift_delegated_to_dns")
	s.r.PublishMetrics(func(m metrics.Metric, _ string, data metrics.Summary) {
		if m.Name == "ZonalShiftedHostCount" { // no target is kept from requests: its zone has no clients
			t.Errorf("%s %v is told as %v", m.Name, m.Dimensions, data)
		}
	})
	s.reopen()
	awaits("the zone is left after a restart", 1)

	wantWords(t, set(crossZone, "true"), "InvalidConfigurationRequest", "its target type is not 'alb'")
	if err := set(zonalShift, "false"); err != nil {
		t.Fatal(err)
	}
	awaits("the shift has ended", 0, 1)
	override("no_override")
	if err := set(crossZone, "true"); err != nil {
		t.Fatal(err)
	}
	wantWords(t, set(zonalShift, "true"), "InvalidConfigurationRequest", "its target type is not 'alb'")

	other := s.network("other")
	roomtest.Must(client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: other.LoadBalancerArn,
		Attributes: []elbtypes.LoadBalancerAttribute{{Key: new(zonalShift), Value: new("true")}, {Key: new(crossZone), Value: new("true")}}}))(t)
	wantWords(t, s.forwards(other, "TCP", 8080, s.balancerGroup("later")), "InvalidConfigurationRequest", "its target type is not 'alb'")

	// "If you start a zonal shift from the Application Load Balancer, the Network Load Balancer doesn't recognize the shift", the same guide.
	shift(s.balance.LoadBalancerArn, "us-east-1a")
	awaits("the application load balancer's shift is its own", 0, 1)
	override("no_override")
}
