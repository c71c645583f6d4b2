package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/drill"
)

func TestAShelfKeepsReportsInTheirOrder(t *testing.T) {
	s := Shelf(filepath.Join(t.TempDir(), "drills", "hello"))
	if all, err := s.All(); err != nil || len(all) > 0 {
		t.Fatalf("a shelf that is not there has %d, %v", len(all), err)
	}
	began := time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)
	for _, after := range []time.Duration{time.Hour, 0, 2 * time.Millisecond} {
		r := rehearsed()
		r.Began = began.Add(after)
		if _, err := s.Keep(r); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.All()
	if err != nil {
		t.Fatal(err)
	}
	var order []time.Duration
	for _, k := range all {
		order = append(order, k.Began.Sub(began))
	}
	if diff := cmp.Diff([]time.Duration{0, 2 * time.Millisecond, time.Hour}, order); diff != "" {
		t.Error(diff)
	}
	if one, err := s.One(filepath.Base(all[1].File)); err != nil || !one.Began.Equal(all[1].Began) {
		t.Errorf("one by its name: %v", err)
	}
	for _, name := range []string{"2025.json", "../" + filepath.Base(string(s)) + "/" + filepath.Base(all[0].File), "now.jsonl", "", "."} {
		if _, err := s.One(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is on the shelf: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(string(s), "2026-torn.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.All(); err == nil {
		t.Error("a torn report is passed over")
	}
}

func TestGrowthIsAgainstDrillsOfTheSameKind(t *testing.T) {
	report := func(fault string, p99 float64) Kept {
		return Kept{Report: &drill.Report{Fault: fault, GrainMS: 100, DowntimeMS: drill.Quantile{P99: p99}}}
	}
	aborted := report("targets", 9000)
	aborted.Aborted = "the standby fell ill"
	for name, c := range map[string]struct {
		all   []Kept
		want  float64
		known bool
	}{
		"none":                   {nil, 0, false},
		"the first":              {[]Kept{report("targets", 1000)}, 0, false},
		"the first of its fault": {[]Kept{report("region", 100), report("targets", 1000)}, 0, false},
		"half more":              {[]Kept{report("targets", 1000), aborted, report("targets", 900), report("targets", 1100), report("targets", 1500)}, 0.5, true},
		"within the grain":       {[]Kept{report("targets", 1000), report("targets", 1100)}, 0, true},
		"less":                   {[]Kept{report("targets", 1000), report("targets", 500)}, -0.5, true},
		"from nothing":           {[]Kept{report("targets", 0), report("targets", 300)}, 2, true},
		"aborted":                {[]Kept{report("targets", 0), aborted}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if by, known := Grown(c.all); by != c.want || known != c.known {
				t.Errorf("it has grown by %v, %v, want %v, %v", by, known, c.want, c.known)
			}
		})
	}
}
