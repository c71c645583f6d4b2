package e2e

import (
	"strings"
	"testing"
)

// failingOver writes the example with more declared of its failover.
func failingOver(t *testing.T, more string) string {
	t.Helper()
	return variant(t, example, "threshold: 3}", "threshold: 3, "+more+"}")
}

// A stack that was built without a switch gets one, and loses it again, while its users stay where they are.
func TestSwitchComesAndGoesWithoutItsUsersNoticing(t *testing.T) {
	t.Parallel()
	s := start(t)
	without := failingOver(t, "switch: none")
	s.must("up", "-f", without, "--yes")
	primarys := s.dig("hello.test")
	moved := make(chan struct{})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if now := s.dig("hello.test"); now != "" && !overlap(now, primarys) {
				close(moved)
				return
			}
		}
	}()
	for _, file := range []string{example, without, example} {
		s.must("up", "-f", file, "--yes")
		if said := s.must("plan", "-f", file); !strings.Contains(said, "nothing to change") {
			t.Errorf("after up of %s, plan says: %s", file, said)
		}
		s.must("parity", "-f", file)
		checks := strings.Fields(s.aws(primary, "route53", "list-health-checks", "--query", "HealthChecks[].Id"))
		if want := map[string]int{example: 4, without: 2}[file]; len(checks) != want {
			t.Errorf("%d health checks, want %d", len(checks), want)
		}
	}
	close(stop)
	<-done
	select {
	case <-moved:
		t.Error("users were moved")
	default:
	}

	// What somebody changes of it by hand is healed, except its position.
	rule := s.switchRule()
	s.aws(secondary, "elbv2", "delete-rule", "--rule-arn", rule)
	if said := s.must("up", "-f", example, "--yes"); !strings.Contains(said, "create secondary/switch") {
		t.Errorf("a deleted rule is not made again:\n%s", said)
	}
	s.aws(secondary, "elbv2", "remove-tags", "--resource-arns", s.switchRule(), "--tag-keys", "understudy:stack")
	if said := s.must("up", "-f", example, "--yes"); !strings.Contains(said, "tagged") {
		t.Errorf("lost tags are not given again:\n%s", said)
	}
	s.must("down", "-f", example, "--yes", "--zone")
	s.nothingIsLeft()
}

func (s *stage) switchRule() string {
	s.t.Helper()
	listener := s.listener(secondary)
	return s.aws(secondary, "elbv2", "describe-rules", "--listener-arn", listener, "--query", "Rules[?Priority=='1'].RuleArn")
}

func (s *stage) listener(region string) string {
	s.t.Helper()
	balancer := s.aws(region, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].LoadBalancerArn")
	return s.aws(region, "elbv2", "describe-listeners", "--load-balancer-arn", balancer, "--query", "Listeners[0].ListenerArn")
}
