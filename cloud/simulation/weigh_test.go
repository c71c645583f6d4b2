package simulation

import (
	"testing"
	"time"
)

var few = Question{Seed: 5, Worlds: 30, Clients: 3000, Faults: []string{FaultRefused, FaultBlackhole}, For: Span(20 * time.Minute)}

// A hiccup moves nobody, and what is a little longer moves users: the threshold's probes have to fail, and those between the first and the
// last take the interval each.
func TestHiccupIsWhatTheThresholdBears(t *testing.T) {
	for _, c := range []struct {
		interval  time.Duration
		threshold int
	}{{10 * time.Second, 1}, {10 * time.Second, 3}, {30 * time.Second, 3}} {
		s := Default()
		s.Check.Interval, s.Check.Threshold = Span(c.interval), c.threshold
		got := time.Duration((&Model{System: s}).Hiccup(1))
		least, most := time.Duration(c.threshold-1)*c.interval, time.Duration(c.threshold+1)*c.interval
		if got < least || got > most {
			t.Errorf("interval %s, threshold %d: %s moves users, want from %s to %s", c.interval, c.threshold, got, least, most)
		}
	}
	s := Default()
	s.Check.None = true
	if got := (&Model{System: s}).Hiccup(1); got != Span(never) {
		t.Errorf("without a check and with healthy targets, %s moves users", got)
	}
}

func TestBestSettingKeepsToItsBudget(t *testing.T) {
	m := &Model{System: Default()}
	s, found, err := m.Best(few, Budget{Probes: 100, Hiccup: Span(15 * time.Second)})
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if s.Interval != Span(10*time.Second) || s.Threshold != 2 || s.Probes > 100 || s.Hiccup < Span(15*time.Second) {
		t.Errorf("%+v", s)
	}
	slow, found, err := m.Best(few, Budget{Probes: 33, Hiccup: Span(15 * time.Second)})
	if err != nil || !found || slow.Interval != Span(30*time.Second) || slow.Outage.WorstMS <= s.Outage.WorstMS {
		t.Errorf("with 33 probes a minute: %+v, %v, %v", slow, found, err)
	}
	if s, found, _ := m.Best(few, Budget{Probes: 1}); found {
		t.Errorf("with one probe a minute: %+v", s)
	}
}

func TestPromiseIsJudgedByTheCheckAlone(t *testing.T) {
	m := &Model{System: Default()}
	q := few
	q.Faults = []string{FaultRegion}
	with, err := m.Longest(q)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Promise(q, Span(90*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if p.Kept || with.WorstMS > 90_000 {
		t.Errorf("target health comes to %v ms, and the promise is kept: %+v", with.WorstMS, p)
	}
	if p, err = m.Promise(q, Span(2*time.Minute)); err != nil || !p.Kept {
		t.Errorf("%+v, %v", p, err)
	}
}
