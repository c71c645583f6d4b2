package doctor

import (
	"testing"

	"github.com/understudy/understudy"
)

func TestEachOfTwoActiveRegionsMustCarryBoth(t *testing.T) {
	shared := func(fleet understudy.Fleet) func(*understudy.Declaration) {
		return func(d *understudy.Declaration) { d.Failover.Routing, d.Fleet = understudy.RoutingWeighted, fleet }
	}
	large := understudy.Fleet{Min: 2, Desired: 2, Max: 4, Track: understudy.Track{CPU: 50}}
	small := large
	small.Max = 3
	still := large
	still.Track = understudy.Track{}
	grown := func(f *facts) {
		primary(f, func(r *region) { r.group.value = &group{min: 2, desired: 3, inService: 3, max: 4} })
		secondary(f, func(r *region) { r.group.value = &group{min: 2, desired: 2, inService: 2, max: 5} })
	}
	for _, j := range []judged{
		{name: "too small", declared: shared(small), check: CheckCapacity, severity: Warning, says: "fleet: {max: 4}"},
		{name: "not scaled", declared: shared(still), check: CheckCapacity, severity: Note, says: "goes on with the instances that it has"},
		{name: "grown", declared: shared(large), facts: grown, check: CheckCapacity, severity: Warning, side: understudy.Primary, says: "serve with 5 instances"},
		{name: "quota of checks", declared: shared(large), facts: func(f *facts) { f.world.quotas.value[0].used = 195 },
			check: CheckQuota, severity: Blocker, says: "and 6 more"},
	} {
		t.Run(j.name, j.run)
	}
	d := declared()
	shared(large)(d)
	if all := judgeShares(d, well()); len(all) > 0 {
		t.Errorf("where each may have what both have, it finds %+v", all)
	}
	d.Failover.Routing, d.Fleet = understudy.RoutingFailover, small
	if all := judgeShares(d, well()); len(all) > 0 {
		t.Errorf("where one region serves, it finds %+v", all)
	}
}
