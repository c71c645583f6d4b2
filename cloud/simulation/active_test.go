package simulation

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/clients"
)

// active are two regions that both serve, of which the first has a share of the users.
func active(share float64, nearest bool) System {
	s := Default()
	s.Share, s.Nearest = share, nearest
	return s
}

// The name leads to both while both are healthy, to the healthy one where one is, and to both where none is.
func TestTheNameOfTwoActiveRegions(t *testing.T) {
	for _, p := range []policy{{evaluate: true, shared: true}, {shared: true}, {evaluate: true, shared: true, nearest: true}} {
		all := answersOf(p)
		for _, c := range []struct {
			v    view
			want int8
		}{
			{view{[2]bool{true, true}, [2]bool{true, true}}, both},
			{view{[2]bool{false, true}, [2]bool{true, true}}, 1},
			{view{[2]bool{true, false}, [2]bool{true, true}}, 0},
			{view{[2]bool{false, false}, [2]bool{true, true}}, both},
			{view{[2]bool{true, true}, [2]bool{false, true}}, map[bool]int8{true: 1, false: both}[p.evaluate]},
		} {
			if got := all.of(c.v); got != c.want {
				t.Errorf("%+v in %+v: %d, want %d", p, c.v, got, c.want)
			}
		}
	}
}

// spared is the share of clients whom a lost region leaves alone, and the longest time without service of the others.
func spared(t *testing.T, s System, kind string) (share float64, worst time.Duration) {
	t.Helper()
	m := &Model{System: s}
	fault, err := m.faultOf(FaultRegion, Question{For: Span(10 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	sum := newKindSum(clients.Named(kind), 100)
	for seed := range uint64(60) {
		sum.live(m, m.fallOnce(fault, seed), fault.end(), seed)
	}
	well := 0
	for _, ms := range sum.down {
		if worst = max(worst, time.Duration(ms*float64(time.Millisecond))); ms == 0 {
			well++
		}
	}
	return float64(well) / float64(len(sum.down)), worst
}

// Of two active regions, the loss of one is felt by those alone who are led to it.
func TestTheLossOfOneOfTwoActiveRegions(t *testing.T) {
	_, alone := spared(t, Default(), "cache")
	for _, c := range []struct {
		what        string
		system      System
		kind        string
		least, most float64 // of those who are spared
		untilTheEnd bool
	}{
		{what: "the nearer one is the other for a half", system: active(0.5, true), kind: "cache", least: 0.35, most: 0.65},
		{what: "the nearer one is the other for a tenth", system: active(0.9, true), kind: "cache", least: 0.02, most: 0.25},
		// Who had the other one draws it again or the lost one, if his answer ends before that leaves the name: 12 s of 60.
		{what: "drawn by equal weights", system: active(0.5, false), kind: "cache", least: 0.3, most: 0.6},
		{what: "drawn for each request", system: active(0.5, false), kind: "stub", least: 0, most: 0.01},
		{what: "drawn once for ever", system: active(0.5, false), kind: "forever", least: 0.35, most: 0.65, untilTheEnd: true},
		{what: "a connection to either", system: active(0.5, false), kind: "pool", least: 0.3, most: 0.65},
	} {
		share, worst := spared(t, c.system, c.kind)
		if share < c.least || share > c.most {
			t.Errorf("%s: %.2f are spared, want %.2f to %.2f", c.what, share, c.least, c.most)
		}
		if end := worst >= 9*time.Minute; end != c.untilTheEnd || !end && worst > alone+2*time.Second {
			t.Errorf("%s: without service for up to %s, where one region serves for up to %s", c.what, worst, alone)
		}
	}
}

// A share of all is that of a primary which serves alone, and what cannot be is refused.
func TestSharesThatCannotBe(t *testing.T) {
	watched := active(0.5, false)
	watched.Watch = &Watch{Every: Span(time.Second)}
	for _, s := range []System{active(1, false), active(-0.1, false), active(0, true), watched} {
		if s.Valid() == nil {
			t.Errorf("%+v is valid", s)
		}
	}
}

// Where both regions serve, one fault breaks nothing; a region that cannot carry all users alone, and answers that are kept for an hour, are found.
func TestPlantedDesignFaultsOfTwoActiveRegionsAreFound(t *testing.T) {
	for _, nearest := range []bool{false, true} {
		if broken := found(t, active(0.5, nearest), DefaultLimits(), 1); len(broken) > 0 {
			t.Errorf("one fault breaks a system that has none planted: %v", broken)
		}
		halves := active(0.5, nearest)
		halves.Needs = 4 // of which each region has two
		if s := found(t, halves, DefaultLimits(), 1)[BrokenBare]; len(s.Faults) != 1 || !s.Sure {
			t.Errorf("a region that is left with all users, and carries half of them: %+v", s)
		}
		kept := active(0.5, nearest)
		kept.TTL = Span(time.Hour)
		if s := found(t, kept, DefaultLimits(), 1)[BrokenStranded]; len(s.Faults) != 1 {
			t.Errorf("answers of an hour: %+v", s)
		}
	}
}

// Either region may be the one that is left, and the name leads to both again when all is over.
func TestAReplayOfTwoActiveRegions(t *testing.T) {
	for _, lost := range []Side{Primary, Standby} {
		s := active(0.6, true)
		s.Needs = 3 // either region carries its share, and neither all
		r := (&Model{System: s}).Replay(1, []Fault{{Kind: FaultRegion, Region: lost, At: Span(calmBefore), For: Span(10 * time.Minute)}}, DefaultLimits())
		if len(r.Moves) != 2 || r.Moves[0].To == lost || r.Moves[0].To == Both || r.Moves[1].To != Both {
			t.Errorf("the %s lost: the name led to %+v", lost, r.Moves)
		}
		share := map[Side]float64{Primary: 0.6, Standby: 0.4}[lost]
		if unmoved := time.Duration(r.UnmovedMS * float64(time.Millisecond)); unmoved < time.Duration(share*0.9*float64(10*time.Minute)) {
			t.Errorf("the %s lost, and nobody moved: %s lost on average", lost, unmoved)
		}
		if len(r.Broken) == 0 || !strings.HasPrefix(r.Broken[0].What, "the "+string(r.Moves[0].To)+" carries less than 3") {
			t.Errorf("the %s lost: two instances carry the users of three: %v", lost, r.Broken)
		}
	}
}

// Each region has its share of the users, and who is lucky has nothing to do with where.
func TestUsersArePlacedEvenly(t *testing.T) {
	for _, share := range []float64{0.1, 0.3, 0.5, 0.9} {
		w := newWorld(&Model{System: active(share, true)}, 1, true, newAuditor(DefaultLimits()))
		w.addUsers()
		var all, lucky float64
		for n := range w.users {
			if u := w.users[n]; u.has == 0 {
				all += float64(u.weight)
				if u.luck < 0.5 {
					lucky += float64(u.weight)
				}
			}
		}
		if math.Abs(all/1000-share) > 0.08 || math.Abs(lucky/all-0.5) > 0.25 {
			t.Errorf("of the share %.2f: %.2f, of whom %.2f are lucky", share, all/1000, lucky/all)
		}
	}
}
