package doctor

import (
	"fmt"

	"github.com/understudy/understudy"
)

// judgeShares looks, where both regions serve, whether each can carry what both do: the loss of one is then the other's load.
func judgeShares(d *understudy.Declaration, f facts) (all []Finding) {
	if !d.Failover.Active() {
		return nil
	}
	const why = "when a region is lost, all users are at the other one, which serves them with what it has and can get"
	need := 2 * d.Fleet.Desired
	if d.Fleet.Max < need {
		all = append(all, Finding{CheckCapacity, Warning, understudy.Global, fmt.Sprintf("each region begins with %d instances, and may have %d at most: "+
			"both together have %d", d.Fleet.Desired, d.Fleet.Max, need), why, fmt.Sprintf("fleet: {max: %d}", need)})
	}
	if (d.Fleet.Track == understudy.Track{}) {
		all = append(all, Finding{
			CheckCapacity, Note, understudy.Global,
			"no fleet is scaled by its load: the region that stays goes on with the instances that it has",
			why, "fleet: {track: {cpu: 50}}, or as many instances in each region as both need",
		})
	}
	both := 0
	for _, side := range understudy.Sides {
		if g := f.regions[side].group.value; g != nil {
			both += g.inService
		}
	}
	for _, side := range understudy.Sides {
		switch r := f.regions[side]; {
		case r.silent != nil || r.group.value == nil:
		case r.group.value.max < both:
			all = append(all, Finding{CheckCapacity, Warning, side, fmt.Sprintf("both regions serve with %d instances, and the fleet here may have %d at most",
				both, r.group.value.max), why, fmt.Sprintf("fleet: {max: %d}", both)})
		}
	}
	return all
}
