package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

// TestCostOfAnInstance measures what an instance takes: the time from Start to its script's first line, and the memory of
// the one process that stays. Nothing of this program may.
func TestCostOfAnInstance(t *testing.T) {
	b := newBench(t)
	if err := b.host.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	const instances = 10
	var total time.Duration
	for i := range instances {
		spec := b.spec("#!/bin/bash\necho began=$EPOCHREALTIME\n")
		spec.ID = fmt.Sprintf("i-%017d", i)
		spec.Dir = filepath.Join(b.dir, testID)
		before := time.Now()
		m := b.start(spec)
		started := time.Since(before)
		out := b.await("boot finished")
		match := regexp.MustCompile(`began=(\d+)[.,](\d+)`).FindStringSubmatch(out)
		if match == nil {
			t.Fatalf("no time in\n%s", out)
		}
		seconds, _ := strconv.ParseInt(match[1], 10, 64)
		micros, _ := strconv.ParseInt(match[2], 10, 64)
		total += time.Unix(seconds, micros*1000).Sub(before)
		status := sleeping(t, m.PID())
		if i == instances-1 {
			t.Logf("Start takes %v; memory %v", started, regexp.MustCompile(`(VmRSS|RssAnon|RssFile):\s+(\d+) kB`).FindAllString(status, -1))
			smaps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", m.PID()))
			t.Logf("%v", regexp.MustCompile(`Pss:\s+\d+ kB`).FindString(string(smaps)))
		}
		if err := m.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		os.RemoveAll(filepath.Join(spec.Dir))
	}
	t.Logf("from Start to the script's first line: %v on average", total/instances)
}

// sleeping waits until an instance's first process has become a sleep, and returns its status.
func sleeping(t *testing.T, pid int) (status string) {
	t.Helper()
	for until := patience.Deadline(); ; time.Sleep(5 * time.Millisecond) { // no event tells of an exec
		read, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		status = string(read)
		if err == nil && strings.HasPrefix(status, "Name:\tsleep\n") {
			return status
		}
		if err != nil || time.Now().After(until) {
			t.Fatalf("the first process is not a sleep: %v\n%s", err, status)
		}
	}
}
