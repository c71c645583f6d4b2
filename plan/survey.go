package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/understudy/understudy/plan/resource"
)

// survey is a look at a graph that goes on past what cannot be read.
type survey struct {
	found  map[*node]bool
	unread map[*node]error // why a node could not be read
}

// survey finds every resource except those to pass over. What is found by what could not be read is not looked for, since its
// absence would say nothing; but for what Route 53 knows by names of its own.
func (g *graph) survey(ctx context.Context, passOver func(*node) bool) (*survey, error) {
	var mu sync.Mutex
	s := &survey{map[*node]bool{}, map[*node]error{}}
	err := g.walk(resource.WithSharedLists(ctx), looking, func(ctx context.Context, n *node) error {
		if passOver(n) {
			return nil
		}
		mu.Lock()
		err := s.unreadBefore(n)
		mu.Unlock()
		there := false
		if err == nil {
			there, err = n.resource.Find(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			s.unread[n] = err
			return nil
		}
		s.found[n] = there
		return nil
	})
	return s, err
}

// unreadBefore returns an error where a node's find would look at what could not be read.
func (s *survey) unreadBefore(n *node) error {
	_, beyond := n.resource.(resource.Worldwide)
	for _, source := range reading(n) {
		if _, too := source.resource.(resource.Worldwide); s.unread[source] != nil && (!beyond || too) {
			return fmt.Errorf("not looked for, since %s could not be read", source.id)
		}
	}
	return nil
}

// complete tells whether all is known that a node's declared settings are made of.
func (s *survey) complete(n *node) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Keys(s.unread)), func(u *node) bool { return u == n || n.comesAfter(u) })
}
