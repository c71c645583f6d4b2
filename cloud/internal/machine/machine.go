// Package machine runs instances: processes in namespaces of their own on a root made of layers.
//
// An instance is one tree of processes in a fresh user, PID, mount, UTS and IPC namespace, inside a network
// namespace made by its caller. Its root has, from the bottom, the host's own file system, of which it can read what all
// users of the host can and change nothing (see owners.go), the layers of its image, and its own writable layer.
// Its first process is a sleep, beside which a short boot script runs, so that no process of this program stays
// in memory for an instance.
//
// The program executes itself again to build the root, because mounts must be made from
// inside the new namespaces and a Go process cannot fork without exec. Call [Main] first in main.
package machine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/rootfs"
)

// StopGrace is how long an instance's processes have between SIGTERM and SIGKILL.
const StopGrace = 5 * time.Second

// Spec is an instance to run.
type Spec struct {
	ID        string                              // i-...
	Hostname  string                              // ip-10-0-1-23
	Address   netip.Addr                          // its private address, for /etc/hosts; may be the zero value
	Resolvers []netip.Addr                        // the name servers in /etc/resolv.conf
	Domain    string                              // that /etc/resolv.conf searches; empty for none
	Layers    []string                            // folders of image layers, the topmost first; below them all lies the host's root
	Dir       string                              // the instance's own folder: its writable layer, its console log; kept over stop and start
	PublicKey string                              // of its key pair, a line of OpenSSH's for authorized_keys; may be empty
	UserData  []byte                              // run once in the life of Dir, raw (not base64), plain or gzip
	Network   interface{ Do(func() error) error } // the namespace to run in; nil for the caller's
	Service   *rootfs.Service                     // of its image; nil for none. It runs if there is no user data
	Volumes   []Volume                            // beside its root
	Memory    int64                               // of its type, in bytes: see Processes and docs/cloud.md; 0 for no limit
}

// Machine is a running instance.
type Machine struct {
	cmd  *exec.Cmd
	pid  int
	done chan struct{}
	meter
}

// Start starts an instance and returns when its first process runs. An error names the step
// that failed; then nothing is left running or mounted. The context bounds only the start.
func (h *Host) Start(ctx context.Context, spec Spec) (*Machine, error) {
	m, err := h.start(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("start instance %s: %w", spec.ID, err)
	}
	return m, nil
}

func (h *Host) start(ctx context.Context, spec Spec) (*Machine, error) {
	if err := h.Prepare(ctx); err != nil {
		return nil, err
	}
	con, err := openConsole(spec.Dir)
	if err != nil {
		return nil, err
	}
	child, err := h.spawn(spec)
	if err != nil {
		con.close()
		return nil, err
	}
	pid, err := child.boot(ctx, con, h.base.owners, bootConfig{
		ID: spec.ID, Hostname: spec.Hostname, Address: text(spec.Address), Resolvers: spec.Resolvers, Domain: spec.Domain,
		Base: h.base.dir, Layers: spec.Layers, Dir: spec.Dir, UserData: spec.UserData, PublicKey: spec.PublicKey, Service: spec.Service,
		Volumes: spec.Volumes, Memory: spec.Memory, Trusted: h.Trusted,
	})
	if err != nil {
		child.cmd.Process.Kill()
		child.cmd.Wait()
		if errors.Is(err, errEnded) {
			err = fmt.Errorf("%w: %s %s", err, child.cmd.ProcessState, con.unread())
		}
		con.close()
		return nil, err
	}
	m := &Machine{cmd: child.cmd, pid: pid, done: make(chan struct{})}
	go m.attend(con)
	return m, nil
}

// attend carries the console until every process of the instance has closed it, then reaps.
func (m *Machine) attend(con *console) {
	con.carry()
	m.cmd.Wait()
	close(m.done)
}

// PID returns the first process's id as the host sees it, provided /proc is the host's.
func (m *Machine) PID() int { return m.pid }

// Done is closed when the instance's first process has ended, and with it all the others.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Stop ends the instance. It sends SIGTERM to all its processes, and SIGKILL when all except the first have ended, when
// the context ends or after StopGrace. It returns when none is left.
func (m *Machine) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, StopGrace)
	defer cancel()
	m.terminate(ctx)
	if err := m.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop instance: %w", err)
	}
	<-m.done
	return nil
}

// terminate sends SIGTERM to all processes except the first, and waits until they have ended. Only a process inside
// the PID namespace can signal them all, so it starts one there. Its failure is not reported, since SIGKILL follows.
func (m *Machine) terminate(ctx context.Context) {
	fd, err := unix.PidfdOpen(m.cmd.Process.Pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{Role, "terminate"}
	err = onThread(func() error {
		if err := unix.Setns(fd, unix.CLONE_NEWPID); err != nil {
			return err
		}
		return cmd.Start()
	})
	if err == nil {
		cmd.Wait()
	}
}

// onThread runs f on an operating-system thread that is thrown away afterwards, because f changes its namespaces.
func onThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		result <- f()
	}()
	return <-result
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Paths inside an instance's folder.
func upperDir(dir string) string   { return filepath.Join(dir, "upper") }
func workDir(dir string) string    { return filepath.Join(dir, "work") }
func consoleLog(dir string) string { return filepath.Join(dir, "console.log") }
