package balancing

import (
	"strings"
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
)

// setGroup changes attributes of the site's target group, given as KEY=VALUE.
func (s *site) setGroup(pairs ...string) error {
	in := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: &k, Value: &v})
	}
	_, err := s.client().ModifyTargetGroupAttributes(s.t.Context(), in)
	return err
}

// runGroup is the site's target group for the data path.
func (s *site) runGroup() balancer.Group {
	b, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	g, _ := s.r.targetGroups.Get(s.group)
	return s.r.balancerGroup(b, g)
}

// What attributes of a target group say comes to the data path, also after a restart.
func TestAttributesOfTargetGroupsReachTheDataPath(t *testing.T) {
	s := newSite(t)
	if g := s.runGroup(); g.SlowStart != 0 || g.SameZone || g.MinHealthy != 1 || g.MinPercent != 0 {
		t.Errorf("by default it is %+v", g)
	}
	const routing, dns = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.", "target_group_health.dns_failover.minimum_healthy_targets."
	if err := s.setGroup("slow_start.duration_seconds=30", "load_balancing.cross_zone.enabled=false",
		routing+"count=2", routing+"percentage=40", dns+"count=3", dns+"percentage=50"); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	if g := s.runGroup(); g.SlowStart != 30*time.Second || !g.SameZone || g.MinHealthy != 2 || g.MinPercent != 40 {
		t.Errorf("it is %+v", g)
	}
}

func TestAttributesThatDoNotGoTogether(t *testing.T) {
	const routing, dns = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.", "target_group_health.dns_failover.minimum_healthy_targets."
	s := newSite(t)
	for _, c := range []struct{ attributes, refusal string }{
		{"slow_start.duration_seconds=29", "'29' is not a valid value"},
		{"slow_start.duration_seconds=901", "'901' is not a valid value"},
		{"load_balancing.algorithm.anomaly_mitigation=on", "anomaly mitigation without weighted random"},
		{"slow_start.duration_seconds=30 load_balancing.algorithm.type=least_outstanding_requests", "You cannot enable both slow start and least"},
		{"slow_start.duration_seconds=30 load_balancing.algorithm.type=weighted_random", "You cannot enable both slow start and weighted random"},
		{"load_balancing.algorithm.anomaly_mitigation=true", "is not a valid value"},
		{"load_balancing.algorithm.type=weighted_random load_balancing.algorithm.anomaly_mitigation=on", ""},
		{"load_balancing.algorithm.type=round_robin", "anomaly mitigation without weighted random"},
		{"load_balancing.algorithm.type=weighted_random load_balancing.algorithm.anomaly_mitigation=off", ""},
		{"load_balancing.algorithm.type=random", "is not a valid value"},
		{"load_balancing.algorithm.type=round_robin", ""},
		{"stickiness.enabled=true load_balancing.cross_zone.enabled=false", "cross-zone load balancing disabled"},
		{routing + "count=2", "must be greater than or equal"},
		{routing + "count=2 " + dns + "count=off", ""},
		{routing + "percentage=20 " + dns + "percentage=10", "must be greater than or equal"},
		{routing + "percentage=20 " + dns + "percentage=20", ""},
		{"slow_start.duration_seconds=900", ""},
		{"load_balancing.algorithm.type=least_outstanding_requests", "You cannot enable both slow start and least"},
	} {
		err := s.setGroup(strings.Fields(c.attributes)...)
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: %v", c.attributes, err)
		}
	}
}

// Where nodes keep to their zone, the load balancer's name has the addresses of the zones with healthy targets.
func TestNameHasTheZonesThatAreWell(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.await("Route 53 hears that it is well", func() bool { return s.r.Report()[0].Healthy })
	addresses := func() int { return len(s.r.Report()[0].Addresses) }
	if n := addresses(); n != 2 {
		t.Fatalf("over zones it has %d addresses", n)
	}
	if err := s.setGroup("load_balancing.cross_zone.enabled=false"); err != nil {
		t.Fatal(err)
	}
	if n := addresses(); n != 1 || !s.r.Report()[0].Healthy {
		t.Errorf("within zones it has %d addresses", n)
	}
	if err := s.setGroup("target_group_health.dns_failover.minimum_healthy_targets.count=2"); err != nil {
		t.Fatal(err)
	}
	if n := addresses(); n != 2 || s.r.Report()[0].Healthy {
		t.Errorf("without a zone that is well it has %d addresses", n)
	}
}
