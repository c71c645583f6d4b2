package plan

import (
	"context"
	"time"

	"github.com/understudy/understudy/account"
)

// removalTime bounds the wait until one resource can be removed: AWS keeps the network interfaces of a load
// balancer, and what they use, for some minutes after its deletion.
const removalTime = 15 * time.Minute

// removed removes a resource, and tries again while others that are being removed still use it.
func removed(ctx context.Context, r resource) error {
	return account.Poll(ctx, "its removal", removalTime, func(ctx context.Context) (bool, error) {
		err := r.remove(ctx)
		switch {
		case err == nil || account.IsNotFound(err):
			return true, nil
		case account.IsInUse(err):
			account.Tell(ctx, "others to stop using it: "+err.Error())
			return false, nil
		}
		return false, err
	})
}

// delegated is a resource that something outside of the account points to, so that another one in its place is not found.
type delegated interface{ delegated() }

func (z *zone) delegated() {}

// planDown lists everything that exists, also doubles; what needs others comes before them. The hosted zone stays
// unless it is asked for: a new zone has other name servers, so that the domain's delegation would have to be changed, and
// resolvers keep the old one for up to two days (the TTL of delegations in most top-level domains).
func planDown(ctx context.Context, g *graph, withZone bool) (*Plan, error) {
	found, err := g.examine(ctx, none)
	if err != nil {
		return nil, err
	}
	var steps []Step
	var kept []Left
	for _, n := range g.ordered(backward) {
		var here []Step
		for _, d := range doublesOf(n) {
			if removable(d.doubling) {
				here = append(here, deletion(n, d, func(ctx context.Context) error { return removed(ctx, d) }))
			}
		}
		if (found[n] || leaves(n.resource)) && removable(n.resource) {
			here = append(here, Step{Resource: n.id, Action: Delete, ID: identity(n.resource), node: n})
		}
		if _, is := n.resource.(delegated); is && !withZone {
			for _, s := range here {
				kept = append(kept, Left{n.id, s.ID, "a new zone would need a new delegation; --zone deletes it", monthly(n.resource)})
			}
			continue
		}
		steps = append(steps, here...)
	}
	p := newPlan(g, round{backward, steps})
	p.Kept, p.Remarks, p.goesOn = kept, g.remarks(found), true
	return p, nil
}
