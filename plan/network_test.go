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
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

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
			p := &failover.Passing{Scope: s, Check: &failover.Check{ID: "new", Balancer: &balancing.Balancer{}}}
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
		r.check = &failover.Check{Scope: s, ID: "new", Config: &route53types.HealthCheckConfig{FullyQualifiedDomainName: aws.String("new.elb")},
			Superseded: []string{"old"}}
		r.template = &machines.Template{Scope: s, ID: "lt-1", Preset: 1, Version: 1}
		r.fleet = &fleet.Fleet{Scope: s, Template: r.template}
		m := &moved{Scope: s, region: r, records: &failover.Records{Scope: s, Zone: &failover.Zone{ID: "Z1"}}}
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
