package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seed is what a randomised test runs with: UNDERSTUDY_SEED to repeat a run, or a new one, which is printed.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n := rand.Uint64()
	if v := os.Getenv("UNDERSTUDY_SEED"); v != "" {
		var err error
		if n, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("UNDERSTUDY_SEED=%d", n)
	return rand.New(rand.NewPCG(n, n))
}

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

func TestUpAndDownKilledAtAnyMomentGoOn(t *testing.T) {
	t.Parallel()
	random := seed(t)
	s := start(t)
	const rounds = 3
	for round := range rounds {
		for range 3 {
			s.runKilled(time.Duration(random.Int64N(int64(1200*time.Millisecond))), "up", "-f", example, "--yes")
		}
		s.must("up", "-f", example, "--yes")
		for region, held := range s.inventories() {
			if diff := cmp.Diff(inventory, held); diff != "" {
				t.Errorf("round %d, %s: %s", round, region, diff)
			}
		}
		if said := s.must("up", "-f", example, "--yes"); !strings.Contains(said, "nothing to change") {
			t.Errorf("round %d: then up says: %s", round, said)
		}
		s.runKilled(time.Duration(random.Int64N(int64(500*time.Millisecond))), "down", "-f", example, "--yes")
		s.must("down", "-f", example, "--yes")
	}
	for _, region := range []string{primary, secondary} {
		for _, c := range leftovers {
			if left := s.aws(region, c...); left != "" {
				t.Errorf("%s: aws %s: %s is left", region, strings.Join(c, " "), left)
			}
		}
	}
}
