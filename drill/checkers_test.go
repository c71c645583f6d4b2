package drill

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A checker changes its mind after as many probes in a row as the threshold says, and the endpoint is ill when no more than 18 % find it well.
func TestCheckersChangeTheirMindsAtTheThreshold(t *testing.T) {
	c := newCheckers(3)
	look := func(ms int, inverted, a, b bool) verdict {
		return c.take(Checked{Inverted: inverted, Seen: []Observation{{"a", a, at(ms)}, {"b", b, at(ms + 1)}}})
	}
	for _, step := range []struct {
		ms             int
		inverted, a, b bool
		want           verdict
	}{
		{0, false, true, true, verdict{Healthy: true, All: 2, FirstPassed: at(0)}},
		{0, true, true, true, verdict{All: 2, FirstPassed: at(0)}}, // inverted, and not a new probe
		{100, false, false, true, verdict{Healthy: true, Failing: 1, All: 2, FirstFailed: at(100), FirstPassed: at(1)}},
		{100, false, false, true, verdict{Healthy: true, Failing: 1, All: 2, FirstFailed: at(100), FirstPassed: at(1)}}, // the same probes
		{200, false, false, false, verdict{Healthy: true, Failing: 2, All: 2, FirstFailed: at(100)}},
		{300, false, false, false, verdict{Healthy: true, Failing: 2, Ill: 1, All: 2, FirstFailed: at(100)}},
		{400, false, false, false, verdict{Failing: 2, Ill: 2, All: 2, FirstFailed: at(100)}},
		{500, false, true, false, verdict{Failing: 1, Ill: 2, All: 2, FirstFailed: at(201), FirstPassed: at(500)}},
		{600, false, true, true, verdict{Ill: 2, All: 2, FirstPassed: at(500)}},
		{700, false, true, true, verdict{Healthy: true, Ill: 1, All: 2, FirstPassed: at(500)}},
		{800, false, true, true, verdict{Healthy: true, All: 2, FirstPassed: at(500)}},
	} {
		if diff := cmp.Diff(step.want, look(step.ms, step.inverted, step.a, step.b)); diff != "" {
			t.Errorf("at %d: %s", step.ms, diff)
		}
	}
}

// One that is ill when it is seen first is taken for ill.
func TestACheckerIsWhatItFindsFirst(t *testing.T) {
	if v := newCheckers(3).take(Checked{Seen: []Observation{{"a", false, at(0)}}}); v.Healthy || v.Ill != 1 {
		t.Errorf("%+v", v)
	}
}

// A region with several checks is ill when fewer than are needed are healthy, whichever they are.
func TestARegionsChecksAreCountedTogether(t *testing.T) {
	well, ill := Checked{Seen: []Observation{{"a", true, at(0)}}}, Checked{Seen: []Observation{{"a", false, at(0)}}}
	alarm, inverted := Checked{}, Checked{Inverted: true}
	for n, c := range []struct {
		first  Checked
		beside []Checked
		needed int
		want   bool
	}{
		{well, []Checked{well, ill}, 2, true}, {ill, []Checked{well, well}, 2, true}, {well, []Checked{ill, ill}, 2, false},
		{ill, []Checked{alarm}, 1, true}, {ill, []Checked{inverted}, 1, false}, {well, []Checked{alarm, well}, 3, true},
	} {
		c.first.Beside, c.first.Needed = c.beside, c.needed
		if v := newCheckers(1).take(c.first); v.Healthy != c.want {
			t.Errorf("%d: %+v", n, v)
		}
	}
}
