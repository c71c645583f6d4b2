package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

const (
	shopEast = "shop-1.us-east-1.elb.amazonaws.com"
	shopWest = "shop-2.us-west-2.elb.amazonaws.com"
)

// stranger is a stack that nothing declares, as a case changes it before it is judged.
type stranger struct {
	records      []r53types.ResourceRecordSet // the primary's first
	checks       map[string]r53types.HealthCheck
	east, west   *discover.Site
	certificates map[string]fact[certificate]
	capacity     capacity
}

// sound is a failover pair of which nothing is to be found.
func sound() *stranger {
	half := func(part r53types.ResourceRecordSetFailover, to, check string) r53types.ResourceRecordSet {
		return r53types.ResourceRecordSet{Name: aws.String("www.shop.test."), Type: r53types.RRTypeA, SetIdentifier: aws.String(string(part)), Failover: part,
			HealthCheckId: &check,
			AliasTarget:   &r53types.AliasTarget{DNSName: aws.String(to + "."), HostedZoneId: aws.String("Z2"), EvaluateTargetHealth: true}}
	}
	check := func(id, asks string) r53types.HealthCheck {
		return r53types.HealthCheck{Id: &id, HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeHttp, FullyQualifiedDomainName: &asks, Port: aws.Int32(80),
			ResourcePath: aws.String("/healthz"), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(3)}}
	}
	site := func(region, dns string) *discover.Site {
		var targets []elbtypes.TargetHealthDescription
		for _, id := range []string{"i-1", "i-2"} {
			targets = append(targets, elbtypes.TargetHealthDescription{Target: &elbtypes.TargetDescription{Id: aws.String(region + id)},
				TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumHealthy}})
		}
		zones := []elbtypes.AvailabilityZone{{ZoneName: aws.String(region + "a")}, {ZoneName: aws.String(region + "b")}}
		return &discover.Site{
			Account:  &account.Account{Region: region},
			Balancer: elbtypes.LoadBalancer{DNSName: &dns, LoadBalancerName: aws.String("shop"), AvailabilityZones: zones},
			Listeners: []discover.Listener{{Listener: elbtypes.Listener{Port: aws.Int32(80)}}, {Listener: elbtypes.Listener{Port: aws.Int32(443),
				Certificates: []elbtypes.Certificate{{CertificateArn: aws.String("arn:" + region)}}}}},
			Groups: []discover.Group{{TargetGroup: elbtypes.TargetGroup{TargetGroupName: aws.String("shop")}, Targets: targets}},
			Fleets: []asgtypes.AutoScalingGroup{{AutoScalingGroupName: aws.String("shop"), MaxSize: aws.Int32(4),
				AvailabilityZones: []string{region + "a", region + "b"}}},
		}
	}
	issued := fact[certificate]{value: certificate{"ISSUED", []string{"*.shop.test"}, 90 * 24 * time.Hour}}
	return &stranger{
		records:      []r53types.ResourceRecordSet{half("PRIMARY", shopEast, "c-1"), half("SECONDARY", shopWest, "c-2")},
		checks:       map[string]r53types.HealthCheck{"c-1": check("c-1", shopEast), "c-2": check("c-2", shopWest)},
		east:         site("us-east-1", shopEast),
		west:         site("us-west-2", shopWest),
		certificates: map[string]fact[certificate]{"arn:us-east-1": issued, "arn:us-west-2": issued},
		capacity: capacity{fact[map[string]int]{value: map[string]int{"L-1216C47A": 32}}, fact[kind]{value: kind{known: true, vcpus: 2}},
			fact[running]{value: running{all: 4}}, "t3.small"},
	}
}

func (s *stranger) judge() []Finding {
	zone := discover.Zone{ID: "Z1", Name: "shop.test"}
	tree := discover.Walk(zone, "www.shop.test", s.records)
	return inOrder((&standing{
		Stack:        &discover.Stack{Zone: zone, Tree: tree, Checks: s.checks, Sites: []*discover.Site{s.east, s.west}},
		sides:        sidesOf(tree),
		certificates: s.certificates, capacity: map[string]capacity{shopWest: s.capacity},
	}).judge())
}

func (s *stranger) target(n int) *elbtypes.TargetHealth {
	return s.west.Groups[0].Targets[n].TargetHealth
}

func TestStrangersAreJudgedWithoutADeclaration(t *testing.T) {
	if all := sound().judge(); len(all) > 0 {
		t.Errorf("of one that is sound: %+v", all)
	}
	balancer := func(s *stranger) *elbtypes.LoadBalancer { return &s.west.Balancer }
	fleet := func(s *stranger) *asgtypes.AutoScalingGroup { return &s.west.Fleets[0] }
	asks := func(s *stranger, name string) { s.checks["c-1"].HealthCheckConfig.FullyQualifiedDomainName = &name }
	const first, second = understudy.Primary, understudy.Secondary
	check := func(s *stranger) *r53types.HealthCheckConfig { return s.checks["c-1"].HealthCheckConfig }
	for name, c := range map[string]struct {
		change func(*stranger)
		check  string
		worst  Severity
		side   understudy.Side
		says   string
	}{
		"one region": {func(s *stranger) { s.records = s.records[:1] }, CheckRecords, Blocker, understudy.Global, "one region alone, us-east-1"},
		"a primary that is never left": {func(s *stranger) {
			s.records[0].HealthCheckId, s.records[0].AliasTarget.EvaluateTargetHealth = nil, false
		},
			CheckRecords, Blocker, first, "no health check, and evaluates nothing"},
		"a primary without a health check": {func(s *stranger) { s.records[0].HealthCheckId = nil }, CheckRecords, Warning, first, "no health check"},
		"a primary that does not evaluate": {func(s *stranger) { s.records[0].AliasTarget.EvaluateTargetHealth = false },
			CheckRecords, Warning, first, "does not evaluate"},
		"a long TTL": {func(s *stranger) {
			s.records[1].AliasTarget, s.records[1].TTL = nil, aws.Int64(300)
			s.records[1].Type, s.records[1].ResourceRecords = r53types.RRTypeCname, []r53types.ResourceRecord{{Value: aws.String(shopWest)}}
		}, CheckRecords, Warning, second, "TTL of 300 s"},
		"a record to nowhere": {func(s *stranger) {
			r := s.records[1]
			r.HealthCheckId = nil
			r.AliasTarget = &r53types.AliasTarget{DNSName: aws.String("old.shop.test."), HostedZoneId: aws.String("Z1"), EvaluateTargetHealth: true}
			s.records = append(s.records, r)
		}, CheckRecords, Warning, understudy.Global, "old.shop.test, which has no record"},
		"a cycle": {func(s *stranger) {
			r := s.records[1]
			r.HealthCheckId = nil
			r.AliasTarget = &r53types.AliasTarget{DNSName: aws.String("www.shop.test."), HostedZoneId: aws.String("Z1"), EvaluateTargetHealth: true}
			s.records = append(s.records, r)
		}, CheckRecords, Blocker, understudy.Global, "leads back"},
		"a check that is gone":    {func(s *stranger) { delete(s.checks, "c-1") }, CheckHealth, Warning, first, "c-1, which is gone"},
		"a disabled check":        {func(s *stranger) { check(s).Disabled = aws.Bool(true) }, CheckHealth, Blocker, first, "is disabled"},
		"an inverted check":       {func(s *stranger) { check(s).Inverted = aws.Bool(true) }, CheckHealth, Warning, first, "is inverted"},
		"a check of a connection": {func(s *stranger) { check(s).Type = r53types.HealthCheckTypeTcp }, CheckHealth, Warning, first, "only connects"},
		"a check of the name":     {func(s *stranger) { asks(s, "www.shop.test") }, CheckHealth, Blocker, first, "itself"},
		"a check of another port": {func(s *stranger) { check(s).Port = aws.Int32(8080) }, CheckHealth, Blocker, first, "asks port 8080"},
		"a check of the other":    {func(s *stranger) { asks(s, shopWest) }, CheckHealth, Warning, first, "does not lead"},
		"a slow check":            {func(s *stranger) { check(s).RequestInterval = aws.Int32(30) }, CheckHealth, Note, first, "3 failures, 30 s apart"},
		"one zone": {func(s *stranger) {
			balancer(s).AvailabilityZones = balancer(s).AvailabilityZones[:1]
		}, CheckZones, Warning, second, "us-west-2a"},
		"a fleet in one zone":      {func(s *stranger) { fleet(s).AvailabilityZones = []string{"us-west-2b"} }, CheckZones, Warning, second, "us-west-2b"},
		"a small fleet":            {func(s *stranger) { fleet(s).MaxSize = aws.Int32(1) }, CheckStandby, Warning, second, "may have 1 instances"},
		"a target that starts":     {func(s *stranger) { s.target(0).State = "initial" }, CheckStandby, Warning, second, "1 targets serve"},
		"an unreadable quota":      {func(s *stranger) { s.capacity.limits.err = coded("AccessDenied") }, CheckQuota, Unchecked, second, "GetServiceQuota"},
		"a certificate that ends":  {func(s *stranger) { s.certificates["arn:us-west-2"] = ending() }, CheckCertificate, Warning, second, "ends in 3 days"},
		"a certificate of another": {func(s *stranger) { s.certificates["arn:us-east-1"] = another() }, CheckCertificate, Warning, first, "not www.shop.test"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sound()
			c.change(s)
			all := s.judge()
			if len(all) != 1 || all[0].Check != c.check || all[0].Severity != c.worst || all[0].Side != c.side ||
				!strings.Contains(all[0].What, c.says) || all[0].Why == "" {
				t.Errorf("want one %s %s of the %s with %q in %+v", c.check, c.worst, c.side, c.says, all)
			}
		})
	}
}

func ending() fact[certificate] {
	return fact[certificate]{value: certificate{"ISSUED", []string{"www.shop.test"}, 3*24*time.Hour + time.Hour}}
}

func another() fact[certificate] {
	return fact[certificate]{value: certificate{"ISSUED", []string{"shop.example"}, 90 * 24 * time.Hour}}
}

// What has several consequences is told with each of them.
func TestStandbyWithoutTargetsIsABlocker(t *testing.T) {
	s := sound()
	s.west.Groups[0].Targets = nil
	s.capacity.running.value.all, s.capacity.limits.value = 30, map[string]int{"L-1216C47A": 32}
	var found []string
	for _, f := range s.judge() {
		found = append(found, string(f.Severity)+" "+f.Check)
	}
	if got := strings.Join(found, ", "); got != "blocker standby, blocker quota, warning targets" {
		t.Errorf("found %s", got)
	}
	s = sound()
	s.target(0).State = elbtypes.TargetHealthStateEnumUnhealthy
	all := s.judge()
	if len(all) != 2 || all[0].Check != CheckTargets || !strings.Contains(all[0].What, "1 of 2 targets of shop are ill") || all[1].Check != CheckStandby {
		t.Errorf("of an ill target %+v", all)
	}
}

// In a tree of weights, a branch that is ill keeps its share unless its record learns of it.
func TestBranchesOfWeightsAreToHeedWhatIsBelow(t *testing.T) {
	s := sound()
	for n := range s.records {
		s.records[n].Name = aws.String("a.shop.test.")
	}
	share := func(id, to string, heeds bool) r53types.ResourceRecordSet {
		return r53types.ResourceRecordSet{Name: aws.String("www.shop.test."), Type: r53types.RRTypeA, SetIdentifier: &id, Weight: aws.Int64(50),
			AliasTarget: &r53types.AliasTarget{DNSName: aws.String(to), HostedZoneId: aws.String("Z1"), EvaluateTargetHealth: heeds}}
	}
	s.records = append(s.records, share("heeding", "a.shop.test.", true), share("blind", "a.shop.test.", false))
	all := s.judge()
	if len(all) != 1 || all[0].Severity != Warning || !strings.HasPrefix(all[0].What, "www.shop.test A blind has no health check") {
		t.Errorf("%+v", all)
	}
}

func TestABalancerBehindABalancerIsNotLookedBehind(t *testing.T) {
	s := sound()
	for _, site := range []*discover.Site{s.east, s.west} {
		g := &site.Groups[0]
		g.TargetType, g.Targets = elbtypes.TargetTypeEnumAlb, g.Targets[:1]
		g.Targets[0].Target.Id = aws.String("arn:aws:elasticloadbalancing:" + site.Region + ":1:loadbalancer/app/inner/50dc6c495c0c9188")
	}
	all := s.judge()
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	for _, f := range all {
		const what = "shop leads to the application load balancer inner, behind which nothing is looked at"
		if f.Check != CheckTargets || f.Severity != Note || !strings.Contains(f.What, what) {
			t.Errorf("%+v", f)
		}
	}
}
