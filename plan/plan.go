// Package plan builds the resources of a declaration through the AWS API, and removes them again.
//
// Existing resources are found by their tags; there is no state file. A Plan is made once: the list of steps
// that is printed is the list that is applied. Each resource kind has its own file in the rooms below this folder, with the methods to find
// it, to compare it with the declaration, and to create, change and remove it; the graph in inventory.go says
// which needs which. The rooms know nothing of the graph. What concerns several of them stands here: the order of steps, one generation and one
// network in the place of another (superseded.go, moved.go), the turn of the switch (switch_turn.go). Both regions are built at
// once; a change to what serves reaches them one after the other (order.go).
//
// A run may be killed at any call. Everything it made has the stack's tags or is found by its caller
// reference, and calls are repeated with the same client tokens, so that the next run
// continues where the first ended, with nothing left over. Resources that AWS may make twice, because their
// calls take no client token, are recognised (resource/double.go): the one in use stays, the other is removed.
package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// Action is what a step does.
type Action string

// The actions of a plan.
const (
	Create Action = "create"
	Change Action = "change"
	Wait   Action = "wait" // for something that comes about by itself
	Delete Action = "delete"
)

// Step is one thing to do.
type Step struct {
	Resource    string                `json:"resource"` // primary/vpc
	Action      Action                `json:"action"`
	ID          string                `json:"id,omitempty"`        // AWS's, where the thing exists
	DoubleOf    string                `json:"double_of,omitempty"` // the id of what is in use, where this one is not needed
	Differences []resource.Difference `json:"differences,omitempty"`
	node        *node
	remove      func(context.Context) error // how a double is removed
}

// Plan is the list of steps, in an order in which they could be done one by one. Steps that do not
// need each other are done at the same time.
type Plan struct {
	Steps   []Step
	Kept    []Left            // what down does not delete, unless it is asked to
	Remarks []resource.Remark // what was seen and is left alone
	graph   *graph
	rounds  []round
	goesOn  bool // past steps that fail
}

// round is a walk through the graph, with the steps to do at its nodes.
type round struct {
	ways  func(*node) []*node
	steps []Step
}

func newPlan(g *graph, rounds ...round) *Plan {
	p := &Plan{graph: g, rounds: rounds}
	for _, r := range rounds {
		p.Steps = append(p.Steps, r.steps...)
	}
	return p
}

// Empty tells whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// First tells whether the plan builds a region's network, or the load balancer in one that is given, so that nothing of the stack works there
// yet.
func (p *Plan) First() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		return s.Action == Create && (strings.HasSuffix(s.Resource, "/vpc") || s.balancesInGiven())
	})
}

// balancesInGiven tells whether a step is of a load balancer in a network that is given.
func (s Step) balancesInGiven() bool {
	if s.node == nil {
		return false
	}
	b, ok := s.node.resource.(*balancing.Balancer)
	return ok && b.Place().Given()
}

// Changes tells whether there is anything to do but to wait.
func (p *Plan) Changes() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Action != Wait })
}

// examine finds every resource except those to skip, each after those whose state its find reads.
func (g *graph) examine(ctx context.Context, passOver func(*node) bool) (map[*node]bool, error) {
	var mu sync.Mutex
	found := map[*node]bool{}
	err := g.walk(resource.WithSharedLists(ctx), looking, func(ctx context.Context, n *node) error {
		if passOver(n) {
			return nil
		}
		there, err := n.resource.Find(ctx)
		mu.Lock()
		defer mu.Unlock()
		found[n] = there
		return err
	})
	return found, err
}

func none(*node) bool { return false }

// planUp compares what exists with the declaration. Doubles are removed last, when what is needed works.
func planUp(ctx context.Context, v *inventory, o Rollout) (*Plan, error) {
	g := &v.graph
	if err := v.rebake(o.Rebake); err != nil {
		return nil, err
	}
	chosen := o.chosen(g)
	found, err := g.examine(ctx, func(n *node) bool { return !chosen[n] })
	if err != nil {
		return nil, err
	}
	for _, refuse := range []func() error{func() error { return v.refuseAlone(o) }, v.refuseMoved, v.refuseOverlap} {
		if err := refuse(); err != nil {
			return nil, err
		}
	}
	steps, err := g.differing(found)
	if err != nil {
		return nil, err
	}
	remarks := g.remarks(found)
	leaving, err := v.leaving(ctx)
	if err != nil {
		return nil, err
	}
	p := newPlan(g, round{forward, v.order(o, found, steps)}, round{backward, append(removalsOfDoubles(g, leaving), g.removals(leaving)...)})
	p.Remarks = append(remarks, g.remarks(leaving)...)
	return p, nil
}

// differing returns the steps that make everything that was looked for as desired.
func (g *graph) differing(found map[*node]bool) ([]Step, error) {
	var steps []Step
	var errs []error
	touched := map[*node]bool{} // those with a step, and those that need such a one
	for _, n := range g.ordered(forward) {
		if _, looked := found[n]; !looked {
			continue
		}
		touched[n] = slices.ContainsFunc(n.needs, func(need *node) bool { return touched[need] })
		errs = append(errs, refuseHeld(n), refuseObstructed(n))
		step := Step{Resource: n.id, Action: Create, ID: resource.Identity(n.resource), node: n}
		if found[n] {
			step.Action = Change
			step.Differences = resource.Compare(n.resource.Desired(), n.resource.Actual())
			if len(step.Differences) == 0 && !(touched[n] && waits(n)) {
				continue
			}
			errs = append(errs, refuseFixed(n, step.Differences))
		} else {
			step.Differences = resource.Compare(n.resource.Desired(), nil)
		}
		if waits(n) {
			step.Action = Wait
		}
		touched[n] = true
		steps = append(steps, step)
	}
	return steps, errors.Join(errs...)
}

// waits tells whether a node's resource comes about by itself. It is waited for where it is not there, and again after
// anything that it needs has changed: that it was there before says nothing then.
func waits(n *node) bool {
	_, ok := n.resource.(resource.Awaited)
	return ok
}

// refuseObstructed returns an error where something of somebody else's keeps a resource from being as declared.
func refuseObstructed(n *node) error {
	o, ok := n.resource.(resource.Obstructed)
	if !ok {
		return nil
	}
	if err := o.Refused(); err != nil {
		return fmt.Errorf("%s: %w", n.id, err)
	}
	return nil
}

// refuseFixed returns an error that names the differing settings that AWS cannot change.
func refuseFixed(n *node, differences []resource.Difference) error {
	var fixed []string
	for _, d := range differences {
		if d.Fixed {
			fixed = append(fixed, fmt.Sprintf("%s is %s and cannot become %s", d.Name, d.Actual, d.Desired))
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s while it exists: take the stack down first", n.id, strings.Join(fixed, ", "))
}

// Apply does the steps and tells the reporter about each.
func (p *Plan) Apply(ctx context.Context, r Reporter) error {
	if p.goesOn {
		return p.delete(ctx, r)
	}
	for _, round := range p.rounds {
		err := p.graph.walk(ctx, round.ways, func(ctx context.Context, n *node) error {
			for _, s := range round.steps {
				if s.node != n {
					continue
				}
				if err := s.report(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// report carries out one step, and reports its begin and its end.
func (s Step) report(ctx context.Context, r Reporter) error {
	began := time.Now()
	ctx = watched(ctx, s, r)
	r.Began(s)
	err := s.do(withNotes(ctx, s, r))
	if err != nil && s.node.undo != nil && s.remove == nil {
		err = s.node.undo(withNotes(ctx, s, r), err)
	}
	if s.ID == "" {
		s.ID = resource.Identity(s.node.resource)
	}
	r.Ended(s, time.Since(began), err)
	return err
}

// do carries out one step. It compares again, since ids that were Unknown are known now.
func (s Step) do(ctx context.Context) error {
	r := s.node.resource
	if s.remove != nil {
		return s.remove(ctx)
	}
	if s.Action == Delete {
		return resource.Removed(ctx, r)
	}
	ctx = account.Eventual(ctx)
	if s.Action == Change {
		return r.Change(ctx, resource.Compare(r.Desired(), r.Actual()))
	}
	err := r.Create(ctx)
	if !account.IsLost(err) && !account.IsTaken(err) || ctx.Err() != nil {
		return err
	}
	return recreate(ctx, r)
}

// recreate continues after a create call whose answer was lost, or which came after that of a killed run: the
// thing may exist. The SDK does not send calls again that take no client token, since that would
// make a second thing.
func recreate(ctx context.Context, r resource.Resource) error {
	there, err := resource.Settled(ctx, r.Find)
	if err != nil {
		return err
	}
	if !there {
		return r.Create(ctx)
	}
	return r.Change(ctx, resource.Compare(r.Desired(), r.Actual()))
}

// removable tells whether a resource can be removed: it exists by itself, and belongs to the stack.
func removable(r resource.Resource) bool {
	if s, ok := r.(resource.Shared); ok && s.Foreign() {
		return false
	}
	_, comes := r.(resource.Awaited)
	return !comes
}
