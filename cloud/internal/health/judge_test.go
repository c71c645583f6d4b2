package health

import (
	"testing"

	"pgregory.net/rapid"
)

func TestJudgeCountsBothWays(t *testing.T) {
	for _, c := range []struct {
		name      string
		threshold int
		results   string // + pass, - fail
		opinion   string // after each result: H healthy, U unhealthy
	}{
		{"a threshold of one follows each result", 1, "-+-++-", "UHUHHU"},
		{"three failures in a row", 3, "---", "HHU"},
		{"a pass in between starts the count anew", 3, "--+--+---", "HHHHHHHHU"},
		{"as many passes to come back", 3, "---++-+++", "HHUUUUUUH"},
		{"ten each way", 10, "----------++++++++++", "HHHHHHHHHUUUUUUUUUUH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var j Judge
			got := ""
			for _, r := range c.results {
				j = j.Next(r == '+', c.threshold)
				got += map[bool]string{true: "H", false: "U"}[j.Healthy()]
			}
			if got != c.opinion {
				t.Errorf("opinions %s after %s, want %s", got, c.results, c.opinion)
			}
		})
	}
}

// A second reading of the rule: look back over the whole history for the latest run of equal results
// that is as long as the threshold; what those results said is the opinion.
func TestJudgeAgreesWithLookingBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(1, 10).Draw(t, "threshold")
		results := rapid.SliceOfN(rapid.Bool(), 0, 80).Draw(t, "results")
		var j Judge
		for i, r := range results {
			j = j.Next(r, threshold)
			if want := lookBack(results[:i+1], threshold); j.Healthy() != want {
				t.Fatalf("after %v: %v, want %v", results[:i+1], j.Healthy(), want)
			}
		}
	})
}

func lookBack(results []bool, threshold int) bool {
	for end := len(results); end >= threshold; end-- {
		same := true
		for _, r := range results[end-threshold : end] {
			same = same && r == results[end-1]
		}
		if same {
			return results[end-1]
		}
	}
	return true
}

func TestSettledForgetsWhatHadBegun(t *testing.T) {
	j := Judge{}.Next(false, 3).Next(false, 3).Settled().Next(false, 3)
	if !j.Healthy() {
		t.Error("failures of older settings were counted")
	}
	j = Judge{}.Next(false, 1).Settled()
	if j.Healthy() {
		t.Error("the opinion itself was lost")
	}
}

// "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it
// healthy. If 18% of health checkers or fewer report that an endpoint is healthy, Route 53 considers it
// unhealthy." (dns-failover-determining-health-of-endpoints)
func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		healthy, all int
		want         bool
	}{
		{0, 16, false}, {2, 16, false}, {3, 16, true}, {16, 16, true},
		{1, 6, false}, {2, 6, true},
		{18, 100, false}, {19, 100, true},
		{9, 50, false}, {10, 50, true},
		{0, 0, true},
	} {
		if got := Weigh(c.healthy, c.all); got != c.want {
			t.Errorf("Weigh(%d, %d) = %v, want %v", c.healthy, c.all, got, c.want)
		}
	}
}
