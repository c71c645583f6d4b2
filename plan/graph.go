package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// graph has a stack's resources and which of them need which. A node may need only nodes that were
// added before it, so there can be no circle.
type graph struct {
	nodes []*node
	byID  map[string]*node
}

// node is one resource, with those it needs.
type node struct {
	id       string
	needs    []*node
	neededBy []*node
	resource resource
}

// add puts a resource after those it needs.
func (g *graph) add(id string, r resource, needs ...*node) *node {
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

// forward and backward are the two directions through a graph: each returns what a node waits for.
func forward(n *node) []*node  { return n.needs }
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
		if len(errs) == 0 || !errors.Is(err, context.Canceled) {
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
