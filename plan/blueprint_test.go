package plan

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// drawing draws a declaration, and returns the inventory that it was drawn of.
func drawing(t *testing.T, d *understudy.Declaration) (*inventory, *blueprint.Blueprint) {
	t.Helper()
	accounts := map[understudy.Side]*account.Account{}
	for _, side := range understudy.Sides {
		accounts[side] = &account.Account{Region: d.Regions[side].Name}
	}
	v := takeInventory(d, accounts)
	b, err := blueprintOf(v)
	if err != nil {
		t.Fatal(err)
	}
	return v, b
}

// Each piece comes after those that it refers to, and refers to nothing that is not a piece.
func TestPiecesReferToEarlierOnes(t *testing.T) {
	_, b := drawing(t, resourcetest.Declared(t))
	earlier := map[string]bool{}
	for _, p := range b.Pieces {
		refs := slices.Clone(p.Needs)
		for _, r := range p.Of {
			refs = append(refs, r.Piece)
		}
		for _, f := range p.Settings {
			for text := range strings.SplitSeq(f.Value, ", ") {
				if r, ok := blueprint.ParseRef(text); ok {
					refs = append(refs, r.Piece)
				}
			}
		}
		for _, id := range refs {
			if !earlier[id] {
				t.Errorf("%s refers to %s, which does not come before it", p.ID, id)
			}
		}
		earlier[p.ID] = true
	}
}

// Every resource of the plan's is shown, or known to say nothing of its own.
func TestABlueprintLeavesNothingOut(t *testing.T) {
	v, b := drawing(t, resourcetest.Declared(t))
	for _, n := range v.graph.nodes {
		_, shown := n.resource.(drawn)
		there := slices.ContainsFunc(b.Pieces, func(p blueprint.Piece) bool { return p.ID == n.id })
		if shown != there {
			t.Errorf("%s: drawn %v, and in the blueprint %v", n.id, shown, there)
		}
	}
	v.graph.add("primary/wormhole", novelty{}, v.regions[understudy.Primary].vpcNode)
	if _, err := blueprintOf(v); err == nil || !strings.Contains(err.Error(), "primary/wormhole: a blueprint cannot show a plan.novelty") {
		t.Errorf("a new kind of resource: %v", err)
	}
}

// novelty is a kind of resource that nobody has drawn yet.
type novelty struct{}

func (novelty) Find(context.Context) (bool, error)                  { return false, nil }
func (novelty) Desired() []resource.Field                           { return []resource.Field{{Name: "length", Value: "2"}} }
func (novelty) Actual() []resource.Field                            { return nil }
func (novelty) Create(context.Context) error                        { return nil }
func (novelty) Change(context.Context, []resource.Difference) error { return nil }
func (novelty) Remove(context.Context) error                        { return nil }
