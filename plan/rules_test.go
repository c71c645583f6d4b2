package plan

import (
	"slices"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Each declared rule is a piece, which needs its listener.
func TestDeclaredRulesArePieces(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Rules = []understudy.Rule{{Path: []string{"/a"}}, {Path: []string{"/b"}}}
	_, b := drawing(t, d)
	var ids []string
	for _, p := range b.Pieces {
		if p.Kind != blueprint.KindDeclaredRule || p.Side != understudy.Secondary {
			continue
		}
		if !slices.Equal(p.Needs, []string{"secondary/listener"}) || p.Of[blueprint.KindListener].Piece != "secondary/listener" {
			t.Errorf("%s needs %v", p.ID, p.Needs)
		}
		ids = append(ids, p.ID)
	}
	if want := []string{"secondary/rules 10", "secondary/rules 11"}; !slices.Equal(ids, want) {
		t.Errorf("%q, not %q", ids, want)
	}
}
