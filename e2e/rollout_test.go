package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// versions tells which versions of the launch template there are, and which one the group launches.
func (s *stage) versions(region string) string {
	s.t.Helper()
	template := s.aws(region, "ec2", "describe-launch-templates", "--query", "LaunchTemplates[].[DefaultVersionNumber,LatestVersionNumber]")
	group := s.aws(region, "autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].LaunchTemplate.Version")
	return template + " " + group
}

// machines lists all instances of a region that are not on their way out.
func (s *stage) machines(region string) string {
	s.t.Helper()
	return s.aws(region, "ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=pending,running",
		"--query", "sort_by(Reservations[].Instances[], &InstanceId)[].InstanceId")
}

// An image that never serves stops at the standby, which then serves as before; the users do not notice.
func TestBadImageStopsAtTheStandby(t *testing.T) {
	t.Parallel()
	s := start(t)
	declared := variant(t, lenient(t), "fleet: {min: 2, desired: 2,", "fleet: {min: 1, desired: 1, grace: 5,")
	s.must("up", "-f", declared, "--yes")
	users := s.users()
	before := []string{s.machines(primary), s.versions(primary), s.versions(secondary)}

	bad := variant(t, declared, "hello -addr :8080 &", "echo the service has no licence")
	r := s.run(binary, "up", "-f", bad, "--yes")
	for _, want := range []string{"in response to an ELB system health check failure", "target i-",
		"| the service has no licence", "rolled back by instance refresh", "the primary fleet was not touched"} {
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("up of a bad image: exit %d, it does not say %q:\n%s", r.code, want, r.stderr)
		}
	}
	if diff := cmp.Diff(before, []string{s.machines(primary), s.versions(primary), s.versions(secondary)}); diff != "" {
		t.Errorf("after the rollback: -before +after\n%s", diff)
	}
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed", len(failures), asked)
	}
	s.must("parity", "-f", declared)

	good := variant(t, declared, "hello -addr :8080 &", "echo it has one\n    hello -addr :8080 &")
	s.must("up", "-f", good, "--yes")
	if said := s.must("up", "-f", good, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("after the good image, up says: %s", said)
	}
}
