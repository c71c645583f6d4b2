package plan

import (
	"context"
	"maps"

	"github.com/understudy/understudy/plan/resource"
)

// delegated is a resource that something outside of the account points to, so that another one in its place is not found.
type delegated interface{ Delegated() }

// planDown lists everything that exists, also doubles; what needs others comes before them. The hosted zone stays
// unless it is asked for: a new zone has other name servers, so that the domain's delegation would have to be changed, and
// resolvers keep the old one for up to two days (the TTL of delegations in most top-level domains).
func planDown(ctx context.Context, v *inventory, withZone bool) (*Plan, error) {
	g := &v.graph
	found, err := g.examine(ctx, none)
	if err != nil {
		return nil, err
	}
	remarks := g.remarks(found)
	leaving, err := v.leaving(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, leaving)
	var steps []Step
	var kept []Left
	for _, n := range g.ordered(backward) {
		here := removalsOf(n, found[n])
		if _, is := n.resource.(delegated); is && !withZone {
			for _, s := range here {
				kept = append(kept, Left{n.id, s.ID, "a new zone would need a new delegation; --zone deletes it", monthly(n.resource)})
			}
			continue
		}
		steps = append(steps, here...)
	}
	p := newPlan(g, round{backward, steps})
	p.Kept, p.Remarks, p.goesOn = kept, append(remarks, g.remarks(leaving)...), true
	return p, nil
}

// removalsOf lists the steps that delete a node's resource, if it is there, and its doubles.
func removalsOf(n *node, there bool) (steps []Step) {
	for _, d := range doublesOf(n) {
		if removable(d.Doubling) {
			steps = append(steps, deletion(n, d, func(ctx context.Context) error { return resource.Removed(ctx, d) }))
		}
	}
	if (there || resource.Leaves(n.resource)) && removable(n.resource) {
		steps = append(steps, Step{Resource: n.id, Action: Delete, ID: resource.Identity(n.resource), node: n})
	}
	return steps
}

// removals lists the steps that delete what was found, what needs others before them.
func (g *graph) removals(found map[*node]bool) (steps []Step) {
	for _, n := range g.ordered(backward) {
		if there, looked := found[n]; looked {
			steps = append(steps, removalsOf(n, there)...)
		}
	}
	return steps
}
