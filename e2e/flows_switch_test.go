package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// switchAt returns the port of the listener that is the switch of a network load balancer, and its ARN.
func (s *stage) switchAt(region string) (arn, port string) {
	s.t.Helper()
	balancer := s.aws(region, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].LoadBalancerArn")
	all := strings.Fields(s.aws(region, "elbv2", "describe-listeners", "--load-balancer-arn", balancer,
		"--query", "Listeners[?Port==`7411` || Port==`7412`].[ListenerArn,Port]"))
	if len(all) != 2 {
		s.t.Fatalf("the switch of %s: %v", region, all)
	}
	return all[0], all[1]
}

// Users behind network load balancers are moved by hand, also while the primary is lost and Route 53's API with it, kept where they are, and
// taken back; drills look at the same pair, and what somebody breaks of the switch is healed, except its position.
func TestUsersBehindNetworkLoadBalancersAreMovedByHand(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	file := variant(t, example, "threshold: 3}", "threshold: 3}\nbalancer: {kind: network}")
	s.file = file
	s.must("up", "-f", file, "--yes")
	s.unchanged()
	s.must("parity", "-f", file)
	if _, port := s.switchAt(secondary); port != "7412" {
		t.Errorf("a new switch listens at %s", port)
	}

	s.must("cloud", "fault", "add", "--service", "route53", "--error", "503")
	s.must("cloud", "region", "stop", primary)
	r := s.run(binary, "failover", "-f", file)
	if r.code != 0 || !strings.Contains(r.stdout, "users are at the secondary, "+secondary) {
		t.Fatalf("failover: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.must("cloud", "fault", "remove", "--all")
	s.must("cloud", "region", "start", primary)
	s.until("the primary's targets are healthy", func() bool { return s.health(primary) == "healthy\thealthy" })
	s.until("the checkers find the primary healthy", func() bool {
		return strings.Contains(s.run(binary, "status", "-f", file).stdout, "primary "+primary+": health check passes")
	})
	if page := s.page(s.dig("hello.test")); !strings.Contains(page, secondary) {
		t.Errorf("when the primary is back, users get %q", page)
	}
	if said := s.run(binary, "status", "-f", file).stdout; !strings.Contains(said, "switch: the standby serves, while it is healthy (set by failover at") {
		t.Errorf("status says:\n%s", said)
	}

	// What is broken of the switch while it is turned: its tags, and its rule's like in the security group. Its position stays.
	arn, _ := s.switchAt(secondary)
	s.aws(secondary, "elbv2", "remove-tags", "--resource-arns", arn, "--tag-keys", "understudy:stack", "understudy:role")
	if said := s.must("up", "-f", file, "--yes"); !strings.Contains(said, "secondary/switch") {
		t.Errorf("lost tags are not given again:\n%s", said)
	}
	if now, port := s.switchAt(secondary); now != arn || port != "7411" {
		t.Errorf("up has set the switch to %s, %s", now, port)
	}
	s.unchanged()
	s.must("parity", "-f", file)

	if r := s.run(binary, "failback", "-f", file); r.code != 0 || !strings.Contains(r.stdout, "users are at the primary, "+primary) {
		t.Fatalf("failback: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if said := s.must("hold", "-f", file); !strings.Contains(said, "the name leads to the primary") {
		t.Errorf("hold says: %s", said)
	}
	var drilled demoReport
	for _, fault := range []string{"targets", "region"} {
		out := s.must("drill", "-f", file, "--fault", fault, "--json", "-", "--hold", "1s", "--abort-after", lenience, "--patience", lenience, "--force", busy)
		if err := json.Unmarshal([]byte(out), &drilled); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if drilled.ServedBy[primary] == 0 || drilled.ServedBy[secondary] == 0 || drilled.Undetected {
			t.Errorf("%s: %+v", fault, drilled)
		}
	}
	s.must("failover", "-f", file)
	if said := s.must("hold", "-f", file); !strings.Contains(said, "secondary") {
		t.Errorf("hold says: %s", said)
	}
	s.must("failback", "-f", file)

	arn, _ = s.switchAt(secondary)
	s.aws(secondary, "elbv2", "delete-listener", "--listener-arn", arn)
	if said := s.must("up", "-f", file, "--yes"); !strings.Contains(said, "create secondary/switch") {
		t.Errorf("a deleted listener is not made again:\n%s", said)
	}
	s.unchanged()
	without := variant(t, file, "threshold: 3}", "threshold: 3, switch: none}")
	s.must("up", "-f", without, "--yes")
	if said := s.must("plan", "-f", without); !strings.Contains(said, "nothing to change") {
		t.Errorf("plan without the switch says: %s", said)
	}
	s.must("parity", "-f", without)
	s.must("down", "-f", without, "--zone", "--yes")
	s.nothingIsLeft()
}

// Where both regions have users, each has a switch of the other.
func TestActiveRegionsBehindNetworkLoadBalancersHaveASwitchEach(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	file := variant(t, example, "threshold: 3}", "threshold: 3, routing: weighted}\nbalancer: {kind: network}")
	s.file = file
	s.must("up", "-f", file, "--yes")
	s.unchanged()
	s.must("parity", "-f", file)
	s.must("doctor", "-f", file) // nothing of the stack's own is in its way
	for _, to := range []string{"secondary", "primary"} {
		s.must("failover", "-f", file, "--to", to, "--force", "capacity") // which the fleets grew for at the first
		at := map[string]string{"primary": primary, "secondary": secondary}
		for side, region := range at {
			want := "7412"
			if side == to {
				want = "7411"
			}
			if _, port := s.switchAt(region); port != want {
				t.Errorf("after failover to the %s, the switch of %s listens at %s", to, region, port)
			}
		}
		s.must("failback", "-f", file)
	}
	s.must("drill", "-f", file, "--fault", "targets", "--side", "secondary", "--hold", "1s", "--abort-after", lenience, "--patience", lenience, "--force", busy)
}
