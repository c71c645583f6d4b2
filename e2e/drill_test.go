package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDrillsByEveryFaultRepairWhatTheyBreak(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	for _, fault := range []string{"invert", "isolate", "region"} {
		var r demoReport
		out := s.must("drill", "-f", example, "--fault", fault, "--json", "-")
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v\n%s", fault, err, out)
		}
		if r.ServedBy[primary] == 0 || r.ServedBy[secondary] == 0 {
			t.Errorf("%s: %+v", fault, r)
		}
		t.Logf("%s: downtime %v ms, predicted at most %v; %d requests failed outside of that", fault, r.Downtime.Max, r.PredictedMS, r.FailedOutside)
		s.unchanged()
	}
}

func TestKilledDrillIsUndone(t *testing.T) {
	t.Parallel()
	s := up(t)
	cmd := exec.Command(binary, "drill", "-f", example, "--fault", "isolate")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Dir(s.dir))
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, stderr, "every user is served by "+secondary)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	drain(stderr)
	cmd.Wait()
	if r := s.run(binary, "drill", "-f", example); r.code != 1 || !strings.Contains(r.stderr, "still in force") {
		t.Errorf("another drill: exit %d\n%s", r.code, r.stderr)
	}
	if said := s.must("drill", "undo", "-f", example); !strings.Contains(said, "repaired isolate") {
		t.Errorf("undo says: %s", said)
	}
	if said := s.must("drill", "undo", "-f", example); !strings.Contains(said, "nothing is broken") {
		t.Errorf("the second undo says: %s", said)
	}
	s.unchanged()
}

// A journal of a kind that this program does not know, a newer one's for instance, is nobody's to clear.
func TestUndoOfAnUnknownFaultIsRefusedAndTheJournalStays(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	journal := filepath.Join(filepath.Dir(s.dir), "understudy", "drill-hello.json")
	if err := os.MkdirAll(filepath.Dir(journal), 0o700); err != nil {
		t.Fatal(err)
	}
	const entry = `{"stack": "hello", "fault": "flood", "broken": "2026-01-02T03:04:05Z", "undo": "us-east-1"}`
	if err := os.WriteFile(journal, []byte(entry), 0o600); err != nil {
		t.Fatal(err)
	}
	r := s.run(binary, "drill", "undo", "-f", example)
	if r.code != 1 || !strings.Contains(r.stderr, `"flood"`) || !strings.Contains(r.stderr, journal) || strings.Contains(r.stdout, "repaired") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if b, err := os.ReadFile(journal); string(b) != entry {
		t.Errorf("the journal is %q, %v", b, err)
	}
}
