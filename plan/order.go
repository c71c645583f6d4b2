package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/resource"
)

// DefaultBake is how long the first side must stay healthy before the second is changed.
const DefaultBake = 30 * time.Second

// Rollout says how a change reaches the two sides.
type Rollout struct {
	Only   understudy.Side // the one side to work on, with what it needs; empty is both
	Bake   time.Duration   // how long the first side must stay healthy before the second is changed
	Linger time.Duration   // how long an earlier network serves on after the record has moved
	Rebake bool            // bake the image anew if another one is selected as its base than it was made from
}

// sides returns the sides whose regions are asked. The secondary's image comes from the primary.
func (o Rollout) sides() []understudy.Side {
	if o.Only == understudy.Primary {
		return []understudy.Side{understudy.Primary}
	}
	return understudy.Sides
}

// chosen returns the nodes that a rollout works on: all, or those of one side and what they need.
func (o Rollout) chosen(g *graph) map[*node]bool {
	chosen := map[*node]bool{}
	var choose func(*node)
	choose = func(n *node) {
		if chosen[n] {
			return
		}
		chosen[n] = true
		for _, need := range n.needs {
			if _, going := need.resource.(*retired); !going || o.Only == "" { // the other side may still need it
				choose(need)
			}
		}
	}
	secondary := func(n *node) bool { return strings.HasPrefix(n.id, string(understudy.Secondary)+"/") }
	for _, n := range g.nodes {
		switch {
		case o.Only != "" && !strings.HasPrefix(n.id, string(o.Only)+"/"):
		case o.Only == understudy.Primary && slices.ContainsFunc(g.nodes, func(s *node) bool { return secondary(s) && n.comesAfter(s) }):
			// It ties both sides together, and the primary serves without it.
		case o.Only == understudy.Secondary && g.byID["primary/listener"] != nil && n.comesAfter(g.byID["primary/listener"]):
			// So does this: where both regions serve, the secondary's record follows the primary's switch.
		default:
			choose(n)
		}
	}
	return chosen
}

// order brings a change to the sides one after the other: the second side's launch template and target group, and so its
// instances and all that shows their health, come after the first side's bake. Where nothing serves yet, or nothing serves
// any more, there is nobody to protect, and both are worked on at once. It returns the steps in their order.
func (v *inventory) order(o Rollout, found map[*node]bool, steps []Step) []Step {
	for _, side := range understudy.Sides {
		v.regions[side].guard(&v.graph, found)
		v.regions[side].moveZones(&v.graph, found)
		if v.regions[side].vpc.Replaced() {
			v.moveByRecord(v.regions[side], o.Linger)
		}
		if o.Only == "" { // else the records are not worked on
			v.graph.after(v.regions[side].supersededNode, v.recordsNode)
		}
	}
	first, second := v.turns(found)
	if o.Only != "" || first == nil || !first.steps(steps) || !second.steps(steps) {
		return v.graph.sorted(steps)
	}
	first.fleet.Second = second.Side
	b := &bake{Scope: first.Scope, targets: first.targets, passing: first.passing, long: o.Bake}
	baked := v.graph.add(first.id("bake"), b, slices.Concat([]*node{first.healthNode, first.rulesNode}, first.furtherNodes, first.readyNodes)...)
	baked.undo = first.fleetNode.undo
	later := []*node{second.templateNode, second.targetGroupNode, second.rulesNode, first.presetNode, first.supersededNode}
	for _, n := range slices.Concat(later, second.groupsNodes, second.furtherNodes, first.hostNodes, second.privateRoutes) {
		v.graph.after(n, baked)
	}
	if first.vpc.Replaced() {
		for _, n := range v.switchNodes[first.Side] {
			v.graph.after(n, baked)
		}
	}
	if second.vpc.Replaced() {
		v.graph.after(second.balancerNode, baked)
	}
	return v.graph.sorted(append(steps, Step{Resource: baked.id, Action: Wait, node: baked}))
}

// guard makes a fleet that is there show whether its template is good before the hosts follow, and undoes a change of it
// that does not come to serve.
func (r *region) guard(g *graph, found map[*node]bool) {
	undo := r.fleet.Undo
	switch {
	case len(r.fleet.Earlier) > 0:
		undo = r.superseded.undo
	case !found[r.fleetNode]:
		return
	}
	for _, n := range r.hostNodes {
		g.after(n, r.readyNodes...)
	}
	for _, n := range append([]*node{r.fleetNode, r.healthNode}, r.readyNodes...) {
		n.undo = undo
	}
}

// turns returns which side is changed first, and which second: the one that has the users, as the health checks tell.
// That is the primary, unless its check fails and the secondary's passes. Both are nil where neither serves.
func (v *inventory) turns(found map[*node]bool) (first, second *region) {
	p, s := v.regions[understudy.Primary], v.regions[understudy.Secondary]
	switch {
	case p.serves(found):
		return s, p
	case s.serves(found):
		return p, s
	}
	return nil, nil
}

func (r *region) serves(found map[*node]bool) bool {
	fleet := found[r.fleetNode] || len(r.fleet.Predecessors()) > 0
	return fleet && found[r.healthNode] && r.passing.Serves()
}

// steps tells whether any of the steps can make a difference to how the region serves.
func (r *region) steps(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool {
		switch s.node {
		case r.templateNode, r.targetGroupNode, r.listenerNode, r.rulesNode, r.fleetNode, r.readyNodes[0], r.readyNodes[1], r.supersededNode:
			return true
		}
		return slices.Contains(r.furtherNodes, s.node) || slices.Contains(r.groupsNodes, s.node)
	})
}

// bake waits until a region has been healthy for some time without interruption.
type bake struct {
	resource.Scope
	targets *fleet.Targets
	passing *failover.Passing
	long    time.Duration
}

func (b *bake) Awaited()                  {}
func (b *bake) Desired() []resource.Field { return nil }
func (b *bake) Actual() []resource.Field  { return nil }

func (b *bake) Find(context.Context) (bool, error)                        { return true, nil }
func (b *bake) Change(ctx context.Context, _ []resource.Difference) error { return b.Create(ctx) }
func (b *bake) Remove(context.Context) error                              { return nil }

func (b *bake) Create(ctx context.Context) error {
	if b.passing.Check.Dark() {
		resource.Note(ctx, "the %s has no instance to be judged by: nothing is seen at work before the other region is changed", b.Side)
		return nil
	}
	since, ill := time.Now(), ""
	what := fmt.Sprintf("%v of health without interruption", b.long)
	err := account.Poll(ctx, what, b.long+resource.LongTime, func(ctx context.Context) (bool, error) {
		why, err := b.illness(ctx)
		if err != nil {
			return false, err
		}
		if why != "" {
			since, ill = time.Now(), why
		}
		return time.Since(since) >= b.long, nil
	})
	if account.IsTimeout(err) {
		return &resource.NotServing{Cause: fmt.Errorf("%w; last it was ill because %s", err, ill)}
	}
	return err
}

// illness tells why the region is not healthy at the moment, or nothing where it is.
func (b *bake) illness(ctx context.Context) (string, error) {
	if err := b.targets.Look(ctx); err != nil {
		return "", err
	}
	if !b.targets.Enough() {
		return b.targets.String(), nil
	}
	if _, err := b.passing.Find(ctx); err != nil {
		return "", err
	}
	if !b.passing.Passes() && !b.passing.Check.Dark() {
		return fmt.Sprintf("health check %s does not pass: %s", b.passing.Check.ID, b.passing.Told()), nil
	}
	return "", nil
}

var _ resource.Resource = (*bake)(nil)
