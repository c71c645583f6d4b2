package machine

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// keptCapabilities are those that container runtimes leave to root by default, without MKNOD. They do not allow
// mounting, tracing others, or changing the network, the clock or the kernel.
var keptCapabilities = map[int]bool{
	unix.CAP_CHOWN: true, unix.CAP_DAC_OVERRIDE: true, unix.CAP_FOWNER: true, unix.CAP_FSETID: true,
	unix.CAP_KILL: true, unix.CAP_SETGID: true, unix.CAP_SETUID: true, unix.CAP_SETPCAP: true,
	unix.CAP_NET_BIND_SERVICE: true, unix.CAP_NET_RAW: true, unix.CAP_SYS_CHROOT: true,
	unix.CAP_AUDIT_WRITE: true, unix.CAP_SETFCAP: true,
}

// becomeRoot makes this process, with all its threads, the instance's root, without the groups of the user who started the
// cloud. From then on the kernel gives it the rights of any other user of the host only. And no process inside
// can trace this one while it runs the host's program.
func becomeRoot() error {
	// To an unprivileged user the kernel denies setgroups: his groups stay.
	if err := syscall.Setgroups(nil); err != nil && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("drop groups: %w", err)
	}
	if err := syscall.Setresgid(0, 0, 0); err != nil {
		return fmt.Errorf("become the instance's root: %w", err)
	}
	if err := syscall.Setresuid(0, 0, 0); err != nil {
		return fmt.Errorf("become the instance's root: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("close this process to others: %w", err)
	}
	return nil
}

// confine drops the capabilities of the calling thread that an instance's root must not have. It is called after the
// last mount and before the exec.
func confine() error {
	// A keyring of its own, where the kernel has keyrings: the session's may hold the user's keys.
	if _, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0); err != nil && !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("join a new keyring: %w", err)
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	return closeOnExec()
}

// bootCapabilities are those that the child needs until it is confined: the kept ones, and those to mount and to set
// limits. At its exec, its user has no id inside yet, so they are lost unless they are ambient (capabilities(7)).
func bootCapabilities() []uintptr {
	all := []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_RESOURCE}
	for c := range keptCapabilities {
		all = append(all, uintptr(c))
	}
	return all
}

// dropCapabilities empties the bounding set, from which root's capabilities come at exec, down to the kept ones, and
// then the thread's own sets alike.
func dropCapabilities() error {
	var kept [2]unix.CapUserData
	for c := 0; c <= 63; c++ {
		if keptCapabilities[c] {
			bit := uint32(1) << (c % 32)
			kept[c/32].Permitted |= bit
			kept[c/32].Effective |= bit
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // beyond the kernel's last
		} else if err != nil {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &kept[0]); err != nil {
		return fmt.Errorf("set capabilities: %w", err)
	}
	return nil
}

func closeOnExec() error {
	if err := unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close inherited files: %w", err)
	}
	return nil
}
