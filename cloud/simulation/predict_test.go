package simulation

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/internal/chance"
)

func predicted(t *testing.T, s System, q Question) *Prediction {
	t.Helper()
	if q.For == 0 {
		q.For = Span(30 * time.Minute)
	}
	if q.Worlds == 0 {
		q.Worlds, q.Clients = 60, 60*50*max(1, len(q.Kinds))
	}
	p, err := Predict(&Model{System: s}, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func one(t *testing.T, s System, fault, kind string) (PredictedFall, PredictedKind) {
	t.Helper()
	p := predicted(t, s, Question{Seed: 7, Faults: []string{fault}, Kinds: []string{kind}, Times: 3})
	return p.Faults[0], p.Faults[0].Predictions[0]
}

func all(k FaultKind) bool { return k.Predicted }

func TestSameSeedGivesTheSameBytes(t *testing.T) {
	q := Question{Seed: 3, Worlds: 20, Clients: 20 * 15 * 10, Faults: FaultNames(all), Kinds: clients.Names(), Times: 2}
	text := func(seed uint64) []byte {
		q.Seed = seed
		b, err := json.Marshal(predicted(t, Default(), q))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := text(3)
	if !bytes.Equal(first, text(3)) {
		t.Error("the same seed gives something else the second time")
	}
	if bytes.Equal(first, text(4)) {
		t.Error("another seed gives the same: nothing is drawn")
	}
}

// What is skipped changes nothing: neither when anything happens nor what is served.
func TestFallIsTheSameWithAndWithoutSkipping(t *testing.T) {
	m := &Model{System: Default()}
	for _, name := range FaultNames(all) {
		for seed := range uint64(20) {
			fault, err := m.faultOf(name, Question{For: Span(20 * time.Minute), Times: 3})
			if err != nil {
				t.Fatal(err)
			}
			run := func(skips bool) (*history, *world) {
				h := newHistory(calmBefore)
				w := newWorld(m, seed, skips, h)
				f := fault
				f.At = Span(calmBefore)
				w.inject(f)
				w.run(calmBefore + time.Hour)
				return h, w
			}
			slow, a := run(false)
			fast, b := run(true)
			if !reflect.DeepEqual(slow, fast) {
				t.Fatalf("%s, seed %d: not skipping\n%+v\nskipping\n%+v", name, seed, slow, fast)
			}
			if b.events > a.events/2 {
				t.Errorf("%s, seed %d: %d events, and %d skipping", name, seed, a.events, b.events)
			}
		}
	}
}

// What becomes of a client is the same whether each of its requests is gone through, or only those that come to something else.
func TestClientsFareTheSameRequestByRequest(t *testing.T) {
	random := chance.New(t)
	for _, s := range []System{Default(), Default().AtLocal(10, 0), active(0.5, false)} {
		m := &Model{System: s}
		for _, name := range []string{FaultRegion, FaultTargets, FaultIsolate, FaultFlap} {
			seed := random.Uint64()
			fault, err := m.faultOf(name, Question{For: Span(10 * time.Minute), Times: 3})
			if err != nil {
				t.Fatal(err)
			}
			h := m.fallOnce(fault, seed)
			for _, k := range Clients {
				for n := range 5 {
					one, other := m.client(m.kind(&k), seed, n), m.client(m.kind(&k), seed, n)
					other.single = true
					if a, b := one.live(h, fault.end()), other.live(h, fault.end()); a.from != b.from || a.to != b.to || a.lost != b.lost || a.stuck != b.stuck {
						t.Errorf("%s, %s of %+v: %+v, and %+v request by request", name, k.Name, s.Users, a, b)
					}
				}
			}
		}
	}
}

// By the check alone, nobody is without service for longer than the sum of the worst cases.
func TestPredictionStaysWithinTheSumOfTheWorstCases(t *testing.T) {
	s := Default()
	s.Evaluate = false
	for _, interval := range []time.Duration{10 * time.Second, 30 * time.Second} {
		for threshold := 1; threshold <= 5; threshold += 2 {
			s.Check.Interval, s.Check.Threshold = Span(interval), threshold
			for _, fault := range []string{FaultRegion, FaultIsolate, FaultRefused, FaultTargets, FaultSlow} {
				fall, kind := one(t, s, fault, "cache")
				detect := time.Duration(threshold) * (interval + 6*time.Second)
				worst := detect + time.Duration(s.Propagation+s.TTL+s.Users.Timeout+s.Users.Every)
				if most := Span(detect).Milliseconds(); fall.Detect == nil || fall.Detect.Max > most {
					t.Errorf("%s at %s, %d: found after %v ms, and %v at the most", fault, interval, threshold, fall.Detect, most)
				}
				if most := Span(worst).Milliseconds(); kind.Downtime.Max > most || kind.Downtime.Max < most/3 {
					t.Errorf("%s at %s, %d: without service for %v ms, and %v at the most", fault, interval, threshold, kind.Downtime.Max, most)
				}
			}
		}
	}
}

// A user scaled the primary to nothing on 26 April 2026 and printed the whole trace (https://jspoth.com/dr): his name led to the standby
// after 61 s, and the standby's targets failed their checks until 83 s. Who adds up checks and TTL alone predicts 61.
func TestSickStandbyIsPartOfTheDowntime(t *testing.T) {
	s := Default()
	s.Sick = Span(80 * time.Second)               // his standby's first good answer came between two looks, at 78 and 83 s
	s.Evaluate, s.Check.PrimaryOnly = false, true // else the name would not have led to a standby that is ill
	s.Standby.Grace = Span(48 * time.Hour)        // nobody replaced what failed its checks
	fall, kind := one(t, s, FaultIll, "cache")
	if early, late := fall.Answer.P50-1, fall.Answer.Max+s.TTL.Milliseconds(); early > 61_000 || late < 61_000 {
		t.Errorf("users move from %v to %v ms, and he did after 61,000", early, late)
	}
	if kind.Downtime.P50 < 78_000 || kind.Downtime.P50 > 85_000 {
		t.Errorf("half are without service for %v ms, and he was for 83,000", kind.Downtime.P50)
	}
	for _, row := range kind.Ledger {
		if row.Cause == CauseStandby && row.Share > 0.1 {
			s.Sick = 0
			if _, well := one(t, s, FaultIll, "cache"); well.Downtime.P50 > 70_000 {
				t.Errorf("a standby that is well gives %v ms", well.Downtime.P50)
			}
			return
		}
	}
	t.Errorf("nothing is given to the standby: %v", kind.Ledger)
}

func TestKindsOfClientsFareAsTheyKeepAnswers(t *testing.T) {
	p50 := func(fault, kind string) time.Duration {
		_, k := one(t, Default(), fault, kind)
		return time.Duration(k.Downtime.P50 * float64(time.Millisecond))
	}
	if stub, cache, long := p50(FaultRegion, "stub"), p50(FaultRegion, "cache"), p50(FaultRegion, "floor300"); !(stub < cache && cache < long) {
		t.Errorf("stub %s, cache %s, floor300 %s", stub, cache, long)
	}
	if forever := p50(FaultRegion, "forever"); forever < 29*time.Minute {
		t.Errorf("who never asks again is served after %s", forever)
	}
	if dead, sick := p50(FaultRegion, "pool"), p50(FaultIll, "pool"); dead > 3*time.Minute || sick < 29*time.Minute {
		t.Errorf("a kept connection ends when it is dead (%s) and not when it brings errors (%s)", dead, sick)
	}
	if one, next := p50(FaultZone, "cache"), p50(FaultZone, "eyeballs"); next >= one {
		t.Errorf("the next address helps when a zone is lost: %s and %s", one, next)
	}
}

func TestEmptyStandbyIsNoStandby(t *testing.T) {
	s := Default()
	s.Standby.Min, s.Standby.Desired = 0, 0
	fall, kind := one(t, s, FaultRegion, "stub")
	if fall.Unmoved != 1 || kind.Stuck != 1 {
		t.Errorf("the name moved in %.0f %%, and %.0f %% were served", 100*(1-fall.Unmoved), 100*(1-kind.Stuck))
	}
}

// The ledger's times are all of the downtime.
func TestLedgerAddsUp(t *testing.T) {
	p := predicted(t, Default(), Question{Seed: 1, Worlds: 10, Clients: 10 * 13 * 20, Faults: FaultNames(all), Kinds: clients.Names(), Times: 2})
	for _, f := range p.Faults {
		for _, k := range f.Predictions {
			sum, share := 0.0, 0.0
			for _, r := range k.Ledger {
				sum, share = sum+r.SumMS, share+r.Share
			}
			if sum > 0 && (share < 0.999 || share > 1.001) {
				t.Errorf("%s, %s: shares of %v", f.Fault, k.Kind, share)
			}
			if sum == 0 && k.Downtime.Max > 0 {
				t.Errorf("%s, %s: up to %v ms are nobody's", f.Fault, k.Kind, k.Downtime.Max)
			}
		}
	}
}

func TestQueueHandsOutInOrder(t *testing.T) {
	var q queue
	for n := range 200 {
		q.add(time.Duration(mix(1, uint64(n)) % 50))
	}
	last, lastAt := int32(-1), time.Duration(-1)
	for range 200 {
		n, at := q.first()
		if at < lastAt || at == lastAt && n < last {
			t.Fatalf("%d at %d after %d at %d", n, at, last, lastAt)
		}
		last, lastAt = n, at
		q.set(n, never)
	}
}

// A flap by errors at the load balancer is felt as errors are: a connection does not end by them, and a load balancer that is lost cuts it.
func TestAFlapIsByTheFaultThatItNames(t *testing.T) {
	down := map[string]float64{}
	for _, by := range []string{"", FaultTargets} {
		q := Question{Seed: 1, Worlds: 20, Clients: 200, Faults: []string{FaultFlap}, Kinds: []string{"pool"}, For: Span(10 * time.Minute), Times: 3, By: by}
		p, err := Predict(&Model{System: Default()}, q)
		if err != nil {
			t.Fatal(err)
		}
		down[by] = p.Faults[0].Predictions[0].Downtime.P50
	}
	if down[FaultTargets] < 2*down[""] {
		t.Errorf("without service for %.0f ms by errors, and for %.0f by losses", down[FaultTargets], down[""])
	}
	for by, right := range map[string]bool{"": true, FaultTargets: true, FaultFlap: false, "thunder": false, FaultClock: false} {
		f := Fault{Kind: FaultFlap, Region: Primary, For: Span(time.Minute), By: by}
		if err := validFaults([]Fault{f}); (err == nil) != right {
			t.Errorf("by %q: %v", by, err)
		}
	}
	if err := validFaults([]Fault{{Kind: FaultRegion, Region: Primary, For: Span(time.Minute), By: FaultTargets}}); err == nil {
		t.Error("a region is lost by its targets")
	}
}
