package fleet

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTrackFollowsTheRatio(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		desired, settled int32
		all              []Tracker
		want             int32
	}{
		"nothing asked":                           {4, 4, []Tracker{{Target: 50, Value: at(50)}}, 4},
		"twice the load":                          {4, 4, []Tracker{{Target: 50, Value: at(100), High: true}}, 8},
		"rounded up":                              {2, 2, []Tracker{{Target: 50, Value: at(51), High: true}}, 3},
		"an exact ratio":                          {3, 3, []Tracker{{Target: 0.1, Value: at(0.2), High: true}}, 6},
		"the largest of two":                      {2, 2, []Tracker{{Target: 50, Value: at(75), High: true}, {Target: 10, Value: at(25), High: true}}, 5},
		"one is enough to grow":                   {2, 2, []Tracker{{Target: 50, Value: at(1), Low: true}, {Target: 10, Value: at(11), High: true}}, 3},
		"what warms up is counted already":        {4, 2, []Tracker{{Target: 50, Value: at(100), High: true}}, 4},
		"and more where that is too little":       {3, 2, []Tracker{{Target: 50, Value: at(100), High: true}}, 4},
		"half the load":                           {4, 4, []Tracker{{Target: 50, Value: at(25), Low: true}}, 2},
		"not while it warms up":                   {4, 3, []Tracker{{Target: 50, Value: at(5), Low: true}}, 4},
		"all must agree":                          {4, 4, []Tracker{{Target: 50, Value: at(5), Low: true}, {Target: 10, Value: at(9)}}, 4},
		"to the larger one":                       {8, 8, []Tracker{{Target: 50, Value: at(5), Low: true}, {Target: 10, Value: at(5), Low: true}}, 4},
		"who may not shrink it has no voice":      {4, 4, []Tracker{{Target: 50, Value: at(25), Low: true}, {Target: 10, Value: at(9), OutOnly: true}}, 2},
		"and does not shrink it alone":            {4, 4, []Tracker{{Target: 10, Value: at(1), OutOnly: true}}, 4},
		"without data nobody knows":               {4, 4, []Tracker{{Target: 50, High: true}, {Target: 50, Low: true}}, 4},
		"no load at all":                          {4, 4, []Tracker{{Target: 50, Value: at(0), Low: true}}, 0},
		"a low alarm at a value above its target": {2, 2, []Tracker{{Target: 50, Value: at(60), Low: true}}, 2},
	} {
		if got := Track(c.desired, c.settled, c.all); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// The capacity that one policy asks for brings its metric below the target, and one instance less would not.
func TestTrackMeetsItsTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int32Range(1, 1000).Draw(t, "capacity")
		target := rapid.Float64Range(1, 100).Draw(t, "target")
		load := rapid.Float64Range(0, 100).Draw(t, "load")
		track := Tracker{Target: target, Value: &load, High: load > target, Low: load < target}
		got := Track(n, n, []Tracker{track})
		after := func(capacity int32) float64 { return load * float64(n) / float64(capacity) }
		if got > 0 && after(got) > target*1.0001 {
			t.Fatalf("%d instances of %d leave it at %v, above %v", got, n, after(got), target)
		}
		if got > 1 && after(got-1) < target*0.9999 {
			t.Fatalf("one less than %d instances of %d would do, at %v of %v", got, n, after(got-1), target)
		}
	})
}
