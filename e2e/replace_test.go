package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	declared := lenient(t)
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

// A replacement that is killed again and again goes on, and the users do not notice.
func TestAnotherServicePortKilledAtAnyStep(t *testing.T) {
	t.Parallel()
	s := start(t)
	declared := variant(t, lenient(t), "fleet: {min: 2, desired: 2,", "fleet: {min: 1, desired: 1,")
	s.must("up", "-f", declared, "--yes")
	changed := otherPort(t, declared)
	up := []string{"up", "-f", changed, "--yes", "--bake", "1s"}
	users := s.users()
	// Each of these is still to come in the region in which the one before was the last.
	for _, at := range []string{"CreateTargetGroup", "CreateAutoScalingGroup", "ModifyListener", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup",
		"DeleteTargetGroup", "RevokeSecurityGroupIngress"} {
		if !s.killedAt(1, []string{"--operation", at, "--when", "done"}, up...) {
			t.Errorf("the run was over without %s", at)
		}
	}
	s.must(up...)
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while runs were killed", len(failures), asked)
	}
	s.replaced(changed)
}

// A service that does not listen on the new port stops at the standby; the old generation serves as before.
func TestAnotherServicePortThatNobodyListensOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	declared := variant(t, lenient(t), "fleet: {min: 2, desired: 2,", "fleet: {min: 1, desired: 1, grace: 5,")
	s.must("up", "-f", declared, "--yes")
	before := []string{s.machines(primary), s.machines(secondary), s.versions(primary), s.versions(secondary)}
	users := s.users()
	r := s.run(binary, "up", "-f", variant(t, declared, "service: {port: 8080,", "service: {port: 8081,"), "--yes")
	for _, want := range []string{"target i-", "rolled back: requests go to ", "understudy2-hello is deleted", "the primary fleet was not touched"} {
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("up of a port without a service: exit %d, it does not say %q:\n%s", r.code, want, r.stderr)
		}
	}
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed", len(failures), asked)
	}
	if diff := cmp.Diff(before, []string{s.machines(primary), s.machines(secondary), s.versions(primary), s.versions(secondary)}); diff != "" {
		t.Errorf("after the rollback: -before +after\n%s", diff)
	}
	s.must("up", "-f", declared, "--yes") // closes the port that was opened in the primary
	if said := s.must("up", "-f", declared, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("with the old port, up says: %s", said)
	}
	s.must("parity", "-f", declared)
}
