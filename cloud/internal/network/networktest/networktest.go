// Package networktest runs tests in namespaces of their own, so that no test of a network touches the
// host's. It needs no privileges where the kernel gives unprivileged users namespaces.
package networktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/understudy/understudy/cloud/internal/network"
)

// inside marks a process that already is in namespaces of its own.
const inside = "UNDERSTUDY_TEST_IN_NAMESPACES"

// Main is for a package's TestMain. It runs the test binary again in new user, network, mount and
// PID namespaces, as root of them, and runs the tests there.
func Main(m *testing.M) {
	if os.Getenv(inside) != "" {
		os.Exit(m.Run())
	}
	if err := network.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "networktest: %v\n", err)
		os.Exit(1)
	}
	runtime.LockOSThread() // Pdeathsig is sent when the starting thread ends
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "networktest: start tests in namespaces: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}
