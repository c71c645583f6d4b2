package fleet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const tg = "arn:tg"

func serving(id, zone string, age time.Duration) Instance {
	return Instance{ID: id, Zone: zone, Version: Version{Template: "lt-1", Number: 1}, Launched: noon.Add(-age), State: InService, InService: noon.Add(-age),
		Machine: Running, Registered: []string{tg}, Targets: map[string]TargetState{tg: Healthy}}
}

func with(i Instance, change func(*Instance)) Instance { change(&i); return i }

func terse(actions []Action) string {
	var b strings.Builder
	for _, a := range actions {
		parts := []string{string(a.Do)}
		for _, p := range []string{a.Instance, a.Zone, string(a.State), string(a.Reason)} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		fmt.Fprintln(&b, strings.Join(parts, " "))
	}
	return b.String()
}

func TestDecide(t *testing.T) {
	group := Group{Desired: 2, Zones: []string{"a", "b"}, Attachments: []Attachment{{tg, Attached}}, ELB: true, Grace: time.Minute}
	two := []Instance{serving("i-1", "a", time.Hour), serving("i-2", "b", time.Hour)}
	change := func(f func(*Group)) Group { g := group; f(&g); return g }
	sick := func(i *Instance) { i.Targets = map[string]TargetState{tg: Unhealthy} }
	for _, c := range []struct {
		name string
		g    Group
		in   []Instance
		want string
	}{
		{"content", group, two, ""},
		{"empty group spreads", group, nil, "launch a capacity\nlaunch b capacity\n"},
		{"machine runs, not registered", group, []Instance{two[0], with(two[1], func(i *Instance) { i.State, i.Registered = Pending, nil })}, "register i-2\n"},
		{"registered", group, []Instance{two[0], with(two[1], func(i *Instance) { i.State = Pending })}, "serve i-2\n"},
		{"not registered while suspended", change(func(g *Group) { g.Suspended = []Process{AddToLoadBalancer} }),
			[]Instance{two[0], with(two[1], func(i *Instance) { i.State, i.Registered = Pending, nil })}, "serve i-2\n"},
		{"machine ended", group, []Instance{two[0], with(two[1], func(i *Instance) { i.Machine = Ending })},
			"condemn i-2 ended\nretire i-2 ended\nlaunch b replacement\n"},
		{"machine ended within grace", group, []Instance{two[0], with(serving("i-2", "b", time.Second), func(i *Instance) { i.Machine = Stopped })},
			"condemn i-2 ended\nretire i-2 ended\nlaunch b replacement\n"},
		{"service ill after grace", group, []Instance{two[0], with(two[1], sick)}, "condemn i-2 elb\nretire i-2 elb\nlaunch b replacement\n"},
		{"service ill within grace", group, []Instance{two[0], with(serving("i-2", "b", time.Second), sick)}, ""},
		{"starts again, service ill until it has", group, []Instance{two[0], with(with(two[1], sick), func(i *Instance) { i.Machine = Starting })}, ""},
		{"service ill, type EC2", change(func(g *Group) { g.ELB = false }), []Instance{two[0], with(two[1], sick)}, ""},
		{"service ill, never any healthy", change(func(g *Group) { g.Attachments = []Attachment{{tg, Added}} }),
			[]Instance{with(two[0], sick), with(two[1], sick)}, ""},
		{"all ill: one at a time", group, []Instance{with(two[0], sick), with(two[1], sick)},
			"condemn i-1 elb\ncondemn i-2 elb\nretire i-1 elb\nlaunch a replacement\n"},
		{"ill, replacement suspended", change(func(g *Group) { g.Suspended = []Process{ReplaceUnhealthy} }),
			[]Instance{two[0], with(two[1], sick)}, "condemn i-2 elb\n"},
		{"ill, checks suspended", change(func(g *Group) { g.Suspended = []Process{HealthCheck} }), []Instance{two[0], with(two[1], sick)}, ""},
		{"ill, launch suspended: still terminated", change(func(g *Group) { g.Suspended = []Process{Launch} }), []Instance{two[0], with(two[1], sick)},
			"condemn i-2 elb\nretire i-2 elb\n"},
		{"leaving: deregister first", change(func(g *Group) { g.Desired = 1 }),
			[]Instance{two[0], with(two[1], func(i *Instance) { i.State = Terminating })}, "deregister i-2\n"},
		{"leaving: drains", change(func(g *Group) { g.Desired = 1 }), []Instance{two[0], with(two[1], func(i *Instance) {
			i.State, i.Registered, i.Targets = Terminating, nil, map[string]TargetState{tg: Draining}
		})}, ""},
		{"leaving: drained", change(func(g *Group) { g.Desired = 1 }), []Instance{two[0], with(two[1], func(i *Instance) {
			i.State, i.Registered, i.Targets = Terminating, nil, nil
		})}, "terminate i-2\n"},
		{"leaving: stopped is not waited for", change(func(g *Group) { g.Desired = 1 }), []Instance{two[0], with(two[1], func(i *Instance) {
			i.State, i.Registered, i.Machine, i.Targets = Terminating, nil, Stopped, map[string]TargetState{tg: Draining}
		})}, "terminate i-2\n"},
		{"gone", change(func(g *Group) { g.Desired = 1 }), []Instance{two[0], with(two[1], func(i *Instance) {
			i.State, i.Registered, i.Machine = Terminating, nil, Gone
		})}, "forget i-2\n"},
		{"scale-in: fullest zone, then oldest version", change(func(g *Group) { g.Desired = 2 }),
			[]Instance{serving("i-0", "b", 9*time.Hour),
				with(serving("i-1", "a", 8*time.Hour), func(i *Instance) { i.Version.Number = 2 }), serving("i-2", "a", time.Hour)},
			"retire i-2 capacity\n"},
		{"scale-in: protected", change(func(g *Group) { g.Desired = 0 }),
			[]Instance{with(two[0], func(i *Instance) { i.Protected = true }), two[1]}, "retire i-2 capacity\n"},
		{"scale-in: newest", change(func(g *Group) { g.Desired, g.Policies = 1, []string{"NewestInstance"} }),
			[]Instance{serving("i-1", "a", time.Hour), serving("i-2", "b", time.Minute)}, "retire i-2 capacity\n"},
		{"failed zone is passed over", change(func(g *Group) { g.Resting = map[string]time.Time{"a": noon.Add(time.Second)} }),
			nil, "launch b capacity\nlaunch b capacity\n"},
		{"owed", change(func(g *Group) { g.Owed = 1 }), two[:1], "launch b replacement\n"},
		{"attach", change(func(g *Group) { g.Attachments = []Attachment{{tg, Adding}} }), two, "attach InService\n"},
		{"detach", change(func(g *Group) { g.Attachments = []Attachment{{tg, Removing}} }), two, "deregister i-1\nderegister i-2\n"},
		{"detached, drains still when its region comes back", change(func(g *Group) { g.Attachments = []Attachment{{tg, Removing}} }), []Instance{
			with(two[0], func(i *Instance) {
				i.Registered, i.Machine, i.Targets = nil, Starting, map[string]TargetState{tg: Draining}
			}), with(two[1], func(i *Instance) { i.Registered, i.Targets = nil, nil }),
		}, ""},
		{"refresh", change(func(g *Group) { g.Refresh = &Refresh{Started: noon, Range: Range{Min: 90, Max: 100}} }), two, "retire i-1 refresh\n"},
		{"refresh, halves", change(func(g *Group) { g.Refresh = &Refresh{Started: noon, Range: Range{Min: 0, Max: 100}} }), two,
			"retire i-1 refresh\nretire i-2 refresh\n"},
		{"refresh, matching skipped", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon, Range: Range{Min: 90, Max: 100}, SkipMatching: true, Versions: []Version{{Template: "lt-1", Number: 1}}}
		}), two, "refreshed\n"},
		{"refresh fails where nothing becomes healthy in time", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon.Add(-time.Hour), Range: Range{Min: 90, Max: 100}, Patience: time.Hour, Warmup: time.Minute}
		}), []Instance{serving("i-1", "a", 2*time.Hour), serving("i-2", "b", time.Second)}, "refresh failed\n"},
		{"refresh goes on after each success", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon.Add(-time.Hour), Range: Range{Min: 90, Max: 100}, Patience: time.Hour}
		}), []Instance{serving("i-1", "a", 2*time.Hour), serving("i-2", "b", time.Minute)}, "retire i-1 refresh\n"},
		{"refresh waits until the load balancer has found the new one healthy", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon.Add(-2 * time.Minute), Range: Range{Min: 90, Max: 100}, ELB: true}
		}), []Instance{two[0], with(serving("i-2", "b", time.Second), func(i *Instance) { i.Targets = map[string]TargetState{tg: Initial} })}, ""},
		{"refresh waits for warmup", change(func(g *Group) {
			g.Refresh = &Refresh{Started: noon.Add(-2 * time.Minute), Range: Range{Min: 90, Max: 100}, Warmup: 90 * time.Second}
		}), []Instance{two[0], serving("i-2", "b", time.Minute)}, ""},
	} {
		got, _ := Decide(c.g, c.in, noon)
		if c.name == "attach" { // the next state comes at the next decision
			c.want = "attach Added\n"
		}
		if diff := cmp.Diff(c.want, terse(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

func TestDueAtTheEndOfGrace(t *testing.T) {
	g := Group{Desired: 1, Zones: []string{"a"}, Attachments: []Attachment{{tg, Attached}}, ELB: true, Grace: time.Minute}
	_, due := Decide(g, []Instance{serving("i-1", "a", 20*time.Second)}, noon)
	if want := noon.Add(40 * time.Second); !due.Equal(want) {
		t.Errorf("due %v, want %v", due, want)
	}
}

// world carries actions out at once, as a perfect region would.
type world struct {
	t       *rapid.T
	g       Group
	members map[string]Instance
	now     time.Time
	made    int
	version Version              // of what is launched
	check   func(after []Action) // after each round; nil for nothing
	over    bool                 // the refresh has ended
}

func (w *world) list() (all []Instance) {
	for _, i := range w.members {
		all = append(all, i)
	}
	return all
}

func (w *world) carryOut(a Action) {
	i := w.members[a.Instance]
	i.Targets = map[string]TargetState{tg: i.Targets[tg]}
	switch a.Do {
	case DoLaunch:
		w.made++
		i = Instance{
			ID: fmt.Sprintf("i-%d", w.made), Zone: a.Zone, Launched: w.now, State: Pending, Machine: Running, Targets: map[string]TargetState{},
			Version: w.version, Weight: w.g.Unit, Balances: a.Reason == Rebalancing,
		}
		if a.Reason == Warming {
			i.State = WarmedPending
		}
	case DoStop:
		i.Told, i.Machine = true, Stopped
	case DoStart:
		i.Machine = Running
	case DoWarm:
		i.State, i.Told = a.Become, false
	case DoUse:
		i.State, i.Told = Pending, i.State == WarmedStopped
	case DoReturn:
		i.State, i.InService, i.Stage, i.Told = WarmedPending, time.Time{}, Proceeding, false
	case DoRegister:
		i.Registered, i.Targets[tg] = append(slices.Clone(i.Registered), a.Target), Healthy
	case DoServe:
		i.State, i.InService, i.Told = InService, w.now, false
	case DoCondemn:
		i.Sick = a.Reason
	case DoRetire:
		if i.Sick == "" && !slices.Contains([]Reason{Capacity, Cooling, Refreshing, Lifetime, Rebalancing}, a.Reason) {
			w.t.Fatalf("a healthy member was retired for %s", a.Reason)
		}
		if i.warm() {
			i.State = WarmedTerminating
			break
		}
		i.State = Terminating
	case DoDeregister:
		i.Registered, i.Targets[tg] = nil, Draining
	case DoTerminate:
		if i.Machine == Running && i.Targets[tg] != Absent {
			w.t.Fatalf("%s was terminated while its target was %d", i.ID, i.Targets[tg])
		}
		i.Machine = Gone
	case DoForget:
		delete(w.members, i.ID)
		return
	case DoAttach:
		w.g.Attachments[0].State = a.State
		return
	case DoCheckpoint:
		w.g.Refresh.Passed, w.g.Refresh.Since = w.g.Refresh.Passed+1, w.now
		return
	case DoBake:
		w.g.Refresh.Baking = w.now
		return
	case DoRefreshed, DoRefreshFailed:
		w.g.Refresh, w.over = nil, a.Do == DoRefreshed
		return
	}
	w.members[i.ID] = i
}

// settle decides until nothing more happens, letting time pass and targets drain.
func (w *world) settle() {
	for range 600 {
		actions, due := Decide(w.g, w.list(), w.now)
		for _, a := range actions {
			w.carryOut(a)
		}
		if w.check != nil {
			w.check(actions)
		}
		w.now = w.now.Add(10 * time.Second)
		drained := false
		for id, i := range w.members {
			if i.Targets[tg] == Draining {
				i.Targets, drained = nil, true
				w.members[id] = i
			}
		}
		if len(actions) == 0 && !drained && (due.IsZero() || due.Sub(w.now) > time.Hour) {
			return
		}
	}
	w.t.Fatalf("does not settle: %+v", w.members)
}

func TestWhateverHappensTheGroupRecovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, members: map[string]Instance{}, now: noon}
		w.g = Group{Zones: []string{"a", "b", "c"}, ELB: true, Grace: 15 * time.Second, Attachments: []Attachment{{tg, Adding}}}
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			w.g.Desired = rapid.IntRange(0, 25).Draw(t, "desired")
			for _, id := range slices.Sorted(func(yield func(string) bool) {
				for id := range w.members {
					if !yield(id) {
						return
					}
				}
			}) {
				i := w.members[id]
				switch rapid.IntRange(0, 3).Draw(t, "fate") {
				case 0:
					i.Machine = Stopped
				case 1:
					i.Targets = map[string]TargetState{tg: Unhealthy}
				}
				w.members[id] = i
			}
			w.settle()
			counts := map[string]int{}
			for _, i := range w.members {
				if i.State != InService || i.Machine != Running || i.Targets[tg] != Healthy {
					t.Fatalf("after settling, a member is %+v", i)
				}
				counts[i.Zone]++
			}
			if len(w.members) != w.g.Desired {
				t.Fatalf("%d members, want %d", len(w.members), w.g.Desired)
			}
		}
	})
}

func TestCauses(t *testing.T) {
	for _, c := range []struct {
		a    Action
		want string
	}{
		{Action{Do: DoLaunch, Reason: Capacity, To: 2}, "At 2026-03-01T12:00:00Z a user request X.  " +
			"At 2026-03-01T12:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 2."},
		{Action{Do: DoRetire, Reason: ELBUnhealthy},
			"At 2026-03-01T12:00:00Z an instance was taken out of service in response to an ELB system health check failure."},
		{Action{Do: DoRetire, Reason: EndedItself},
			"At 2026-03-01T12:00:00Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."},
		{Action{Do: DoLaunch, Reason: Replacement}, "At 2026-03-01T12:00:00Z an instance was launched in response to an unhealthy instance needing to be replaced."},
	} {
		if got := Cause(c.a, noon, "At 2026-03-01T12:00:00Z a user request X.", "i-1"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
