package metrics

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	cpu  = Metric{Namespace: "n", Name: "m", Dimensions: []Dimension{{"a", "b"}}}
)

func TestStatistics(t *testing.T) {
	s := NewStore(1)
	for v := 1; v <= 100; v++ {
		s.Put(cpu, "Count", noon.Add(time.Duration(v)*time.Millisecond), noon, false, One(float64(v), 1))
	}
	p := s.Points(cpu, "", noon, noon.Add(time.Minute), time.Minute, noon)
	if len(p) != 1 || !p[0].Start.Equal(noon) || p[0].Unit != "Count" {
		t.Fatalf("%+v", p)
	}
	for name, want := range map[string]float64{
		"SampleCount": 100, "Average": 50.5, "Sum": 5050, "Minimum": 1, "Maximum": 100, "p0": 1, "p50": 50, "p99": 99, "p99.5": 100, "p100": 100,
		"tm90": 45.5, "TM(10%:90%)": 50.5, "TM(5%:)": 53, "TM(:50)": 25.5, "TM(10:20)": 15.5, "IQM": 50.5, "tc90": 90, "TC(10:20)": 10, "ts90": 4095,
		"TS(80%:)": 1810, "wm98": 50.47, "WM(10%:90%)": 50.4, "WM(40:60)": 50.1, "PR(:30)": 30, "PR(10:20)": 10, "PR(90:)": 10, "tc99.5": 99.5,
	} {
		if got, ok := p[0].Statistic(name); !ok || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"p", "p101", "p-1", "p1e1", "average", "",
		"tm", "tm101", "pr90", "tM90", "TM", "TM90", "TM(10%:90)", "TM(90%:10%)", "TM(:)", "TM(0%:101%)", "PR(1%:2%)", "XX(1:2)", "TM(1:2", "iqm"} {
		if ValidStatistic(name) {
			t.Errorf("%q is a statistic", name)
		}
	}
}

// A statistic set's percentiles are not known, unless its values are all the same.
func TestStatisticSets(t *testing.T) {
	s := NewStore(1)
	s.Put(cpu, "", noon, noon, false, Set(10, 5, 5, 2))
	if v, ok := s.Points(cpu, "", noon, noon.Add(time.Minute), time.Minute, noon)[0].Statistic("p50"); !ok || v != 5 {
		t.Errorf("p50 of equal values: %v, %v", v, ok)
	}
	s.Put(cpu, "", noon, noon, false, Set(10, 1, 9, 2))
	p := s.Points(cpu, "", noon, noon.Add(time.Minute), time.Minute, noon)[0]
	if _, ok := p.Statistic("p50"); ok {
		t.Error("p50 is known of a statistic set")
	}
	if v, _ := p.Statistic("Average"); v != 5 || p.Minimum != 1 || p.Maximum != 9 {
		t.Errorf("%+v", p)
	}
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func TestPercentilesOfNegativeValuesAreNotAvailable(t *testing.T) {
	s := NewStore(1)
	point := func() Point { return s.Points(cpu, "", noon, noon.Add(time.Minute), time.Minute, noon)[0] }
	s.Put(cpu, "", noon, noon, false, One(0, 1))
	if v, ok := point().Statistic("p99"); !ok || v != 0 {
		t.Errorf("p99 of zero: %v, %v", v, ok)
	}
	s.Put(cpu, "", noon, noon, false, One(-1, 1))
	if v, ok := point().Statistic("p99"); ok {
		t.Errorf("p99 with a negative value: %v", v)
	}
	if v, ok := point().Statistic("Minimum"); !ok || v != -1 {
		t.Errorf("the minimum is %v, %v", v, ok)
	}
}

func TestPeriodsCountFromTheStart(t *testing.T) {
	s := NewStore(1)
	for minute := range 10 {
		s.Put(cpu, "", noon.Add(time.Duration(minute)*time.Minute), noon, false, One(1, 1))
	}
	got := ""
	for _, p := range s.Points(cpu, "", noon.Add(2*time.Minute), noon.Add(9*time.Minute), 3*time.Minute, noon) {
		got += fmt.Sprint(p.Start.Minute(), ":", p.Sum, " ")
	}
	if got != "2:3 5:3 8:1 " {
		t.Error(got)
	}
	if p := s.Points(cpu, "Bytes", noon, noon.Add(time.Hour), time.Minute, noon); len(p) != 0 {
		t.Errorf("of another unit: %v", p)
	}
	if p := s.Points(cpu, "", noon, noon.Add(time.Hour), time.Second, noon); len(p) != 0 {
		t.Errorf("to the second: %v", p)
	}
}

func TestSpeedShortensPeriods(t *testing.T) {
	s := NewStore(60) // a minute passes in a second
	for i := range 4 {
		s.Put(cpu, "", noon.Add(time.Duration(i)*500*time.Millisecond), noon, false, One(1, 1))
	}
	p := s.Points(cpu, "", noon, noon.Add(time.Minute), time.Minute, noon)
	if len(p) != 2 || p[0].Sum != 2 || !p[1].Start.Equal(noon.Add(time.Second)) {
		t.Errorf("%+v", p)
	}
	if f := s.Floor(noon.Add(1700*time.Millisecond), time.Minute); !f.Equal(noon.Add(time.Second)) {
		t.Error(f)
	}
}

// Data is kept as long as CloudWatch keeps it, at each resolution.
func TestRetention(t *testing.T) {
	s := NewStore(1)
	for d := range 100 {
		for m := range 24 {
			at := noon.Add(time.Duration(d)*day + time.Duration(m)*time.Hour)
			s.Put(cpu, "", at, at, true, One(1, 1))
		}
	}
	now := noon.Add(100 * day)
	d := s.metrics[cpu.key()]
	for i, most := range []int{3 + 64, 15*24*9/8 + 65, 63*24*9/8 + 65, 2400} {
		if n := len(d.tiers[i]); n > most || n == 0 {
			t.Errorf("tier %d has %d periods, %d at most", i, n, most)
		}
	}
	if p := s.Points(cpu, "", noon, now, time.Hour, now); len(p) != 2400 {
		t.Errorf("%d hours are known", len(p))
	}
	total := 0
	for _, t := range d.tiers {
		total += len(t)
	}
	if total != s.buckets {
		t.Errorf("%d periods, counted %d", total, s.buckets)
	}
}

// Percentiles stay close however many values a period has.
func TestManyValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Summary
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		for i := range n {
			s.add(One(float64(i+1), 1))
		}
		if len(s.values) > maxValues {
			t.Fatalf("%d values are told apart", len(s.values))
		}
		p := rapid.Float64Range(1, 100).Draw(t, "p")
		want := max(1, p/100*float64(n))
		got, _ := s.Statistic(fmt.Sprintf("p%.2f", p))
		if got < want*0.94-1 || got > want*1.06+1 {
			t.Fatalf("p%.2f of 1 to %d is %v", p, n, got)
		}
	})
}

// Both ways of visiting a tier find the same.
func TestPointsAreThoseOfTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewStore(1)
		want := map[string]float64{}
		from := rapid.IntRange(0, 100).Draw(t, "from")
		to := from + rapid.IntRange(1, 100).Draw(t, "minutes")
		period := rapid.IntRange(1, 7).Draw(t, "period")
		wanted := rapid.SampledFrom([]string{"", "Count", "Bytes"}).Draw(t, "wanted")
		for range rapid.IntRange(0, 200).Draw(t, "n") {
			m, unit := rapid.IntRange(0, 200).Draw(t, "minute"), rapid.SampledFrom([]string{"Count", "Bytes"}).Draw(t, "unit")
			s.Put(cpu, unit, noon.Add(time.Duration(m)*time.Minute+time.Second), noon, false, One(1, 1))
			if m >= from && m < to && (wanted == "" || wanted == unit) {
				want[fmt.Sprint((m-from)/period, unit)]++
			}
		}
		start := noon.Add(time.Duration(from) * time.Minute)
		got := s.Points(cpu, wanted, start, noon.Add(time.Duration(to)*time.Minute), time.Duration(period)*time.Minute, noon)
		for _, p := range got {
			key := fmt.Sprint(int(p.Start.Sub(start)/time.Minute)/period, p.Unit)
			if want[key] != p.Sum {
				t.Fatalf("%s: %v, want %v", key, p.Sum, want[key])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d points, want %d", len(got), len(want))
		}
	})
}

// BenchmarkWindow is one alarm's evaluation of a metric with two weeks of data.
func BenchmarkWindow(b *testing.B) {
	s := NewStore(1)
	for m := range 14 * 24 * 60 {
		s.Put(cpu, "Count", noon.Add(time.Duration(m)*time.Minute), noon, false, One(1, 1))
	}
	end := noon.Add(14 * day)
	b.ReportAllocs()
	for b.Loop() {
		if w := s.Window(cpu, "", end, 5*time.Minute, 5, end); w[4] == nil || w[4].Sum != 5 {
			b.Fatal(w[4])
		}
	}
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html gives 1000 for p99 and 40 for p25.
func TestSignificantSamples(t *testing.T) {
	for name, want := range map[string]float64{"p99": 1000, "p25": 40, "p50": 20, "p100": 0, "p0": 0, "tm99": 0, "Average": 0} {
		if got := Significant(name); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
