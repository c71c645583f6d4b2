package resolvers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is a resolver that runs.
type Process struct {
	Program
	Address string // host:port at which it answers
	Version string

	cmd    *exec.Cmd
	ended  chan struct{} // it has
	mu     sync.Mutex
	said   []string // its last lines
	closed bool     // by Close
}

// startsWithin is how long a program may take until it listens: what else ends the wait is that it has ended.
const startsWithin = time.Minute

// Start starts a program, and returns when it listens.
func (p Program) Start(ctx context.Context, up Upstream) (*Process, error) {
	path, err := p.Path()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	for n := 1; ; n++ {
		r, err := p.startOnce(ctx, path, up)
		if err == nil || n == ports || ctx.Err() != nil || !strings.Contains(err.Error(), "ddress already in use") {
			return r, err
		}
	}
}

func (p Program) startOnce(ctx context.Context, path string, up Upstream) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	args, input, err := p.arguments(port, up)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	r := &Process{Program: p, Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), cmd: exec.Command(path, args...), ended: make(chan struct{})}
	r.cmd.Stdin, r.cmd.SysProcAttr = strings.NewReader(input), endsWithStarter()
	out, err := r.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	begun, listens := make(chan error, 1), make(chan string, 1)
	go r.run(out, begun, listens)
	if err := <-begun; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	select {
	case r.Version = <-listens:
		return r, nil
	case <-ctx.Done():
		r.Close()
		return nil, fmt.Errorf("start %s: until it listens: %w", p.Name, context.Cause(ctx))
	case <-r.ended:
		return nil, r.Died()
	}
}

// run starts it and waits for its end, on one thread: the kernel ends it when the thread that has started it does (PR_SET_PDEATHSIG).
func (r *Process) run(out io.Reader, begun chan<- error, listens chan<- string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := r.cmd.Start()
	begun <- err
	if err != nil {
		return
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		r.listen(out, listens)
	}()
	<-read // before Wait, which closes the pipe
	r.cmd.Wait()
	close(r.ended)
}

// keptLines is how many of its last lines are told when it has ended.
const keptLines = 3

// listen reads what it says until it ends.
func (r *Process) listen(out io.Reader, listens chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if _, version, found := strings.Cut(line, r.started); found {
			version, _, _ = strings.Cut(version, " ")
			select {
			case listens <- strings.TrimRight(version, ")."):
			default: // of a restart, which nobody waits for
			}
		}
		r.mu.Lock()
		r.said = append(r.said[max(0, len(r.said)-keptLines+1):], line)
		r.mu.Unlock()
	}
	io.Copy(io.Discard, out) // a line that is too long
}

// PID is its process's number.
func (r *Process) PID() int { return r.cmd.Process.Pid }

// Died is how it ended before Close was called, or nil.
func (r *Process) Died() error {
	select {
	case <-r.ended:
	default:
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	return fmt.Errorf("%s has ended (%s): %s", r.Name, r.cmd.ProcessState, strings.Join(r.said, "; "))
}

// Close ends it, and returns how it had ended before, if it had.
func (r *Process) Close() error {
	if err := r.Died(); err != nil {
		return err
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	if err := r.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) { // it has nothing to put in order
		return fmt.Errorf("end %s: %w", r.Name, err)
	}
	<-r.ended
	return nil
}
