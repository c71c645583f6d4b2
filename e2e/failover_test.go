package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The primary's process is dead and every call to Route 53's API fails: users are moved, and later back.
func TestUsersAreMovedByHandWithoutThePrimaryAndRoute53sAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	hooks := s.dir + ".hooks"
	file := failingOver(t, `before: "echo $UNDERSTUDY_MOVE before $UNDERSTUDY_TO >> `+hooks+`", after: "echo after >> `+hooks+`"`)
	s.must("up", "-f", file, "--yes")
	if r := s.run(binary, "failover", "-f", file, "--force", "health"); r.code != 2 || !strings.Contains(r.stderr, "healthy, parity, capacity, busy") {
		t.Errorf("a wrong --force: exit %d\n%s", r.code, r.stderr)
	}
	s.must("cloud", "fault", "add", "--service", "route53", "--error", "503")
	s.must("cloud", "region", "stop", primary)
	r := s.run(binary, "failover", "-f", file)
	if r.code != 0 || !strings.Contains(r.stdout, "users are at the secondary, "+secondary) || !strings.Contains(r.stderr, "parity: not looked at") {
		t.Fatalf("failover: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if page := s.page(s.dig("hello.test")); !strings.Contains(page, secondary) {
		t.Errorf("after the failover, users get %q", page)
	}
	if said := s.must("failover", "-f", file); !strings.Contains(said, "already") {
		t.Errorf("a second failover says: %s", said)
	}
	// The primary comes back, and users stay.
	s.must("cloud", "region", "start", primary)
	s.until("the primary's targets are healthy", func() bool { return s.health(primary) == "healthy\thealthy" })
	if r := s.run(binary, "failback", "-f", file); r.code != 0 || !strings.Contains(r.stdout, "users are at the primary, "+primary) {
		t.Fatalf("failback: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if b, err := os.ReadFile(hooks); string(b) != "failover before us-west-2\nafter\nfailback before us-east-1\nafter\n" {
		t.Errorf("the commands around the moves wrote %q, %v", b, err)
	}
	s.incomplete(file)
	s.must("cloud", "fault", "remove", "--all")
	s.unchanged()
	if r := s.run(binary, "status", "-f", file); r.code != 0 || strings.Contains(r.stdout, "not read") {
		t.Errorf("status of what is whole: exit %d\n%s", r.code, r.stdout)
	}

	// An ill standby refuses the move, and nothing is changed.
	s.must("cloud", "region", "stop", secondary)
	if r := s.run(binary, "failover", "-f", file); r.code != 1 {
		t.Errorf("failover to a lost standby: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// The primary comes and goes; the watch in the standby's region holds the switch, and users move once.
func TestUsersOfAFlappingPrimaryMoveOnceWhileWatched(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	file := failingOver(t, "failback: manual")
	s.must("up", "-f", file, "--yes")
	watch := exec.Command(binary, "watch", "-f", file, "--parity", "0")
	watch.Env = os.Environ()
	for k, v := range s.env {
		watch.Env = append(watch.Env, k+"="+v)
	}
	said, err := watch.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			watch.Process.Kill()
			watch.Wait()
		}
	}()
	readUntil(t, said, "the name leads to the primary, the primary answers")
	primarys := s.dig("hello.test")
	s.must("cloud", "region", "stop", primary)
	readUntil(t, said, "the switch is set to the secondary")
	for range 2 {
		s.must("cloud", "region", "start", primary)
		readUntil(t, said, "the name leads to the secondary, the primary answers")
		s.until("the checkers find the primary healthy", func() bool {
			return strings.Contains(s.run(binary, "status", "-f", file).stdout, "primary "+primary+": health check passes")
		})
		if now := s.dig("hello.test"); overlap(now, primarys) {
			t.Errorf("users are back at the primary: %s", now)
		}
		s.must("cloud", "region", "stop", primary)
		readUntil(t, said, "the primary does not answer")
	}
	if r := s.run(binary, "status", "-f", file); !strings.Contains(r.stdout, "switch: the standby serves, while it is healthy (set by watch at") {
		t.Errorf("status says:\n%s", r.stdout)
	}
	if err := watch.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	drain(said)
	if err := watch.Wait(); err != nil {
		t.Errorf("a watch that is told to end: %v", err)
	}
	ended = true
}

// incomplete proves that a status says what it cannot read while Route 53's API fails, and all else.
func (s *stage) incomplete(file string) {
	s.t.Helper()
	r := s.run(binary, "status", "-f", file)
	for _, want := range []string{
		"primary us-east-1: health check unknown", "secondary us-west-2: health check unknown", "hello.test answers ", "healthy",
		"switch: health decides", "not read: global/zone: list hosted zones", "not read: primary/health: not looked for",
	} {
		if !strings.Contains(r.stdout, want) {
			s.t.Errorf("a status without Route 53's API does not say %q", want)
		}
	}
	if r.code != 3 || strings.Contains(r.stdout, "missing") || s.t.Failed() {
		s.t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
