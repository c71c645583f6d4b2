package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/doctor"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/parity"
)

// Two stacks that scripts of the AWS CLI built, in styles of their own and without a tag of ours, are found from their records' names,
// compared and judged: what went wrong with them since, and nothing else.
func TestStacksOfOthersAreFoundByTheirRecords(t *testing.T) {
	t.Parallel()
	s := start(t)
	program := filepath.Join(warm.programs(t, "awscli"), "aws")
	t.Run("built", func(t *testing.T) {
		for _, name := range []string{"pair", "tree"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				each := &stage{t: t, dir: s.dir, env: s.env}
				script := `. testdata/scripts/prelude.sh; . "$1"`
				if r := each.run("env", "AWS="+program, "TMPDIR="+t.TempDir(), "bash", "-c", script, name, "testdata/record/"+name+".sh"); r.code != 0 {
					t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
				}
			})
		}
	})
	s.finds("www.shop.test", []string{
		"auto scaling group shop: desired", "health check service", "launch template shop: default version",
		"record www.shop.test A: evaluate target health", "record www.shop.test A: health check",
		"security group shop-app: ingress tcp 22 from 0.0.0.0/0", "target group shop: health check path",
	}, []string{"note health-checks", "warning records", "warning standby"})
	s.finds("play.arcade.test", []string{"load balancer arcade: attribute load_balancing.cross_zone.enabled"}, []string{"warning records"})
	s.predictsRecord("play.arcade.test")
	s.rehearsesRecord("play.arcade.test")
	s.describes("www.shop.test", "that service.health is otherwise in us-west-2: /", "  type: t3.small\n", "      type: t3.micro\n",
		"    fleet:\n      # The fewest instances there; `fleet.min`, where nothing is said.\n      #min: 2\n", "      desired: 1\n")
	s.describes("play.arcade.test", "that the load balancer arcade has no security groups", "  kind: network\n")
	s.adopts("www.shop.test", "shop-web", "80")
	s.adopts("play.arcade.test", "arcade", "0-65535")
	if r := s.run(binary, "parity", "--record", "nobody.arcade.test"); r.code != 3 || !strings.Contains(r.stderr, "nobody.arcade.test") {
		t.Errorf("of a name that leads nowhere: exit %d, %s", r.code, r.stderr)
	}
}

// finds awaits that what stands behind a record has settled: then parity and the doctor find exactly this, by names, and by severity and check.
func (s *stage) finds(record string, differences, judgements []string) {
	s.t.Helper()
	var last string
	found := func() bool {
		var report struct{ Findings, Passing []parity.Finding }
		r := s.run(binary, "parity", "--record", record, "--json")
		if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
			s.t.Fatalf("parity of %s: exit %d: %v\n%s", record, r.code, err, r.stderr)
		}
		var names []string
		for _, f := range report.Findings {
			names = append(names, f.Name)
		}
		var examined struct{ Findings []doctor.Finding }
		if err := json.Unmarshal([]byte(s.must("doctor", "--record", record, "--json")), &examined); err != nil {
			s.t.Fatal(err)
		}
		var judged []string
		for _, f := range examined.Findings {
			judged = append(judged, string(f.Severity)+" "+f.Check)
		}
		slices.Sort(names)
		slices.Sort(judged)
		last = strings.Join(names, "\n") + "\n" + strings.Join(judged, "\n")
		return slices.Equal(names, differences) && slices.Equal(judged, judgements)
	}
	defer func() {
		if s.t.Failed() {
			s.t.Logf("last of %s:\n%s", record, last)
		}
	}()
	s.until("of "+record+" parity and the doctor find what went wrong", found)
}

// predictsRecord predicts what the loss of a record's first region comes to.
func (s *stage) predictsRecord(record string) {
	s.t.Helper()
	var found simulation.Prediction
	out := s.must("predict", "--record", record, "--fault", "region", "--client", "stub", "--runs", "20", "--clients", "2000", "--advice=false", "--json")
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		s.t.Fatal(err)
	}
	if f := found.Faults[0]; f.Unmoved > 0 || f.Answer.Max < 1000 || f.Predictions[0].Downtime.Max > 300_000 || f.Predictions[0].Downtime.P50 < 1000 {
		s.t.Errorf("the system\n%+v\ncomes to\n%+v", found.System, f)
	}
}

// describes has a declaration written of what stands behind a record: it holds these texts, and what no key says is told.
func (s *stage) describes(record, untold string, texts ...string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "understudy.yaml")
	r := s.run(binary, "init", "--from", record, "-f", file)
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	s.must("validate", "-f", file)
	for _, one := range append(texts, "#   "+untold) {
		if !strings.Contains(string(text), one) {
			s.t.Errorf("%s is described without %q:\n%s", record, one, text)
		}
	}
	if !strings.Contains(r.stderr, "understudy: not declared: "+untold) {
		s.t.Errorf("not told: %s", r.stderr)
	}
}

// rehearsesRecord has the users of a record leave its first region by health checks alone, which are as before then.
func (s *stage) rehearsesRecord(record string) {
	s.t.Helper()
	checks := func() string {
		return s.aws("us-east-1", "route53", "list-health-checks", "--query", "sort_by(HealthChecks, &Id)[].[Id, HealthCheckConfig.Inverted]")
	}
	before := checks()
	if r := s.run(binary, "drill", "--record", record, "--hold", "1s"); r.code != 1 || !strings.Contains(r.stderr, "\n  parity ") {
		s.t.Errorf("regions that differ are no reason to refuse: exit %d, %s", r.code, r.stderr)
	}
	var report drill.Report
	if err := json.Unmarshal([]byte(s.must("drill", "--record", record, "--abort-after", lenience,
		"--patience", lenience, "--force", busy, "--hold", "1s", "--json", "-")), &report); err != nil {
		s.t.Fatal(err)
	}
	if report.Primary != "us-east-1" || report.Secondary != "us-west-2" || report.FailedOutside > 0 || report.Aborted != "" {
		s.t.Errorf("%+v", report)
	}
	if after := checks(); after != before {
		s.t.Errorf("health checks are %s, and were %s", after, before)
	}
	if r := s.run(binary, "drill", "--record", "www.shop.test", "--region", "us-west-2"); r.code != 1 ||
		!strings.Contains(r.stderr, "leads no user to us-west-2") {
		s.t.Errorf("the loss of the standby: exit %d, %s", r.code, r.stderr)
	}
}

// adopts holds what stands behind a record: the plan is empty; a rule for this port that is taken from a security group of this name is in
// it, and comes back. Nothing gets a tag, and nothing goes.
func (s *stage) adopts(record, filter, port string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "understudy.yaml")
	if r := s.run(binary, "adopt", "--record", record, "--out", file); r.code != 0 ||
		!strings.Contains(r.stderr, "not held: in us-east-1: the VPC ") || strings.Contains(r.stderr, "the record ") {
		s.t.Fatalf("adopt %s: exit %d, %s", record, r.code, r.stderr)
	}
	s.must("validate", "-f", file)
	if said := s.must("plan", "-f", file, "--detailed-exitcode"); said != "nothing to change\n" {
		s.t.Errorf("the plan of %s as it stands: %s", record, said)
	}
	id := s.aws("us-east-1", "ec2", "describe-security-groups", "--filters", "Name=group-name,Values="+filter, "--query", "SecurityGroups[0].GroupId")
	rules := func() string {
		return s.aws("us-east-1", "ec2", "describe-security-groups", "--group-ids", id, "--query", "SecurityGroups[0].[IpPermissions, Tags]")
	}
	before := rules()
	s.aws("us-east-1", "ec2", "revoke-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", port, "--cidr", "0.0.0.0/0")
	drifted := "~ change primary/security group " + filter + "  " + id
	if r := s.run(binary, "plan", "-f", file, "--detailed-exitcode"); r.code != 2 || !strings.Contains(r.stdout, drifted) ||
		!strings.HasSuffix(r.stdout, "\n1 to change\n") {
		s.t.Errorf("the plan of %s without the rule: exit %d, %s%s", record, r.code, r.stdout, r.stderr)
	}
	s.must("up", "-f", file)
	if after := rules(); after != before {
		s.t.Errorf("%s is %s, and was %s", id, after, before)
	}
	if said := s.must("plan", "-f", file); said != "nothing to change\n" {
		s.t.Errorf("the plan of %s after up: %s", record, said)
	}
	s.drifts(file, record)
	s.refusesWhatIsGone(file)
	if r := s.run(binary, "down", "-f", file); r.code != 1 || !strings.Contains(r.stderr, "nothing is deleted") {
		s.t.Errorf("down of %s: exit %d, %s", record, r.code, r.stderr)
	}
	if r := s.run(binary, "status", "-f", file); r.code != 2 || !strings.Contains(r.stderr, "--record "+record) {
		s.t.Errorf("status of %s: exit %d, %s", record, r.code, r.stderr)
	}
}
