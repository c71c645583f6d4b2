package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Roles swapped by hand send every user to the standby, and a renamed record is the stack's all the same.
func TestRecordsDiffer(t *testing.T) {
	r := &records{Scope: resourcetest.Scope(t), balancers: map[understudy.Side]*balancing.Balancer{}, checks: map[understudy.Side]*check{},
		seen: map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.balancers[side] = &balancing.Balancer{DNSName: "lb-" + string(side) + ".elb.amazonaws.com", ZoneID: "Z1"}
		r.checks[side] = &check{id: "check-" + string(side)}
		r.seen[side] = *r.wanted(side)
	}
	resourcetest.Expect(t, r)
	for side, other := range map[understudy.Side]understudy.Side{understudy.Primary: understudy.Secondary, understudy.Secondary: understudy.Primary} {
		set := *r.wanted(side)
		set.Failover = failoverRole(other)
		r.seen[side] = set
	}
	resourcetest.Expect(t, r, "primary role: PRIMARY, not SECONDARY", "secondary role: SECONDARY, not PRIMARY")

	named := func(id, leadsTo string, role route53types.ResourceRecordSetFailover) route53types.ResourceRecordSet {
		return route53types.ResourceRecordSet{SetIdentifier: &id, Failover: role, AliasTarget: &route53types.AliasTarget{DNSName: &leadsTo}}
	}
	if !r.leadsHome(named("mine", "LB-primary.elb.amazonaws.com.", "PRIMARY")) {
		t.Error("a renamed record of the stack's is taken for somebody else's")
	}
	if r.leadsHome(named("other", "elsewhere.example.", "PRIMARY")) || r.leadsHome(named("weighted", "lb-primary.elb.amazonaws.com", "")) {
		t.Error("somebody else's record is taken for the stack's")
	}
	r.seen[understudy.Primary], r.seen[understudy.Secondary] = *r.wanted(understudy.Primary), *r.wanted(understudy.Secondary)
	r.renamed = []route53types.ResourceRecordSet{named("mine", "lb-primary.elb.amazonaws.com", "PRIMARY")}
	resourcetest.Expect(t, r, "other set identifiers: , not mine")
	if err := r.Refused(); err != nil {
		t.Error(err)
	}
	r.foreign = []route53types.ResourceRecordSet{{Name: aws.String("www.hello.test.")}}
	if err := r.Refused(); err == nil || !strings.Contains(err.Error(), "a simple one") {
		t.Errorf("a foreign record is met with %v", err)
	}
}

func TestCheckWithAnotherIntervalIsReplacedAndTheRecordsFollow(t *testing.T) {
	b := &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com", ZoneID: "Z1"}
	h := func(id string, interval int32) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: "HTTP", FullyQualifiedDomainName: &b.DNSName, Port: aws.Int32(81), ResourcePath: aws.String("/ok"),
			RequestInterval: &interval, FailureThreshold: aws.Int32(2)}}
	}
	checks, balancers := map[understudy.Side]*check{}, map[understudy.Side]*balancing.Balancer{}
	for _, side := range understudy.Sides {
		checks[side] = &check{Scope: resourcetest.Scope(t), balancer: b}
		checks[side].tags = checks[side].Tagged(checks[side].role())
		checks[side].choose([]route53types.HealthCheck{h("new", 30), h("old", 10)})
		balancers[side] = b
		resourcetest.Expect(t, checks[side])
	}
	r := &records{Scope: resourcetest.Scope(t), balancers: balancers, checks: checks, seen: map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.seen[side] = *r.wanted(side)
	}
	resourcetest.Expect(t, r, "primary superseded checks: , not old", "secondary superseded checks: , not old")

	p := checks[understudy.Primary]
	p.superseded, checks[understudy.Secondary].superseded = nil, nil
	p.choose([]route53types.HealthCheck{h("only", 10)})
	resourcetest.Expect(t, p, "interval: 30, not 10")
	resourcetest.Expect(t, r, "primary health check: (known after), not new")
	some := h("only", 30)
	some.HealthCheckConfig.Regions = []route53types.HealthCheckRegion{"us-west-1", "eu-west-1", "sa-east-1"}
	p.choose([]route53types.HealthCheck{some})
	resourcetest.Expect(t, p, "checkers in: all regions, not eu-west-1, sa-east-1, us-west-1")
}

func TestChangingWhatIsFixedIsRefused(t *testing.T) {
	g := &graph{}
	n := g.add("primary/load balancer", nil)
	err := refuseFixed(n, []resource.Difference{{Name: "scheme", Desired: "internet-facing", Actual: "internal", Fixed: true}, {Name: "attributes"}})
	const want = "primary/load balancer: scheme is internal and cannot become internet-facing while it exists: take the stack down first"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
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

func TestNamesFitAWSAtTheirLongest(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Name = strings.Repeat("n", 20)
	if n := (&balancing.Balancer{Scope: s}).BalancerName(); len(n) > 32 {
		t.Errorf("load balancer name %q has %d characters, 32 are allowed", n, len(n))
	}
	if ref := reference(s, "check-secondary") + account.Token("x")[:24]; len(ref) > 64 {
		t.Errorf("caller reference %q has %d characters, 64 are allowed", ref, len(ref))
	}
}

func TestTheGraphIsWhole(t *testing.T) {
	d := resourcetest.Declared(t)
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	kinds := map[string]int{}
	for _, n := range v.graph.nodes {
		kinds[fmt.Sprintf("%T", n.resource)]++
	}
	want := map[string]int{"*network.VPC": 2, "*network.Subnet": 8, "*network.Gateway": 2, "*network.Routes": 4, "*balancing.Rules": 2, "*network.Group": 4,
		"*machines.Image": 1, "*machines.ImageCopy": 1, "*plan.moved": 2, "*machines.Template": 2, "*machines.Host": 4, "*fleet.Fleet": 2,
		"*balancing.TargetGroup": 2,
		"*balancing.Balancer":    2, "*balancing.Listener": 2, "*fleet.Targets": 2, "*machines.Preset": 2, "*plan.check": 2,
		"*plan.passing": 2, "*plan.zone": 1, "*plan.records": 1, "*balancing.SwitchRule": 1, "*plan.ownCheck": 2, "*plan.earlier": 1,
		"*balancing.Handover": 2, "*plan.alias": 2, "*plan.superseded": 2, "*plan.neighbours": 2, "*fleet.OtherScheduled": 2, "*plan.retired": 90}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
