package judge

import (
	"os/exec"
	"testing"
)

// recorder records how a test that needs a judge ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(string, ...any) { r.ended = "failed" }

func (r *recorder) Skipf(string, ...any) { r.ended = "skipped" }

func TestMissingJudgeSkipsAndFailsInCI(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // also no /usr/bin, so that kdig is not found
	for ci, want := range map[string]string{"": "skipped", "true": "failed"} {
		t.Setenv("CI", ci)
		r := &recorder{TB: t}
		if Need(r, "dig"); r.ended != want {
			t.Errorf("CI=%q: %q, want %q", ci, r.ended, want)
		}
	}
}

func TestUnknownJudgeFails(t *testing.T) {
	t.Setenv("CI", "")
	r := &recorder{TB: t}
	if Need(r, "no-such-judge"); r.ended != "failed" {
		t.Errorf("%q, want failed", r.ended)
	}
}

func TestJudgesAreFoundWhereTheyAre(t *testing.T) {
	t.Logf("judges: %v", packages())
	if len(packages()) < 9 {
		t.Errorf("judges.txt lists %d judges", len(packages()))
	}
	for name := range packages() {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(Need(t, name)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestScriptsRunJudges(t *testing.T) {
	const script = "#!/bin/sh\nip addr show | sort\nkeys=$(curl --silent http://169.254.169.254/)\n" +
		"/usr/bin/python3 -c 'import boto3; boto3.client(\"dig\")' >nginx.conf\n"
	for name, want := range map[string]bool{
		"ip": true, "curl": true, "/usr/bin/python3": true, "python3:boto3": true,
		"dig": false, "nginx": false, "/usr/bin/aws": false, "python3:grpc": false,
	} {
		if got := runs(script, name); got != want {
			t.Errorf("runs %s: %v", name, got)
		}
	}
}
