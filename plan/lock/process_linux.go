package lock

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/understudy/understudy/account"
)

// thisProcess describes the running process. A PID means something only in its namespace, whose inode is unique until
// the next boot.
func thisProcess() process {
	p := process{PID: os.Getpid(), Started: startOf(os.Getpid())}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return p
	}
	if space, err := os.Readlink("/proc/self/ns/pid"); err == nil {
		p.Machine = account.Token(string(boot), space)[:16]
	}
	return p
}

// startOf returns when a process was started, or "" if there is none or it has ended: field 22 of proc_pid_stat(5), whose
// second field is in brackets and may contain spaces. The third is its state.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

// ended tells whether the process that was started then has ended. Other users' processes may be hidden in /proc (its
// option hidepid), but not from a signal.
func ended(pid int, started string) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	_, err := os.Stat(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && startOf(pid) != started
}
