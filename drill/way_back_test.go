package drill

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/internal/chance"
)

// A standby that had the users since 1600 has fallen ill; the primary is repaired at 4000. A checker is served at 4100, the check is healthy at 4500,
// and the name leads back at 4600.
func TestEachPartOfTheWayBackHasItsCause(t *testing.T) {
	passed := func(ms int, healthy bool, failing int) seen[verdict] {
		c := check(ms, healthy, failing, 1100)
		if failing < 16 {
			c.What.FirstPassed = at(4100)
		}
		return c
	}
	e := evidence{
		primary: "one", secondary: "two", fault: at(1000),
		checks:  []seen[verdict]{check(10, true, 0, 0), passed(1500, false, 16), passed(4150, false, 14), passed(4500, true, 0)},
		answers: []seen[string]{answer(10, "one"), answer(1600, "two"), answer(4600, "one")},
	}
	look := func(ms, until int, region string) Look { return Look{At: at(ms), Until: at(until), Region: region} }
	lost := func(from, to int, asked string) Request {
		return Request{Start: at(from), End: at(to), Asked: asked, Err: errLost}
	}
	kept := func(from, to int, asked string) Request {
		return Request{Start: at(from), End: at(to), Asked: asked, Err: errLost, Kept: true}
	}
	good := func(from, to int, asked string) Request {
		return Request{Start: at(from), End: at(to), Asked: asked, Region: asked}
	}
	for _, c := range []struct {
		name string
		user user
		want map[Cause]int
	}{
		{"waits for the name to lead back", user{
			requests: []Request{good(2900, 2910, "two"), lost(3990, 4010, "two"), lost(4200, 4700, "two"), lost(4750, 4770, "two"), good(4900, 4950, "one")},
			looks:    []Look{look(3700, 4720, "two"), look(4740, 4740, "two"), look(4890, 5890, "one")},
		}, map[Cause]int{ // from 4010
			CauseRepair: 90, CauseThreshold: 400, CauseAnswer: 100, CauseCache: 120, CauseTimeout: 20, CausePause: 160, CauseServe: 50,
		}},
		{"keeps a connection to the ill standby", user{
			kind:     kindOf(t, "pool"),
			requests: []Request{lost(3990, 4010, "two"), kept(4590, 4800, "two"), good(4900, 4950, "one")},
			looks:    []Look{look(3700, 3800, "two"), look(4900, 5890, "one")},
		}, map[Cause]int{CauseRepair: 90, CauseThreshold: 400, CauseAnswer: 100, CauseKept: 300, CauseServe: 50}},
		{"had never moved, and its request hangs", user{
			kind:     kindOf(t, "forever"),
			requests: []Request{lost(3500, 3800, "one"), lost(3900, 4300, "one"), lost(4320, 4350, "one"), good(4450, 4500, "one")},
			looks:    []Look{look(500, 99_999, "one")},
		}, map[Cause]int{CausePause: 120, CausePrimary: 30, CauseServe: 50}}, // from 4300
		{"is served by the standby again", user{
			requests: []Request{lost(3990, 4010, "two"), lost(4200, 4300, "two"), good(4400, 4410, "two")},
			looks:    []Look{look(3700, 4720, "two")},
		}, map[Cause]int{CausePause: 290, CauseStandby: 100, CauseServe: 10}},
		{"fails once more after it was served", user{
			requests: []Request{good(4610, 4620, "one"), lost(4700, 4720, "one"), good(4750, 4760, "one"), lost(4800, 4810, "one"), good(4900, 4910, "one")},
			looks:    []Look{look(4605, 99_999, "one")},
		}, map[Cause]int{CausePrimary: 30, CausePause: 120, CauseServe: 20, CauseBetween: 40}},
		{"waits between its attempts", user{
			kind: kindOf(t, "retry"),
			requests: []Request{
				good(4610, 4620, "one"),
				{Start: at(4700), End: at(4800), Asked: "one", Region: "one", Paused: []span{{at(4710), at(4730)}}},
				lost(4850, 4860, "one"),
				{Start: at(4900), End: at(5000), Asked: "one", Region: "one", Paused: []span{{at(4910), at(4930)}}},
			},
			looks: []Look{look(4605, 99_999, "one")},
		}, map[Cause]int{CausePrimary: 20, CausePause: 40, CauseRetry: 20, CauseServe: 70}},
		{"has a name server that does not answer", user{
			requests: []Request{lost(4200, 4300, ""), good(4400, 4410, "one")}, looks: []Look{look(4390, 99_999, "one")},
		}, map[Cause]int{CauseUnknown: 190, CausePause: 10, CauseServe: 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := returns(c.user.requests, 1, timeline{fault: at(1000), repair: at(4000)})[0]
			b := e.history().back(at(4000), 200*time.Millisecond, c.user.requests)
			got := map[Cause]int{}
			u := c.user.within(s)
			for cause, d := range b.divide(u, s, b.cuts(), b.causeFor(u, s)) {
				got[cause] = int(d.Milliseconds())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%v: %s", s, diff)
			}
		})
	}
}

// A name that leads back later than the check's new status takes to the name servers has waited for healthy targets.
func TestTheNameWaitsForTargetsToo(t *testing.T) {
	e := evidence{primary: "one", secondary: "two", fault: at(1000), checks: []seen[verdict]{check(1500, false, 16, 1100), check(4100, true, 0, 0)}}
	for bound, want := range map[int]Cause{50: CauseTargets, 900: CauseAnswer} {
		b := e.history().back(at(4000), time.Duration(bound)*time.Millisecond, nil)
		if got := stageAt(b.stages, at(4500)); got != want || stageAt(b.stages, at(4050)) != CauseProbe {
			t.Errorf("with %d ms to the name servers: %q of %v", bound, got, b.stages)
		}
	}
	e.checks = []seen[verdict]{check(10, true, 0, 0)} // target health alone had moved it
	if b := e.history().back(at(4000), 0, nil); stageAt(b.stages, at(4500)) != CauseTargets || !b.serves.Equal(at(4000)) {
		t.Errorf("a check that never failed: %+v", b)
	}
}

// Whatever happened on the way back, all of the time is given to causes, once; and what came before the repair is in the first part.
func TestTheWayBackAddsUp(t *testing.T) {
	random := chance.New(t)
	for range 200 {
		e, u, first := anyOutage(random)
		for i := range u.requests {
			r := &u.requests[i]
			if r.Asked = []string{"one", "two", ""}[random.IntN(3)]; r.Err == nil {
				r.Region = r.Asked
			}
		}
		repair := at(4000)
		s := returns(u.requests, 1, timeline{fault: e.fault, repair: repair})[0]
		if s.to.After(s.from) && s.from.Before(first.to) {
			t.Fatalf("the way back from %v overlaps the way there to %v", s.from, first.to)
		}
		b := e.history().back(repair, 100*time.Millisecond, u.requests)
		sum := time.Duration(0)
		in := u.within(s)
		for d := range maps.Values(b.divide(in, s, b.cuts(), b.causeFor(in, s))) {
			sum += d
		}
		if sum != s.to.Sub(s.from) {
			t.Fatalf("%s of %s is accounted for: %+v %+v", sum, s.to.Sub(s.from), e, u)
		}
	}
}
