package failover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
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
	r := &Records{Scope: resourcetest.Scope(t), Balancers: map[understudy.Side]*balancing.Balancer{}, Checks: map[understudy.Side]*Check{},
		Seen: map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.Balancers[side] = &balancing.Balancer{DNSName: "lb-" + string(side) + ".elb.amazonaws.com", ZoneID: "Z1"}
		r.Checks[side] = &Check{ID: "check-" + string(side)}
		r.Seen[side] = *r.wanted(side)
	}
	resourcetest.Expect(t, r)
	for side, other := range map[understudy.Side]understudy.Side{understudy.Primary: understudy.Secondary, understudy.Secondary: understudy.Primary} {
		set := *r.wanted(side)
		set.Failover = failoverRole(other)
		r.Seen[side] = set
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
	r.Seen[understudy.Primary], r.Seen[understudy.Secondary] = *r.wanted(understudy.Primary), *r.wanted(understudy.Secondary)
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

// What is next for the record and the checks, wherever a run was killed that moves the primary to another network.
func TestTheRecordGoesOnFromWhereverARunWasKilled(t *testing.T) {
	earlier := []elbtypes.LoadBalancer{{DNSName: aws.String("old.elb"), LoadBalancerArn: aws.String("arn:old")}}
	zones := map[string]string{"new.elb": "Z2", "old.elb": "Z1"}
	const (
		alias, zone = "primary alias: new.elb, not old.elb", "primary alias zone: Z2, not Z1"
		unmade      = "primary alias: (known after), not old.elb"
		unmadeZone  = "primary alias zone: (known after), not Z1"
		follows     = "primary health check: (known after), not both-old"
		counts      = "children: (known after), asks, not asks, old"
		left        = "primary superseded checks: , not "
	)
	both := []string{"old", "new"}
	for name, c := range map[string]struct {
		front      string   // of the network in use, empty while there is none
		checks     []string // each asks the load balancer of its name
		calculated []string // each counts the application's check of its name
		follows    string   // the record
		want       []string
	}{
		"nothing made":        {"", both[:1], both[:1], "old", []string{"asks: (known after), not old.elb", counts, unmade, unmadeZone, follows}},
		"load balancer made":  {"new.elb", both[:1], both[:1], "old", []string{"asks: new.elb, not old.elb", counts, alias, zone, follows}},
		"check made":          {"new.elb", both, both[:1], "old", []string{"children: asks, new, not asks, old", alias, zone, follows, left + "old"}},
		"calculated one made": {"new.elb", both, both, "old", []string{alias, zone, "primary health check: both-new, not both-old", left + "both-old, old"}},
		"record moved":        {"new.elb", both, both, "new", []string{left + "both-old, old"}},
		"one check deleted":   {"new.elb", both, both[1:], "new", []string{left + "old"}},
		"both checks deleted": {"new.elb", both[1:], both[1:], "new", nil},
		"declared back":       {"old.elb", both, both, "old", []string{left + "both-new, new"}},
	} {
		s := resourcetest.Scope(t)
		b := &balancing.Balancer{DNSName: c.front, ZoneID: zones[c.front], Earlier: earlier}
		app := &Check{Scope: s, Balancer: b}
		app.tags = app.Tagged(app.role())
		var found []route53types.HealthCheck
		for _, id := range c.checks {
			found = append(found, askingNow(id, id+".elb"))
		}
		app.choose(found)
		asks := &OwnCheck{Scope: s, ID: "asks", Name: switchCheckRole(understudy.Secondary)}
		followed := CalculatedCheck(s, &Passing{Scope: s, Check: app}, []*OwnCheck{asks})
		followed.tags = followed.Tagged(followed.Name)
		for _, id := range c.calculated {
			config := *followed.Wanted()
			config.ChildHealthChecks = []string{id, "asks"}
			followed.choose(route53types.HealthCheck{Id: aws.String("both-" + id), HealthCheckConfig: &config})
		}
		standby := &balancing.Balancer{DNSName: "standby.elb", ZoneID: "Z3"}
		r := &Records{Scope: s, Switched: map[understudy.Side]*OwnCheck{understudy.Primary: followed}, Seen: map[understudy.Side]route53types.ResourceRecordSet{}}
		r.Balancers = map[understudy.Side]*balancing.Balancer{understudy.Primary: b, understudy.Secondary: standby}
		r.Checks = map[understudy.Side]*Check{understudy.Primary: app, understudy.Secondary: {Scope: s, ID: "standby", Balancer: standby}}
		r.Seen[understudy.Secondary] = *r.wanted(understudy.Secondary)
		set := *r.wanted(understudy.Primary)
		leads := c.follows + ".elb"
		set.HealthCheckId = aws.String("both-" + c.follows)
		set.AliasTarget = &route53types.AliasTarget{DNSName: &leads, HostedZoneId: aws.String(zones[leads]), EvaluateTargetHealth: true}
		r.Seen[understudy.Primary] = set

		var got []string
		for _, one := range []resource.Resource{app, followed, r} {
			for _, d := range resource.Compare(one.Desired(), one.Actual()) {
				got = append(got, fmt.Sprintf("%s: %s, not %s", d.Name, d.Desired, d.Actual))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestRecordsBesideTheStacksAreRemarkedOn(t *testing.T) {
	r := &Records{Scope: resourcetest.Scope(t)}
	if got := r.Remarks(); got != nil {
		t.Errorf("%+v", got)
	}
	r.beside = []route53types.ResourceRecordSet{{Type: route53types.RRTypeAaaa}}
	if got := r.Remarks(); len(got) != 1 || got[0].ID == "" || got[0].Text == "" {
		t.Errorf("%+v", got)
	}
}

// paired are the records of a declaration as they are when they were made.
func paired(t *testing.T, d *understudy.Declaration) *Records {
	t.Helper()
	r := &Records{Scope: resource.Scope{Account: &account.Account{}, Declared: d, Side: understudy.Global}, Balancers: map[understudy.Side]*balancing.Balancer{},
		Checks: map[understudy.Side]*Check{},
		Seen:   map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.Balancers[side] = &balancing.Balancer{DNSName: string(side) + ".elb", ZoneID: "Z1"}
		r.Checks[side] = &Check{ID: "check-" + string(side)}
	}
	for _, side := range understudy.Sides {
		r.Seen[side] = *r.wanted(side)
	}
	return r
}

func TestRecordsAreRoutedAsDeclared(t *testing.T) {
	d := resourcetest.Declared(t)
	r := paired(t, d)
	resourcetest.Expect(t, r)
	d.Failover.Routing = understudy.RoutingWeighted
	resourcetest.Expect(t, r, "primary role: weight 100, not PRIMARY", "secondary role: weight 100, not SECONDARY")
	set := r.wanted(understudy.Secondary)
	if aws.ToInt64(set.Weight) != 100 || set.Failover != "" || set.Region != "" || aws.ToString(set.HealthCheckId) != "check-secondary" ||
		!set.AliasTarget.EvaluateTargetHealth {
		t.Errorf("a weighted record is %+v", set)
	}
	d.Failover.Routing = understudy.RoutingLatency
	resourcetest.Expect(t, r, "primary role: latency us-east-1, not PRIMARY", "secondary role: latency us-west-2, not SECONDARY")
	r = paired(t, d)
	resourcetest.Expect(t, r)
	if set := r.wanted(understudy.Primary); set.Region != "us-east-1" || set.Weight != nil || set.Failover != "" {
		t.Errorf("a record by latency is %+v", set)
	}
}

// Route 53 refuses records of one name with different policies, also between two changes of a batch; another weight is none.
func TestRecordsOfAnotherPolicyGoBeforeTheNewOnesCome(t *testing.T) {
	d := resourcetest.Declared(t)
	r := paired(t, d)
	d.Failover.Routing = understudy.RoutingWeighted
	if got := actions(r.changes()); got != "DELETE DELETE UPSERT UPSERT" {
		t.Errorf("from failover to weighted the batch is %s", got)
	}
	r = paired(t, d)
	place := d.Regions[understudy.Primary]
	place.Weight = 7
	d.Regions[understudy.Primary] = place
	resourcetest.Expect(t, r, "primary role: weight 7, not weight 100")
	if got := actions(r.changes()); got != "UPSERT UPSERT" {
		t.Errorf("to another weight the batch is %s", got)
	}
}

func actions(changes []route53types.Change) (text string) {
	for i, c := range changes {
		if i > 0 {
			text += " "
		}
		text += string(c.Action)
	}
	return text
}

// A record of the pair under another set identifier is taken for the stack's if it is one that the stack may have made.
func TestPairIsKnownByWhereItLeads(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Failover.Routing = understudy.RoutingWeighted
	r := paired(t, d)
	lead := &route53types.AliasTarget{DNSName: aws.String("primary.elb.")}
	for name, c := range map[string]struct {
		set  route53types.ResourceRecordSet
		want bool
	}{
		"weighted":  {route53types.ResourceRecordSet{SetIdentifier: aws.String("a"), Weight: aws.Int64(1), AliasTarget: lead}, true},
		"failover":  {route53types.ResourceRecordSet{SetIdentifier: aws.String("a"), Failover: "PRIMARY", AliasTarget: lead}, true},
		"simple":    {route53types.ResourceRecordSet{AliasTarget: lead}, false},
		"elsewhere": {route53types.ResourceRecordSet{SetIdentifier: aws.String("a"), AliasTarget: &route53types.AliasTarget{DNSName: aws.String("x.elb")}}, false},
	} {
		if got := r.leadsHome(c.set); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
