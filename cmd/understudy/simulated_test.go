package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/drill"
)

// A drill's report and a prediction give time to the same causes, so that they can stand side by side.
func TestPredictionsCausesAreADrills(t *testing.T) {
	for _, c := range simulation.Causes {
		if !slices.Contains(drill.Causes, drill.Cause(c)) {
			t.Errorf("no drill gives time to %q", c)
		}
	}
	for _, i := range simulation.Invariants {
		if !slices.Contains(drill.Invariants, i.Name) {
			t.Errorf("no play sees %q broken", i.Name)
		}
	}
	for _, k := range simulation.Faults {
		_, err := drill.StrokeKindOf(k.Name)
		if err != nil && strings.Contains(err.Error(), "there are") {
			t.Errorf("no drill makes %s, and nothing says why: %v", k.Name, err)
		}
	}
	for _, k := range drill.UserKinds {
		if !slices.Contains(clients.Names(), k.Name) {
			t.Errorf("a drill has users of the kind %q, and nothing predicts them", k.Name)
		}
	}
	for _, k := range drill.Kinds {
		if kind, ok := simulation.KindOf(k.Name); !ok || !kind.Predicted && !kind.Named {
			t.Errorf("a drill breaks by %q, and nothing predicts it", k.Name)
		}
	}
}

func declared(t *testing.T, failover string) *understudy.Declaration {
	t.Helper()
	d, err := understudy.Parse("understudy.yaml", []byte(`
name: hello
domain: hello.test
regions:
  primary:   {name: us-east-1, cidr: 10.10.0.0/16}
  secondary: {name: us-west-2, cidr: 10.20.0.0/16}
image: {run: "hello &"}
failover: `+failover+"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What doctor, plan and drills call the longest time is longer than what any simulated client comes to, and not much.
func TestWorstCaseOfTheToolBoundsThePrediction(t *testing.T) {
	usual := assumed{boot: time.Minute, every: time.Second, timeout: drill.UserTimeout}
	for _, failover := range []string{"{interval: 10}", "{interval: 30}", "{interval: 10, threshold: 1}", "{interval: 30, threshold: 5}"} {
		d := declared(t, failover)
		worst := simulation.Span(drill.Worst(d.Failover) + usual.every) // its users ask again at once
		q := simulation.Question{Seed: 1, Worlds: 300, Clients: 60_000, Faults: simulation.Whole, For: simulation.Span(time.Hour)}
		p, err := modelOf(systemOf(d, usual)).Promise(q, worst)
		if err != nil {
			t.Fatal(err)
		}
		longest := 0.0
		for _, f := range p.Faults {
			longest = max(longest, f.WorstMS)
		}
		if !p.Kept || longest < 0.8*worst.Milliseconds() {
			t.Errorf("%s: %s at the most, and clients come to %.0f ms", failover, worst, longest)
		}
	}
}

// A standby that is too small is the costliest setting of all, and is the one that is advised to be changed.
func TestAdviceFindsWhatTakesLongest(t *testing.T) {
	d := declared(t, "{interval: 30, threshold: 3, failback: manual}")
	second := d.Regions[understudy.Secondary]
	second.Fleet = &understudy.Size{Min: 0, Desired: 0, Max: 4}
	d.Regions[understudy.Secondary] = second
	m := modelOf(systemOf(d, assumed{boot: 3 * time.Minute, every: time.Second, timeout: drill.UserTimeout, watch: true}))
	q := simulation.Question{Seed: 1, Worlds: 30, Clients: 1500, Faults: []string{simulation.FaultRegion}, For: simulation.Span(time.Hour)}
	a, err := advise(m, q, d, simulation.Budget{Probes: 100})
	if err != nil {
		t.Fatal(err)
	}
	most := slices.MaxFunc(a.Knobs, func(a, b turned) int { return int(a.SavedMS - b.SavedMS) })
	if most.Key != "regions.secondary.fleet.desired" || most.SavedMS < 120_000 || most.Cost != "about 16 USD a month for 2 more instances of t3.micro" {
		t.Errorf("%+v", most)
	}
	for _, k := range a.Knobs {
		if k.Key == "failover.interval" && (k.SavedMS <= 0 || k.Hiccup >= a.Hiccup) {
			t.Errorf("a shorter interval saves %v ms, and bears %s instead of %s", k.SavedMS, k.Hiccup, a.Hiccup)
		}
	}
}

// A schedule of two faults whose effects come in another order where time-outs do not shrink as the speed has it: it is played where it shows
// something, and where it may.
func TestScheduleIsPlayedWhereItShowsSomething(t *testing.T) {
	begin := simulation.Span(time.Hour)
	s := simulation.Schedule{
		System: simulation.Default(), Limits: simulation.DefaultLimits(), Seed: 1, Broke: simulation.BrokenPingPong,
		Faults: []simulation.Fault{
			{Kind: simulation.FaultRegion, Region: simulation.Primary, At: begin, For: simulation.Span(2 * time.Minute)},
			{Kind: simulation.FaultTargets, Region: simulation.Standby, At: begin, For: simulation.Span(32 * time.Second)},
		},
	}
	for _, c := range []struct {
		speed float64
		least time.Duration
		shows bool
	}{{1, 200 * time.Millisecond, true}, {30, time.Millisecond, true}, {30, 200 * time.Millisecond, true}, {30, 2 * time.Second, false}} {
		p := playing{drillFlags: &drillFlags{users: 40, rate: 200}, schedule: s}
		err := p.stretch(outside{speed: c.speed, least: c.least, local: true})
		if (err == nil) != c.shows || c.shows && (p.likely == 0 || len(p.strokes) != 2) {
			t.Errorf("at speed %g with time-outs from %s: %v, in %g of the runs", c.speed, c.least, err, p.likely)
		}
		p.by = 1
		if err := p.stretch(outside{speed: c.speed, least: c.least, local: true}); err != nil || p.likely != 1 {
			t.Errorf("as it is told to: %v", err)
		}
	}
}

// A schedule's faults are a drill's strokes from the first one on; a flap loses the region each time.
func TestStrokesOfASchedule(t *testing.T) {
	minute := simulation.Span(time.Minute)
	got := strokesOf([]simulation.Fault{
		{Kind: simulation.FaultFlap, Region: simulation.Standby, At: 7 * minute, For: minute, Times: 2},
		{Kind: simulation.FaultTargets, Region: simulation.Primary, At: 5 * minute, For: 3 * minute},
	})
	want := []drill.Stroke{
		{Kind: "region", Side: understudy.Secondary, At: 2 * time.Minute, For: time.Minute},
		{Kind: "region", Side: understudy.Secondary, At: 4 * time.Minute, For: time.Minute},
		{Kind: "targets", Side: understudy.Primary, For: 3 * time.Minute},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
