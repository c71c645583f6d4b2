package plan

import (
	"context"
	"slices"
	"testing"

	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// With fewer checks than all enough, the switch has as many votes more as the others may lack; either alone decides.
func TestTheSwitchOutvotesARegionsChecks(t *testing.T) {
	for _, c := range []struct{ further, healthy, switches, threshold int }{{0, 0, 1, 2}, {2, 0, 1, 4}, {2, 2, 2, 4}, {3, 1, 4, 5}, {8, 5, 5, 10}} {
		s := resourcetest.Scope(t)
		s.Declared.Failover.Healthy = c.healthy
		for range c.further {
			s.Declared.Failover.Further = append(s.Declared.Failover.Further, understudy.Check{Path: "/x"})
		}
		v := takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		both := v.records.Switched[understudy.Primary].Wanted()
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
		standby := v.records.Switched[understudy.Secondary]
		if (standby != nil) != (c.further > 0) || standby != nil && int(*standby.Wanted().HealthThreshold) != f.Needed() {
			t.Errorf("%+v: the standby's record follows %+v", c, standby)
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
		case *balancing.SwitchRule, *failover.OwnCheck:
			kept = append(kept, r)
			r.there = true
			if found, err := (&retired{Resource: &onceLost{}}).Find(context.Background()); !found || err != nil {
				t.Errorf("what is not there is to be created: %v, %v", found, err)
			}
		}
	}
	if len(kept) != 6+4*understudy.MostChecks || len(v.records.Switched) > 0 { // of each side, what may be left of further checks, and of the switch's
		t.Fatalf("%d parts of a switch, followed: %v", len(kept), v.records.Switched)
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
	c := failover.SwitchCheck(v.regions[understudy.Secondary].Scope, v.regions[understudy.Secondary].balancer, 1).Wanted()
	if c.Type != route53types.HealthCheckTypeTcp || *c.Port != 7411 || !*c.Inverted || !account.AsksSwitch(c) {
		t.Errorf("%+v", c)
	}
}
