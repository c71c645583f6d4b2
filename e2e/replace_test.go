package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/drill"
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
	return visit(fmt.Sprintf("http://%s:%d/", address, s.port(80)))
}

// usersByName go where the failover name leads. They keep an answer for its TTL and no longer.
func (s *stage) usersByName() *visitor {
	s.t.Helper()
	resolver := drill.Resolver{Server: s.env["UNDERSTUDY_RESOLVER"]}
	var answer drill.Answer
	var until time.Time
	return visitWhere(func() string {
		if asked := time.Now(); asked.After(until) {
			if found, err := resolver.Lookup(s.t.Context(), "hello.test"); err == nil {
				answer, until = found, asked.Add(found.TTL)
			}
		}
		if len(answer.Addresses) == 0 {
			return "http://the-name-leads-nowhere.invalid/"
		}
		return fmt.Sprintf("http://%s:%d/", answer.Addresses[0], s.port(80))
	})
}

// Another service port takes another target group and another fleet: they serve before the old ones go, in one region after the other.
// Another network takes all that lies in it: users move by the record.
func TestAnotherServicePortAndAnotherNetworkWhileUsersAreServed(t *testing.T) {
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
	users = s.usersByName()
	for _, change := range [][2]string{{"10.20.0.0/16", "10.21.0.0/16"}, {"10.10.0.0/16", "10.11.0.0/16"}} {
		changed = variant(t, changed, change[0], change[1])
		// Whoever was given the earlier addresses just before the record moved has time to be answered.
		if said := s.must("up", "-f", changed, "--yes", "--linger", "4s"); !strings.Contains(said, "of "+change[0]+" by one of "+change[1]) {
			t.Errorf("up to %s does not say what it replaces:\n%s", change[1], said)
		}
		s.moved(changed)
	}
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while the networks changed", len(failures), asked)
	}
	s.must("down", "-f", changed, "--zone", "--yes")
	s.nothingIsLeft()
}

// moved expects that nothing is left of an earlier network, and that all is as declared.
func (s *stage) moved(declared string) {
	s.t.Helper()
	if said := s.must("up", "-f", declared, "--yes"); !strings.Contains(said, "nothing to change") {
		s.t.Errorf("then up says: %s", said)
	}
	s.must("parity", "-f", declared)
	s.must("status", "-f", declared)
	for _, region := range []string{primary, secondary} {
		for what, ask := range map[string][]string{
			"VPCs":                {"ec2", "describe-vpcs", "--filters", "Name=is-default,Values=false", "--query", "length(Vpcs)"},
			"load balancers":      {"elbv2", "describe-load-balancers", "--query", "length(LoadBalancers)"},
			"target groups":       {"elbv2", "describe-target-groups", "--query", "length(TargetGroups)"},
			"Auto Scaling groups": {"autoscaling", "describe-auto-scaling-groups", "--query", "length(AutoScalingGroups)"},
		} {
			if got := s.aws(region, ask...); got != "1" {
				s.t.Errorf("%s has %s %s", region, got, what)
			}
		}
	}
	if checks := s.aws(primary, "route53", "list-health-checks", "--query", "length(HealthChecks)"); checks != "4" {
		s.t.Errorf("there are %s health checks", checks)
	}
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
func TestAnotherServicePortAndAnotherNetworkKilledAtAnyStep(t *testing.T) {
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
		s.mustBeKilledAt(at, up...)
	}
	s.must(up...)
	if asked, failures := users.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while runs were killed", len(failures), asked)
	}
	s.replaced(changed)
	s.anotherNetworkKilledAtAnyStep(changed)
}

// anotherNetworkKilledAtAnyStep has runs killed that take the primary to another network, and then one for the secondary, which down
// follows.
func (s *stage) anotherNetworkKilledAtAnyStep(declared string) {
	s.t.Helper()
	changed := variant(s.t, declared, "10.10.0.0/16", "10.11.0.0/16")
	up := []string{"up", "-f", changed, "--yes", "--linger", "4s"}
	users := s.usersByName()
	for _, at := range []string{"CreateLoadBalancer", "CreateHealthCheck", "ChangeResourceRecordSets", "DeleteLoadBalancer", "DeleteVpc"} {
		s.mustBeKilledAt(at, up...)
	}
	s.must(up...)
	if asked, failures := users.end(); len(failures) > 0 {
		s.t.Errorf("%d of %d requests failed while runs were killed that change the network", len(failures), asked)
	}
	s.moved(changed)

	changed = variant(s.t, changed, "10.20.0.0/16", "10.21.0.0/16")
	s.mustBeKilledAt("CreateHealthCheck", "up", "-f", changed, "--yes")
	s.isHalfway(changed)
	s.must("down", "-f", changed, "--zone", "--yes")
	s.nothingIsLeft()
}

func (s *stage) mustBeKilledAt(operation string, args ...string) {
	s.t.Helper()
	if !s.killedAt(1, []string{"--operation", operation, "--when", "done"}, args...) {
		s.t.Errorf("the run was over without %s", operation)
	}
}

// isHalfway expects that commands know of two networks: reports say it, and what moves users on purpose is refused.
func (s *stage) isHalfway(declared string) {
	s.t.Helper()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"status", "-f", declared}, "earlier networks"},
		{[]string{"drill", "-f", declared}, "another network takes the place of"},
		{[]string{"failover", "-f", declared, "--yes"}, "another network takes the place of the standby's"},
		{[]string{"up", "-f", declared, "--only", "secondary", "--yes"}, "is not done for one side alone"},
	} {
		if r := s.run(binary, c.args...); r.code != 1 || !strings.Contains(r.stdout+r.stderr, c.says) {
			s.t.Errorf("%s halfway: exit %d, it does not say %q:\n%s%s", c.args[0], r.code, c.says, r.stdout, r.stderr)
		}
	}
	// Of the network to come parity sees only what both share.
	if r := s.run(binary, "parity", "-f", declared); strings.Count(r.stdout, "heal:") != 1 || !strings.Contains(r.stdout, "template: newest version") {
		s.t.Errorf("parity halfway: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
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

	// The same port in another network has nobody who listens either: the record stays.
	r = s.run(binary, "up", "-f", variant(t, variant(t, declared, "hello -addr :8080 &", "echo nobody serves"), "10.20.0.0/16", "10.21.0.0/16"), "--yes")
	for _, want := range []string{"target i-", "rolled back: users are served in vpc-", "of 10.20.0.0/16 as before, and vpc-"} {
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("up to a network without a service: exit %d, it does not say %q:\n%s", r.code, want, r.stderr)
		}
	}
	s.must("up", "-f", declared, "--yes")
	s.moved(declared)
}

// otherNetworks declares another network for each region.
func otherNetworks(t *testing.T, of string) string {
	t.Helper()
	return variant(t, variant(t, of, "cidr: 10.20.0.0/16", "cidr: 10.21.0.0/16"), "cidr: 10.10.0.0/16", "cidr: 10.11.0.0/16")
}
