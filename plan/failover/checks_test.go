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

func TestCheckWithAnotherIntervalIsReplacedAndTheRecordsFollow(t *testing.T) {
	b := &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com", ZoneID: "Z1"}
	h := func(id string, interval int32) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: "HTTP", FullyQualifiedDomainName: &b.DNSName, Port: aws.Int32(81), ResourcePath: aws.String("/ok"),
			RequestInterval: &interval, FailureThreshold: aws.Int32(2)}}
	}
	checks, balancers := map[understudy.Side]*Check{}, map[understudy.Side]*balancing.Balancer{}
	for _, side := range understudy.Sides {
		checks[side] = &Check{Scope: resourcetest.Scope(t), Balancer: b}
		checks[side].tags = checks[side].Tagged(checks[side].role())
		checks[side].choose([]route53types.HealthCheck{h("new", 30), h("old", 10)})
		balancers[side] = b
		resourcetest.Expect(t, checks[side])
	}
	r := &Records{Scope: resourcetest.Scope(t), Balancers: balancers, Checks: checks, Seen: map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.Seen[side] = *r.wanted(side)
	}
	resourcetest.Expect(t, r, "primary superseded checks: , not old", "secondary superseded checks: , not old")

	p := checks[understudy.Primary]
	p.Superseded, checks[understudy.Secondary].Superseded = nil, nil
	p.choose([]route53types.HealthCheck{h("only", 10)})
	resourcetest.Expect(t, p, "interval: 30, not 10")
	resourcetest.Expect(t, r, "primary health check: (known after), not new")
	some := h("only", 30)
	some.HealthCheckConfig.Regions = []route53types.HealthCheckRegion{"us-west-1", "eu-west-1", "sa-east-1"}
	p.choose([]route53types.HealthCheck{some})
	resourcetest.Expect(t, p, "checkers in: all regions, not eu-west-1, sa-east-1, us-west-1")
}

func TestMoreThan18PercentOfTheCheckersPass(t *testing.T) {
	for _, c := range []struct {
		healthy, all int
		want         bool
	}{{0, 0, false}, {18, 100, false}, {19, 100, true}, {1, 6, false}, {2, 6, true}, {16, 16, true}, {2, 16, false}, {3, 16, true}} {
		if got := (Measured{Checkers: c.all, Healthy: c.healthy}).Passes(); got != c.want {
			t.Errorf("%d of %d: %v", c.healthy, c.all, got)
		}
	}
}

// A redirect answers for the load balancer alone: the checkers go where users are sent to.
func TestCheckOfHTTPSTakesTheOtherOnesPlace(t *testing.T) {
	b := &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com"}
	of := func(id string, kind route53types.HealthCheckType, port int32, names *bool) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: kind, FullyQualifiedDomainName: &b.DNSName, Port: &port, ResourcePath: aws.String("/ok"), EnableSNI: names,
			RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2)}}
	}
	plain := of("a", "HTTP", 81, nil)
	c := &Check{Scope: resourcetest.Secured(t), Balancer: b}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{plain})
	resourcetest.Expect(t, c, "type: HTTPS, not HTTP", "port: 443, not 81", "names the server: yes, not no")
	if c.next() != resource.Unknown {
		t.Errorf("the records are to follow %s, whose type cannot change", c.next())
	}
	c = &Check{Scope: c.Scope, Balancer: b}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{plain, of("b", "HTTPS", 443, aws.Bool(true))})
	resourcetest.Expect(t, c)
	if c.ID != "b" || !slices.Equal(c.Superseded, []string{"a"}) {
		t.Errorf("in use is %s, superseded %v", c.ID, c.Superseded)
	}
}
