package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// otherPort declares another service port, and a service that listens there.
func otherPort(t *testing.T, of string) string {
	t.Helper()
	return variant(t, variant(t, of, "service: {port: 8080,", "service: {port: 8081,"), "hello -addr :8080 &", "hello -addr :8081 &")
}

// users ask the primary's load balancer all the time.
func (s *stage) users() *visitor {
	s.t.Helper()
	address, _, _ := strings.Cut(s.dig("hello.test"), "\n")
	shift, err := strconv.Atoi(s.env["UNDERSTUDY_PORT_SHIFT"])
	if err != nil {
		s.t.Fatal(err)
	}
	return visit(fmt.Sprintf("http://%s:%d/", address, 80+shift))
}

// Another service port takes another target group and another fleet: they serve before the old ones go, in one region after the other.
func TestAnotherServicePortWhileUsersAreServed(t *testing.T) {
	t.Parallel()
	s := start(t)
	declared := variant(t, lenient(t), "max: 4", "max: 4, grace: 5")
	s.must("up", "-f", declared, "--yes")
	changed := otherPort(t, declared)
	planned := s.must("plan", "-f", changed)
	for _, want := range []string{
		"± replace primary/target group", "understudy-hello of port 8080 by understudy2-hello of port 8081",
		"± replace secondary/fleet", "2 instances of understudy-hello, all at once: as many of understudy2-hello are made beside them",
	} {
		if !strings.Contains(planned, want) {
			t.Errorf("the plan does not say %q:\n%s", want, planned)
		}
	}
	users := s.users()
	s.must("up", "-f", changed, "--yes")
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while the port changed", len(failures), asked)
	}
	s.replaced(changed)
	s.must("down", "-f", changed, "--zone", "--yes")
	s.nothingIsLeft()
}

// replaced expects that nothing is left of the old port, and that all is as declared.
func (s *stage) replaced(declared string) {
	s.t.Helper()
	if said := s.must("up", "-f", declared, "--yes"); !strings.Contains(said, "nothing to change") {
		s.t.Errorf("then up says: %s", said)
	}
	s.must("parity", "-f", declared)
	for _, region := range []string{primary, secondary} {
		group := s.aws(region, "elbv2", "describe-target-groups", "--query", "TargetGroups[].[TargetGroupName,Port]")
		fleet := s.aws(region, "autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].AutoScalingGroupName")
		ports := s.aws(region, "ec2", "describe-security-groups", "--filters", "Name=tag:understudy:role,Values=internal",
			"--query", "SecurityGroups[].IpPermissions[].FromPort")
		if got := group + " " + fleet + " " + ports; got != "understudy2-hello\t8081 understudy2-hello 8081" {
			s.t.Errorf("%s has %q", region, got)
		}
	}
}
