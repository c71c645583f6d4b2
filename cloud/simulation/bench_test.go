package simulation

import (
	"testing"
	"time"
)

func BenchmarkFall(b *testing.B) {
	m := &Model{System: Default()}
	f := Fault{Kind: FaultRegion, Region: Primary, For: Span(30 * time.Minute)}
	events := uint64(0)
	for n := range b.N {
		h := newHistory(calmBefore)
		w := newWorld(m, uint64(n), true, h)
		one := f
		one.At = Span(calmBefore)
		w.inject(one)
		w.run(calmBefore + f.end())
		events += w.events
	}
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}

func BenchmarkPredict(b *testing.B) {
	for _, fault := range Whole {
		b.Run(fault, func(b *testing.B) {
			m := &Model{System: Default()}
			for range b.N {
				if _, err := Predict(m, Question{Seed: 1, Worlds: 100, Clients: 20_000, Faults: []string{fault}, Kinds: []string{"cache"}, For: Span(30 * time.Minute)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("hiccup", func(b *testing.B) {
		m := &Model{System: Default()}
		for range b.N {
			m.Hiccup(1)
		}
	})
}

// BenchmarkYears reports how many years are simulated in a second.
func BenchmarkYears(b *testing.B) {
	m := &Model{System: Default()}
	events := uint64(0)
	for n := range b.N {
		r, err := m.Simulate(uint64(n), 100, DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "years/s")
	b.ReportMetric(float64(events)/float64(100*b.N), "events/year")
}
