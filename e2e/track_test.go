package e2e

import (
	"strings"
	"testing"
)

// tracked returns the policies by which a region's fleet scales itself.
func (s *stage) tracked(region string) string {
	const of = "ScalingPolicies[].[PolicyName, PolicyType, TargetTrackingConfiguration.TargetValue, " +
		"TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType, " +
		"TargetTrackingConfiguration.PredefinedMetricSpecification.ResourceLabel]"
	return strings.ReplaceAll(s.aws(region, "autoscaling", "describe-policies", "--query", of), "\t", " ")
}

// The declared measure is tracked in both regions; it is changed in place, healed and taken away. What the policy makes of the number of
// instances is not undone.
func TestFleetsTrackTheDeclaredMeasure(t *testing.T) {
	t.Parallel()
	s := start(t)
	plain := lenient(t)
	cpu, requests := variant(t, plain, "max: 4", "max: 4, track: {cpu: 50}"), variant(t, plain, "max: 4", "max: 4, track: {requests: 100000}")
	quiet := func(declared string) {
		t.Helper()
		if said := s.must("plan", "-f", declared); !strings.Contains(said, "nothing to change") {
			t.Errorf("plan says: %s", said)
		}
		s.must("parity", "-f", declared)
	}
	s.must("up", "-f", cpu, "--yes")
	for _, region := range []string{primary, secondary} {
		if got := s.tracked(region); got != "understudy-hello-track TargetTrackingScaling 50.0 ASGAverageCPUUtilization None" {
			t.Errorf("%s: %s", region, got)
		}
	}
	quiet(cpu)
	if said := s.must("status", "-f", cpu); !strings.Contains(said, "understudy-hello-track") {
		t.Errorf("status says: %s", said)
	}

	s.aws(secondary, "autoscaling", "put-scaling-policy", "--auto-scaling-group-name", "understudy-hello", "--policy-name", "understudy-hello-track",
		"--policy-type", "TargetTrackingScaling", "--target-tracking-configuration",
		"PredefinedMetricSpecification={PredefinedMetricType=ASGAverageCPUUtilization},TargetValue=90,DisableScaleIn=true")
	if r := s.run(binary, "parity", "-f", cpu); r.code != 1 || !strings.Contains(r.stdout, "auto scaling group fleet: policy understudy-hello-track") {
		t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if said := s.must("up", "-f", cpu, "--yes"); !strings.Contains(said, "secondary/scaling policy") {
		t.Errorf("up says: %s", said)
	}
	quiet(cpu)

	s.must("up", "-f", requests, "--yes")
	for _, region := range []string{primary, secondary} {
		const want = "understudy-hello-track TargetTrackingScaling 100000.0 ALBRequestCountPerTarget app/understudy-hello/"
		if got := s.tracked(region); !strings.HasPrefix(got, want) || !strings.Contains(got, "/targetgroup/understudy-hello/") {
			t.Errorf("%s: %s", region, got)
		}
	}
	s.aws(primary, "autoscaling", "set-desired-capacity", "--auto-scaling-group-name", "understudy-hello", "--desired-capacity", "3")
	s.until("the third instance serves", func() bool { return strings.Count(s.health(primary), "healthy") == 3 })
	quiet(requests)

	s.must("up", "-f", plain, "--yes")
	for _, region := range []string{primary, secondary} {
		if got := s.tracked(region); got != "" {
			t.Errorf("%s: left %s", region, got)
		}
	}
	s.must("down", "-f", plain, "--zone", "--yes")
	s.nothingIsLeft()
}

// A fleet that takes another's place is scaled by a policy of its own, which counts the requests to its own target group.
func TestTheMeasureFollowsAnotherGeneration(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := variant(t, lenient(t), "max: 4", "max: 4, track: {requests: 100000}")
	after := otherPort(t, before)
	s.must("up", "-f", before, "--yes")
	s.must("up", "-f", after, "--yes", "--bake", "1s")
	for _, region := range []string{primary, secondary} {
		if got := s.tracked(region); strings.Count(got, "understudy-hello-track") != 1 || !strings.Contains(got, "/targetgroup/understudy2-hello/") {
			t.Errorf("%s: %s", region, got)
		}
	}
	if said := s.must("plan", "-f", after); !strings.Contains(said, "nothing to change") {
		t.Errorf("plan says: %s", said)
	}
	s.must("parity", "-f", after)
	s.must("down", "-f", after, "--zone", "--yes")
	s.nothingIsLeft()
}
