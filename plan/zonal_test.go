package plan

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// in takes an inventory of so many zones.
func in(t *testing.T, zones int) *region {
	t.Helper()
	d := resourcetest.Declared(t)
	d.Zones = zones
	for side, r := range d.Regions {
		r.Zones, r.Egress = zones, understudy.EgressNATPerZone
		d.Regions[side] = r
	}
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	for _, s := range slices.Concat(r.subnets, r.otherSubnets) {
		s.ID = "subnet-" + s.Name
	}
	return r
}

// All that is zonal is in each declared zone, and what may be left of a third one is looked for and not asked for.
func TestEachZoneHasItsShare(t *testing.T) {
	for zones, want := range map[int]string{
		2: "balancer: subnet-public-a,subnet-public-b; fleet: subnet-private-a,subnet-private-b; NAT: a b; left: subnet-public-c,subnet-private-c",
		3: "balancer: subnet-public-a,subnet-public-b,subnet-public-c; fleet: subnet-private-a,subnet-private-b,subnet-private-c; NAT: a b c; left: ",
	} {
		r := in(t, zones)
		list := func(subnets []*network.Subnet) string { return strings.Join(network.IDsOfSubnets(subnets), ",") }
		nats := ""
		for _, zone := range r.Place().NATs() {
			nats += " " + understudy.NATRole(zone)[4:]
		}
		got := "balancer: " + list(r.balancer.Subnets) + "; fleet: " + strings.Join(network.IDsOfSubnets(r.fleet.Subnets),
			",") + "; NAT:" + nats + "; left: " + list(r.otherSubnets)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d zones (-want +got)\n%s", zones, diff)
		}
	}
}

// Into a zone the load balancer goes first, and out of it the fleet: a target in a zone without its load balancer serves nobody.
func TestBalancerAndFleetChangeZonesInOrder(t *testing.T) {
	for _, c := range []struct {
		zones      int
		in         []string
		fleetFirst bool
		either     bool
	}{
		{zones: 3, in: []string{"subnet-public-a", "subnet-public-b"}},
		{zones: 2, in: []string{"subnet-public-a", "subnet-public-b", "subnet-public-c"}, fleetFirst: true},
		{zones: 2, in: []string{"subnet-public-a", "subnet-public-b"}, either: true},
	} {
		r, g := in(t, c.zones), &graph{}
		r.balancer.In = c.in
		r.moveZones(g, map[*node]bool{r.balancerNode: true, r.fleetNode: true})
		if r.balancerNode.comesAfter(r.fleetNode) != c.fleetFirst || r.fleetNode.comesAfter(r.balancerNode) != (!c.fleetFirst && !c.either) {
			t.Errorf("%d zones, found in %v: the load balancer comes after the fleet: %v", c.zones, c.in, r.balancerNode.comesAfter(r.fleetNode))
		}
	}
}

// A subnet that leaves follows its table to its end, and only one with the stack's tags is taken for such a one.
func TestSubnetsOfAZoneThatLeaves(t *testing.T) {
	r := in(t, 2)
	public, c := r.openNodes[0].resource.(*network.Routes), r.otherSubnets[0]
	public.Associations = map[string]string{"subnet-public-a": "1", "subnet-public-b": "2", "subnet-public-c": "3"}
	for _, f := range public.Desired() {
		if f.Name == "subnets" && f.Value != "subnet-public-a, subnet-public-b, subnet-public-c" {
			t.Errorf("the public routes are to have %s", f.Value)
		}
	}
	asked := 0
	s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
		asked++
		if tags := resourcetest.FormOf(t, r).Get("Filter.1.Name"); tags != "tag:understudy:stack" {
			t.Errorf("looked for by %s", tags)
		}
		return http.StatusOK, "<R/>"
	})
	c.Account, c.VPC.ID = s.Account, "vpc-1"
	if there, err := c.Find(t.Context()); there || err != nil || asked != 1 {
		t.Errorf("found: %v (%v), by %d calls", there, err, asked)
	}
}
