package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Namespace is a network namespace, which exists as long as a file or a process refers to it. There is no bind mount, so
// the namespace ends with the process that has the file open.
type Namespace struct {
	file *os.File
}

// threadNamespace is the path of the calling thread's network namespace. (/proc/self/ns/net is that of
// the process's first thread.)
const threadNamespace = "/proc/thread-self/ns/net"

// NewNamespace makes an empty network namespace: loopback is up, and IPv6 is off.
func NewNamespace() (*Namespace, error) {
	n := &Namespace{}
	err := onSpareThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare: %w", err)
		}
		f, err := os.Open(threadNamespace)
		if err != nil {
			return err
		}
		n.file = f
		return settleNamespace()
	})
	if err != nil {
		if n.file != nil {
			n.file.Close()
		}
		return nil, fmt.Errorf("make network namespace: %w", err)
	}
	return n, nil
}

// Current returns the network namespace of the calling process.
func Current() (*Namespace, error) {
	f, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("open own network namespace: %w", err)
	}
	return &Namespace{file: f}, nil
}

// settleNamespace prepares the calling thread's new namespace.
func settleNamespace() error {
	if err := errors.Join(disableIPv6(), trustLinks()); err != nil {
		return err
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	return loopbackUp(h)
}

func loopbackUp(h *netlink.Handle) error {
	lo, err := h.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if err := h.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}

// Close closes the namespace's file. The kernel removes the namespace when no process and no socket is left in it.
func (n *Namespace) Close() error { return n.file.Close() }

// Do runs f on a thread inside the namespace. The thread is thrown away afterwards, so f may change
// whatever a thread has of its own. A process that f starts begins in the namespace, but must not ask
// for Pdeathsig: the kernel sends that when the starting thread ends (prctl(2)), which is at once.
func (n *Namespace) Do(f func() error) error {
	return onSpareThread(func() error {
		if err := n.enter(); err != nil {
			return err
		}
		return f()
	})
}

// Start starts a command inside the namespace.
func (n *Namespace) Start(cmd *exec.Cmd) error { return n.Do(cmd.Start) }

// enter moves the calling thread into the namespace.
func (n *Namespace) enter() error {
	raw, err := n.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	var entered error
	if err := raw.Control(func(fd uintptr) { entered = unix.Setns(int(fd), unix.CLONE_NEWNET) }); err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	if entered != nil {
		return fmt.Errorf("enter network namespace: setns: %w", entered)
	}
	return nil
}

// visit runs f inside the namespace on the caller's own thread, and then moves the thread back. f must be short and must
// only make sockets. visit takes a fraction of the time of Do. A thread that cannot be moved back stays locked to this
// goroutine and ends with it.
func (n *Namespace) visit(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(threadNamespace)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if err := n.enter(); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err = f()
	if back := (&Namespace{file: home}).enter(); back != nil {
		return errors.Join(err, fmt.Errorf("return from network namespace: %w", back))
	}
	runtime.UnlockOSThread()
	return err
}

// netlink opens a handle whose requests act on the namespace.
func (n *Namespace) netlink() (*netlink.Handle, error) {
	var h *netlink.Handle
	err := n.visit(func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	return h, err
}

// onSpareThread runs f on a thread that ends afterwards. The process's first thread must not be used, since it cannot end
// and /proc/PID/ns shows its namespaces: if the scheduler offers that one, it is locked until there is another.
func onSpareThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			done <- onSpareThread(f)
			runtime.UnlockOSThread()
			return
		}
		err := errors.New("network: the function left its thread")
		defer func() { done <- err }()
		err = f()
	}()
	return <-done
}
