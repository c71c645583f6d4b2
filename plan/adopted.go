package plan

import (
	"context"
	"fmt"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/adopted"
)

// Adopt makes the stack one that others built. An error is of the file: it names a setting that is not known.
func (s *Stack) Adopt(a *understudy.Adopted) error {
	if err := adopted.Holdable(a.Adopt.Resources); err != nil {
		return err
	}
	s.adopted = a
	return nil
}

// Adopted tells whether others built the stack.
func (s *Stack) Adopted() bool { return s.adopted != nil }

// adoptedGraph has an adopted stack's resources. The secondary's come first: what goes wrong there leaves the primary as it is.
func (s *Stack) adoptedGraph() *graph {
	g := &graph{}
	var before []*node
	for _, side := range []understudy.Side{understudy.Secondary, understudy.Primary} {
		var here []*node
		for _, r := range s.adopted.Adopt.Resources {
			if r.Region != s.Declaration.Regions[side].Name {
				continue
			}
			id := fmt.Sprintf("%s/%s %s", side, r.Kind, r.Name)
			if g.byID[id] != nil {
				id += " " + r.ID // VPCs may have security groups of one name
			}
			here = append(here, g.add(id, &adopted.Resource{Account: s.Accounts[side], AdoptedResource: r, Record: s.adopted.Adopt.Record}, before...).finding())
		}
		before = here
	}
	return g
}

// upAdopted plans what holds an adopted stack as it is written.
func (s *Stack) upAdopted(ctx context.Context) (*Plan, error) {
	g := s.adoptedGraph()
	found, err := g.examine(ctx, none)
	if err != nil {
		return nil, err
	}
	steps, err := g.differing(found)
	if err != nil {
		return nil, err
	}
	return newPlan(g, round{forward, steps}), nil
}

// Stays refuses to delete an adopted stack.
func Stays(name string) error {
	return fmt.Errorf("%s is adopted: others built it, nothing of it was made by up, and nothing is deleted", name)
}
