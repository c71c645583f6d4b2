package fleet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What stops while a process is suspended, and what goes on, as
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html has it. That of
// AlarmNotification and ScheduledActions is decided in package scaling.
func TestSuspendedProcesses(t *testing.T) {
	two := []Instance{serving("i-1", "a", time.Hour), serving("i-2", "b", time.Hour)}
	ill := func(i Instance) Instance {
		return with(i, func(i *Instance) { i.Targets = map[string]TargetState{tg: Unhealthy} })
	}
	marked := with(two[1], func(i *Instance) { i.Sick = UserHealth })
	uneven := []Instance{serving("i-1", "a", 3*time.Hour), serving("i-2", "a", 2*time.Hour), serving("i-3", "a", time.Hour)}
	next := with(serving("i-4", "b", time.Minute), func(i *Instance) { i.Balances = true })
	starting := with(two[1], func(i *Instance) { i.State, i.Registered, i.Targets = Pending, nil, nil })
	warm := func(g *Group) { g.Warm = &Warm{Size: 1} }
	ready := with(two[1], func(i *Instance) { i.State, i.Machine, i.Registered, i.Targets = WarmedStopped, Stopped, nil, nil })
	refresh := func(g *Group) { g.Refresh = &Refresh{Started: noon, Range: Range{Min: 90, Max: 100}} }
	desired := func(n int) func(*Group) { return func(g *Group) { g.Desired = n } }
	for _, c := range []struct {
		name      string
		suspended Process
		change    func(*Group)
		in        []Instance
		want      string
	}{
		{"nothing is launched", Launch, desired(4), two, ""},
		{"nothing comes from the warm pool, nor goes there", Launch, func(g *Group) { warm(g); g.Warm.Size = 2; g.Desired = 2 }, []Instance{two[0], ready}, ""},
		{"what is sick is terminated all the same", Launch, nil, []Instance{two[0], ill(two[1])}, "condemn i-2 elb\nretire i-2 elb\n"},
		{"a group shrinks", Launch, desired(1), two, "retire i-1 capacity\n"},
		{"zones are not balanced", Launch, desired(3), uneven, ""},
		{"a refresh waits", Launch, refresh, two, ""},
		{"what was launched goes into service", Launch, nil, []Instance{two[0], starting}, "register i-2\n"},

		{"a group does not shrink", Terminate, desired(1), two, ""},
		{"a group grows", Terminate, desired(3), two, "launch a capacity\n"},
		{"what is sick is marked only", Terminate, nil, []Instance{two[0], ill(two[1])}, "condemn i-2 elb\n"},
		{"zones are balanced by launches", Terminate, desired(3), uneven, "launch b rebalance\n"},
		{"and by those alone", Terminate, desired(3), append([]Instance{next}, uneven...), ""},
		{"a refresh waits", Terminate, refresh, two, ""},
		{"the warm pool keeps what is surplus", Terminate, func(g *Group) { warm(g); g.Warm.Size, g.Desired = 0, 1 }, []Instance{two[0], ready}, ""},
		{"a forced deletion ends what there is", Terminate, func(g *Group) { g.Deleting, g.Desired = true, 0 }, two[:1], "retire i-1 deleted\n"},
		{"what is leaving goes on", Terminate, desired(1), []Instance{two[0], with(two[1], func(i *Instance) {
			i.State, i.Registered, i.Targets = Terminating, nil, nil
		})}, "terminate i-2\n"},

		{"one goes into service unregistered", AddToLoadBalancer, nil, []Instance{two[0], starting}, "serve i-2\n"},
		{"and is deregistered as ever", AddToLoadBalancer,
			desired(1), []Instance{two[0], with(two[1], func(i *Instance) { i.State = Terminating })}, "deregister i-2\n"},

		{"health checks mark nothing", HealthCheck, nil, []Instance{two[0], ill(two[1])}, ""},
		{"EC2's neither", HealthCheck, nil, []Instance{two[0], with(two[1], func(i *Instance) { i.Machine = Stopped })}, ""},
		{"what a user marked is replaced", HealthCheck, nil, []Instance{two[0], marked}, "retire i-2 user-health\nlaunch b replacement\n"},
		{"also beside one that has stopped", HealthCheck, nil, []Instance{with(two[0], func(i *Instance) { i.Machine = Stopped }), marked},
			"retire i-2 user-health\nlaunch b replacement\n"},
		{"a launch fails as ever", HealthCheck, nil, []Instance{two[0], with(starting, func(i *Instance) { i.Machine = Ending })},
			"condemn i-2 launch-failed\nretire i-2 launch-failed\nlaunch b replacement\n"},

		{"what is sick is marked only", ReplaceUnhealthy, nil, []Instance{two[0], ill(two[1])}, "condemn i-2 elb\n"},
		{"what a user marked stays", ReplaceUnhealthy, nil, []Instance{two[0], marked}, ""},

		{"a refresh waits", InstanceRefresh, refresh, two, ""},
		{"what is sick is replaced", InstanceRefresh, func(g *Group) { refresh(g); g.Refresh.Started = noon.Add(-2 * time.Hour) }, []Instance{two[0], marked},
			"retire i-2 user-health\nlaunch b refresh\n"},

		{"zones are not balanced", AZRebalance, desired(3), uneven, ""},
		{"what is launched balances them", AZRebalance, desired(4), uneven, "launch b capacity\n"},
	} {
		t.Run(string(c.suspended)+": "+c.name, func(t *testing.T) {
			g := Group{Desired: 2, Max: 4, Zones: []string{"a", "b"}, Attachments: []Attachment{{tg, Attached}}, ELB: true, Suspended: []Process{c.suspended}}
			if c.change != nil {
				c.change(&g)
			}
			got, _ := Decide(g, c.in, noon)
			if diff := cmp.Diff(c.want, terse(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A refresh that was paused for longer than its patience has all of it once more.
func TestResumedRefreshDoesNotFailAtOnce(t *testing.T) {
	g := Group{Desired: 2, Zones: []string{"a", "b"}, Attachments: []Attachment{{tg, Attached}}}
	g.Refresh = &Refresh{Started: noon.Add(-3 * time.Hour), Range: Range{Min: 90, Max: 100}, Patience: time.Hour}
	old := []Instance{serving("i-1", "a", 5*time.Hour), serving("i-2", "b", 4*time.Hour)}
	if got, _ := Decide(g, old, noon); terse(got) != "refresh failed\n" {
		t.Errorf("one that was not paused: %s", terse(got))
	}
	g.Refresh.Resumed = noon.Add(-time.Minute)
	if got, _ := Decide(g, old, noon); terse(got) != "retire i-1 refresh\n" {
		t.Errorf("resumed: %s", terse(got))
	}
}
