package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a simulation finds of planted design faults, users measure on the local cloud: a standby that is empty, a name that comes and goes
// for want of a latch, and a check that asks another page than users do. Afterwards nothing is broken.
func TestFoundSchedulesAreShownByPackets(t *testing.T) {
	t.Parallel()
	s := start(t, "--least-timeout", "200ms") // times of a schedule are shares of AWS's, which longer ones would not be
	s.env["UNDERSTUDY_HOME"] = s.dir
	folder := t.TempDir()
	empty := variant(t, example, "cidr: 10.20.0.0/16", "cidr: 10.20.0.0/16, fleet: {desired: 0}")
	apart := variant(t, example, "failover: {interval: 10, threshold: 3}", "failover: {interval: 10, threshold: 3, check: {path: /}}")
	for _, c := range []struct {
		file, broke, only string
		search            []string
	}{
		{empty, "bare", "region,targets,isolate", []string{"--faults", "1", "--bare", "1m"}},
		{example, "ping-pong", "region,targets,isolate", []string{"--faults", "2", "--tolerate", "0"}},
		{apart, "stranded", "region,targets,isolate,pages", []string{"--faults", "1"}},
	} {
		s.must("up", "-f", c.file, "--yes")
		found := s.run(binary, append([]string{
			"simulate", "-f", c.file, "--years", "0", "--watch=false", "--boot", "5s", "--only", c.only, "--save", folder,
		}, c.search...)...)
		if !strings.Contains(found.stdout, c.broke+" is broken") {
			t.Fatalf("simulate, exit %d, finds: %s%s", found.code, found.stdout, found.stderr)
		}
		s.until(c.broke+" is shown", func() bool {
			return s.measures(c.broke, "-f", c.file, "--schedule", filepath.Join(folder, c.broke+".json"))
		})
		if said := s.must("drill", "undo", "-f", c.file); !strings.Contains(said, "nothing is broken") {
			t.Errorf("after it, undo says: %s", said)
		}
		s.until("nothing is to be changed after it", func() bool { return strings.Contains(s.must("plan", "-f", c.file), "nothing to change") })
	}
	b, err := os.ReadFile(filepath.Join(folder, "bare.json"))
	if err != nil {
		t.Fatal(err)
	}
	cannot := filepath.Join(folder, "clock.json")
	if err := os.WriteFile(cannot, []byte(strings.Replace(string(b), `"kind": "region"`, `"kind": "clock"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := s.run(binary, "drill", "-f", example, "--schedule", cannot, "--yes"); r.code != 2 ||
		!strings.Contains(r.stderr, "clock") || strings.Contains(r.stderr, "fault ") {
		t.Errorf("a clock that is wrong: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// measures plays a schedule of a service, and tells whether it broke what it was found to break. On a machine that is short of processors checkers ask so late
// that a play shows nothing, which the program says; it says nothing else.
func (s *stage) measures(broke string, of ...string) bool {
	s.t.Helper()
	r := s.run(binary, append([]string{"drill", "--yes"}, of...)...)
	shown := r.code == 1 && strings.Contains(r.stdout, "shown: "+broke+" is broken")
	if missed := r.code == 0 && strings.Contains(r.stdout, "not shown: "+broke+" was not seen broken"); !shown && !missed {
		s.t.Fatalf("%s: exit %d\n%s%s", broke, r.code, r.stdout, r.stderr)
	}
	return shown
}

// An hour that resolvers keep the answer, which a declaration's aliases never have, is found of a record that others made, and measured by users
// who keep to it. Of what they built nothing is changed.
func TestHourOfTTLIsShownByPackets(t *testing.T) {
	t.Parallel()
	s := start(t, "--least-timeout", "200ms")
	s.env["UNDERSTUDY_HOME"] = s.dir
	program := filepath.Join(warm.programs(t, "awscli"), "aws")
	script := `. testdata/scripts/prelude.sh; . testdata/record/hour.sh`
	if r := s.run("env", "AWS="+program, "TMPDIR="+t.TempDir(), "bash", "-c", script); r.code != 0 {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	folder := t.TempDir()
	found := s.run(binary, "simulate", "--record", "www.hour.test", "--years", "0", "--faults", "1", "--only", "region", "--save", folder)
	if found.code != 1 || !strings.Contains(found.stdout, "stranded is broken") {
		t.Fatalf("simulate, exit %d, finds: %s%s", found.code, found.stdout, found.stderr)
	}
	schedule := filepath.Join(folder, "stranded.json")
	b, err := os.ReadFile(schedule)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"ttl": "1h0m0s"`) {
		t.Errorf("the record's TTL is not the schedule's: %s", b)
	}
	s.until("an hour of TTL is shown", func() bool { return s.measures("stranded", "--record", "www.hour.test", "--schedule", schedule) })
	if said := s.must("drill", "undo", "--record", "www.hour.test"); !strings.Contains(said, "nothing is broken") {
		t.Errorf("after it, undo says: %s", said)
	}
	other := filepath.Join(folder, "isolate.json")
	if err := os.WriteFile(other, []byte(strings.Replace(string(b), `"kind": "region"`, `"kind": "isolate"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := s.run(binary, "drill", "--record", "www.hour.test", "--schedule", other); r.code != 2 ||
		!strings.Contains(r.stderr, "changes nothing that others built") {
		t.Errorf("a fault that changes what others built: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
