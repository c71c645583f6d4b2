package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// graph has a stack's resources and which of them need which. A node may need only nodes that were
// added before it, so there can be no circle.
type graph struct {
	nodes []*node
	byID  map[string]*node
}

// node is one resource, with those it needs and those that it only comes after.
type node struct {
	id       string
	needs    []*node
	neededBy []*node
	befores  []*node
	reads    []*node // whose state its find looks at; nil for all that it needs
	glances  []*node // whose state its find looks at, if it can be read
	resource resource.Resource
	undo     func(context.Context, error) error // what follows where its step fails, nil for nothing; it returns the error to tell
}

// add puts a resource after those it needs.
func (g *graph) add(id string, r resource.Resource, needs ...*node) *node {
	if g.byID == nil {
		g.byID = map[string]*node{}
	}
	if g.byID[id] != nil {
		panic("plan: two resources are called " + id)
	}
	n := &node{id: id, resource: r, needs: needs}
	for _, need := range needs {
		if g.byID[need.id] != need {
			panic("plan: " + id + " needs " + need.id + ", which is not of this graph")
		}
		need.neededBy = append(need.neededBy, n)
	}
	g.nodes = append(g.nodes, n)
	g.byID[id] = n
	return n
}

// needs makes a node need others that were added after it, and need nothing that needs it.
func (g *graph) needs(n *node, others ...*node) {
	for _, need := range others {
		if need == n || need.comesAfter(n) {
			panic("plan: " + n.id + " and " + need.id + " would need each other")
		}
		n.needs = append(n.needs, need)
		need.neededBy = append(need.neededBy, n)
	}
}

// after makes a node wait for others that it does not need.
func (g *graph) after(n *node, befores ...*node) {
	for _, b := range befores {
		if b == n || b.comesAfter(n) {
			panic("plan: " + n.id + " and " + b.id + " would wait for each other")
		}
		n.befores = append(n.befores, b)
	}
}

// comesAfter tells whether a node waits for another, directly or by others.
func (n *node) comesAfter(other *node) bool {
	seen := map[*node]bool{}
	var reaches func(*node) bool
	reaches = func(n *node) bool {
		if seen[n] {
			return false
		}
		seen[n] = true
		return slices.ContainsFunc(forward(n), func(b *node) bool { return b == other || reaches(b) })
	}
	return reaches(n)
}

// finding makes a node's find wait for these alone: for a thing that is found by its tags or its name, most of what it needs
// is of no matter. What a find reads of another resource, in choose and in fits too, must be listed.
func (n *node) finding(reads ...*node) *node {
	n.reads = append([]*node{}, reads...)
	return n
}

// looking is the direction in which things are found.
func looking(n *node) []*node { return append(slices.Clip(reading(n)), n.glances...) }

// reading are the nodes without whose state a find says nothing.
func reading(n *node) []*node {
	if n.reads != nil {
		return n.reads
	}
	return n.needs
}

// forward and backward are the two directions through a graph: each returns what a node waits for.
func forward(n *node) []*node  { return slices.Concat(n.needs, n.befores) }
func backward(n *node) []*node { return n.neededBy }

// walk visits every node once, each after all that it waits for, and as many at once as that allows.
// The first error cancels the context of all running visits, and no other visit begins. All errors except
// those that come from the cancelled context are returned, each with its node's id before it.
func (g *graph) walk(ctx context.Context, waitsFor func(*node) []*node, visit func(context.Context, *node) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	visited := map[*node]chan struct{}{}
	for _, n := range g.nodes {
		visited[n] = make(chan struct{})
	}
	var (
		mu   sync.Mutex
		errs []error
		all  sync.WaitGroup
	)
	fail := func(n *node, err error) {
		mu.Lock()
		defer mu.Unlock()
		if len(errs) == 0 || !account.IsCut(err) {
			errs = append(errs, fmt.Errorf("%s: %w", n.id, err))
		}
		stop(err)
	}
	for _, n := range g.nodes {
		all.Go(func() {
			for _, before := range waitsFor(n) {
				select {
				case <-visited[before]:
				case <-ctx.Done():
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
			if err := visit(ctx, n); err != nil {
				fail(n, err)
				return // what waits for this node is never visited
			}
			close(visited[n])
		})
	}
	all.Wait()
	if len(errs) == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errs...)
}

// sorted returns steps in the order of their nodes.
func (g *graph) sorted(steps []Step) []Step {
	var sorted []Step
	for _, n := range g.ordered(forward) {
		for _, s := range steps {
			if s.node == n {
				sorted = append(sorted, s)
			}
		}
	}
	return sorted
}

// ordered returns the nodes so that each comes after all that it waits for.
func (g *graph) ordered(waitsFor func(*node) []*node) []*node {
	var order []*node
	placed := map[*node]bool{}
	var place func(*node)
	place = func(n *node) {
		if placed[n] {
			return
		}
		placed[n] = true
		for _, before := range waitsFor(n) {
			place(before)
		}
		order = append(order, n)
	}
	for _, n := range g.nodes {
		place(n)
	}
	return slices.Clip(order)
}

// remarks lists what was seen and is left alone.
func (g *graph) remarks(found map[*node]bool) (all []resource.Remark) {
	for _, n := range g.ordered(forward) {
		r, ok := n.resource.(resource.Remarking)
		if _, looked := found[n]; !ok || !looked {
			continue
		}
		for _, one := range r.Remarks() {
			one.Resource = n.id
			all = append(all, one)
		}
	}
	return all
}
