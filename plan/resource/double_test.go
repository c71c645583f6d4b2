package resource

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// thing is a resource that may be there several times.
type thing struct {
	Resource
	Doubles
	id      string
	fit     int
	held    []string
	removed *[]string
}

func (t *thing) Identity() string                        { return t.id }
func (t *thing) Fits() int                               { return t.fit }
func (t *thing) Holds(context.Context) ([]string, error) { return t.held, nil }
func (t *thing) Remove(context.Context) error            { *t.removed = append(*t.removed, t.id); return nil }

func TestTheOneInUseIsChosenWhateverTheOrder(t *testing.T) {
	held := []string{"eni-1"}
	for name, c := range map[string]struct {
		found []*thing
		used  string
		spare []string
	}{
		"nothing":              {nil, "", nil},
		"one":                  {[]*thing{{id: "a"}}, "a", nil},
		"one that cannot be":   {[]*thing{{id: "a", fit: -1}}, "", []string{"a"}},
		"by id":                {[]*thing{{id: "a"}, {id: "b"}, {id: "c"}}, "a", []string{"b", "c"}},
		"what holds something": {[]*thing{{id: "a"}, {id: "b", held: held}}, "b", []string{"a"}},
		"what fits":            {[]*thing{{id: "a", held: held}, {id: "b", fit: 1}}, "b", []string{"a"}},
		"none of two":          {[]*thing{{id: "a", fit: -1}, {id: "b", fit: -1}}, "", []string{"a", "b"}},
	} {
		for range 2 {
			into := &thing{}
			there, err := Choose(t.Context(), into, append([]*thing(nil), c.found...))
			if err != nil || there != (c.used != "") || into.id != c.used {
				t.Errorf("%s: %q, %v, %v", name, into.id, there, err)
			}
			var spare []string
			for _, d := range into.Others() {
				spare = append(spare, d.Identity())
				if d.Of != c.used {
					t.Errorf("%s: %s is a double of %q", name, d.Identity(), d.Of)
				}
			}
			if diff := cmp.Diff(c.spare, spare); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
			for i, j := 0, len(c.found)-1; i < j; i, j = i+1, j-1 {
				c.found[i], c.found[j] = c.found[j], c.found[i]
			}
		}
	}
}

func TestADoubleThatCameIntoUseIsNotRemoved(t *testing.T) {
	var gone []string
	d := Double{Doubling: &thing{id: "vpc-2", removed: &gone}}
	if err := RemoveDouble(t.Context(), d); err != nil || len(gone) != 1 {
		t.Errorf("removed %v, %v", gone, err)
	}
	d = Double{Doubling: &thing{id: "vpc-3", held: []string{"eni-9"}, removed: &gone}}
	if err := RemoveDouble(t.Context(), d); err == nil || !strings.Contains(err.Error(), "eni-9") || len(gone) != 1 {
		t.Errorf("removed %v, %v", gone, err)
	}
}
