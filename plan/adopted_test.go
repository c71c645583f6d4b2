package plan

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/adopted"
)

// adoptedStack has a security group in each region.
func adoptedStack(t *testing.T) *Stack {
	t.Helper()
	a := &understudy.Adopted{Name: "shop", Adopt: understudy.Adoption{Record: "www.shop.test", Regions: []string{"us-east-1", "us-west-2"}}}
	for _, region := range a.Adopt.Regions {
		a.Adopt.Resources = append(a.Adopt.Resources, understudy.AdoptedResource{
			Region: region, Kind: understudy.AdoptedFilter, ID: "sg-" + region, Name: "web",
			Settings: map[string]string{"ingress": "tcp 80 0.0.0.0/0, tcp 22 10.0.0.0/8"},
		})
	}
	s := &Stack{Declaration: a.Declaration(), Accounts: map[understudy.Side]*account.Account{}}
	if err := s.Adopt(a); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnAdoptedResourceIsHeldInWhatIsWrittenAlone(t *testing.T) {
	t.Parallel()
	g := adoptedStack(t).adoptedGraph()
	found := map[*node]bool{}
	for _, n := range g.nodes {
		found[n] = true
		n.resource.(*adopted.Resource).Seen = map[string]string{"ingress": "tcp 22 10.0.0.0/8, tcp 80 0.0.0.0/0", "egress": "all 0.0.0.0/0"}
	}
	if steps, err := g.differing(found); err != nil || len(steps) > 0 {
		t.Errorf("as it is written, otherwise ordered: %v, %v", steps, err)
	}
	for _, n := range g.nodes {
		n.resource.(*adopted.Resource).Seen = map[string]string{"ingress": "tcp 80 0.0.0.0/0"}
	}
	steps, err := g.differing(found)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, s := range steps {
		order = append(order, string(s.Action)+" "+s.Resource+" "+s.ID)
	}
	if !slices.Equal(order, []string{"change secondary/security group web sg-us-west-2", "change primary/security group web sg-us-east-1"}) {
		t.Errorf("steps %v", order)
	}
}

func TestNothingAdoptedIsMadeOrDeleted(t *testing.T) {
	t.Parallel()
	s := adoptedStack(t)
	g := s.adoptedGraph()
	found := map[*node]bool{}
	for _, n := range g.nodes {
		found[n] = false
	}
	steps, err := g.differing(found)
	for _, part := range []string{
		"primary/security group web: sg-us-east-1 in us-east-1 is gone", "secondary/security group web: sg-us-west-2 in us-west-2 is gone",
		"understudy adopt --record www.shop.test --out FILE",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("of what is gone: %v, %v, want %q", steps, err, part)
		}
	}
	if p, err := s.Down(context.Background(), true); err == nil || !strings.Contains(err.Error(), "nothing is deleted") {
		t.Errorf("down: %v, %v", p, err)
	}
	if err := g.nodes[0].resource.Remove(context.Background()); err == nil {
		t.Error("removed")
	}
}
