package plan

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Where both regions serve, each has the switch that takes users from the other, for only the region that stays is sure to answer.
func TestEachOfTwoActiveRegionsHasASwitchOfTheOther(t *testing.T) {
	d := resourcetest.Declared(t)
	accounts := map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}
	d.Failover.Routing = understudy.RoutingLatency
	v := takeInventory(d, accounts)
	for _, side := range understudy.Sides {
		both := v.records.Switched[side]
		if both == nil || both.Name != failover.CalculatedCheckRole(side) {
			t.Fatalf("the %s's record follows %v", side, both)
		}
		v.regions[side].check.ID = "application-" + string(side)
		n := v.graph.byID[string(side)+"/calculated check"]
		if !n.comesAfter(v.graph.byID[string(side.Other())+"/switch"]) || n.comesAfter(v.graph.byID[string(side)+"/switch"]) {
			t.Errorf("the %s's record follows the wrong switch", side)
		}
		asks := v.graph.byID[string(side)+"/switch check"].resource.(*failover.OwnCheck)
		asks.ID = "asks-" + string(side)
		if got := aws.ToString(asks.Wanted().SearchString); got != balancing.SwitchedText(side) {
			t.Errorf("the %s's switch is asked for %q", side, got)
		}
	}
	for _, side := range understudy.Sides {
		want := resource.Set("application-"+string(side), "asks-"+string(side.Other()))
		if got := resource.Set(v.records.Switched[side].Wanted().ChildHealthChecks...); got != want {
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
	if _, retired := v.graph.byID["primary/switch"].resource.(*retired); !retired || v.records.Switched[understudy.Secondary] != nil {
		t.Error("with failover the primary keeps a switch")
	}
}
