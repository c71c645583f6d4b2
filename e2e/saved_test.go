package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSavedPlanIsAppliedUnlessTheAccountHasChanged(t *testing.T) {
	t.Parallel()
	s := start(t)
	file := filepath.Join(t.TempDir(), "change.plan")
	if r := s.run(binary, "plan", "-f", example, "--detailed-exitcode", "--out", file); r.code != 2 {
		t.Errorf("the plan of everything: exit %d\n%s", r.code, r.stderr)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("name: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := s.run(binary, "plan", "-f", wrong, "--detailed-exitcode"); r.code != 1 {
		t.Errorf("a wrong declaration: exit %d\n%s", r.code, r.stderr)
	}
	s.must("up", file)
	s.until("there is nothing to change", func() bool { return s.run(binary, "plan", "-f", example, "--detailed-exitcode").code == 0 })
	if r := s.run(binary, "up", file); r.code != 1 || !strings.Contains(r.stderr, "primary/vpc: planned to create, which is not needed now") {
		t.Errorf("a plan that was applied before: exit %d\n%s", r.code, r.stderr)
	}

	group := s.group(primary, "internal")
	open := func(port string) {
		s.aws(primary, "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", port, "--cidr", "0.0.0.0/0")
	}
	open("22")
	s.must("plan", "-f", example, "--out", file)
	open("23")
	if r := s.run(binary, "up", file); r.code != 1 || !strings.Contains(r.stderr, "primary/internal group: ") || !strings.Contains(r.stderr, "tcp 23") {
		t.Errorf("the account has changed: exit %d\n%s", r.code, r.stderr)
	}
	s.must("plan", "-f", example, "--out", file)
	s.must("up", file)
	if r := s.run(binary, "plan", "-f", example, "--detailed-exitcode"); r.code != 0 {
		t.Errorf("after that: exit %d\n%s", r.code, r.stdout)
	}
}
