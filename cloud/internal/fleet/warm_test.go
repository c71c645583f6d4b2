package fleet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSizesOfPools(t *testing.T) {
	for _, c := range []struct{ prepared, desired, least, want int }{
		{5, 2, 0, 3}, {5, 2, 4, 4}, {3, 5, 0, 0}, {3, 5, 1, 1}, // the user guide's "Maximum prepared capacity" and "Minimum warm pool size"
	} {
		if got := PoolSize(c.prepared, c.desired, c.least); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestDecideOfWarmPools(t *testing.T) {
	group := Group{Desired: 1, Zones: []string{"a", "b"}, Attachments: []Attachment{{tg, Attached}}, Warm: &Warm{Size: 1}}
	one := serving("i-1", "a", time.Hour)
	in := func(state Lifecycle, machine Machine) Instance {
		return with(serving("i-2", "b", time.Minute), func(i *Instance) {
			i.State, i.Machine, i.InService, i.Registered, i.Targets = state, machine, time.Time{}, nil, nil
		})
	}
	told := func(i Instance) Instance { i.Told = true; return i }
	change := func(f func(*Group)) Group { g := group; w := *group.Warm; g.Warm = &w; f(&g); return g }
	for _, c := range []struct {
		name string
		g    Group
		in   []Instance
		want string
	}{
		{"the group comes first", group, nil, "launch a capacity\n"},
		{"then the pool", group, []Instance{one}, "launch b warm\n"},
		{"launch suspended", change(func(g *Group) { g.Suspended = []Process{Launch} }), []Instance{one}, ""},
		{"boots", group, []Instance{one, in(WarmedPending, Starting)}, ""},
		{"has booted: stop", group, []Instance{one, in(WarmedPending, Running)}, "stop i-2\n"},
		{"has booted, hooks", change(func(g *Group) { g.HooksLaunch = true }), []Instance{one, in(WarmedPending, Running)}, "hold i-2\n"},
		{"has booted, runs", change(func(g *Group) { g.Warm.Running = true }), []Instance{one, in(WarmedPending, Running)}, "warm i-2\n"},
		{"stops", group, []Instance{one, told(in(WarmedPending, Stopping))}, ""},
		{"has stopped", group, []Instance{one, told(in(WarmedPending, Stopped))}, "warm i-2\n"},
		{"failed to boot", group, []Instance{one, in(WarmedPending, Stopped)}, "condemn i-2 launch-failed\nretire i-2 launch-failed\nlaunch b warm\n"},
		{"content", group, []Instance{one, in(WarmedStopped, Stopped)}, ""},
		{"used", group, []Instance{in(WarmedStopped, Stopped)}, "use i-2 b capacity\nlaunch a warm\n"},
		{"used while no launch works", change(func(g *Group) {
			g.Resting = map[string]time.Time{"a": noon.Add(time.Minute), "b": noon.Add(time.Minute)}
		}), []Instance{in(WarmedStopped, Stopped)}, "use i-2 b capacity\n"},
		{"starts", group, []Instance{told(in(Pending, Stopped))}, "start i-2\nlaunch a warm\n"},
		{"has started", group, []Instance{told(in(Pending, Running))}, "register i-2\nlaunch a warm\n"},
		{"one that runs stopped", change(func(g *Group) { g.Warm.Running = true }), []Instance{one, in(WarmedRunning, Stopped)},
			"condemn i-2 ended\nretire i-2 ended\nlaunch b warm\n"},
		{"too many", change(func(g *Group) { g.Warm.Size = 0 }), []Instance{one, in(WarmedStopped, Stopped)}, "retire i-2 cool\n"},
		{"reused", change(func(g *Group) { g.Desired, g.Warm.Reuse = 0, true }), []Instance{one}, "return i-1 capacity\n"},
		{"reused, with its targets", group, []Instance{one, with(in(WarmedPending, Running), func(i *Instance) { i.Registered = []string{tg} })}, "deregister i-2\n"},
		{"being deleted", change(func(g *Group) { g.Warm.Ends = true }), []Instance{one, in(WarmedStopped, Stopped)}, "retire i-2 cool\n"},
		{"deleted", change(func(g *Group) { g.Warm.Ends = true }), []Instance{one}, "drop pool\n"},
		{"its group goes", change(func(g *Group) { g.Desired, g.Deleting = 0, true }), []Instance{in(WarmedStopped, Stopped)}, "retire i-2 cool\n"},
		{"refreshed first", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon.Add(-time.Second), Range: Range{Min: 100, Max: 100}}
		}),
			[]Instance{with(one, func(i *Instance) { i.Launched = noon }), in(WarmedStopped, Stopped)}, "retire i-2 refresh\nlaunch b warm\nrefreshed\n"},
	} {
		got, _ := Decide(c.g, c.in, noon)
		if diff := cmp.Diff(c.want, terse(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

// Whatever is asked of a group with a warm pool, both come to their sizes, and nothing is launched for the group while the pool has one ready.
func TestPoolsComeToTheirSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, members: map[string]Instance{}, now: noon}
		w.g = Group{Zones: []string{"a", "b"}, ELB: true, Attachments: []Attachment{{tg, Adding}}, Max: 10, Warm: &Warm{
			Running: rapid.Bool().Draw(t, "running"), Reuse: rapid.Bool().Draw(t, "reuse"),
		}}
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			w.g.Desired = rapid.IntRange(0, 10).Draw(t, "desired")
			w.g.Warm.Size = PoolSize(rapid.IntRange(0, 10).Draw(t, "prepared"), w.g.Desired, rapid.IntRange(0, 2).Draw(t, "least"))
			ready := 0
			for _, i := range w.members {
				if i.ready() {
					ready++
				}
			}
			actions, _ := Decide(w.g, w.list(), w.now)
			for _, a := range actions {
				switch {
				case a.Do == DoUse:
					ready--
				case a.Do == DoLaunch && a.Reason == Capacity && ready > 0:
					t.Fatalf("%d are ready, and one is launched: %v", ready, terse(actions))
				}
			}
			w.settle()
			serving, pooled := 0, 0
			for _, i := range w.members {
				switch {
				case i.State == InService && i.Machine == Running:
					serving++
				case i.State == WarmedRunning && w.g.Warm.Running, i.State == WarmedStopped && !w.g.Warm.Running && i.Machine == Stopped:
					pooled++
				}
			}
			if serving != w.g.Desired || pooled != w.g.Warm.Size {
				t.Fatalf("%d serve and %d are in the pool, want %d and %d", serving, pooled, w.g.Desired, w.g.Warm.Size)
			}
		}
	})
}
