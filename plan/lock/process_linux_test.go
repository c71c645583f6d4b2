package lock

import (
	"os/exec"
	"testing"
)

// ran is a process that has ended.
func ran(t *testing.T) process {
	t.Helper()
	c := exec.Command("sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p := thisProcess()
	p.PID = c.Process.Pid
	p.Started = startOf(p.PID)
	if p.gone() {
		t.Error("a process that runs is said to be gone")
	}
	c.Process.Kill()
	c.Wait()
	return p
}

func TestKilledHolderOfThisMachineIsKnownToBeGone(t *testing.T) {
	p := ran(t)
	if !p.gone() {
		t.Error("a process that was killed is said to run")
	}
	p.Machine = "another"
	if p.gone() {
		t.Error("a process of another machine is said to be gone")
	}
	again := thisProcess()
	if again.gone() {
		t.Error("this process is said to be gone")
	}
	if again.Started = "1"; !again.gone() {
		t.Error("a process whose number is used again is said to run")
	}
}
