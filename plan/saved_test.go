package plan

import (
	"strings"
	"testing"
)

func TestChangedSaysWhatIsNoLongerAsPlanned(t *testing.T) {
	vpc := Step{Resource: "primary/vpc", Action: Create}
	group := Step{Resource: "primary/group", Action: Change, ID: "sg-1", Differences: []Difference{{Name: "ingress", Desired: "80", Actual: "22"}}}
	twin := Step{Resource: "primary/vpc", Action: Delete, ID: "vpc-2", DoubleOf: "vpc-1"}
	wait := Step{Resource: "primary/health", Action: Wait}
	with := func(s Step, change func(*Step)) Step { change(&s); return s }
	for name, c := range map[string]struct {
		before, now []Step
		want        string // in the only line; empty where nothing has changed
	}{
		"nothing":         {[]Step{vpc, group, twin, wait}, []Step{vpc, group, twin}, ""},
		"a step more":     {[]Step{vpc}, []Step{vpc, group}, "primary/group: now to change, which was not planned"},
		"a step less":     {[]Step{vpc, group}, []Step{vpc}, "primary/group: planned to change, which is not needed now"},
		"another action":  {[]Step{vpc}, []Step{with(vpc, func(s *Step) { s.Action = Change })}, "planned to create, now to change"},
		"another thing":   {[]Step{group}, []Step{with(group, func(s *Step) { s.ID = "sg-2" })}, "it was sg-1, and is sg-2 now"},
		"another twin":    {[]Step{twin}, []Step{twin, with(twin, func(s *Step) { s.ID = "vpc-3" })}, "now to delete, which was not planned"},
		"another setting": {[]Step{group}, []Step{with(group, func(s *Step) { s.Differences = []Difference{{Name: "ingress", Desired: "80", Actual: "23"}} })}, `ingress is "23" now and is to be "80"`},
	} {
		got := strings.Join(Changed(c.before, c.now), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
