package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// starting is a child that builds its root.
type starting struct {
	cmd    *exec.Cmd
	config *os.File
	report *net.UnixConn
}

// The child's reports, in this order. Anything else is the error that stopped it.
const (
	reportPID     = "pid "    // and its number as the host sees it; it waits for its ids and its configuration
	reportConsole = "console" // with the descriptor from which its console is read
	reportReady   = "ready"   // its boot script has begun
)

var errEnded = errors.New("the child ended before its boot script began")

// spawn executes the child in its namespaces, with what it will write in.
func (h *Host) spawn(spec Spec) (*starting, error) {
	if err := makeUppers(spec, h.base.dir, h.base.owners); err != nil {
		return nil, err
	}
	configR, configW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer configR.Close()
	ours, theirs, err := reportSocket()
	if err != nil {
		configW.Close()
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{Role, "boot", spec.ID}
	cmd.Env = []string{}
	cmd.ExtraFiles = []*os.File{configR, theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:      true,
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		AmbientCaps: bootCapabilities(),
	}
	begin := func() error { return errors.Join(openPorts(h.base.owners), cmd.Start()) }
	if spec.Network != nil {
		err = spec.Network.Do(begin)
	} else {
		err = begin()
	}
	if err != nil {
		configW.Close()
		ours.Close()
		return nil, err
	}
	return &starting{cmd: cmd, config: configW, report: ours}, nil
}

// openPorts lets an instance use low ports and ping in the calling thread's network namespace. The namespace belongs to the
// region, so the instance's capabilities have no effect in it (network_namespaces(7)).
func openPorts(own owners) error {
	first, _ := own.groups.outside(0)
	for name, value := range map[string]string{
		"ip_unprivileged_port_start": "0", "ping_group_range": fmt.Sprint(first, " ", own.groups.last()),
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return fmt.Errorf("open the network to an instance: %w", err)
		}
	}
	return nil
}

// reportSocket makes a pair of sockets that keep messages apart and carry descriptors.
func reportSocket() (ours *net.UnixConn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	f := os.NewFile(uintptr(fds[0]), "report")
	defer f.Close()
	theirs = os.NewFile(uintptr(fds[1]), "report")
	conn, err := net.FileConn(f)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn.(*net.UnixConn), theirs, nil
}

// boot gives the child its ids and its configuration, receives its console, and returns when its boot script has begun.
func (s *starting) boot(ctx context.Context, con *console, own owners, config bootConfig) (pid int, err error) {
	defer s.report.Close()
	defer s.config.Close()
	stop := context.AfterFunc(ctx, func() { s.cmd.Process.Kill() })
	defer stop()
	defer func() {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}()
	number, _, err := s.hear(reportPID)
	if err != nil {
		return 0, err
	}
	if pid, err = strconv.Atoi(number); err != nil {
		return 0, fmt.Errorf("the child reports its number as %q", number)
	}
	if err := own.assign(pid); err != nil {
		return 0, err
	}
	if err := json.NewEncoder(s.config).Encode(config); err != nil {
		return 0, fmt.Errorf("hand over configuration: %w", err)
	}
	s.config.Close()
	if _, con.reader, err = s.hear(reportConsole); err != nil {
		return 0, err
	}
	_, _, err = s.hear(reportReady)
	return pid, err
}

// assign gives a process's new user namespace its ids. The process is named as the host's /proc has it, which is why
// os/exec, to which it has another number, cannot.
func (o owners) assign(pid int) error {
	for name, ids := range map[string]idMap{"uid_map": o.users, "gid_map": o.groups} {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/%s", pid, name), []byte(ids.kernel()), 0); err != nil {
			return fmt.Errorf("give an instance its ids: %w", err)
		}
	}
	return nil
}

// hear waits for the child's next report, which is to begin with prefix, and returns the rest of it and the descriptor that
// came along.
func (s *starting) hear(prefix string) (rest string, carried *os.File, err error) {
	message, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	n, rn, _, _, err := s.report.ReadMsgUnix(message, rights)
	if err != nil || n == 0 {
		return "", nil, errEnded
	}
	if rn > 0 {
		if carried, err = descriptorIn(rights[:rn]); err != nil {
			return "", nil, err
		}
	}
	rest, ok := strings.CutPrefix(string(message[:n]), prefix)
	if !ok || (carried != nil) != (prefix == reportConsole) {
		if carried != nil {
			carried.Close()
		}
		return "", nil, errors.New(strings.TrimSpace(string(message[:n])))
	}
	return rest, carried, nil
}

func descriptorIn(rights []byte) (*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("read a descriptor: %d messages, %w", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("read a descriptor: %d of them, %w", len(fds), err)
	}
	unix.CloseOnExec(fds[0])
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), "console"), nil
}

// tell is the child's side of hear.
func tell(message string, carried ...int) error {
	var rights []byte
	if len(carried) > 0 {
		rights = unix.UnixRights(carried...)
	}
	if err := unix.Sendmsg(reportFD, []byte(message), rights, nil, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("report to the region: %w", err)
	}
	return nil
}
