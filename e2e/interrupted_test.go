package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/chance"
)

// runKilled starts understudy and kills it after a while, unless it has ended by then.
func (s *stage) runKilled(after time.Duration, args ...string) {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Dir(s.dir), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	kill := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer kill.Stop()
	cmd.Wait()
}

// inventories reads both regions' as parity does.
func (s *stage) inventories() map[string]map[string]int {
	s.t.Helper()
	var report struct{ Inventory map[string]map[string]int }
	r := s.run(binary, "parity", "-f", example, "--json")
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		s.t.Fatalf("parity: exit %d, %v\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	return report.Inventory
}

// removeDoubles runs up until it finds nothing to change. All that it may find before that are doubles: a killed
// run's calls are carried out when the cloud comes to them, which no other run can know. There is an end to them,
// since nothing new is sent.
func (s *stage) removeDoubles() {
	s.t.Helper()
	const most = 10 // more runs than a killed one has calls under way that can double something
	for range most {
		if len(s.plannedRemovals()) == 0 {
			return
		}
		s.must("up", "-f", example, "--yes")
	}
	s.t.Errorf("up finds doubles again and again")
}

func TestUpAndDownKilledAtAnyMomentGoOn(t *testing.T) {
	t.Parallel()
	random := chance.New(t)
	s := start(t)
	const rounds = 3
	for round := range rounds {
		for range 3 {
			s.runKilled(time.Duration(random.Int64N(int64(1200*time.Millisecond))), "up", "-f", example, "--yes")
		}
		s.must("up", "-f", example, "--yes")
		s.removeDoubles()
		for region, held := range s.inventories() {
			if diff := cmp.Diff(inventory, held); diff != "" {
				t.Errorf("round %d, %s: %s", round, region, diff)
			}
		}
		s.runKilled(time.Duration(random.Int64N(int64(500*time.Millisecond))), "down", "-f", example, "--zone", "--yes")
		s.must("down", "-f", example, "--zone", "--yes")
	}
	s.nothingIsLeft()
}
