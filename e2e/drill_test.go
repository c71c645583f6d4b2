package e2e

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/resolvers"
)

func TestDrillsByEveryFaultRepairWhatTheyBreak(t *testing.T) {
	t.Parallel()
	s := patient(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	before := s.fleet(primary)
	for _, fault := range []string{"invert", "partition", "targets", "isolate", "flap", "blackhole", "region"} {
		var r demoReport
		users := "cache=90%,websocket=10%"
		if fault == "targets" && realResolvers(t) {
			users = "cache=30%,unbound=30%,dnsmasq=30%,websocket=10%"
		}
		out := s.must("drill", "-f", s.declaration(), "--fault", fault, "--json", "-", "--hold", "1s",
			"--rate", "400", "--flaps", "2", "--clients", users, "--websocket", "/socket", "--abort-after", lenience, "--patience", lenience, "--force", busy)
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v\n%s", fault, err, out)
		}
		if r.ServedBy[primary] == 0 || r.ServedBy[secondary] == 0 {
			t.Errorf("%s: %+v", fault, r)
		}
		if r.Undetected != (fault == "invert") || r.Path != "/healthz" {
			t.Errorf("%s: undetected is %v, users asked for %s", fault, r.Undetected, r.Path)
		}
		if fault == "isolate" && strings.Contains(strings.Join(r.Notes, " "), "not cut") {
			t.Errorf("isolate did not cut established connections: %q", r.Notes)
		}
		if now := s.fleet(primary); fault != "region" && strings.Join(now, " ") != strings.Join(before, " ") {
			t.Errorf("%s replaced instances: they were %v and are %v", fault, before, now)
		}
		if k := r.Kinds[len(r.Kinds)-1]; k.Kind != "websocket" || k.Requests <= k.Failed || fault == "region" && k.Failed == 0 {
			t.Errorf("%s: %+v", fault, k)
		}
		if f := r.Kinds[0].Forecast; r.Aborted == "" && (f == nil || fault != "invert" && fault != "partition" && f.Max == 0) {
			t.Errorf("%s: users are predicted to feel %+v", fault, f)
		} else if f != nil {
			t.Logf("%s: %v ms for half of the users predicted, %v measured", fault, f.P50, r.Downtime.P50)
		}
		for _, k := range r.Kinds {
			real := k.Kind == "unbound" || k.Kind == "dnsmasq"
			if real != strings.HasPrefix(k.Resolver, k.Kind+" ") || real && (k.Failed == 0 || k.Requests <= k.Failed) {
				t.Errorf("%s: %+v", fault, k)
			}
			for _, row := range k.Ledger {
				if real && row.Cause == drill.CauseUnknown {
					t.Errorf("%s, %s: %+v", fault, k.Kind, k.Ledger)
				}
			}
		}
		r.outage.addsUp(t, fault)
		r.Back.addsUp(t, fault+", on the way back")
		t.Logf("%s: downtime %v ms, predicted at most %v; %d requests failed outside of that", fault, r.Downtime.Max, r.PredictedMS, r.FailedOutside)
		s.unchanged()
	}
}

// realResolvers tells whether this machine has the resolvers that others wrote; in CI it has to.
func realResolvers(t *testing.T) bool {
	t.Helper()
	for _, p := range resolvers.Programs {
		switch _, err := judge.Look(p.Name); {
		case err == nil:
		case os.Getenv("CI") != "":
			t.Fatal(err)
		default:
			t.Logf("no user asks a real resolver: %v", err)
			return false
		}
	}
	return true
}

// addsUp holds the ledger against the users' times without service: it gives all of them to causes that it knows.
func (r *outage) addsUp(t *testing.T, fault string) {
	t.Helper()
	if r == nil {
		t.Errorf("%s: not told", fault)
		return
	}
	felt, given, unknown := 0.0, 0.0, 0.0
	for _, ms := range r.Downtimes {
		felt += ms
	}
	for _, row := range r.Ledger {
		if given += row.SumMS; row.Cause == "unknown" {
			unknown = row.Share
		}
	}
	if math.Abs(felt-given) > 0.01*felt || unknown > 0.02 || (felt > 0) != (len(r.Ledger) > 0) {
		t.Errorf("%s: users were without service for %v ms, of which %v are accounted for: %+v", fault, felt, given, r.Ledger)
	}
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

// What is not to be refused or aborted because the machine is busy: users wait, and probes of what is well time out.
const (
	lenience = "4m"
	busy     = "standby,targets,capacity,parity"
)

// patient builds the example with targets that are not found unhealthy because the machine is busy: one that is
// unhealthy is so because of a drill, or of what a test does.
func patient(t *testing.T) *stage {
	t.Helper()
	s := start(t)
	s.file = variant(t, example, "target: {interval: 5, timeout: 2, healthy: 2, unhealthy: 2,", "target: {interval: 30, timeout: 29, healthy: 2, unhealthy: 3,")
	s.must("up", "-f", s.file, "--yes")
	return s
}
