package health

import (
	"testing"

	"pgregory.net/rapid"
)

func TestThresholdHoldsInBothDirections(t *testing.T) {
	for name, c := range map[string]struct {
		threshold int
		results   string // p passed, f failed
		want      string // the opinion after each: h healthy, u unhealthy
	}{
		"first result is the first opinion": {3, "f", "u"},
		"three failures":                    {3, "pfff", "hhhu"},
		"three passes to recover":           {3, "fppp", "uuuh"},
		"a pass in between begins anew":     {3, "pffpfff", "hhhhhhu"},
		"threshold of one":                  {1, "pfpf", "huhu"},
		"threshold of ten":                  {10, "pffffffffff", "hhhhhhhhhhu"},
	} {
		t.Run(name, func(t *testing.T) {
			var o Opinion
			got := ""
			for _, r := range c.results {
				o = o.After(r == 'p', c.threshold)
				got += map[bool]string{true: "h", false: "u"}[o.Healthy]
			}
			if got != c.want {
				t.Errorf("opinions %s, want %s", got, c.want)
			}
		})
	}
}

// Developer Guide, dns-failover-determining-health-of-endpoints: more than 18 % must report healthy.
func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		healthy, all int
		want         bool
	}{{0, 16, false}, {1, 16, false}, {2, 16, false}, {3, 16, true}, {16, 16, true}, {1, 6, false}, {2, 6, true}, {18, 100, false}, {19, 100, true}, {0, 0, true}} {
		var opinions []Opinion
		for i := range c.all {
			opinions = append(opinions, Opinion{Healthy: i < c.healthy, Results: 1})
		}
		opinions = append(opinions, Opinion{}) // one that has not probed yet does not count
		if got := Agree(opinions); got != c.want {
			t.Errorf("%d of %d: %v, want %v", c.healthy, c.all, got, c.want)
		}
	}
}

// An opinion changes only after as many equal results in a row as the threshold, and then it is theirs.
func TestOpinionFollowsRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(1, 10).Draw(t, "threshold")
		results := rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(t, "results")
		o := Opinion{}.After(results[0], threshold)
		want, run := results[0], 1
		for i := 1; i < len(results); i++ {
			if results[i] == results[i-1] {
				run++
			} else {
				run = 1
			}
			if run >= threshold {
				want = results[i]
			}
			if o = o.After(results[i], threshold); o.Healthy != want {
				t.Fatalf("after %v: %v, want %v", results[:i+1], o.Healthy, want)
			}
		}
	})
}
