package routing

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// Every health that ever was goes on telling what it told, whatever was made of it since.
func TestHealthIsKeptAsItWas(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 5000).Draw(t, "id")) })
	rapid.Check(t, func(t *rapid.T) {
		h, known := health{}, map[string]bool{}
		type moment struct {
			health
			known map[string]bool
		}
		moments := []moment{{h, known}}
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			changes := rapid.MapOf(id, rapid.Bool()).Draw(t, "changed")
			removed := rapid.SliceOf(id).Draw(t, "removed")
			h, known = h.with(changes, removed), maps.Clone(known)
			maps.Copy(known, changes)
			for _, id := range removed {
				delete(known, id)
			}
			moments = append(moments, moment{h, known})
		}
		for i, m := range moments {
			for n := range 5001 {
				id := fmt.Sprint(n)
				want, ok := m.known[id]
				if got := m.healthy(id); got != (want || !ok) {
					t.Fatalf("after %d changes check %s is healthy: %v", i, id, got)
				}
			}
		}
	})
}
