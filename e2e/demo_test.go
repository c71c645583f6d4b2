package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/drill"
)

type demoReport struct {
	Speed             float64                   `json:"speed"`
	Inventory         map[string]map[string]int `json:"inventory"`
	Requests          int                       `json:"requests"`
	Failed            int                       `json:"failed"`
	FailedOutside     int                       `json:"failed_outside_window"`
	Failures          []drill.Failures          `json:"failures"`
	FaultMS           float64                   `json:"fault_ms"`
	RepairMS          float64                   `json:"repair_ms"`
	StrayedAfter      int                       `json:"primary_served_after_failover"`
	ServedBy          map[string]int            `json:"served_by"`
	DetectMS          float64                   `json:"detect_ms"`
	PredictedDetectMS float64                   `json:"predicted_detect_ms"`
	AnswerMS          drill.Quantile            `json:"answer_ms"`
	AnswerChangedMS   float64                   `json:"answer_changed_ms"`
	Downtime          struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
		Max float64 `json:"max"`
	} `json:"downtime_ms"`
	FailbackMS  float64  `json:"failback_ms"`
	Path        string   `json:"path"`
	Undetected  bool     `json:"undetected"`
	Aborted     string   `json:"aborted"`
	Notes       []string `json:"notes"`
	PredictedMS float64  `json:"predicted_downtime_ms"`
	outage
	Back  *outage `json:"back"`
	Kinds []struct {
		Kind        string      `json:"kind"`
		Resolver    string      `json:"resolver"`
		Ledger      []drill.Row `json:"ledger"`
		Requests    int         `json:"requests"`
		Failed      int         `json:"failed"`
		PredictedMS float64     `json:"predicted_downtime_ms"`
		Forecast    *struct {
			P50 float64 `json:"p50"`
			Max float64 `json:"max"`
		} `json:"forecast"`
	} `json:"kinds"`
}

// outage is a part of what users felt, and where it went.
type outage struct {
	Downtimes []float64 `json:"downtimes_ms"`
	Ledger    []struct {
		Cause string  `json:"cause"`
		SumMS float64 `json:"sum_ms"`
		Share float64 `json:"share"`
	} `json:"ledger"`
}

// inventory is what one region of the example holds.
var inventory = map[string]int{
	"vpc": 1, "subnet": 4, "internet gateway": 1, "route table": 2, "security group": 2, // the VPC's own table and group are not counted
	"instance": 4, "image": 1, "launch template": 1, "auto scaling group": 1,
	"target group": 1, "load balancer": 1, "listener": 1, "record": 1, "health check": 1,
}

func TestPrimaryLostUnderLoadUsersServedBySecondary(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	report := filepath.Join(tmp, "report.json")
	began := time.Now()
	cmd := exec.Command(binary, "demo", "--json", report)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	t.Logf("the demo took %s", time.Since(began).Round(100*time.Millisecond))
	var r demoReport
	readJSON(t, report, &r)
	for region, held := range r.Inventory {
		if diff := cmp.Diff(inventory, held); diff != "" {
			t.Errorf("inventory of %s: %s", region, diff)
		}
	}
	if len(r.Inventory) != 2 || r.ServedBy["us-east-1"] == 0 || r.ServedBy["us-west-2"] == 0 {
		t.Errorf("inventories of %d regions, served by %v; want both", len(r.Inventory), r.ServedBy)
	}
	// That the downtime keeps to the prediction is for the report to tell: at speed 30 a busy machine's own delays count.
	if t.Logf("downtime %v ms, predicted at most %v", r.Downtime.Max, r.PredictedMS); r.Downtime.Max <= 0 || r.PredictedMS <= 0 {
		t.Errorf("downtime %v, predicted at most %v", r.Downtime.Max, r.PredictedMS)
	}
	// Nor does a request fail that has the two seconds that a user waits, but for the outage, and that is predicted.
	if t.Logf("%d requests failed outside of the predicted outage", r.FailedOutside); r.StrayedAfter != 0 {
		t.Errorf("%d requests were served by the lost primary", r.StrayedAfter)
	}
	if r.DetectMS <= 0 || r.AnswerChangedMS <= 0 || r.FailbackMS <= 0 || r.Speed != 30 {
		t.Errorf("detected after %v ms, answer changed after %v ms, back after %v ms, at speed %v", r.DetectMS, r.AnswerChangedMS, r.FailbackMS, r.Speed)
	}
	onlyReportLeft(t, tmp)
}

func TestInterruptedDemoLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{"while building": "local cloud runs", "while the primary is lost": "region: us-east-1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmp := t.TempDir()
			cmd := exec.Command(binary, "demo")
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			said := readUntil(t, stderr, line)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			said += drain(stderr)
			if err := cmd.Wait(); err == nil {
				t.Errorf("an interrupted demo exits 0:\n%s", said)
			}
			onlyReportLeft(t, tmp)
		})
	}
}

func TestKilledDemoLeavesNothing(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := exec.Command(binary, "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, stderr, "both regions are up")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The pipe ends when the last process that holds it has: the world outlives the demo by a moment.
	drain(stderr)
	cmd.Wait()
	s := &stage{t: t}
	s.until("the world removes the cloud's folder", func() bool {
		left, err := os.ReadDir(tmp)
		return err == nil && len(left) == 0
	})
	nothingLeft(t, tmp)
}

func onlyReportLeft(t *testing.T, tmp string) {
	t.Helper()
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range left {
		if l.Name() != "report.json" {
			t.Errorf("%s is left", l.Name())
		}
	}
	nothingLeft(t, tmp)
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readUntil reads a program's output until it has said something.
func readUntil(t *testing.T, r interface{ Read([]byte) (int, error) }, what string) string {
	t.Helper()
	var said strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(said.String(), what) {
		n, err := r.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			t.Fatalf("it never said %q:\n%s", what, said.String())
		}
	}
	return said.String()
}

func drain(r interface{ Read([]byte) (int, error) }) string {
	var said strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			return said.String()
		}
	}
}
