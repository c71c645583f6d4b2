package fleet

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// What a declaration says of a fleet's own settings is held against the group, and sent where it differs.
func TestTheDeclaredHabitsOfAFleet(t *testing.T) {
	declared := understudy.Fleet{WarmUp: 60, Termination: []string{"OldestInstance", "Default"}, Metrics: true}
	g := &autoscalingtypes.AutoScalingGroup{DefaultCooldown: aws.Int32(300), DefaultInstanceWarmup: aws.Int32(60),
		TerminationPolicies: declared.Termination}
	enable := func(names ...string) {
		g.EnabledMetrics = nil
		for _, name := range names {
			g.EnabledMetrics = append(g.EnabledMetrics, autoscalingtypes.EnabledMetric{Metric: &name})
		}
	}
	differing := func(f understudy.Fleet) (names []string) {
		for _, d := range resource.Compare(usualFleet(f), actualFleet(g)) {
			names = append(names, d.Name)
		}
		return names
	}
	enable(append([]string{"GroupTotalCapacity"}, understudy.FleetMetrics...)...)
	if names := differing(declared); names != nil {
		t.Errorf("as declared, and it differs in %v", names)
	}
	enable("GroupMinSize")
	if got := resource.Set(differing(declared)...); got != "metrics" {
		t.Errorf("one metric alone differs in %s", got)
	}
	if got := resource.Set(differing(understudy.Fleet{})...); got != resource.Set("metrics", "termination policies", "warmup") {
		t.Errorf("nothing is declared, and what is there differs in %s", got)
	}
	in := &autoscaling.UpdateAutoScalingGroupInput{}
	for _, s := range fleetDefaults {
		s.reset(in, declared)
	}
	if *in.DefaultInstanceWarmup != 60 || resource.Set(in.TerminationPolicies...) != resource.Set(declared.Termination...) {
		t.Errorf("sent %d and %v", *in.DefaultInstanceWarmup, in.TerminationPolicies)
	}
}
