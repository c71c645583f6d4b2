package failover

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestCheckAsksWhatIsDeclared(t *testing.T) {
	s := resourcetest.Scope(t)
	c := &Check{Scope: s, Balancer: &balancing.Balancer{DNSName: "LB.us-east-1.elb.amazonaws.com"}}
	c.ID, c.Config, c.tags = "c", c.wanted(), c.Tagged(c.role())
	resourcetest.Expect(t, c)

	s.Declared.Failover.Check = understudy.Check{Path: "/ready", Regions: []string{"us-east-1", "eu-west-1", "sa-east-1"}}
	resourcetest.Expect(t, c, "path: /ready, not /ok", "checkers in: eu-west-1, sa-east-1, us-east-1, not all regions")
	differences := resource.Compare(c.Desired(), c.Actual())
	if c.next() != "c" {
		t.Error("a check is replaced for a path and checkers' regions, which Route 53 changes")
	}
	if in := updateOf(c.ID, c.wanted(), differences); aws.ToString(in.ResourcePath) != "/ready" || len(in.Regions) != 3 || in.ResetElements != nil {
		t.Errorf("the change is %+v", in)
	}
	c.Config, s.Declared.Failover.Check.Regions = c.wanted(), nil
	resourcetest.Expect(t, c, "checkers in: all regions, not eu-west-1, sa-east-1, us-east-1")
	in := updateOf(c.ID, c.wanted(), resource.Compare(c.Desired(), c.Actual()))
	if !slices.Equal(in.ResetElements, []route53types.ResettableElementName{"Regions"}) {
		t.Errorf("to go back to all regions, the change is %+v", in)
	}
}

// A text to look for makes a check one of another type, and neither that nor the measuring of latency can be changed in place.
func TestAnotherSortOfCheckTakesThePlaceOfTheOldOne(t *testing.T) {
	for name, want := range map[string]struct {
		check       understudy.Check
		differences []string
	}{
		"text":    {understudy.Check{Path: "/ok", Match: "well"}, []string{"type: HTTP_STR_MATCH, not HTTP", "looks for: well, not "}},
		"latency": {understudy.Check{Path: "/ok", Latency: true}, []string{"measures latency: yes, not no"}},
	} {
		s := resourcetest.Scope(t)
		c := &Check{Scope: s, Balancer: &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com"}}
		old := route53types.HealthCheck{Id: aws.String("a"), HealthCheckConfig: c.wanted()}
		s.Declared.Failover.Check = want.check
		c.tags = c.Tagged(c.role())
		c.choose([]route53types.HealthCheck{old})
		resourcetest.Expect(t, c, want.differences...)
		if c.next() != resource.Unknown {
			t.Errorf("%s: the records are to follow %s, which cannot become so", name, c.next())
		}
		anew := &Check{Scope: s, Balancer: c.Balancer}
		anew.tags = anew.Tagged(anew.role())
		anew.choose([]route53types.HealthCheck{old, {Id: aws.String("b"), HealthCheckConfig: anew.wanted()}})
		resourcetest.Expect(t, anew)
		if anew.ID != "b" || !slices.Equal(anew.Superseded, []string{"a"}) {
			t.Errorf("%s: in use is %s, superseded %v", name, anew.ID, anew.Superseded)
		}
	}
}

func TestChecksCostWhatTheirFeaturesCost(t *testing.T) {
	s := resourcetest.Scope(t) // an interval of 30 s
	b := &balancing.Balancer{DNSName: "lb"}
	asks := SwitchCheck(s, b, 1)
	both := CalculatedCheck(s, &Passing{Scope: s, Check: &Check{Scope: s, Balancer: b, ID: "application"}}, []*OwnCheck{asks})
	plain := &Check{Scope: s, Balancer: b}
	for got, want := range map[interface{ Monthly() float64 }]float64{plain: 0.5, asks: 1.5, both: 0.5} {
		if got.Monthly() != want {
			t.Errorf("%T costs %v, want %v", got, got.Monthly(), want)
		}
	}
	s.Declared.Failover.Interval = 10
	s.Declared.Failover.Check = understudy.Check{Match: "well", Latency: true}
	if plain.Monthly() != 3.5 {
		t.Errorf("fast, with a text and latency, a check costs %v, want 3.5", plain.Monthly())
	}
}

// Another name may lead nowhere yet: the record follows the old check until the new one passes.
func TestAnotherNameTakesACheckOfItsOwn(t *testing.T) {
	s := resourcetest.Scope(t)
	c := &Check{Scope: s, Balancer: &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com"}}
	old := route53types.HealthCheck{Id: aws.String("a"), HealthCheckConfig: c.wanted()}
	s.Declared.Failover.Check = understudy.Check{Path: "/ok", Protocol: understudy.CheckHTTPS, Port: 8443,
		Host: map[understudy.Side]string{understudy.Primary: "east.hello.test", understudy.Secondary: "west.hello.test"}}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{old})
	resourcetest.Expect(t, c, "type: HTTPS, not HTTP", "asks: east.hello.test, not lb.us-east-1.elb.amazonaws.com", "port: 8443, not 81",
		"names the server: yes, not no")
	s.Declared.Failover.Check.Protocol, s.Declared.Failover.Check.Port = "", 0
	if c.choose([]route53types.HealthCheck{old}); c.next() != resource.Unknown {
		t.Error("another name is to be asked in place")
	}
	c.Superseded = nil
	c.choose([]route53types.HealthCheck{old, {Id: aws.String("b"), HealthCheckConfig: c.wanted()}})
	resourcetest.Expect(t, c)
	if c.ID != "b" || !slices.Equal(c.Superseded, []string{"a"}) {
		t.Errorf("in use is %s, superseded %v", c.ID, c.Superseded)
	}
}
