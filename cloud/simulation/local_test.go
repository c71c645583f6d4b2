package simulation

import (
	"testing"
	"time"

	"github.com/understudy/understudy/clients"
)

// A local cloud's time-outs shrink with its speed, but not below what work takes; a simulation has them longer by as much.
func TestLocalCloud(t *testing.T) {
	for _, c := range []struct {
		speed                   float64
		least                   time.Duration
		connect, target, silent time.Duration
		pause                   time.Duration
	}{
		{0, 0, 4 * time.Second, 2 * time.Second, 10 * time.Second, 200 * time.Millisecond},
		{1, 0, 4 * time.Second, 2 * time.Second, 10 * time.Second, 200 * time.Millisecond},
		{10, 0, 4 * time.Second, 2 * time.Second, 10 * time.Second, 2 * time.Second},
		{50, 0, 10 * time.Second, 10 * time.Second, 50 * time.Second, 10 * time.Second},
		{10, 2 * time.Second, 20 * time.Second, 20 * time.Second, 100 * time.Second, 2 * time.Second},
	} {
		s := Default()
		if c.speed > 0 {
			s = s.AtLocal(c.speed, c.least)
		}
		if _, took := s.probe(Dark, 0); took != c.connect {
			t.Errorf("at speed %v a probe of nobody takes %v, want %v", c.speed, took, c.connect)
		}
		if got := time.Duration(s.Target.Timeout); got != c.target {
			t.Errorf("at speed %v a target has %v, want %v", c.speed, got, c.target)
		}
		if got := s.silence(); got != c.silent {
			t.Errorf("at speed %v a region is silent after %v, want %v", c.speed, got, c.silent)
		}
		if got := s.kind(clients.Named("retry")).Tries[0]; got != c.pause {
			t.Errorf("at speed %v a client tries again after %v, want %v", c.speed, got, c.pause)
		}
		if learns := s.Propagation > 0; learns != (c.speed == 0) {
			t.Errorf("at speed %v a change reaches the name servers within %v", c.speed, s.Propagation)
		}
	}
	if clients.Named("retry").Tries[0] != 200*time.Millisecond {
		t.Error("the table of kinds was changed")
	}
}

// Who has just begun to keep a connection has an answer of then when it ends, and one who began long ago asks anew.
func TestConnectionsThatWereJustMade(t *testing.T) {
	down := map[Span]float64{}
	for _, before := range []Span{0, Span(12 * time.Second)} {
		s := Default().AtLocal(4, 0)
		s.Users.Before = before
		p, err := Predict(&Model{System: s}, Question{
			Seed: 1, Worlds: 100, Clients: 4000, Faults: []string{FaultIsolate}, Kinds: []string{"pool"}, For: Span(2 * time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
		down[before] = p.Faults[0].Predictions[0].Downtime.P90 - p.Faults[0].Predictions[0].Downtime.P50
	}
	if down[0] > 2000 || down[Span(12*time.Second)] < 10_000 {
		t.Errorf("P90 is %v ms above P50", down)
	}
}
