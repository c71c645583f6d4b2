package failover

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// askingNow is a health check of a load balancer's name.
func askingNow(id, name string) route53types.HealthCheck {
	return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
		Type: "HTTP", FullyQualifiedDomainName: &name, Port: aws.Int32(81), ResourcePath: aws.String("/ok"),
		RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2)}}
}

// In the standby's network the switch moves too, but the primary's record follows the calculated check that it has.
func TestTheSwitchOfAnotherNetworkTakesACheckOfItsOwn(t *testing.T) {
	s := resourcetest.Scope(t)
	b := &balancing.Balancer{DNSName: "new.elb", Earlier: []elbtypes.LoadBalancer{{DNSName: aws.String("old.elb")}}}
	asks := SwitchCheck(s, b, 1)
	config := asks.Wanted()
	config.FullyQualifiedDomainName = aws.String("old.elb")
	asks.choose(route53types.HealthCheck{Id: aws.String("asks-old"), HealthCheckConfig: config})
	if asks.next() != resource.Unknown {
		t.Errorf("the check of the earlier load balancer is to be %s", asks.next())
	}
	asks.choose(route53types.HealthCheck{Id: aws.String("asks-new"), HealthCheckConfig: asks.Wanted()})
	both := CalculatedCheck(s, &Passing{Scope: s, Check: &Check{ID: "application", Balancer: &balancing.Balancer{}}}, []*OwnCheck{asks})
	counts := both.Wanted()
	counts.ChildHealthChecks = []string{"application", "asks-old"}
	both.ID, both.config, both.tags = "both", counts, both.Tagged(both.Name)
	resourcetest.Expect(t, both, "children: application, asks-new, not application, asks-old", "superseded children: , not asks-old")
	if both.next() != "both" {
		t.Errorf("the primary's record is to follow %s", both.next())
	}
	b.Earlier = nil
	if asks = SwitchCheck(s, b, 1); asks.renews([]resource.Difference{{Name: "asks"}}) {
		t.Error("a load balancer in the same network takes another check")
	}
}

func TestSwitchCheckAndCalculatedCheckDiffer(t *testing.T) {
	s := resourcetest.Scope(t)
	b := &balancing.Balancer{DNSName: "LB.us-west-2.elb.amazonaws.com"}
	standby := s
	standby.Side = understudy.Secondary
	asks, application := SwitchCheck(standby, b, 1), &Check{Scope: s, ID: "application"}
	both := CalculatedCheck(s, &Passing{Scope: s, Check: application}, []*OwnCheck{asks})
	resourcetest.Expect(t, both, "type: CALCULATED, not ", "inverted: no, not ", "disabled: no, not ", "children: (known after), application, not ",
		"healthy children: 2, not ", "tagged: yes, not ")
	asks.ID, asks.config, asks.tags = "asks", asks.Wanted(), asks.Tagged(asks.Name)
	both.ID, both.config, both.tags = "both", both.Wanted(), both.Tagged(both.Name)
	resourcetest.Expect(t, asks)
	resourcetest.Expect(t, both)

	asks.config.Inverted, asks.config.SearchString = aws.Bool(false), aws.String("")
	asks.config.Regions = []route53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}
	resourcetest.Expect(t, asks, "inverted: yes, not no", "looks for: understudy: the standby serves, not ",
		"checkers in: all regions, not eu-west-1, sa-east-1, us-east-1")
	both.config.HealthThreshold, both.config.ChildHealthChecks = aws.Int32(1), []string{"asks"}
	resourcetest.Expect(t, both, "children: application, asks, not asks", "healthy children: 2, not 1")

	// Another interval takes a new check, which the calculated one then counts; the earlier one goes after that.
	asks.config = asks.Wanted()
	asks.config.RequestInterval = aws.Int32(10)
	both.config = both.Wanted()
	both.config.ChildHealthChecks = []string{"application", "asks"}
	both.config.HealthThreshold = aws.Int32(2)
	resourcetest.Expect(t, both, "children: (known after), application, not application, asks")
	asks.choose(route53types.HealthCheck{Id: aws.String("anew"), HealthCheckConfig: asks.Wanted()})
	resourcetest.Expect(t, both, "children: anew, application, not application, asks", "superseded children: , not asks")
}

func TestFurtherChecksAskWhatIsDeclared(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Failover.Check.Regions = []string{"us-east-1", "eu-west-1", "sa-east-1"}
	s.Declared.Failover.Further = []understudy.Check{
		{Port: 80, Protocol: understudy.CheckTCP}, {Path: "/x", Match: "y", Protocol: understudy.CheckHTTPS, Port: 8443,
			Host: map[understudy.Side]string{understudy.Primary: "east.hello.test", understudy.Secondary: "west.hello.test"}},
	}
	b := &balancing.Balancer{DNSName: "LB.us-east-1.elb.amazonaws.com"}
	tcp, named := FurtherCheck(s, b, 1), FurtherCheck(s, b, 2)
	for _, c := range []*OwnCheck{tcp, named} {
		c.ID, c.config, c.tags = "c", c.Wanted(), c.Tagged(c.Name)
		resourcetest.Expect(t, c)
	}
	if w := tcp.Wanted(); w.Type != route53types.HealthCheckTypeTcp || w.ResourcePath != nil || w.EnableSNI != nil || *w.Port != 80 {
		t.Errorf("by TCP: %+v", w)
	}
	if w := named.Wanted(); w.Type != route53types.HealthCheckTypeHttpsStrMatch || *w.FullyQualifiedDomainName != "east.hello.test" || !*w.EnableSNI {
		t.Errorf("by name: %+v", w)
	}
	tcp.config.Port = aws.Int32(82)
	resourcetest.Expect(t, tcp, "port: 80, not 82")
	s.Declared.Failover.Further[0] = understudy.Check{Path: "/z"}
	resourcetest.Expect(t, tcp, "type: HTTP, not TCP", "port: 81, not 82", "path: /z, not ")
	if tcp.next() != resource.Unknown {
		t.Error("a check of another type is to be changed in place")
	}
}

// A region with several checks is healthy while enough of them pass.
func TestEnoughChecksPass(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Failover.Further, s.Declared.Failover.Healthy = make([]understudy.Check, 2), 2
	p := &Passing{Scope: s, Check: &Check{ID: "a"}, Further: []*OwnCheck{{}, {}}}
	well, ill := FoundCheck{Passing: true}, FoundCheck{Name: "failover.checks[0]", Measured: Measured{Checkers: 16, Healthy: 1}}
	for _, c := range []struct {
		found []FoundCheck
		want  bool
	}{{[]FoundCheck{well, ill, ill}, false}, {[]FoundCheck{well, ill, well}, true}, {[]FoundCheck{ill, well, well}, true}} {
		if p.Found = c.found; p.Passes() != c.want {
			t.Errorf("%+v pass: %v", c.found, p.Passes())
		}
	}
	if want := "2 of 3 checks have to pass: failover.checks[0]: 1 of 16 checkers report success"; !strings.HasPrefix(p.Told(), want) {
		t.Errorf("told is %q", p.Told())
	}
}

func TestPrimarysRecordFollowsTheSwitch(t *testing.T) {
	r := &Records{Scope: resourcetest.Scope(t), Checks: map[understudy.Side]*Check{}}
	for _, side := range understudy.Sides {
		r.Checks[side] = &Check{ID: "check-" + string(side)}
	}
	r.Switched = map[understudy.Side]*OwnCheck{understudy.Primary: {ID: "both", superseded: []string{"twin"}}}
	for side, want := range map[understudy.Side]string{understudy.Primary: "both", understudy.Secondary: "check-secondary"} {
		if got := r.follows(side).Identity(); got != want {
			t.Errorf("the %s follows %s, want %s", side, got, want)
		}
	}
	if got := r.superseded(understudy.Primary); len(got) != 1 || got[0] != "twin" {
		t.Errorf("superseded are %v", got)
	}
	r.Switched = nil
	if got := r.follows(understudy.Primary).Identity(); got != "check-primary" {
		t.Errorf("without a switch the primary follows %s", got)
	}
}

func TestNewSwitchIsUsedOnlyWhenItsCheckersAreSure(t *testing.T) {
	at := time.Unix(1e9, 0)
	probe := func(ip string, n int) route53types.HealthCheckObservation {
		return route53types.HealthCheckObservation{IPAddress: &ip, StatusReport: &route53types.StatusReport{
			Status: aws.String("Failure: HTTP Status Code 503"), CheckedTime: aws.Time(at.Add(time.Duration(n) * time.Second)),
		}}
	}
	seen := map[string]map[time.Time]bool{}
	for n, c := range []struct {
		now  []route53types.HealthCheckObservation
		want bool
	}{
		{nil, false},
		{[]route53types.HealthCheckObservation{probe("a", 0), probe("b", 0)}, false},
		{[]route53types.HealthCheckObservation{probe("a", 0), probe("b", 1)}, false}, // a's is the same probe
		{[]route53types.HealthCheckObservation{probe("a", 1), probe("b", 1)}, true},
	} {
		if got := countFailures(seen, c.now, 2); got != c.want {
			t.Errorf("look %d: sure %v", n, got)
		}
	}
}
