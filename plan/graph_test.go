package plan

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// randomGraph draws a graph of up to 30 nodes, each with a random choice of the nodes before it.
func randomGraph(t *rapid.T) *graph {
	g := &graph{}
	for i := range rapid.IntRange(1, 30).Draw(t, "nodes") {
		var needs []*node
		for _, before := range g.nodes {
			if rapid.IntRange(0, 3).Draw(t, "needs") == 0 {
				needs = append(needs, before)
			}
		}
		g.add(number(i), nil, needs...)
	}
	return g
}

func TestWalkVisitsEachOnceAfterAllItWaitsFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		ways := forward
		if rapid.Bool().Draw(t, "backward") {
			ways = backward
		}
		var mu sync.Mutex
		at := map[*node]int{}
		err := g.walk(context.Background(), ways, func(_ context.Context, n *node) error {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := at[n]; twice {
				t.Fatalf("%s visited twice", n.id)
			}
			at[n] = len(at)
			return nil
		})
		if err != nil || len(at) != len(g.nodes) {
			t.Fatalf("visited %d of %d: %v", len(at), len(g.nodes), err)
		}
		order := map[*node]int{}
		for i, n := range g.ordered(ways) {
			order[n] = i
		}
		for _, n := range g.nodes {
			for _, before := range ways(n) {
				if at[before] > at[n] || order[before] > order[n] {
					t.Fatalf("%s came before %s", n.id, before.id)
				}
			}
		}
	})
}

func TestWalkVisitsIndependentNodesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graph{}
		first := g.add("first", nil)
		for i := range 10 {
			g.add(number(i), nil, first)
		}
		began := time.Now()
		err := g.walk(t.Context(), forward, func(ctx context.Context, _ *node) error {
			<-time.After(time.Second)
			return nil
		})
		if took := time.Since(began); err != nil || took != 2*time.Second {
			t.Errorf("took %v, want 2s: %v", took, err)
		}
	})
}

func TestWalkStopsAtTheFirstErrorAndNamesItsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graph{}
		bad := g.add("bad", nil)
		g.add("slow", nil)
		g.add("after", nil, bad)
		broken := errors.New("broken")
		err := g.walk(t.Context(), forward, func(ctx context.Context, n *node) error {
			switch n.id {
			case "after":
				t.Error("a node was visited after what it needs had failed")
			case "slow":
				<-ctx.Done()
				return ctx.Err()
			}
			return broken
		})
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "bad: broken") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWalkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := &graph{}
	g.add("second", nil, g.add("first", nil))
	err := g.walk(ctx, forward, func(ctx context.Context, n *node) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
