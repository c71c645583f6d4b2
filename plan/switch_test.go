package plan

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestSwitchCheckAndCalculatedCheckDiffer(t *testing.T) {
	s := resourcetest.Scope(t)
	b := &balancing.Balancer{DNSName: "LB.us-west-2.elb.amazonaws.com"}
	standby := s
	standby.Side = understudy.Secondary
	asks, application := switchCheck(standby, b, 1), &check{Scope: s, id: "application"}
	both := calculatedCheck(s, &passing{Scope: s, check: application}, []*ownCheck{asks})
	resourcetest.Expect(t, both, "type: CALCULATED, not ", "inverted: no, not ", "disabled: no, not ", "children: (known after), application, not ",
		"healthy children: 2, not ", "tagged: yes, not ")
	asks.id, asks.config, asks.tags = "asks", asks.wanted(), asks.Tagged(asks.name)
	both.id, both.config, both.tags = "both", both.wanted(), both.Tagged(both.name)
	resourcetest.Expect(t, asks)
	resourcetest.Expect(t, both)

	asks.config.Inverted, asks.config.SearchString = aws.Bool(false), aws.String("")
	asks.config.Regions = []route53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}
	resourcetest.Expect(t, asks, "inverted: yes, not no", "looks for: understudy: the standby serves, not ",
		"checkers in: all regions, not eu-west-1, sa-east-1, us-east-1")
	both.config.HealthThreshold, both.config.ChildHealthChecks = aws.Int32(1), []string{"asks"}
	resourcetest.Expect(t, both, "children: application, asks, not asks", "healthy children: 2, not 1")

	// Another interval takes a new check, which the calculated one then counts; the earlier one goes after that.
	asks.config = asks.wanted()
	asks.config.RequestInterval = aws.Int32(10)
	both.config = both.wanted()
	both.config.ChildHealthChecks = []string{"application", "asks"}
	both.config.HealthThreshold = aws.Int32(2)
	resourcetest.Expect(t, both, "children: (known after), application, not application, asks")
	asks.choose(route53types.HealthCheck{Id: aws.String("anew"), HealthCheckConfig: asks.wanted()})
	resourcetest.Expect(t, both, "children: anew, application, not application, asks", "superseded children: , not asks")
}

// With fewer checks than all enough, the switch has as many votes more as the others may lack; either alone decides.
func TestTheSwitchOutvotesARegionsChecks(t *testing.T) {
	for _, c := range []struct{ further, healthy, switches, threshold int }{{0, 0, 1, 2}, {2, 0, 1, 4}, {2, 2, 2, 4}, {3, 1, 4, 5}, {8, 5, 5, 10}} {
		s := resourcetest.Scope(t)
		s.Declared.Failover.Healthy = c.healthy
		for range c.further {
			s.Declared.Failover.Further = append(s.Declared.Failover.Further, understudy.Check{Path: "/x"})
		}
		v := takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		both := v.records.switched[understudy.Primary].wanted()
		f := s.Declared.Failover
		votes := f.SwitchChecks()
		if votes != c.switches || int(*both.HealthThreshold) != c.threshold || len(both.ChildHealthChecks) != 1+c.further+c.switches {
			t.Errorf("%+v: %d checks of the switch, %d of %d children", c, votes, *both.HealthThreshold, len(both.ChildHealthChecks))
		}
		for well := 0; well <= 1+c.further; well++ {
			if healthy := well+votes >= c.threshold; healthy != (well >= f.Needed()) {
				t.Errorf("%+v: with %d healthy the region is %v", c, well, healthy)
			}
			if well >= c.threshold {
				t.Errorf("%+v: with %d healthy the switch moves nobody", c, well)
			}
		}
		standby := v.records.switched[understudy.Secondary]
		if (standby != nil) != (c.further > 0) || standby != nil && int(*standby.wanted().HealthThreshold) != f.Needed() {
			t.Errorf("%+v: the standby's record follows %+v", c, standby)
		}
	}
}

func TestFurtherChecksAskWhatIsDeclared(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Failover.Check.Regions = []string{"us-east-1", "eu-west-1", "sa-east-1"}
	s.Declared.Failover.Further = []understudy.Check{
		{Port: 80, Protocol: understudy.CheckTCP}, {Path: "/x", Match: "y", Protocol: understudy.CheckHTTPS, Port: 8443,
			Host: map[understudy.Side]string{understudy.Primary: "east.hello.test", understudy.Secondary: "west.hello.test"}},
	}
	b := &balancing.Balancer{DNSName: "LB.us-east-1.elb.amazonaws.com"}
	tcp, named := furtherCheck(s, b, 1), furtherCheck(s, b, 2)
	for _, c := range []*ownCheck{tcp, named} {
		c.id, c.config, c.tags = "c", c.wanted(), c.Tagged(c.name)
		resourcetest.Expect(t, c)
	}
	if w := tcp.wanted(); w.Type != route53types.HealthCheckTypeTcp || w.ResourcePath != nil || w.EnableSNI != nil || *w.Port != 80 {
		t.Errorf("by TCP: %+v", w)
	}
	if w := named.wanted(); w.Type != route53types.HealthCheckTypeHttpsStrMatch || *w.FullyQualifiedDomainName != "east.hello.test" || !*w.EnableSNI {
		t.Errorf("by name: %+v", w)
	}
	tcp.config.Port = aws.Int32(82)
	resourcetest.Expect(t, tcp, "port: 80, not 82")
	s.Declared.Failover.Further[0] = understudy.Check{Path: "/z"}
	resourcetest.Expect(t, tcp, "type: HTTP, not TCP", "port: 81, not 82", "path: /z, not ")
	if tcp.Next() != resource.Unknown {
		t.Error("a check of another type is to be changed in place")
	}
}

// A region with several checks is healthy while enough of them pass.
func TestEnoughChecksPass(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Failover.Further, s.Declared.Failover.Healthy = make([]understudy.Check, 2), 2
	p := &passing{Scope: s, check: &check{id: "a"}, further: []*ownCheck{{}, {}}}
	well, ill := FoundCheck{Passing: true}, FoundCheck{Name: "failover.checks[0]", Measured: Measured{Checkers: 16, Healthy: 1}}
	for _, c := range []struct {
		found []FoundCheck
		want  bool
	}{{[]FoundCheck{well, ill, ill}, false}, {[]FoundCheck{well, ill, well}, true}, {[]FoundCheck{ill, well, well}, true}} {
		if p.found = c.found; p.passes() != c.want {
			t.Errorf("%+v pass: %v", c.found, p.passes())
		}
	}
	if want := "2 of 3 checks have to pass: failover.checks[0]: 1 of 16 checkers report success"; !strings.HasPrefix(p.told(), want) {
		t.Errorf("told is %q", p.told())
	}
}

func TestPrimarysRecordFollowsTheSwitch(t *testing.T) {
	r := &records{Scope: resourcetest.Scope(t), checks: map[understudy.Side]*check{}}
	for _, side := range understudy.Sides {
		r.checks[side] = &check{id: "check-" + string(side)}
	}
	r.switched = map[understudy.Side]*ownCheck{understudy.Primary: {id: "both", superseded: []string{"twin"}}}
	for side, want := range map[understudy.Side]string{understudy.Primary: "both", understudy.Secondary: "check-secondary"} {
		if got := r.follows(side).Identity(); got != want {
			t.Errorf("the %s follows %s, want %s", side, got, want)
		}
	}
	if got := r.superseded(understudy.Primary); len(got) != 1 || got[0] != "twin" {
		t.Errorf("superseded are %v", got)
	}
	r.switched = nil
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

func TestWithoutASwitchItsPartsAreDeletedAndNeverMade(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Failover.Switch = understudy.SwitchNone
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	var kept []*retired
	for _, n := range v.graph.nodes {
		r, ok := n.resource.(*retired)
		if !ok {
			continue
		}
		switch r.Resource.(type) {
		case *balancing.SwitchRule, *ownCheck:
			kept = append(kept, r)
			r.there = true
			if found, err := (&retired{Resource: &onceLost{}}).Find(context.Background()); !found || err != nil {
				t.Errorf("what is not there is to be created: %v, %v", found, err)
			}
		}
	}
	if len(kept) != 6+4*understudy.MostChecks || len(v.records.switched) > 0 { // of each side, what may be left of further checks, and of the switch's
		t.Fatalf("%d parts of a switch, followed: %v", len(kept), v.records.switched)
	}
	var order []string
	for _, s := range removalsOfDoubles(&v.graph, nil) {
		order = append(order, s.Resource)
	}
	for _, before := range [][2]string{{"primary/calculated check", "secondary/switch check"}, {"secondary/switch check", "secondary/switch"},
		{"secondary/calculated check", "primary/switch check"}, {"primary/switch check", "primary/switch"}} {
		if a, b := slices.Index(order, before[0]), slices.Index(order, before[1]); a < 0 || b < a {
			t.Errorf("%v is not deleted in the order %v", before, order)
		}
	}
}

// The switch of a network load balancer is a listener, whose port says who is to serve. up sets the port of one that says nothing, and no other's.
func TestTheSwitchOfANetworkLoadBalancerIsAListener(t *testing.T) {
	d := resourcetest.Scope(t).Declared
	d.Balancer.Kind, d.Target.Protocol = understudy.KindNetwork, understudy.TCP
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {Region: "us-east-1"}, understudy.Secondary: {Region: "us-west-2"}})
	l, ok := v.graph.byID["secondary/switch"].resource.(*balancing.Listener)
	if _, gone := v.graph.byID["primary/switch"].resource.(*retired); !ok || !gone || !l.Switches || resourcetest.Wanted(l, "protocol") != "TCP" {
		t.Fatalf("%+v", v.graph.byID["secondary/switch"].resource)
	}
	c := switchCheck(v.regions[understudy.Secondary].Scope, v.regions[understudy.Secondary].balancer, 1).wanted()
	if c.Type != route53types.HealthCheckTypeTcp || *c.Port != 7411 || !*c.Inverted || !account.AsksSwitch(c) {
		t.Errorf("%+v", c)
	}
}
