package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Disk is the size of an instance's disk, in bytes, as in DescribeImages. No file can become larger.
const Disk = 8 << 30

// Processes returns how many processes and threads each user of an instance may have at a time, in a machine of so much
// memory (bytes): what Linux gives a user at boot (set_max_threads and fork_init in kernel/fork.c, with stacks of 16 KiB).
func Processes(memory int64) int64 { return memory / (8 * 16 << 10) / 2 }

// reservedPIDs are the first process ids, which the kernel does not use again after it has reached the last one
// (RESERVED_PIDS in kernel/pid.c).
const reservedPIDs = 300

// mostPIDs is the largest kernel.pid_max (PID_MAX_LIMIT in include/linux/threads.h).
const mostPIDs = 4 << 20

// limitNamespaces sets limits that are counted by namespace, through the instance's own sysctls. Instances cannot make user
// namespaces: in one, any process would have the capabilities that this package drops, for example to mount a tmpfs
// without limit.
// From Linux 6.14 on a PID namespace has its own kernel.pid_max, which bounds the processes of all users together.
func limitNamespaces(sysctls string, memory int64) error {
	if err := os.WriteFile(filepath.Join(sysctls, "user/max_user_namespaces"), []byte("0"), 0); err != nil {
		return fmt.Errorf("forbid user namespaces: %w", err)
	}
	if memory == 0 || !ownPIDLimit() {
		return nil
	}
	all := strconv.FormatInt(min(reservedPIDs+Processes(memory), mostPIDs), 10)
	if err := os.WriteFile(filepath.Join(sysctls, "kernel/pid_max"), []byte(all), 0); err != nil {
		return fmt.Errorf("limit processes: %w", err)
	}
	return nil
}

// ownPIDLimit reports whether each PID namespace has its own kernel.pid_max; before Linux 6.14 there was one for all.
func ownPIDLimit() bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return false
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 6 || major == 6 && minor >= 14
}

// limit sets the calling process's limits, which all processes of the instance inherit and cannot raise, since that
// needs a capability on the host. Memory is in bytes; with 0 there are no limits of memory and processes.
func limit(memory int64) error {
	limits := map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: Disk}
	if memory > 0 {
		limits[unix.RLIMIT_DATA] = uint64(memory)
		limits[unix.RLIMIT_NPROC] = uint64(Processes(memory))
	}
	for which, value := range limits {
		var has unix.Rlimit
		if err := unix.Getrlimit(which, &has); err != nil {
			return fmt.Errorf("read limit %d: %w", which, err)
		}
		value = min(value, has.Max)
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("set limit %d: %w", which, err)
		}
	}
	return limitFiles()
}

// limitFiles sets the soft limit of open files that distributions have; a service may raise it to the hard limit.
func limitFiles() error {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("read file limit: %w", err)
	}
	files.Cur = min(1024, files.Max)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("limit files: %w", err)
	}
	return nil
}

// dieFirst lets the kernel end instances before the host's own processes if memory runs out (proc_pid_oom_score_adj(5)).
func dieFirst() error {
	const adjustment = "500"
	err := os.WriteFile("/proc/self/oom_score_adj", []byte(adjustment), 0)
	if errors.Is(err, fs.ErrPermission) { // it is higher already
		return nil
	}
	return err
}
