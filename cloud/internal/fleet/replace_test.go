package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRangesOfCapacity(t *testing.T) {
	for _, c := range []struct {
		r                    Range
		desired, floor, over int
	}{
		{Range{90, 100, false}, 10, 9, 0},
		{Range{90, 100, false}, 2, 1, 0},  // one at a time, though two of two would have to serve
		{Range{90, 110, false}, 2, 2, 1},  // there is room above instead
		{Range{100, 100, false}, 4, 3, 0}, // one at a time
		{Range{100, 200, false}, 4, 4, 4}, // launch before terminating
		{Range{0, 100, false}, 4, 0, 0},   // all at once
		{Range{50, 150, false}, 3, 2, 2},  // rounded up
		{Range{90, 100, true}, 2, 2, 1},   // and launched first where the upper one was given
		{Range{90, 100, true}, 10, 9, 0},
		{Range{100, 110, false}, 10, 10, 1}, // the user guide's "launch before terminating"
	} {
		if floor, over := c.r.floor(c.desired), c.r.over(c.desired); floor != c.floor || over != c.over {
			t.Errorf("%v of %d: at least %d and %d more, want %d and %d", c.r, c.desired, floor, over, c.floor, c.over)
		}
	}
}

func TestDecideToReplace(t *testing.T) {
	group := Group{Desired: 2, Max: 4, Zones: []string{"a", "b"}, Attachments: []Attachment{{tg, Attached}}, ELB: true}
	two := []Instance{serving("i-1", "a", time.Hour), serving("i-2", "b", time.Minute)}
	change := func(f func(*Group)) Group { g := group; f(&g); return g }
	ill := with(two[0], func(i *Instance) { i.Targets = map[string]TargetState{tg: Unhealthy} })
	comes := with(serving("i-3", "a", time.Second), func(i *Instance) { i.State = Pending })
	kept := func(i *Instance) { i.Protected = true }
	old := func(g *Group) {
		g.Refresh = &Refresh{Started: noon.Add(-2 * time.Minute), Range: Range{Min: 90, Max: 100}}
	}
	first := func(g *Group) { g.Maintenance = &Range{Min: 100, Max: 200} }
	uneven := []Instance{serving("i-1", "a", 3*time.Hour), serving("i-2", "a", time.Hour)}
	for _, c := range []struct {
		name string
		g    Group
		in   []Instance
		want string
	}{
		{"ill, launch first", change(first), []Instance{ill, two[1]}, "condemn i-1 elb\nlaunch a replacement\n"},
		{"ill, its successor comes", change(first), []Instance{ill, two[1], comes}, "serve i-3\ncondemn i-1 elb\n"},
		{"ill, its successor serves", change(first), []Instance{ill, two[1], serving("i-3", "a", time.Second)}, "condemn i-1 elb\nretire i-1 elb\n"},
		{"ill, its successor warms up", change(func(g *Group) { first(g); g.Warmup = time.Minute }),
			[]Instance{ill, two[1], serving("i-3", "a", time.Second)}, "condemn i-1 elb\n"},
		{"ended, launch first: nothing is left to wait for", change(first), []Instance{with(two[0], func(i *Instance) { i.Machine = Stopped }), two[1]},
			"condemn i-1 ended\nretire i-1 ended\nlaunch a replacement\n"},
		{"all ill, launch first", change(func(g *Group) { g.Maintenance = &Range{Min: 100, Max: 150} }),
			[]Instance{ill, with(ill, func(i *Instance) { i.ID, i.Zone = "i-2", "b" })}, "condemn i-1 elb\ncondemn i-2 elb\nlaunch a replacement\n"},
		{"too old", change(func(g *Group) { g.Lifetime = time.Hour }), two, "retire i-1 lifetime\nlaunch a replacement\n"},
		{"too old, launch first", change(func(g *Group) { first(g); g.Lifetime = time.Hour }), two, "launch a replacement\n"},
		{"too old, protected", change(func(g *Group) { g.Lifetime = time.Hour }), []Instance{with(two[0], kept), two[1]}, ""},
		{"too old, terminate suspended", change(func(g *Group) { g.Lifetime, g.Suspended = time.Hour, []Process{Terminate} }), two, ""},
		{"uneven", group, uneven, "launch b rebalance\n"},
		{"uneven, suspended", change(func(g *Group) { g.Suspended = []Process{AZRebalance} }), uneven, ""},
		{"uneven, launch suspended", change(func(g *Group) { g.Suspended = []Process{Launch} }), uneven, ""},
		{"uneven, the zone is out", change(func(g *Group) { g.Resting = map[string]time.Time{"b": noon.Add(time.Second)} }), uneven, ""},
		{"uneven, all protected", group, []Instance{with(uneven[0], kept), with(uneven[1], kept)}, ""},
		{"uneven, terminate first", change(func(g *Group) { g.Maintenance = &Range{Min: 90, Max: 100} }), uneven, "retire i-1 rebalance\n"},
		{"balanced, not there yet", group, append(uneven[:2:2], with(serving("i-3", "b", 0), func(i *Instance) {
			i.State, i.Balances, i.Machine = Pending, true, Starting
		})), ""},
		{"balanced", group, append(uneven[:2:2], with(serving("i-3", "b", 0), func(i *Instance) { i.Balances = true })), "retire i-1 capacity\n"},
		{"a zone that is not the group's any more", change(func(g *Group) { g.Zones = []string{"b"} }), two, "launch b rebalance\n"},
		{"balanced only: waits for its zone", change(func(g *Group) {
			g.BalanceOnly, g.Resting = true, map[string]time.Time{"b": noon.Add(time.Second)}
		}), two[:1], ""},
		{"refresh, launch first", change(func(g *Group) { old(g); g.Refresh.Range = Range{Min: 100, Max: 150} }), two, "launch a refresh\n"},
		{"refresh of both sides", change(func(g *Group) { old(g); g.Refresh.Range = Range{Min: 50, Max: 150} }), two, "launch a refresh\nretire i-1 refresh\n"},
		{"refresh, protected is waited for", change(old), []Instance{with(two[0], kept), two[1]}, ""},
		{"refresh, protected is ignored", change(func(g *Group) { old(g); g.Refresh.Protected = Ignore }), []Instance{with(two[0], kept), two[1]}, "refreshed\n"},
		{"refresh, protected is replaced", change(func(g *Group) { old(g); g.Refresh.Protected = Replace }), []Instance{with(two[0], kept), two[1]},
			"retire i-1 refresh\n"},
		{"refresh, standby is waited for", change(func(g *Group) { old(g); g.Desired = 1 }),
			[]Instance{with(two[0], func(i *Instance) { i.State = Standby }), two[1]}, ""},
		{"refresh, standby is ignored", change(func(g *Group) { old(g); g.Desired, g.Refresh.Standby = 1, Ignore }),
			[]Instance{with(two[0], func(i *Instance) { i.State = Standby }), two[1]}, "refreshed\n"},
		{"refresh, standby is terminated", change(func(g *Group) { old(g); g.Desired, g.Refresh.Standby = 1, End }),
			[]Instance{with(two[0], func(i *Instance) { i.State = Standby }), two[1]}, "retire i-1 refresh\n"},
		{"refresh, its only member is ill", change(func(g *Group) {
			g.Desired, g.Grace, g.Refresh = 1, 2*time.Hour, &Refresh{Started: noon, SkipMatching: true, ELB: true, Versions: []Version{ill.Version}}
		}), []Instance{ill}, ""},
		{"refresh, an alarm", change(func(g *Group) { old(g); g.Refresh.Why = "an alarm" }), two, "refresh failed\n"},
		{"refresh, checkpoint", change(func(g *Group) { old(g); g.Refresh.Checkpoints = []int{50, 100} }), two, "checkpoint\n"},
		{"refresh, checkpoint after its predecessor is gone", change(func(g *Group) {
			old(g)
			g.Refresh.Checkpoints, g.Refresh.Range = []int{50, 100}, Range{Min: 100, Max: 150}
		}), []Instance{two[0], with(two[0], func(i *Instance) { i.ID, i.Zone = "i-0", "b" }), serving("i-3", "b", time.Second)}, "retire i-0 refresh\n"},
		{"refresh, waits at it", change(func(g *Group) {
			old(g)
			g.Refresh.Checkpoints, g.Refresh.Passed, g.Refresh.Since, g.Refresh.Delay = []int{50, 100}, 1, noon.Add(-time.Minute), time.Hour
		}), two, ""},
		{"refresh, goes on after it", change(func(g *Group) {
			old(g)
			g.Refresh.Checkpoints, g.Refresh.Passed, g.Refresh.Since, g.Refresh.Delay = []int{50, 100}, 1, noon.Add(-time.Hour), time.Hour
		}), two, "retire i-1 refresh\n"},
		{"refresh, ends at its last checkpoint", change(func(g *Group) {
			old(g)
			g.Refresh.Checkpoints, g.Refresh.Passed, g.Refresh.Since, g.Refresh.Delay = []int{50}, 1, noon.Add(-time.Hour), time.Hour
		}), two, "refreshed\n"},
		{"refresh, bakes", change(func(g *Group) { old(g); g.Refresh.Started, g.Refresh.Bake = noon.Add(-2*time.Hour), time.Hour }), two, "bake\n"},
		{"refresh, baked", change(func(g *Group) {
			old(g)
			g.Refresh.Started, g.Refresh.Bake, g.Refresh.Baking = noon.Add(-2*time.Hour), time.Hour, noon.Add(-time.Hour)
		}), two, "refreshed\n"},
		{"weights: what is missing in whole instances", change(func(g *Group) { g.Desired, g.Unit = 5, 2 }),
			nil, "launch a capacity\nlaunch b capacity\nlaunch a capacity\n"},
		{"weights: no more goes than is surplus", change(func(g *Group) { g.Desired, g.Unit = 3, 2 }),
			[]Instance{with(two[0], func(i *Instance) { i.Weight = 2 }), with(two[1], func(i *Instance) { i.Weight = 2 })}, ""},
	} {
		got, _ := Decide(c.g, c.in, noon)
		if diff := cmp.Diff(c.want, terse(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

// Whatever a group's range is, replacing leaves as many members serving as it says, launches no more than it says, and ends.
func TestReplacingKeepsToItsRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.IntRange(0, 100).Draw(t, "min")
		within := Range{low, rapid.IntRange(100, 100+low).Draw(t, "max"), rapid.Bool().Draw(t, "first")}
		w := &world{t: t, members: map[string]Instance{}, now: noon}
		w.g = Group{
			Desired: rapid.IntRange(1, 12).Draw(t, "desired"), Max: 20, Zones: []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "zones")],
			ELB: true, Attachments: []Attachment{{tg, Adding}}, Maintenance: &within,
			Warmup: time.Duration(rapid.IntRange(0, 3).Draw(t, "warmup")) * 10 * time.Second,
		}
		w.settle()
		began := w.now
		old := w.list()
		checkpoints := [][]int{nil, {30}, {50, 100}, {20, 40, 100}}[rapid.IntRange(0, 3).Draw(t, "checkpoints")]
		switch rapid.IntRange(0, 2).Draw(t, "why") {
		case 0:
			w.version, w.g.Suspended = Version{Template: "lt-1", Number: 2}, []Process{AZRebalance} // which would replace more
			w.g.Refresh = &Refresh{
				Started: began, Range: within, Warmup: w.g.Warmup, Patience: time.Hour, ELB: true, Checkpoints: checkpoints, Delay: 30 * time.Second,
				SkipMatching: rapid.Bool().Draw(t, "skip"), Versions: []Version{w.version}, Bake: time.Minute,
			}
		case 1:
			w.g.Lifetime = 90 * time.Minute
			w.now, checkpoints = began.Add(w.g.Lifetime), nil
		case 2:
			w.g.Zones, checkpoints = []string{"d", "e"}, nil
		}
		w.check = func(after []Action) {
			serve, all := 0, 0
			for _, i := range w.members {
				if i.active() {
					all++
				}
				if i.State == InService && !w.now.Before(i.InService.Add(w.g.Warmup)) {
					serve++
				}
			}
			if most := w.g.Desired + max(within.over(w.g.Desired), 1); all > most {
				t.Fatalf("%d members, at most %d: %v", all, most, terse(after))
			}
			if least := within.floor(w.g.Desired); serve < least {
				t.Fatalf("%d members serve, at least %d: %v", serve, least, terse(after))
			}
		}
		w.settle()
		if w.g.Refresh != nil {
			t.Fatal("the refresh goes on")
		}
		kept := 0
		for _, i := range old {
			if _, there := w.members[i.ID]; there {
				kept++
			}
		}
		want := 0
		if n := len(checkpoints); n > 0 && checkpoints[n-1] < 100 {
			want = w.g.Desired - ceil(w.g.Desired, checkpoints[n-1])
		}
		if kept != want || len(w.members) != w.g.Desired {
			t.Fatalf("%d of %d members are the old ones, want %d", kept, len(w.members), want)
		}
	})
}

// However members lie in zones, and whatever they weigh, balancing ends with zones that differ by one at most.
func TestBalancingEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.IntRange(1, 3).Draw(t, "unit")
		w := &world{t: t, members: map[string]Instance{}, now: noon}
		for n := range rapid.IntRange(0, 15).Draw(t, "members") {
			i := serving(fmt.Sprintf("o-%d", n), rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "zone"), time.Duration(n)*time.Minute)
			i.Weight = unit
			w.members[i.ID] = i
		}
		w.g = Group{
			Desired: max(0, len(w.members)*unit-rapid.IntRange(0, unit-1).Draw(t, "less")), Max: rapid.IntRange(1, 40).Draw(t, "max size"), Unit: unit,
			Zones: []string{"a", "b", "c"}, ELB: true, Attachments: []Attachment{{tg, Attached}},
		}
		if rapid.Bool().Draw(t, "first") {
			w.g.Maintenance = &Range{Min: 90, Max: rapid.SampledFrom([]int{100, 120}).Draw(t, "most")}
		}
		had := len(w.members)
		w.settle()
		counts := map[string]int{"a": 0, "b": 0, "c": 0}
		for _, i := range w.members {
			counts[i.Zone]++
		}
		all := []int{counts["a"], counts["b"], counts["c"]}
		if slices.Max(all)-slices.Min(all) > 1 || counts["d"] > 0 || len(w.members) != had {
			t.Fatalf("of %d: %v", had, counts)
		}
	})
}
