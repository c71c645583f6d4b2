package e2e

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One cloud serves these one after the other: each leaves both regions as it found them.
func TestDrillsAreSafe(t *testing.T) {
	t.Parallel()
	s := patient(t)
	before := s.fleet(primary)
	for _, c := range []struct {
		name string
		test func(*stage)
	}{
		{"aborted when the standby falls ill in the middle, and refused while it is ill", abortedThenRefused},
		{"killed and undone from another machine's empty folder", killedAndUndoneElsewhere},
		{"what an expired drill broke is repaired by the next up", expiredIsRepairedByUp},
	} {
		t.Run(c.name, func(t *testing.T) {
			sub := *s
			sub.t = t
			c.test(&sub)
		})
	}
	s.unchanged()
	if now := s.fleet(primary); !slices.Equal(now, before) {
		t.Errorf("instances were replaced: they were %v and are %v", before, now)
	}
	if left := s.suspended(); left != "" {
		t.Errorf("still suspended: %s", left)
	}
	if left := s.aws(secondary, "ec2", "describe-launch-templates", "--query", "LaunchTemplates[].LaunchTemplateName"); strings.Contains(left, "drill") {
		t.Errorf("a marker is left: %s", left)
	}
}

// suspended lists the suspended processes of the primary's fleet.
func (s *stage) suspended() string {
	s.t.Helper()
	all := strings.Fields(s.aws(primary, "autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].SuspendedProcesses[].ProcessName"))
	slices.Sort(all)
	return strings.Join(all, " ")
}

// illStandby takes away the secondary's targets from its load balancer, and returns what gives them back. Its instances are kept.
func (s *stage) illStandby() (heal func()) {
	s.t.Helper()
	fleet := []string{"--auto-scaling-group-name", "understudy-hello", "--scaling-processes", "HealthCheck", "ReplaceUnhealthy"}
	group := s.aws(secondary, "ec2", "describe-security-groups", "--filters", "Name=tag:understudy:role,Values=internal", "--query", "SecurityGroups[0].GroupId")
	peer := s.aws(secondary, "ec2", "describe-security-groups", "--filters", "Name=tag:understudy:role,Values=public-facing",
		"--query", "SecurityGroups[0].GroupId")
	rule := []string{"--group-id", group, "--protocol", "tcp", "--port", "8080", "--source-group", peer}
	s.aws(secondary, append([]string{"autoscaling", "suspend-processes"}, fleet...)...)
	s.aws(secondary, append([]string{"ec2", "revoke-security-group-ingress"}, rule...)...)
	return func() {
		s.t.Helper()
		s.aws(secondary, append([]string{"ec2", "authorize-security-group-ingress"}, rule...)...)
		s.until("the standby is healthy", func() bool { return s.health(secondary) == "healthy\thealthy" })
		s.aws(secondary, append([]string{"autoscaling", "resume-processes"}, fleet...)...)
		s.unchanged()
	}
}

// drillRefused proves that no drill begins while the standby is ill.
func (s *stage) drillRefused() {
	s.t.Helper()
	s.until("the standby is ill", func() bool { return s.health(secondary) == "unhealthy\tunhealthy" })
	r := s.run(binary, "drill", "-f", s.declaration(), "--force", "refresh")
	for _, why := range []string{"the drill is refused", "targets ", "capacity ", "parity ", "hint: `--force "} {
		if r.code != 1 || !strings.Contains(r.stderr, why) {
			s.t.Errorf("exit %d, and it does not say %q:\n%s", r.code, why, r.stderr)
		}
	}
	if said := s.must("drill", "undo", "-f", s.declaration()); !strings.Contains(said, "nothing is broken") {
		s.t.Errorf("a refused drill broke something: %s", said)
	}
}

// drilling starts a drill as another process, and returns its standard error. Its standard output is collected in out.
func (s *stage) drilling(out io.Writer, args ...string) (*exec.Cmd, io.Reader) {
	s.t.Helper()
	cmd := exec.Command(binary, append([]string{"drill", "-f", s.declaration(), "--abort-after", lenience, "--patience", lenience}, args...)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Dir(s.dir))
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stdout = out
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return cmd, stderr
}

func abortedThenRefused(s *stage) {
	var out strings.Builder
	cmd, stderr := s.drilling(&out, "--force", "parity", "--fault", "targets", "--hold", "4m", "--longest", "20m", "--json", "-", "--rate", "400")
	readUntil(s.t, stderr, "targets: "+primary)
	heal := s.illStandby()
	said := drain(stderr)
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said, "both regions are ill") || !strings.Contains(out.String(), `"aborted": "both regions are ill`) {
		s.t.Errorf("exit %d\n%s\n%s", cmd.ProcessState.ExitCode(), said, out.String())
	}
	s.drillRefused()
	heal()
}

func killedAndUndoneElsewhere(s *stage) {
	cmd, stderr := s.drilling(nil, "--fault", "isolate", "--force", busy, "--hold", "4m")
	readUntil(s.t, stderr, "every user is served by "+secondary)
	// A fleet that looked after these would replace them, once their grace period is over.
	s.until("the primary's targets are unhealthy", func() bool { return s.health(primary) == "unhealthy\tunhealthy" })
	if err := cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	drain(stderr)
	cmd.Wait()
	if now := s.suspended(); now != "AZRebalance AlarmNotification HealthCheck ReplaceUnhealthy" {
		s.t.Errorf("suspended are %q", now)
	}
	if r := s.run(binary, "up", "-f", s.declaration(), "--yes"); r.code != 1 || !strings.Contains(r.stderr, "still in force") {
		s.t.Errorf("up: exit %d\n%s", r.code, r.stderr)
	}
	here := s.dir
	s.dir = filepath.Join(s.t.TempDir(), "nothing") // whose parent is another machine's state folder
	if r := s.run(binary, "status", "-f", s.declaration()); !strings.Contains(r.stdout, "drill: isolate of hello by ") {
		s.t.Errorf("status does not show the drill:\n%s%s", r.stdout, r.stderr)
	}
	if r := s.run(binary, "drill", "-f", s.declaration()); r.code != 1 || !strings.Contains(r.stderr, "still in force") {
		s.t.Errorf("another drill: exit %d\n%s", r.code, r.stderr)
	}
	if said := s.must("drill", "undo", "-f", s.declaration()); !strings.Contains(said, "repaired isolate") {
		s.t.Errorf("undo says: %s", said)
	}
	if said := s.must("drill", "undo", "-f", s.declaration()); !strings.Contains(said, "nothing is broken") {
		s.t.Errorf("the second undo says: %s", said)
	}
	s.unchanged()
	s.dir = here
	s.must("drill", "undo", "-f", s.declaration()) // which finds a journal whose fault is repaired already
}

func expiredIsRepairedByUp(s *stage) {
	check := s.aws(primary, "route53", "list-health-checks", "--query", "HealthChecks[?HealthCheckConfig.ResourcePath=='/healthz'].Id | [0]")
	s.aws(primary, "route53", "update-health-check", "--health-check-id", check, "--inverted")
	body := fmt.Sprintf(`{"stack":"hello","fault":"invert","broken":"2026-01-02T03:04:05Z","owner":"ada@host","expires":"2026-01-02T04:04:05Z",`+
		`"undo":{"check":%q,"was":false}}`, check)
	s.aws(secondary, "ec2", "create-launch-template", "--launch-template-name", "understudy/hello/drill",
		"--launch-template-data", "UserData="+base64.StdEncoding.EncodeToString([]byte(body)),
		"--tag-specifications", "ResourceType=launch-template,Tags=[{Key=understudy:claim,Value=1},{Key=understudy:owner,Value=ada@host}]")
	if r := s.run(binary, "plan", "-f", s.declaration()); !strings.Contains(r.stderr, "invert of hello by ada@host") {
		s.t.Errorf("plan does not tell of the drill:\n%s%s", r.stdout, r.stderr)
	}
	if said := s.must("up", "-f", s.declaration(), "--yes"); !strings.Contains(said, "repaired invert of hello") {
		s.t.Errorf("up says:\n%s", said)
	}
	inverted := s.aws(primary, "route53", "get-health-check", "--health-check-id", check, "--query", "HealthCheck.HealthCheckConfig.Inverted")
	if inverted != "False" {
		s.t.Errorf("the check is inverted: %s", inverted)
	}
}
