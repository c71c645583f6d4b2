package drill

import (
	"errors"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/internal/chance"
)

// at is a moment of a drill.
func at(ms int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func check(ms int, healthy bool, failing, firstFailed int) seen[verdict] {
	c := verdict{Healthy: healthy, Failing: failing, All: 16}
	if failing > 0 {
		c.FirstFailed = at(firstFailed)
	}
	return seen[verdict]{at(ms - 1), at(ms), c}
}

func answer(ms int, region string) seen[string] { return seen[string]{at(ms - 1), at(ms), region} }

var errLost = errors.New("lost")

// A region is lost at 1000; the first probe fails at 1100, the check at 1500, the name moves at 1600.
func TestEachPartOfAnOutageHasItsCause(t *testing.T) {
	e := evidence{
		primary: "one", secondary: "two", fault: at(1000),
		checks:  []seen[verdict]{check(10, true, 0, 0), check(1150, true, 2, 1100), check(1500, false, 16, 1100)},
		answers: []seen[string]{answer(10, "one"), answer(1600, "two")},
	}
	look := func(ms, until int, region string) Look { return Look{At: at(ms), Until: at(until), Region: region} }
	lost := func(from, to int) Request { return Request{Start: at(from), End: at(to), Err: errLost} }
	kept := func(from, to int) Request { return Request{Start: at(from), End: at(to), Err: errLost, Kept: true} }
	good := func(from, to int) Request { return Request{Start: at(from), End: at(to)} }
	ms := func(of map[Cause]int) map[Cause]time.Duration {
		out := map[Cause]time.Duration{}
		for c, n := range of {
			out[c] = time.Duration(n) * time.Millisecond
		}
		return out
	}
	for _, c := range []struct {
		name string
		user user
		want map[Cause]int
	}{
		{"asks all the time", user{
			requests: []Request{good(900, 910), lost(1020, 1030), lost(1200, 1700), lost(1750, 1770), good(1900, 1950)},
			looks:    []Look{look(800, 1720, "one"), look(1740, 2740, "one"), look(1890, 2890, "two")},
		}, map[Cause]int{CauseProbe: 80, CauseThreshold: 400, CauseAnswer: 100, CauseCache: 270, CauseServe: 50, CausePause: 30}},
		{"its request hangs while the name moves", user{
			requests: []Request{lost(990, 1800), good(1850, 1900)},
			looks:    []Look{look(500, 1650, "one"), look(1851, 2900, "two")},
		}, map[Cause]int{
			CauseUnderWay: 10, CauseProbe: 100, CauseThreshold: 400, CauseAnswer: 100, CauseCache: 50, CauseTimeout: 150, CausePause: 50, CauseServe: 50,
		}},
		{"finds an empty standby", user{
			requests: []Request{lost(1590, 1610), lost(1700, 1800), good(2000, 2010)},
			looks:    []Look{look(500, 1605, "one"), look(1690, 2900, "two")},
		}, map[Cause]int{CauseAnswer: 10, CauseCache: 5, CauseTimeout: 5, CausePause: 290, CauseStandby: 100, CauseServe: 10}},
		{"keeps its connection", user{
			kind:     kindOf(t, "pool"),
			requests: []Request{kept(1590, 1700), kept(1800, 1900), good(2000, 2010)},
			looks:    []Look{look(500, 1560, "one"), look(2001, 2900, "two")},
		}, map[Cause]int{CauseAnswer: 10, CauseKept: 400, CauseServe: 10}},
		{"has lost its connection and connects by an old answer", user{
			kind:     kindOf(t, "pool"),
			requests: []Request{kept(1590, 1700), lost(1710, 1900), good(2000, 2010)},
			looks:    []Look{look(500, 1560, "one"), look(1710, 1950, "one"), look(2001, 2900, "two")},
		}, map[Cause]int{CauseAnswer: 10, CauseKept: 110, CauseCache: 240, CausePause: 50, CauseServe: 10}},
		{"tries again", user{
			kind:     kindOf(t, "retry"),
			requests: []Request{{Start: at(1590), End: at(1900), Err: errLost, Paused: []span{{at(1610), at(1700)}}}, good(1950, 1960)},
			looks:    []Look{look(500, 1605, "one"), look(1700, 2900, "two")},
		}, map[Cause]int{CauseAnswer: 10, CauseCache: 5, CauseTimeout: 5, CauseRetry: 90, CauseStandby: 200, CausePause: 50, CauseServe: 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := len(c.user.requests)
			first := c.user.requests[0]
			if first.Err == nil {
				first = c.user.requests[1]
			}
			s := span{first.Start, c.user.requests[n-1].End}
			if diff := cmp.Diff(ms(c.want), e.history().account(c.user.within(s), s)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if e.history().decided() != "health check" {
		t.Errorf("decided by %q", e.history().decided())
	}
}

// Where the name moves before the check fails, it was the load balancer's target health that moved it.
func TestTargetHealthDecidesWhereTheCheckHasNotFailed(t *testing.T) {
	e := evidence{
		primary: "one", secondary: "two", fault: at(1000),
		checks:  []seen[verdict]{check(10, true, 0, 0), check(1150, true, 2, 1100), check(1900, false, 16, 1100)},
		answers: []seen[string]{answer(10, "one"), answer(1400, "two")},
	}
	s := span{at(1000), at(1450)}
	u := user{requests: []Request{{Start: at(1000), End: at(1010), Err: errLost}, {Start: at(1440), End: at(1450)}},
		looks: []Look{{At: at(900), Until: at(1430), Region: "one"}}}
	const ms = time.Millisecond
	want := map[Cause]time.Duration{CauseTargets: 400 * ms, CauseCache: 30 * ms, CausePause: 10 * ms, CauseServe: 10 * ms}
	if diff := cmp.Diff(want, e.history().account(u, s)); diff != "" || e.history().decided() != "target health" {
		t.Errorf("decided by %q: %s", e.history().decided(), diff)
	}
}

// Whatever happened, all of the time is given to causes, once.
func TestTheLedgerAddsUp(t *testing.T) {
	random := chance.New(t)
	for range 200 {
		e, u, s := anyOutage(random)
		sum := time.Duration(0)
		for d := range maps.Values(e.history().account(u.within(s), s)) {
			sum += d
		}
		if sum != s.to.Sub(s.from) {
			t.Fatalf("%s of %s is accounted for: %+v %+v", sum, s.to.Sub(s.from), e, u)
		}
	}
}

// anyOutage is what may be seen of one: checks and answers that come and go, and a user that asks now and then.
func anyOutage(random *rand.Rand) (evidence, user, span) {
	e := evidence{primary: "one", secondary: "two", fault: at(1000)}
	var u user
	for ms := 0; ms < 5000; ms += 1 + random.IntN(400) {
		e.checks = append(e.checks, check(ms, random.IntN(2) == 0, random.IntN(3), ms-random.IntN(300)))
		e.answers = append(e.answers, answer(ms, []string{"one", "two", ""}[random.IntN(3)]))
	}
	for ms := random.IntN(100); ms < 5000; {
		took := 1 + random.IntN(300)
		u.looks = append(u.looks, Look{At: at(ms), Until: at(ms + random.IntN(500)), Region: []string{"one", "two"}[random.IntN(2)]})
		r := Request{Start: at(ms), End: at(ms + took), Kept: random.IntN(3) == 0}
		if random.IntN(2) == 0 {
			r.Err = errLost
		}
		if began := random.IntN(took); random.IntN(3) == 0 {
			r.Paused = []span{{at(ms + began), at(ms + began + random.IntN(took-began+1))}}
		}
		u.requests = append(u.requests, r)
		ms += took + random.IntN(200)
	}
	all := outages(u.requests, 1, timeline{fault: e.fault, repair: at(4000)})
	return e, u, all[0]
}
