package plan

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// paired are the records of a declaration as they are when they were made.
func paired(t *testing.T, d *understudy.Declaration) *records {
	t.Helper()
	r := &records{Scope: resource.Scope{Account: &account.Account{}, Declared: d, Side: understudy.Global}, balancers: map[understudy.Side]*balancing.Balancer{},
		checks: map[understudy.Side]*check{},
		seen:   map[understudy.Side]route53types.ResourceRecordSet{}}
	for _, side := range understudy.Sides {
		r.balancers[side] = &balancing.Balancer{DNSName: string(side) + ".elb", ZoneID: "Z1"}
		r.checks[side] = &check{id: "check-" + string(side)}
	}
	for _, side := range understudy.Sides {
		r.seen[side] = *r.wanted(side)
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

// Where both regions serve, each has the switch that takes users from the other, for only the region that stays is sure to answer.
func TestEachOfTwoActiveRegionsHasASwitchOfTheOther(t *testing.T) {
	d := resourcetest.Declared(t)
	accounts := map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}
	d.Failover.Routing = understudy.RoutingLatency
	v := takeInventory(d, accounts)
	for _, side := range understudy.Sides {
		both := v.records.switched[side]
		if both == nil || both.name != calculatedCheckRole(side) {
			t.Fatalf("the %s's record follows %v", side, both)
		}
		v.regions[side].check.id = "application-" + string(side)
		n := v.graph.byID[string(side)+"/calculated check"]
		if !n.comesAfter(v.graph.byID[string(side.Other())+"/switch"]) || n.comesAfter(v.graph.byID[string(side)+"/switch"]) {
			t.Errorf("the %s's record follows the wrong switch", side)
		}
		asks := v.graph.byID[string(side)+"/switch check"].resource.(*ownCheck)
		asks.id = "asks-" + string(side)
		if got := aws.ToString(asks.wanted().SearchString); got != balancing.SwitchedText(side) {
			t.Errorf("the %s's switch is asked for %q", side, got)
		}
	}
	for _, side := range understudy.Sides {
		want := resource.Set("application-"+string(side), "asks-"+string(side.Other()))
		if got := resource.Set(v.records.switched[side].wanted().ChildHealthChecks...); got != want {
			t.Errorf("the %s's calculated check has %s, want %s", side, got, want)
		}
	}
	for _, only := range understudy.Sides {
		chosen := Rollout{Only: only}.chosen(&v.graph)
		if other := v.graph.byID[string(only.Other())+"/listener"]; chosen[other] || !chosen[v.graph.byID[string(only)+"/switch"]] {
			t.Errorf("--only %s works on the other side, or not on its own switch", only)
		}
	}
	d.Failover.Routing = understudy.RoutingFailover
	v = takeInventory(d, accounts)
	if _, retired := v.graph.byID["primary/switch"].resource.(*retired); !retired || v.records.switched[understudy.Secondary] != nil {
		t.Error("with failover the primary keeps a switch")
	}
}
