package drill

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDowntimes(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	lost := errors.New("lost")
	line := timeline{fault: at(100), repair: at(1000)}
	for name, c := range map[string]struct {
		requests []Request
		want     time.Duration
	}{
		"never failed": {[]Request{{Start: at(110), End: at(120)}}, 0},
		"one gap":      {[]Request{{Start: at(110), End: at(120), Err: lost}, {Start: at(300), End: at(310)}}, 200 * time.Millisecond},
		"good in between": {[]Request{{Start: at(110), End: at(120), Err: lost}, {Start: at(200), End: at(210)},
			{Start: at(300), End: at(310), Err: lost}, {Start: at(400), End: at(420)}}, 310 * time.Millisecond},
		"never came back":             {[]Request{{Start: at(110), End: at(120), Err: lost}, {Start: at(500), End: at(900), Err: lost}}, 790 * time.Millisecond},
		"failed before the fault":     {[]Request{{Start: at(10), End: at(20), Err: lost}, {Start: at(110), End: at(115)}}, 0},
		"failed after the repair":     {[]Request{{Start: at(1010), End: at(1020), Err: lost}}, 0},
		"told in the order of ends":   {[]Request{{Start: at(300), End: at(310)}, {Start: at(110), End: at(320), Err: lost}}, 200 * time.Millisecond},
		"in flight when fault struck": {[]Request{{Start: at(90), End: at(150), Err: lost}, {Start: at(160), End: at(170)}}, 80 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			if got := downtimes(outages(c.requests, 1, line)); got[0] != c.want {
				t.Errorf("downtime %s, want %s", got[0], c.want)
			}
		})
	}
}

func TestQuantilesAreValuesThatWereFelt(t *testing.T) {
	var d []time.Duration
	for i := 100; i >= 1; i-- {
		d = append(d, time.Duration(i)*time.Millisecond)
	}
	if diff := cmp.Diff(Quantile{P50: 50, P99: 99, Max: 100}, quantiles(d)); diff != "" {
		t.Error(diff)
	}
}

// The published worst common case: 10 s x 3 against a black hole, then the TTL
// (42 s with the time-out to connect alone; the reply's is counted here too).
func TestPredictionCountsEveryTimeout(t *testing.T) {
	s := Settings{Interval: 10 * time.Second, Threshold: 3, TTL: time.Minute, ClientTimeout: 2 * time.Second, ClientEvery: time.Second, Speed: 1}
	if got, want := s.Detection(), 48*time.Second; got != want {
		t.Errorf("detection %s, want %s", got, want)
	}
	if got, want := s.Downtime(), (48+5+60+3)*time.Second; got != want {
		t.Errorf("downtime %s, want %s", got, want)
	}
	s.Speed = 10
	if got, want := s.Detection(), 4800*time.Millisecond; got != want {
		t.Errorf("detection at speed 10: %s, want %s", got, want)
	}
	// At speed 50 both time-outs, 80 ms and 40 ms, and the way to the name servers, 100 ms, are at their floor.
	s.Speed, s.LeastTimeout = 50, 200*time.Millisecond
	if got, want := s.Detection(), 3*(200+200+200)*time.Millisecond; got != want {
		t.Errorf("detection at speed 50: %s, want %s", got, want)
	}
	if got, want := s.Downtime()-s.Detection(), 200*time.Millisecond+63*time.Second; got != want {
		t.Errorf("after detection at speed 50: %s, want %s", got, want)
	}
}
