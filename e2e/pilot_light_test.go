package e2e

import (
	"strings"
	"testing"
)

// A standby without an instance is built, compared and left alone as declared; a failover by hand makes it grow before users are moved,
// `up` leaves it so while it serves, and the failback returns it to its size.
func TestPilotLightGrowsBeforeItServes(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	file := variant(t, example, "cidr: 10.20.0.0/16", "cidr: 10.20.0.0/16, fleet: {desired: 0}")
	s.must("up", "-f", file, "--yes")
	sizes := func() string {
		return s.aws(secondary, "autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].[MinSize,DesiredCapacity,MaxSize]")
	}
	at := func(when, want string) {
		t.Helper()
		if got := strings.Join(strings.Fields(sizes()), " "); got != want {
			t.Errorf("%s the standby has %q, want %q", when, got, want)
		}
		if said := s.must("plan", "-f", file); !strings.Contains(said, "nothing to change") {
			t.Errorf("%s plan says: %s", when, said)
		}
		if said := s.must("parity", "-f", file); !strings.Contains(said, "an intended difference: 2 instances, from 2 to 4 in the primary, 0 instances") {
			t.Errorf("%s parity says: %s", when, said)
		}
	}
	at("at first", "0 0 4")
	if said := s.must("plan", "-f", file); !strings.Contains(said, "an outage finds 0 of the 2 instances that the primary begins with, 0 %") {
		t.Errorf("plan says: %s", said)
	}
	s.must("status", "-f", file)
	s.must("failover", "-f", file, "--yes")
	at("after the failover", "2 2 4")
	if page := s.page(s.dig("hello.test")); !strings.Contains(page, secondary) {
		t.Errorf("after the failover, users get %q", page)
	}
	s.must("up", "-f", file, "--yes")
	at("after up", "2 2 4")
	s.must("failback", "-f", file, "--yes")
	at("after the failback", "0 0 4")
}
