package plan

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
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
		g.add(resource.Number(i), nil, needs...)
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
			g.add(resource.Number(i), nil, first)
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

// A plan takes as long as its longest chain of finds. Most things are found by tags and names, whatever else is found.
func TestFindsWaitForFewOthers(t *testing.T) {
	g := &takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}).graph
	depth := map[*node]int{}
	for _, n := range g.ordered(looking) {
		for _, before := range looking(n) {
			depth[n] = max(depth[n], depth[before])
		}
		// The network, a group, the template, the fleet, its targets.
		if depth[n]++; depth[n] > 5 {
			t.Errorf("%s is found after %d others, one after the other", n.id, depth[n]-1)
		}
	}
}

func TestWhatIsFoundByItselfWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graph{}
		slow := g.add("slow", &late{after: time.Hour})
		g.add("needing", &late{}, slow)
		reading := g.add("reading", &late{}, slow).finding()
		began := time.Now()
		at := map[*node]time.Duration{}
		var mu sync.Mutex
		err := g.walk(t.Context(), looking, func(ctx context.Context, n *node) error {
			_, err := n.resource.Find(ctx)
			mu.Lock()
			defer mu.Unlock()
			at[n] = time.Since(began)
			return err
		})
		if err != nil || at[reading] != 0 || at[g.byID["needing"]] != time.Hour {
			t.Errorf("found at %v, %v", at, err)
		}
	})
}

// late is found after some time.
type late struct {
	resource.Resource
	after time.Duration
}

func (l *late) Find(context.Context) (bool, error) {
	time.Sleep(l.after)
	return true, nil
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

// The SDK's error of a call that was cut in the middle of its answer does not say so.
func TestWalkIsSilentOnCallsThatItsFirstErrorCuts(t *testing.T) {
	call := func(err error) error {
		return &smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeVpcs", Err: err}
	}
	for name, c := range map[string]struct {
		late error
		told bool
	}{
		"cut before its answer":     {call(context.Canceled), false},
		"cut in its answer":         {call(&smithy.DeserializationError{Err: io.ErrUnexpectedEOF}), false},
		"refused by AWS meanwhile":  {call(&smithy.GenericAPIError{Code: "UnauthorizedOperation"}), true},
		"refused by this program":   {errors.New("it is not this stack's"), true},
		"its context's, as it came": {context.Canceled, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &graph{}
			g.add("bad", nil)
			g.add("late", nil)
			err := g.walk(t.Context(), forward, func(ctx context.Context, n *node) error {
				if n.id == "bad" {
					synctest.Wait() // until the other visits
					return errors.New("broken")
				}
				<-ctx.Done()
				return c.late
			})
			if err == nil || strings.Contains(err.Error(), "late: ") != c.told || !strings.Contains(err.Error(), "bad: broken") {
				t.Errorf("%s: got %v", name, err)
			}
		})
	}
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
