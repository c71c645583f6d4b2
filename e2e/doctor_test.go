package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// examined is what the test needs of "doctor --json".
type examined struct {
	Findings []struct{ Check, Severity, Side, What, Why, Heal string }
}

// examine runs the doctor and returns its findings of one severity.
func (s *stage) examine(code int, severity string, args ...string) (found []string) {
	s.t.Helper()
	r := s.run(binary, append([]string{"doctor", "--json"}, args...)...)
	var e examined
	if err := json.Unmarshal([]byte(r.stdout), &e); err != nil || r.code != code {
		s.t.Fatalf("doctor %s: exit %d, want %d: %v\n%s%s", strings.Join(args, " "), r.code, code, err, r.stdout, r.stderr)
	}
	for _, f := range e.Findings {
		if f.Severity == severity {
			found = append(found, f.Check+" "+f.Side+": "+f.What)
		}
	}
	return found
}

// knowsEveryQuota holds that each quota that a declaration may run into is told, and kept to, and that topics are named of which nobody knows.
func (s *stage) knowsEveryQuota() {
	s.t.Helper()
	const page = "arn:aws:sns:us-east-1:123456789012:page"
	wide := variant(s.t, example, "regions:\n", "egress: endpoints\nalarms:\n  on: [{alarm: errors}, {alarm: health-check}]\n"+
		"  notify: {primary: ['"+page+"'], secondary: ['arn:aws:sns:us-west-2:123456789012:page']}\nregions:\n")
	wide = variant(s.t, wide, "name: us-east-1,", "name: us-east-1, egress: nat-per-zone,")
	named := false
	for _, f := range s.examine(0, "unchecked", "-f", wide) {
		if strings.HasPrefix(f, "quota ") {
			s.t.Errorf("a quota is not known: %s", f)
		}
		named = named || strings.HasPrefix(f, "topic primary: ") && strings.Contains(f, page)
	}
	if !named {
		s.t.Error("the topics that nobody asked for are not named")
	}
	for _, at := range []struct{ region, service, code, most string }{
		{primary, "vpc", "L-FE5A380F", "5"}, {secondary, "vpc", "L-1B52E74A", "20"}, {secondary, "monitoring", "L-2FF78D7B", "5000"},
	} {
		if got := s.aws(at.region, "service-quotas", "get-service-quota", "--service-code", at.service,
			"--quota-code", at.code, "--query", "Quota.Value"); !strings.HasPrefix(got, at.most) {
			s.t.Errorf("%s of %s is %q, want %s", at.code, at.service, got, at.most)
		}
	}
}

// The doctor finds nothing in the way of the example, and what is in the way of another declaration; it makes nothing.
func TestDoctor(t *testing.T) {
	t.Parallel()
	s := start(t)
	if found := s.examine(0, "blocker", "-f", example); len(found) > 0 {
		t.Errorf("blockers: %q", found)
	}
	for _, f := range s.examine(0, "unchecked", "-f", example) {
		if strings.HasPrefix(f, "quota ") {
			t.Errorf("a quota is not known: %s", f)
		}
	}
	s.knowsEveryQuota()
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "understudy.yaml")
	if err := os.WriteFile(wrong, append(text, "instance: {type: z9.huge}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	found := strings.Join(s.examine(1, "blocker", "-f", wrong), "\n")
	for _, want := range []string{
		"instance-type primary: z9.huge is not offered in us-east-1a and us-east-1b",
		"instance-type secondary: z9.huge is not offered in us-west-2a and us-west-2b",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not found:\n%s", want, found)
		}
	}
	if r := s.run(binary, "up", "-f", wrong); r.code != 1 || !strings.Contains(r.stderr, "blocker, instance-type, primary: z9.huge is not offered") ||
		!strings.Contains(r.stderr, "up: it would fail for what the doctor finds; nothing was changed") {
		t.Errorf("up begins what is certain to fail: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	late := strings.Join(s.examine(1, "blocker", "-f", example, "--rto", "90s"), "\n")
	if !strings.Contains(late, "no more than 1m30s is asked for") {
		t.Errorf("the time that is asked for is not compared:\n%s", late)
	}
	if r := s.run(binary, "doctor", "-f", example, "--fail-on", "never"); r.code != 2 {
		t.Errorf("--fail-on never: exit %d", r.code)
	}
	made := s.aws("us-east-1", "ec2", "describe-launch-templates", "--query", "LaunchTemplates[].LaunchTemplateName") +
		s.aws("us-east-1", "ec2", "describe-instances", "--query", "Reservations[].Instances[].InstanceId") +
		s.aws("us-east-1", "ec2", "describe-vpcs", "--filters", "Name=tag:understudy:role,Values=doctor", "--query", "Vpcs[].VpcId")
	if made != "" {
		t.Errorf("the doctor has made %s", made)
	}
}
