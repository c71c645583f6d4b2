//go:build unix

package simulation

import (
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/clients"
)

// worked is the processor time that this process has used, in seconds: other work on the machine does not lengthen it much.
func worked(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkFall is one outage of half an hour, without clients.
func BenchmarkFall(b *testing.B) {
	m := &Model{System: Default()}
	f := Fault{Kind: FaultRegion, Region: Primary, At: Span(calmBefore), For: Span(30 * time.Minute)}
	events := uint64(0)
	for n := range b.N {
		w := newWorld(m, uint64(n), true, newHistory(calmBefore))
		w.inject(f)
		w.run(f.end())
		events += w.events
	}
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}

// BenchmarkMillion is what `understudy predict` does before it advises: a million clients of all kinds, through every fault.
func BenchmarkMillion(b *testing.B) {
	names := FaultNames(func(k FaultKind) bool { return k.Predicted })
	q := Question{Seed: 1, Worlds: 500, Clients: 1_000_000 / len(names), Faults: names, Kinds: clients.Names(), For: Span(30 * time.Minute), Times: 3}
	for range b.N {
		if _, err := Predict(&Model{System: Default()}, q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkYears reports how many years are simulated in a second of processor time.
func BenchmarkYears(b *testing.B) {
	const years = 100
	m := &Model{System: Default()}
	events, began := uint64(0), worked(b)
	for n := range b.N {
		r, err := m.Simulate(uint64(n), years, DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(years*float64(b.N)/(worked(b)-began), "years/s")
	b.ReportMetric(float64(events)/float64(years*b.N), "events/year")
}

// BenchmarkProbeByProbe reports how many seconds of processor time a year takes of which nothing is skipped.
func BenchmarkProbeByProbe(b *testing.B) {
	const span = 10 * 24 * time.Hour
	m := &Model{System: Default()}
	events, began := uint64(0), worked(b)
	for n := range b.N {
		a := newAuditor(DefaultLimits())
		w := newWorld(m, uint64(n), false, a)
		w.addUsers()
		w.run(span)
		events += w.events
	}
	all := time.Duration(b.N) * span
	took := worked(b) - began
	b.ReportMetric(took*float64(year)/float64(all), "s/year")
	b.ReportMetric(float64(events)/took, "events/s")
}

// BenchmarkSearch tries every sequence of up to two faults.
func BenchmarkSearch(b *testing.B) {
	m := &Model{System: Default()}
	tried, began := 0, worked(b)
	for n := range b.N {
		f, err := m.Search(uint64(n), DefaultLimits(), Searched{Faults: 2, Tries: 100_000})
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range f.Sequences {
			tried += n
		}
	}
	b.ReportMetric(float64(tried)/(worked(b)-began), "sequences/s")
}
