package plan

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// askingNow is a health check of a load balancer's name.
func askingNow(id, name string) route53types.HealthCheck {
	return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
		Type: "HTTP", FullyQualifiedDomainName: &name, Port: aws.Int32(81), ResourcePath: aws.String("/ok"),
		RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2)}}
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
		app := &check{Scope: s, balancer: b}
		app.tags = app.Tagged(app.role())
		var found []route53types.HealthCheck
		for _, id := range c.checks {
			found = append(found, askingNow(id, id+".elb"))
		}
		app.choose(found)
		asks := &ownCheck{Scope: s, id: "asks", name: switchCheckRole(understudy.Secondary)}
		followed := calculatedCheck(s, &passing{Scope: s, check: app}, []*ownCheck{asks})
		followed.tags = followed.Tagged(followed.name)
		for _, id := range c.calculated {
			config := *followed.wanted()
			config.ChildHealthChecks = []string{id, "asks"}
			followed.choose(route53types.HealthCheck{Id: aws.String("both-" + id), HealthCheckConfig: &config})
		}
		standby := &balancing.Balancer{DNSName: "standby.elb", ZoneID: "Z3"}
		r := &records{Scope: s, switched: map[understudy.Side]*ownCheck{understudy.Primary: followed}, seen: map[understudy.Side]route53types.ResourceRecordSet{}}
		r.balancers = map[understudy.Side]*balancing.Balancer{understudy.Primary: b, understudy.Secondary: standby}
		r.checks = map[understudy.Side]*check{understudy.Primary: app, understudy.Secondary: {Scope: s, id: "standby", balancer: standby}}
		r.seen[understudy.Secondary] = *r.wanted(understudy.Secondary)
		set := *r.wanted(understudy.Primary)
		leads := c.follows + ".elb"
		set.HealthCheckId = aws.String("both-" + c.follows)
		set.AliasTarget = &route53types.AliasTarget{DNSName: &leads, HostedZoneId: aws.String(zones[leads]), EvaluateTargetHealth: true}
		r.seen[understudy.Primary] = set

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

// In the standby's network the switch moves too, but the primary's record follows the calculated check that it has.
func TestTheSwitchOfAnotherNetworkTakesACheckOfItsOwn(t *testing.T) {
	s := resourcetest.Scope(t)
	b := &balancing.Balancer{DNSName: "new.elb", Earlier: []elbtypes.LoadBalancer{{DNSName: aws.String("old.elb")}}}
	asks := switchCheck(s, b, 1)
	config := asks.wanted()
	config.FullyQualifiedDomainName = aws.String("old.elb")
	asks.choose(route53types.HealthCheck{Id: aws.String("asks-old"), HealthCheckConfig: config})
	if asks.Next() != resource.Unknown {
		t.Errorf("the check of the earlier load balancer is to be %s", asks.Next())
	}
	asks.choose(route53types.HealthCheck{Id: aws.String("asks-new"), HealthCheckConfig: asks.wanted()})
	both := calculatedCheck(s, &passing{Scope: s, check: &check{id: "application", balancer: &balancing.Balancer{}}}, []*ownCheck{asks})
	counts := both.wanted()
	counts.ChildHealthChecks = []string{"application", "asks-old"}
	both.id, both.config, both.tags = "both", counts, both.Tagged(both.name)
	resourcetest.Expect(t, both, "children: application, asks-new, not application, asks-old", "superseded children: , not asks-old")
	if both.Next() != "both" {
		t.Errorf("the primary's record is to follow %s", both.Next())
	}
	b.Earlier = nil
	if asks = switchCheck(s, b, 1); asks.renews([]resource.Difference{{Name: "asks"}}) {
		t.Error("a load balancer in the same network takes another check")
	}
}

// What is built, waited for and taken away comes in this order, in the side without users first.
func TestAnotherNetworkServesBeforeTheEarlierGoes(t *testing.T) {
	v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	g, found := &v.graph, map[*node]bool{}
	var steps []Step
	for _, side := range understudy.Sides {
		r := v.regions[side]
		r.pretend(found, g, true)
		of := &network.VPC{Scope: r.Scope, ID: "vpc-old", Seen: []resource.Field{{Name: "cidr", Value: "10.9.0.0/16"}}}
		r.vpc.Earlier, r.fleet.Beyond = []*network.VPC{of}, []*fleet.Fleet{{}}
		for _, n := range []*node{r.vpcNode, r.targetGroupNode, r.fleetNode, r.readyNodes[0]} {
			found[n] = false
			steps = append(steps, Step{Resource: n.id, Action: Create, node: n})
		}
		old := v.addLeaving(r, of, "earlier ")
		g.needs(v.recordsNode, old.balancerNode)
		g.needs(r.checkNode, old.balancerNode)
		if cidr := old.Place().CIDR.String(); cidr != "10.9.0.0/16" || r.Place().CIDR.String() == cidr || old.subnets[0].CIDR.String() != "10.9.0.0/19" {
			t.Errorf("the earlier network is %s, with the subnet %s", cidr, old.subnets[0].CIDR)
		}
	}
	v.order(Rollout{Linger: time.Minute}, found, steps)
	comes := func(later string, than ...string) {
		t.Helper()
		for _, n := range than {
			if !g.byID[later].comesAfter(g.byID[n]) {
				t.Errorf("%s does not come after %s", later, n)
			}
		}
	}
	comes("secondary/bake", "secondary/health", "secondary/targets")
	comes("primary/launch template", "secondary/bake")
	comes("primary/load balancer", "secondary/bake")
	comes("secondary/host a", "secondary/targets")
	comes("secondary/switch", "secondary/bake")
	comes("primary/calculated check", "primary/health", "secondary/switch check")
	comes("global/records", "primary/health", "secondary/health", "primary/calculated check")
	comes("primary/earlier network", "global/records")
	comes("secondary/earlier network", "global/records")
	for _, r := range v.regions {
		if r.fleetNode.undo == nil || r.readyNodes[0].undo == nil || r.healthNode.undo == nil || r.moved.linger != time.Minute {
			t.Errorf("the %s is not undone, or its earlier network lingers for %v", r.Side, r.moved.linger)
		}
	}

	var order []string
	for _, n := range g.ordered(backward) {
		order = append(order, n.id)
	}
	goes := []string{"global/records", "primary/health check", "primary/earlier load balancer", "primary/earlier fleet",
		"primary/earlier target group", "primary/earlier vpc"}
	if !slices.IsSortedFunc(goes, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) }) {
		t.Errorf("not deleted in the order %v: %v", goes, order)
	}
	if g.byID["primary/earlier launch template"] != nil || g.byID["primary/earlier image"] != nil {
		t.Error("what both generations share goes with the earlier one")
	}
	if err := v.refuseAlone(Rollout{Only: understudy.Secondary}); err == nil || !strings.Contains(err.Error(), "not done for one side alone") {
		t.Errorf("one side alone: %v", err)
	}
	if err := v.refuseAlone(Rollout{}); err != nil {
		t.Error(err)
	}
}

// The earlier load balancer serves on for as long as answers lead to it, and until the region passes with the new one.
func TestTheEarlierNetworkLingers(t *testing.T) {
	const ok = "<HealthCheckObservations><HealthCheckObservation><StatusReport><Status>Success: 200</Status></StatusReport>" +
		"</HealthCheckObservation></HealthCheckObservations>"
	for name, c := range map[string]struct {
		passesAfter, atLeast time.Duration
	}{"it passes": {0, time.Minute}, "it passes late": {3 * time.Minute, 3 * time.Minute}} {
		s := resourcetest.Scope(t)
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			s.Account = resourcetest.AccountAnswering(t, s.Region, func(*http.Request) (int, string) {
				if time.Since(began) < c.passesAfter {
					return http.StatusOK, "<R></R>"
				}
				return http.StatusOK, "<R>" + ok + "</R>"
			})
			p := &passing{Scope: s, check: &check{id: "new", balancer: &balancing.Balancer{}}}
			m := &moved{Scope: s, region: &region{Scope: s, passing: p, vpc: &network.VPC{Earlier: []*network.VPC{{ID: "vpc-old"}}}}, linger: time.Minute}
			resourcetest.Expect(t, m, "earlier networks: , not vpc-old of ")
			err := m.Change(t.Context(), nil)
			if took := time.Since(began); err != nil || took < c.atLeast || took > c.atLeast+time.Minute {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
}

// A network that does not come to serve goes, unless users are served in it.
func TestANetworkIsGivenUpOnlyWhereNobodyIsServedInIt(t *testing.T) {
	leading := func(to string) string {
		return "<ResourceRecordSets><ResourceRecordSet><Name>www.hello.test.</Name><Type>A</Type><SetIdentifier>understudy-hello-primary</SetIdentifier>" +
			"<Failover>PRIMARY</Failover><AliasTarget><DNSName>" + to + "</DNSName></AliasTarget></ResourceRecordSet></ResourceRecordSets>"
	}
	ill := &resource.NotServing{Cause: errors.New("no instance is healthy")}
	for name, c := range map[string]struct {
		cause   error
		leads   string
		deletes bool
	}{
		"it does not serve": {ill, "old.elb.", true}, "users are there": {ill, "new.elb.", false}, "a refused call": {errors.New("refused"), "old.elb.", false},
	} {
		s, asked := resourcetest.TwoNetworks(t, map[string]string{"GET /2013-04-01/hostedzone/Z1/rrset": leading(c.leads)})
		r := &region{Scope: s, vpc: &network.VPC{Scope: s, ID: "vpc-new", Earlier: []*network.VPC{{ID: "vpc-old"}}},
			balancer: &balancing.Balancer{Scope: s, DNSName: "new.elb"}}
		r.check = &check{Scope: s, id: "new", config: askingNow("new", "new.elb").HealthCheckConfig, superseded: []string{"old"}}
		r.template = &machines.Template{Scope: s, ID: "lt-1", Preset: 1, Version: 1}
		r.fleet = &fleet.Fleet{Scope: s, Template: r.template}
		m := &moved{Scope: s, region: r, records: &records{Scope: s, zone: &zone{id: "Z1"}}}
		err := m.undo(t.Context(), c.cause)
		deletes := slices.Contains(asked(), "DeleteVpc") && slices.Contains(asked(), "DELETE /2013-04-01/healthcheck/new")
		if !errors.Is(err, c.cause) || deletes != c.deletes || strings.Contains(fmt.Sprint(err), "rolled back: users are served in vpc-old") != c.deletes {
			t.Errorf("%s: %v, having asked for %v", name, err, asked())
		}
	}
}

// Whoever moves the users by hand meanwhile sets the switch of both networks.
func TestTheSwitchOfBothNetworksIsTurned(t *testing.T) {
	s, asked := resourcetest.TwoNetworks(t, nil)
	stack := &Stack{Declaration: s.Declared, Accounts: map[understudy.Side]*account.Account{understudy.Secondary: s.Account}}
	if err := stack.Turn(t.Context(), balancing.Standby{At: understudy.Secondary, Turns: []string{"old", "new"}},
		understudy.Secondary, "failover"); err != nil || len(asked()) != 2 {
		t.Errorf("asked for %v: %v", asked(), err)
	}
}
