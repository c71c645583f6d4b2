package plan

import (
	"strings"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

func TestChangedSaysWhatIsNoLongerAsPlanned(t *testing.T) {
	vpc := Step{Resource: "primary/vpc", Action: Create}
	group := Step{Resource: "primary/group", Action: Change, ID: "sg-1", Differences: []resource.Difference{{Name: "ingress", Desired: "80", Actual: "22"}}}
	twin := Step{Resource: "primary/vpc", Action: Delete, ID: "vpc-2", DoubleOf: "vpc-1"}
	wait := Step{Resource: "primary/health", Action: Wait}
	with := func(s Step, change func(*Step)) Step { change(&s); return s }
	for name, c := range map[string]struct {
		before, now []Step
		want        string // in the only line; empty where nothing has changed
	}{
		"nothing":        {[]Step{vpc, group, twin, wait}, []Step{vpc, group, twin}, ""},
		"a step more":    {[]Step{vpc}, []Step{vpc, group}, "primary/group: now to change, which was not planned"},
		"a step less":    {[]Step{vpc, group}, []Step{vpc}, "primary/group: planned to change, which is not needed now"},
		"another action": {[]Step{vpc}, []Step{with(vpc, func(s *Step) { s.Action = Change })}, "planned to create, now to change"},
		"another thing":  {[]Step{group}, []Step{with(group, func(s *Step) { s.ID = "sg-2" })}, "it was sg-1, and is sg-2 now"},
		"another twin":   {[]Step{twin}, []Step{twin, with(twin, func(s *Step) { s.ID = "vpc-3" })}, "now to delete, which was not planned"},
		"another setting": {
			[]Step{group}, []Step{with(group, func(s *Step) { s.Differences = []resource.Difference{{Name: "ingress", Desired: "80", Actual: "23"}} })},
			`ingress is "23" now and is to be "80"`,
		},
	} {
		got := strings.Join(Changed(c.before, c.now), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSavedPlanIsOfOneDeclarationAndAccount(t *testing.T) {
	s := &Stack{Declaration: &understudy.Declaration{Name: "hello", Domain: "hello.test"}}
	saved, err := s.Save(&Plan{}, "123456789012", "understudy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fits(saved, "123456789012"); err != nil {
		t.Error(err)
	}
	if err := s.Fits(saved, "210987654321"); err == nil || !strings.Contains(err.Error(), "account 123456789012") {
		t.Errorf("another account: %v", err)
	}
	s.Declaration.Domain = "other.test"
	if err := s.Fits(saved, "123456789012"); err == nil || !strings.Contains(err.Error(), "declaration has changed") {
		t.Errorf("another declaration: %v", err)
	}
	saved.Format = 2
	if err := s.Fits(saved, "123456789012"); err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("another format: %v", err)
	}
}

func TestStepsSayWhatTheyReplaceAndWaitFor(t *testing.T) {
	d := &understudy.Declaration{Fleet: understudy.Fleet{Desired: 2, Refresh: understudy.Refresh{MinHealthy: 100}},
		Target: understudy.Target{Healthy: 2, Interval: 15, DeregistrationDelay: 30}}
	on := resource.Scope{Declared: d}
	step := func(a Action, r resource.Resource, differing ...string) Step {
		s := Step{Action: a, node: &node{resource: r}}
		for _, name := range differing {
			s.Differences = append(s.Differences, resource.Difference{Name: name})
		}
		return s
	}
	for _, c := range []struct {
		step     Step
		replaces string
		reason   string
	}{
		{step(Change, &fleet.Fleet{Scope: on}, "min"), "", ""},
		{step(Change, &fleet.Fleet{Scope: on}, "min", "instances' version"), "2 instances, one after the other, each when the one before is healthy; about 4m0s", ""},
		{step(Create, &fleet.Fleet{Scope: on}, "instances' version"), "", ""},
		{step(Change, &machines.Host{Scope: on, ID: "i-1"}, "running"), "", ""},
		{step(Change, &machines.Host{Scope: on, ID: "i-1"}, "type"), "1 instance: i-1 is terminated, then another is launched; about 2m0s", ""},
		{step(Change, &failover.Check{Scope: on, ID: "c-1"}, "interval"),
			"no instance: a new health check takes the place of c-1 in the records, then that one is deleted", ""},
		{step(Wait, &fleet.Targets{Scope: on}), "", "for 2 instances that the load balancer finds healthy; 0 are"},
		{step(Wait, &failover.Passing{Scope: on}), "", "for Route 53's checkers to find the region healthy; 0 of 0 do"},
		{Step{Action: Wait}, "", ""},
	} {
		if got, why := c.step.Replaces(), c.step.Reason(); got != c.replaces || why != c.reason {
			t.Errorf("replaces %q, waits %q; want %q, %q", got, why, c.replaces, c.reason)
		}
	}
}
