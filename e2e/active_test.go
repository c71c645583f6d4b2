package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// Both regions serve; either is lost and comes back, and either is taken from its users by hand.
func TestTwoActiveRegionsCarryEachOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	s.file = variant(t, "../examples/active/understudy.yaml", "target: {interval: 5, timeout: 2, healthy: 2, unhealthy: 2,",
		"target: {interval: 30, timeout: 29, healthy: 2, unhealthy: 3,")
	s.must("up", "-f", s.file, "--yes")
	s.must("parity", "-f", s.file)
	s.serves("primary", "secondary")

	var r demoReport
	out := s.must("drill", "-f", s.file, "--fault", "targets", "--side", "secondary", "--json", "-", "--hold", "1s", "--rate", "400",
		"--abort-after", lenience, "--patience", lenience, "--force", busy)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r.ServedBy[primary] == 0 || r.ServedBy[secondary] == 0 || r.Failed == 0 {
		t.Errorf("users were served by %v, and %d requests failed", r.ServedBy, r.Failed)
	}
	s.serves("primary", "secondary")

	// The primary serves alone, which is its own switch's doing: the secondary's API is not needed.
	s.must("cloud", "region", "stop", secondary)
	if said := s.must("failover", "-f", s.file, "--to", "primary", "--force", "capacity"); !strings.Contains(said, "users are at the primary alone, "+primary) {
		t.Errorf("failover says: %s", said)
	}
	s.must("cloud", "region", "start", secondary)
	s.until("the secondary's targets are healthy", func() bool { return s.health(secondary) == "healthy\thealthy" })
	s.serves("primary")
	if said := s.must("failback", "-f", s.file); !strings.Contains(said, "users are at both regions") {
		t.Errorf("failback says: %s", said)
	}
	s.serves("primary", "secondary")
	if said := s.must("failover", "-f", s.file); !strings.Contains(said, "users are at the secondary alone, "+secondary) {
		t.Errorf("failover says: %s", said)
	}
	s.serves("secondary")
	s.must("failback", "-f", s.file)
	s.unchanged()
}

// serves waits until the failover name leads to these sides and no other.
func (s *stage) serves(sides ...string) {
	s.t.Helper()
	s.until("the name leads to "+strings.Join(sides, " and "), func() bool {
		var now struct {
			Answer struct{ Sides map[string]int }
		}
		out := s.run(binary, "status", "-f", s.declaration(), "--json").stdout
		if err := json.Unmarshal([]byte(out), &now); err != nil {
			s.t.Fatalf("status: %v\n%s", err, out)
		}
		for _, side := range sides {
			if now.Answer.Sides[side] == 0 {
				return false
			}
		}
		return len(now.Answer.Sides) == len(sides)
	})
}
