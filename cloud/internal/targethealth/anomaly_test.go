package targethealth

import (
	"slices"
	"testing"
)

// A target is anomalous where it fails significantly more often than its peers, of whom there are at least two.
func TestAnomalous(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []Record
		before  []bool
		want    []bool
	}{
		{"all are alike", []Record{{100, 5}, {100, 4}, {100, 6}}, nil, []bool{false, false, false}},
		{"one fails", []Record{{100, 0}, {100, 0}, {100, 50}}, nil, []bool{false, false, true}},
		{"two of three fail", []Record{{100, 0}, {100, 50}, {100, 50}}, nil, []bool{false, false, false}},
		{"two of nine fail", slices.Concat(slices.Repeat([]Record{{100, 0}}, 7), []Record{{100, 50}, {100, 50}}), nil,
			[]bool{false, false, false, false, false, false, false, true, true}},
		{"all fail", []Record{{100, 90}, {100, 100}, {100, 95}}, nil, []bool{false, false, false}},
		{"it may be chance", []Record{{100, 0}, {100, 0}, {100, 2}}, nil, []bool{false, false, false}},
		{"too few requests", []Record{{100, 0}, {100, 0}, {4, 4}}, nil, []bool{false, false, false}},
		{"too few targets", []Record{{100, 0}, {100, 100}}, nil, []bool{false, false}},
		{"few requests, and it failed before", []Record{{100, 0}, {100, 0}, {4, 4}}, []bool{false, false, true}, []bool{false, false, true}},
		{"its errors are long ago", []Record{{100, 0}, {100, 0}, {4, 0.4}}, []bool{false, false, true}, []bool{false, false, false}},
	} {
		before := c.before
		if before == nil {
			before = make([]bool, len(c.records))
		}
		if got := Anomalous(c.records, before); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What is withheld comes back once a target answers well, however few requests tell so.
func TestShareIsWithheldAndRegained(t *testing.T) {
	share, periods := WholeShare, 0
	for ; share > leastShare; periods++ {
		share = Share(share, true)
	}
	if periods > 6 || Share(share, true) != leastShare {
		t.Errorf("after %d periods its share is %d", periods, share)
	}
	for periods = 0; share < WholeShare; periods++ {
		share = Share(share, false)
	}
	if periods != 19 || Share(share, false) != WholeShare {
		t.Errorf("it is %d again after %d periods", share, periods)
	}
	r, was := Record{100, 100}, true
	for periods = 0; was; periods++ {
		r = r.Add(1, 0)
		was = Anomalous([]Record{{300, 0}, {300, 0}, r}, []bool{false, false, was})[2]
	}
	if periods < 5 || periods > 20 {
		t.Errorf("it is normal after %d periods without an error", periods)
	}
}
