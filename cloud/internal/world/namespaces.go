//go:build linux

package world

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Namespaces returns the attributes to start the world with: new namespaces of every kind, its own session, and
// SIGKILL when the starting process ends.
func Namespaces() (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS |
			syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	if os.Geteuid() != 0 {
		// The kernel lets an unprivileged user map one id only, the user's own.
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
		return attr, nil
	}
	// Root maps every id that it has: all ids, unless it is root of a user namespace only.
	var err error
	if attr.UidMappings, err = mapping("/proc/self/uid_map"); err != nil {
		return nil, err
	}
	if attr.GidMappings, err = mapping("/proc/self/gid_map"); err != nil {
		return nil, err
	}
	// If it is root of a namespace that an unprivileged user made, the kernel denies setgroups permanently.
	setgroups, err := os.ReadFile("/proc/self/setgroups")
	attr.GidMappingsEnableSetgroups = err != nil || strings.TrimSpace(string(setgroups)) != "deny"
	return attr, nil
}

// mapping maps each range of this process's ids to the same ids.
func mapping(path string) ([]syscall.SysProcIDMap, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var ranges []syscall.SysProcIDMap
	for line := range strings.Lines(string(b)) {
		var inside, outside, size int
		if _, err := fmt.Sscan(line, &inside, &outside, &size); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		ranges = append(ranges, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: size})
	}
	return ranges, nil
}
