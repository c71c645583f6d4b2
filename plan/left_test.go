package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/plan/failover"
)

// kept is a thing whose deletion fails.
type kept struct {
	onceLost
	fails   error
	removed bool
}

func (k *kept) Find(context.Context) (bool, error) { return true, nil }
func (k *kept) Remove(context.Context) error {
	k.removed = k.fails == nil
	return k.fails
}
func (k *kept) Unprotect() string { return "protection is on" }
func (k *kept) Monthly() float64  { return 10 }

func TestDownGoesOnPastWhatItCannotDelete(t *testing.T) {
	g := &graph{}
	things := map[string]*kept{}
	add := func(id string, fails error, needs ...*node) *node {
		things[id] = &kept{fails: fails}
		return g.add(id, things[id], needs...)
	}
	network := add("network", nil)
	group := add("group", nil, network)
	add("balancer", &smithy.GenericAPIError{Code: "OperationNotPermitted"}, group)
	add("other network", nil)
	broken := errors.New("no luck")
	add("host", broken, network)
	p, err := planDown(t.Context(), &inventory{graph: *g}, false)
	if err != nil {
		t.Fatal(err)
	}
	left := LeftError{}
	if err := p.Apply(t.Context(), Silent{}); !errors.As(err, &left) {
		t.Fatalf("got %v", err)
	}
	why := map[string]string{}
	for _, l := range left.Left {
		why[l.Resource] = l.Why
	}
	for id, want := range map[string]string{
		"balancer": "protection is on", "group": "balancer, which is left, needs it", "host": "no luck", "network": "which is left, needs it",
	} {
		if !strings.Contains(why[id], want) {
			t.Errorf("%s: %q, want %q", id, why[id], want)
		}
	}
	if len(why) != 4 || !things["other network"].removed || things["network"].removed || things["group"].removed {
		t.Errorf("left %v", why)
	}
	if said := left.Error(); !strings.Contains(said, "4 left:") || !strings.Contains(said, "about $40.00 a month") {
		t.Errorf("it says %s", said)
	}
}

func TestInterruptedDownIsNotALeftover(t *testing.T) {
	g := &graph{}
	ctx, stop := context.WithCancel(t.Context())
	g.add("network", &kept{fails: context.Canceled})
	p, err := planDown(ctx, &inventory{graph: *g}, false)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := p.Apply(ctx, Silent{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// made is a zone that this stack has made.
type made struct{ failover.Zone }

func (m *made) Find(context.Context) (bool, error) { return true, nil }

func TestZoneStaysUnlessItIsAskedFor(t *testing.T) {
	for _, asked := range []bool{false, true} {
		g := &graph{}
		z := &made{failover.Zone{ID: "Z1", Made: true}}
		g.add("global/zone", z)
		g.add("network", &kept{})
		p, err := planDown(t.Context(), &inventory{graph: *g}, asked)
		if err != nil {
			t.Fatal(err)
		}
		deletes := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Resource == "global/zone" })
		if deletes != asked || (len(p.Kept) == 1) == asked {
			t.Errorf("asked %v: steps %+v, kept %+v", asked, p.Steps, p.Kept)
		}
	}
}
