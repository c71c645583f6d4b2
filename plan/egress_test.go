package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Each way out has its parts, and of the others only what is left is looked for. The fleet comes after its way out.
func TestWaysOutOfThePrivateSubnets(t *testing.T) {
	all := []string{"address of nat-a", "address of nat-b", "nat-a", "nat-b", "private routes", "private routes b",
		"endpoints group", "endpoint-s3", "endpoint-ssm", "endpoint-ssmmessages"}
	for egress, want := range map[understudy.Egress]string{
		understudy.EgressNone:       "private routes: nowhere",
		understudy.EgressNAT:        "address of nat-a, nat-a, private routes: nat-0",
		understudy.EgressNATPerZone: "address of nat-a, address of nat-b, nat-a, nat-b, private routes: nat-0, private routes b: nat-1",
		understudy.EgressEndpoints:  "private routes: nowhere, endpoints group, endpoint-s3, endpoint-ssm, endpoint-ssmmessages",
	} {
		d := resourcetest.Declared(t)
		d.Regions = maps.Clone(d.Regions)
		place := d.Regions[understudy.Primary]
		place.Egress = egress
		d.Regions[understudy.Primary] = place
		v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		var got []string
		number := 0
		for _, name := range all {
			n := v.graph.byID["primary/"+name]
			left, isLeft := n.resource.(*retired)
			if isLeft {
				if _, ok := left.Resource.(*network.NAT); ok {
					number++
				}
				continue
			}
			switch r := n.resource.(type) {
			case *network.NAT:
				r.ID = "nat-" + string(rune('0'+number))
				number++
			case *network.Routes:
				name += ": " + resourcetest.Wanted(r, network.Everywhere)
			}
			if !v.regions[understudy.Primary].fleetNode.comesAfter(n) {
				t.Errorf("%s: the fleet does not come after %s", egress, n.id)
			}
			got = append(got, name)
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", egress, text, want)
		}
	}
}

// One table has all private subnets, or each has those of its zone, and what one gives up the other takes.
func TestPrivateSubnetsFollowOneTable(t *testing.T) {
	for egress, want := range map[understudy.Egress]map[string]string{
		understudy.EgressNAT:        {"private-routes": "private-a private-b", "private-routes-b": "", "private-routes-c": ""},
		understudy.EgressNATPerZone: {"private-routes": "private-a", "private-routes-b": "private-b", "private-routes-c": ""},
	} {
		d := resourcetest.Declared(t)
		place := d.Regions[understudy.Primary]
		place.Egress = egress
		d.Regions[understudy.Primary] = place
		v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		got := map[string]string{}
		for _, table := range v.regions[understudy.Primary].tables {
			var names []string
			for _, s := range table.Subnets {
				names = append(names, s.Name)
				if slices.Contains(table.Elsewhere, s) {
					t.Errorf("%s: %s is of two tables", egress, s.Name)
				}
			}
			if len(table.Subnets)+len(table.Elsewhere) != 6 { // those of a third zone too, which may be there
				t.Errorf("%s: %s knows %d subnets", egress, table.Role, len(table.Subnets)+len(table.Elsewhere))
			}
			got[table.Role] = strings.Join(names, " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", egress, diff)
		}
	}
}
