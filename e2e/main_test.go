// Package e2e rehearses whole jobs through the real program, with the clients that people have: the AWS
// CLI, dig and curl. Each test starts a cloud of its own; they run side by side.
package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/judge"
)

// binary is the program under test: UNDERSTUDY_BINARY, or built from this checkout.
var binary string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "understudy-e2e-*")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary = os.Getenv("UNDERSTUDY_BINARY"); binary == "" {
		binary = filepath.Join(dir, "understudy")
		build := exec.Command("go", "build", "-ldflags=-w", "-o", binary, "../cmd/understudy")
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	if err := recordCalls(dir); err != nil {
		return 1, err
	}
	warm = warmed{folder: dir, by: map[string]*python{}}
	code := m.Run()
	return code, errors.Join(warm.end(), judgeCalls(os.Stdout))
}

// stage is a running cloud with the environment that points clients at it.
type stage struct {
	t   *testing.T
	dir string
	env map[string]string
	// namespace is the user namespace that every process of the cloud is in. It is held open: the kernel gives the number of
	// one that has ended to the next one, which may be another cloud's.
	namespace *os.File
	// file is the declaration, if it is not the example's.
	file string
}

// declaration is the file of what the stage has built.
func (s *stage) declaration() string { return cmp.Or(s.file, example) }

// leastTimeout is the shortest time-out of the tests' clouds: many of them share a few cores, where a service is late without being ill.
const leastTimeout = "2s"

// start starts a cloud that ends with the test, and then proves that nothing of it is left.
func start(t *testing.T, args ...string) *stage {
	t.Helper()
	s := &stage{t: t, dir: filepath.Join(t.TempDir(), "cloud")}
	s.must(append([]string{
		"cloud", "start", "--dir", s.dir, "--speed", "30", "--least-timeout", leastTimeout, "--while", strconv.Itoa(os.Getpid()), "--remove",
	}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			s.logs()
		}
		s.must("cloud", "stop", "--dir", s.dir)
		nothingLeft(t, s.dir)
		s.nobodyInside()
	})
	s.namespace = s.worldNamespace()
	s.readEnv()
	return s
}

// readEnv reads where the cloud is, which a start may change: another user's cloud may have its number.
func (s *stage) readEnv() {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must("cloud", "env", "--dir", s.dir, "--json")), &s.env); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) logs() {
	logs, _ := filepath.Glob(filepath.Join(s.dir, "log", "*"))
	for _, l := range logs {
		b, _ := os.ReadFile(l)
		s.t.Logf("%s:\n%s", filepath.Base(l), tail(b, 8000))
	}
}

func tail(b []byte, n int) []byte {
	if len(b) > n {
		return b[len(b)-n:]
	}
	return b
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

func (s *stage) run(name string, args ...string) result {
	s.t.Helper()
	return s.runWithin(patience, name, args...)
}

// runWithin is run for what may take longer than patience on a slow machine.
func (s *stage) runWithin(limit time.Duration, name string, args ...string) result {
	s.t.Helper()
	// Not the test's context, which has ended when its clean-up runs.
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = s.environment()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// environment is that of every command: it leads to the stage's cloud and nowhere else.
func (s *stage) environment() []string {
	env := append(os.Environ(), "XDG_STATE_HOME="+filepath.Dir(s.dir), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for k, v := range s.env {
		env = append(env, k+"="+v)
	}
	return env
}

// must runs understudy and expects success.
func (s *stage) must(args ...string) string {
	s.t.Helper()
	r := s.run(binary, args...)
	if r.code != 0 {
		s.t.Fatalf("understudy %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// aws runs the AWS CLI, the official one that Debian packages, and returns its text output.
func (s *stage) aws(region string, args ...string) string {
	s.t.Helper()
	// Older versions, Debian's among them, do not know AWS_ENDPOINT_URL.
	cli := filepath.Join(warm.programs(s.t, "awscli"), "aws")
	r := s.run(cli, append(args, "--endpoint-url", s.env["AWS_ENDPOINT_URL"], "--region", region, "--output", "text")...)
	if r.code != 0 {
		s.t.Fatalf("aws %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// port is where the host reaches a public port of the cloud.
func (s *stage) port(public int) int {
	s.t.Helper()
	shift, err := strconv.Atoi(s.env["UNDERSTUDY_PORT_SHIFT"])
	if err != nil {
		s.t.Fatal(err)
	}
	if public < 1024 {
		return public + shift
	}
	return public
}

// dig asks the cloud's name server for addresses.
func (s *stage) dig(name string) string {
	s.t.Helper()
	host, port, _ := strings.Cut(s.env["UNDERSTUDY_RESOLVER"], ":")
	return strings.TrimSpace(s.run(judge.Need(s.t, "dig"), "+short", "+tries=20", "+time=5", "@"+host, "-p", port, name, "A").stdout)
}

// patience bounds what hangs. Nothing that goes well takes so long on any machine, and no test expects how long it does.
const patience = 5 * time.Minute

// until polls an outside command until it says yes: there is no event to await in another program.
func (s *stage) until(what string, yes func() bool) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-deadline.C:
			s.t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// unchanged waits until both regions are as declared and alike, with nothing done to them: what is well again after
// an outage is so when machines have booted and checks have passed. Only reading commands are run, so that what
// would take a change is waited for in vain.
func (s *stage) unchanged() {
	s.t.Helper()
	s.until("the plan has nothing to change", func() bool {
		return strings.Contains(s.run(binary, "plan", "-f", s.declaration()).stdout, "nothing to change")
	})
	s.until("the regions are equal", func() bool { return s.run(binary, "parity", "-f", s.declaration()).code == 0 })
}

// work is in the sum of a plan that does more than wait.
var work = regexp.MustCompile(`(?m)^\s*\d+ to (create|change|delete|replace)`)

// asDeclared waits until the plan of a declaration has nothing to change. What stands is read once: a plan that would make, change or remove
// something fails at once. A plan may wait for a moment in which checkers of a busy machine have just missed a region.
func (s *stage) asDeclared(file string) {
	s.t.Helper()
	s.until("the plan has nothing to change", func() bool {
		said := s.must("plan", "-f", file)
		if work.MatchString(said) {
			s.t.Fatalf("plan says:\n%s", said)
		}
		return strings.Contains(said, "nothing to change")
	})
}

// status is what the tests need of "cloud status --json".
type status struct {
	Processes []struct {
		Name string
		PID  int
		PSS  int64
	}
}

func (s *stage) status() (st status) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must("cloud", "status", "--dir", s.dir, "--json")), &st); err != nil {
		s.t.Fatal(err)
	}
	return st
}

func (s *stage) pid(name string) int {
	s.t.Helper()
	for _, p := range s.status().Processes {
		if p.Name == name {
			return p.PID
		}
	}
	s.t.Fatalf("the cloud has no process %s", name)
	return 0
}

func (s *stage) worldNamespace() *os.File {
	s.t.Helper()
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", s.pid("world")))
	if err != nil {
		s.t.Fatal(err)
	}
	return ns
}

// nobodyInside proves that no process is left in the cloud's namespaces, its instances' among them.
func (s *stage) nobodyInside() {
	s.t.Helper()
	defer s.namespace.Close()
	its, err := s.namespace.Stat()
	if err != nil {
		s.t.Fatal(err)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/ns/user")
	for _, l := range links {
		if ns, err := os.Stat(l); err == nil && os.SameFile(ns, its) {
			s.t.Errorf("%s is left in the cloud", l)
		}
	}
}

// nothingLeft proves that no process, mount or listener of a cloud's folder is left.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		cmdline, err := os.ReadFile(filepath.Join(p, "cmdline"))
		if err != nil {
			continue
		}
		if bytes.Contains(cmdline, []byte(dir)) {
			t.Errorf("process %s is left: %q", filepath.Base(p), cmdline)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mounts, []byte(dir)) {
		t.Errorf("a mount of %s is left", dir)
	}
}
