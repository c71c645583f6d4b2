package drill

import (
	"errors"
	"testing"
)

// Of two drills that begin at once in different regions, neither breaks its own while the other's is broken.
func TestDrillsOfBothRegionsKeepOutOfEachOthersWay(t *testing.T) {
	first, second := &memory{}, &memory{}
	one, other := Markers{first, second}, Markers{second, first}
	if err := one.Write(t.Context(), Entry{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := other.Write(t.Context(), Entry{ID: "2"}); !errors.Is(err, ErrInForce) {
		t.Errorf("the other begins too: %v", err)
	}
	if second.held != nil || first.held == nil {
		t.Errorf("markers: %v and %v", first.held, second.held)
	}
	for _, m := range []Markers{one, other} {
		if e, found, err := m.Read(t.Context()); err != nil || !found || e.ID != "1" {
			t.Errorf("read %v, %v, %v", e, found, err)
		}
	}
	if err := other.Clear(t.Context(), "1"); err != nil || first.held != nil {
		t.Errorf("after clearing from the other side: %v, %v", first.held, err)
	}
}

// A region that does not answer hides what is in it, and keeps nobody from what is in the other.
func TestMarkersOfARegionThatDoesNotAnswer(t *testing.T) {
	lost := errors.New("lost")
	first, second := &memory{}, &memory{fail: lost}
	m := Markers{first, second}
	if err := m.Write(t.Context(), Entry{ID: "1"}); !errors.Is(err, lost) || first.held != nil {
		t.Errorf("written although another drill may be under way: %v, %v", first.held, err)
	}
	first.held = &Entry{ID: "2"}
	if e, found, err := m.Read(t.Context()); err != nil || !found || e.ID != "2" {
		t.Errorf("read %v, %v, %v", e, found, err)
	}
	if err := m.Clear(t.Context(), "2"); err != nil || first.held != nil {
		t.Errorf("cleared: %v, %v", first.held, err)
	}
	if err := m.Clear(t.Context(), "2"); !errors.Is(err, lost) {
		t.Errorf("what cannot be read is taken for cleared: %v", err)
	}
}
