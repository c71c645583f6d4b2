package balancing

import (
	"slices"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

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
	if err := set("zonal_shift.config.enabled", "false"); err != nil {
		t.Fatal(err)
	}
	await("us-east-1a", "us-east-1b")
	roomtest.WantAPIError(t, set("zonal_shift.config.enabled", "maybe"), "ValidationError")
}
