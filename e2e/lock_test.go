package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// begin starts understudy and does not wait for its end.
func (s *stage) begin(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	cmd, said := exec.Command(binary, args...), &bytes.Buffer{}
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Dir(s.dir), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, said
}

// holder returns the process that holds the lock, or 0.
func (m *maker) holder() int {
	m.t.Helper()
	c, found, err := m.Claimed(m.t.Context(), m.stack, "up")
	var run struct{ PID int }
	if err == nil && found {
		err = json.Unmarshal(c.Body, &run)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return run.PID
}

// refused runs a command while another run holds the lock, and returns what it says.
func (s *stage) refused(command string) string {
	s.t.Helper()
	r := s.run(binary, command, "-f", example, "--yes")
	if r.code != 1 || r.stdout != "" {
		s.t.Errorf("%s: exit %d\n%s%s", command, r.code, r.stdout, r.stderr)
	}
	return r.stderr
}

func TestOneRunAtATimeChangesAStack(t *testing.T) {
	t.Parallel()
	s := start(t)
	m := s.maker(understudy.Secondary)
	first, said := s.begin("up", "-f", example, "--yes")
	s.until("the first run holds the lock", func() bool { return m.holder() == first.Process.Pid })
	first.Process.Signal(syscall.SIGSTOP) // so that it does not end before the second begins
	for _, command := range []string{"up", "down"} {
		told := s.refused(command)
		for _, want := range []string{fmt.Sprintf("process %d (understudy up)", first.Process.Pid), "since 20", "its lock ends at 20", "understudy unlock"} {
			if !strings.Contains(told, want) {
				t.Errorf("%s does not say %q:\n%s", command, want, told)
			}
		}
	}
	if shown := s.run(binary, "status", "-f", example).stdout; !strings.Contains(shown, fmt.Sprintf("process %d (understudy up)", first.Process.Pid)) {
		t.Errorf("status does not show the lock:\n%s", shown)
	}
	second, saidToo := s.begin("up", "-f", example, "--yes", "--wait", "10m")
	first.Process.Signal(syscall.SIGCONT)
	if err := first.Wait(); err != nil {
		t.Errorf("the first run: %v\n%s", err, said)
	}
	if err := second.Wait(); err != nil || !strings.Contains(saidToo.String(), "nothing to change") {
		t.Errorf("the second run: %v\n%s", err, saidToo)
	}
	if twice := s.plannedRemovals(); len(twice) > 0 {
		t.Errorf("there twice: %v", twice)
	}

	// A holder that was killed on this machine is known to be gone.
	killed, _ := s.begin("down", "-f", example, "--yes")
	s.until("the next run holds the lock", func() bool { return m.holder() == killed.Process.Pid })
	killed.Process.Kill()
	killed.Wait()
	s.must("up", "-f", example, "--yes")
	s.removeDoubles()
	for region, held := range s.inventories() {
		if diff := cmp.Diff(inventory, held); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
	}

	// One of another machine is not, until its lock ends or is removed.
	claim := account.Claim{
		ID: "1", Owner: "ada@elsewhere", Since: time.Now(), Expires: time.Now().Add(time.Hour),
		Body: []byte(`{"command":"up","pid":1,"machine":"x"}`),
	}
	if err := m.Claim(t.Context(), m.stack, "up", claim); err != nil {
		t.Fatal(err)
	}
	if told := s.refused("up"); !strings.Contains(told, "ada@elsewhere") {
		t.Errorf("up says: %s", told)
	}
	s.must("unlock", "-f", example)
	claim.ID, claim.Expires = "2", time.Now().Add(-time.Minute)
	if err := m.Claim(t.Context(), m.stack, "up", claim); err != nil {
		t.Fatal(err)
	}
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}
