package failover

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// The checks of an earlier name are told from those of today, from another stack's and from somebody else's.
func TestChecksOfEarlierNamesAreKnown(t *testing.T) {
	s := resourcetest.Scope(t)
	c := &Check{Scope: s, Balancer: &balancing.Balancer{Scope: s, DNSName: "lb.us-east-1.elb.amazonaws.com"}}
	before := resourcetest.Scope(t)
	before.Declared.Record = "earlier"
	asks := func(id, ref, name string) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, CallerReference: &ref, HealthCheckConfig: &route53types.HealthCheckConfig{FullyQualifiedDomainName: &name}}
	}
	calculated := func(id, ref string, children ...string) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, CallerReference: &ref, HealthCheckConfig: &route53types.HealthCheckConfig{ChildHealthChecks: children}}
	}
	here, there := c.Balancer.DNSName, "lb.elsewhere"
	got := c.ofEarlierNames([]route53types.HealthCheck{
		calculated("both", reference(before, CalculatedCheckRole(understudy.Primary))+"1", "app", "switch"),
		asks("app", reference(before, c.role())+"1", here),
		asks("switch", reference(before, switchCheckRole(understudy.Secondary))+"1", strings.ToUpper(here)+"."),
		asks("app of today", reference(s, c.role())+"1", here),
		asks("switch of today", reference(s, switchCheckRole(understudy.Secondary))+"1", here),
		calculated("both of today", reference(s, CalculatedCheckRole(understudy.Primary))+"1", "app of today", "app"),
		asks("of another stack", reference(before, c.role())+"1", there),
		asks("somebody else's", "mine", here),
		calculated("somebody else's too", "mine", "app"),
	})
	if diff := cmp.Diff([]string{"both", "app", "switch"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	e := &Earlier{Scope: s, Zone: &Zone{}, Checks: map[understudy.Side]*Check{understudy.Primary: c}}
	resourcetest.Expect(t, e)
	if !e.Foreign() {
		t.Error("there is nothing of an earlier name, and down would remove it")
	}
	c.earlier = []string{"check-1"}
	e.records = []earlierRecord{{"Z1", route53types.ResourceRecordSet{Name: aws.String("earlier.hello.test.")}}}
	resourcetest.Expect(t, e, "records: , not earlier.hello.test", "health checks: , not check-1")
	if e.Foreign() {
		t.Error("down would leave what is of an earlier name")
	}
}
