package parity

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// How a fleet is declared to look after itself is expected as AWS shows it, and what is not declared as AWS makes it.
func TestTheDeclaredHabitsAreExpected(t *testing.T) {
	for more, want := range map[string]map[string]string{
		"": {"termination policies": `["Default"]`, "default instance warmup": None, "max instance lifetime": None, settingMeasured: None},
		"fleet: {warm_up: 60, max_lifetime: 604800, termination_policies: [OldestInstance, Default], metrics: true}\n": {
			"termination policies": `["OldestInstance","Default"]`, "default instance warmup": "60", "max instance lifetime": "604800",
			settingMeasured: "GroupDesiredCapacity, GroupInServiceInstances, GroupMaxSize, GroupMinSize, GroupPendingInstances, " +
				"GroupStandbyInstances, GroupTerminatingInstances, GroupTotalInstances",
		},
	} {
		e, got := expect(declaration(t, more)), map[string]string{}
		for setting := range want {
			got[setting], _ = e.setting(understudy.Secondary, "auto scaling group", "fleet", setting)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", more, diff)
		}
	}
}
