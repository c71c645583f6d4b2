package machine

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const insideWorld = "UNDERSTUDY_TEST_WORLD"

// TestMain executes the tests again in the namespaces that the world would make for a region: as root
// with all ids mapped, as anyone else with its own id as root's.
func TestMain(m *testing.M) {
	if Main() {
		return
	}
	if os.Getenv(insideWorld) == "" {
		os.Exit(enterWorld())
	}
	if lo, err := netlink.LinkByName("lo"); err != nil || netlink.LinkSetUp(lo) != nil {
		fmt.Fprintln(os.Stderr, "bring up loopback:", err)
		os.Exit(1)
	}
	if _, err := net.InterfaceByName("lo"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "understudy-host-")
	if err == nil {
		err = EmptyHost(filepath.Join(dir, "host"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared = NewHost(filepath.Join(dir, "host", "layer"), dir)
	code := m.Run()
	unix.Unmount(filepath.Join(dir, "host"), 0)
	os.RemoveAll(dir)
	os.Exit(code)
}

func enterWorld() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideWorld+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	ids, groups := syscall.SysProcIDMap{HostID: os.Getuid(), Size: 1}, syscall.SysProcIDMap{HostID: os.Getgid(), Size: 1}
	if os.Getuid() == 0 {
		ids.Size, groups.Size = 1<<32-1, 1<<32-1
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS |
			syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		UidMappings:                []syscall.SysProcIDMap{ids},
		GidMappings:                []syscall.SysProcIDMap{groups},
		GidMappingsEnableSetgroups: os.Getuid() == 0,
		Pdeathsig:                  syscall.SIGKILL,
	}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "tests in namespaces:", err)
		return 1
	}
	return 0
}
