package machine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const testID = "i-0123456789abcdef0"

// bench is a host with one instance's folder.
type bench struct {
	t    *testing.T
	host *Host
	dir  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	return &bench{t: t, host: NewHost(filepath.Join(dir, "base"), dir), dir: dir}
}

func (b *bench) spec(script string) Spec {
	return Spec{ID: testID, Hostname: "ip-10-0-1-23", Dir: filepath.Join(b.dir, testID), UserData: []byte(script)}
}

func (b *bench) start(spec Spec) *Machine {
	b.t.Helper()
	m, err := b.host.Start(b.t.Context(), spec)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		m.cmd.Process.Kill()
		<-m.Done()
	})
	return m
}

// reporter is a script's way to say something to the test: it listens on loopback, which instances without a
// network of their own share, and returns what the first connection sends.
func (b *bench) reporter() (address string, report func() string) {
	b.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() string {
		b.t.Helper()
		l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second))
		c, err := l.Accept()
		if err != nil {
			b.t.Fatalf("the instance reports nothing: %v\n%s", err, b.console())
		}
		defer c.Close()
		var out bytes.Buffer
		if _, err := out.ReadFrom(c); err != nil {
			b.t.Fatal(err)
		}
		return out.String()
	}
}

func (b *bench) console() string {
	out, err := Console(filepath.Join(b.dir, testID))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out)
}

// tell is a script that runs commands and sends what they say to address.
func tell(address, commands string) string {
	host, port, _ := strings.Cut(address, ":")
	return fmt.Sprintf("#!/bin/bash\n{\n%s\n} >/dev/tcp/%s/%s 2>&1\n", commands, host, port)
}

// run starts an instance, has it run commands and returns what they said.
func (b *bench) run(spec Spec, commands string) (*Machine, string) {
	b.t.Helper()
	address, report := b.reporter()
	spec.UserData = []byte(tell(address, commands))
	m := b.start(spec)
	return m, report()
}

func TestScriptRunsAsRootOnItsOwnSystem(t *testing.T) {
	b := newBench(t)
	began := time.Now()
	m, said := b.run(b.spec(""), `id -u; hostname; cat /etc/hostname; echo $$; pwd; ls -A /root /home`)
	t.Logf("from Start to the report: %v", time.Since(began))
	lines := strings.Split(said, "\n")
	if len(lines) < 5 || lines[0] != "0" || lines[1] != "ip-10-0-1-23" || lines[2] != "ip-10-0-1-23" || lines[4] != "/" {
		t.Errorf("the script said %q", said)
	}
	if !strings.HasSuffix(said, "/home:\n\n/root:\n") {
		t.Errorf("homes are not empty: %q", said)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(status, []byte(fmt.Sprintf("\t%d\t1\n", m.cmd.Process.Pid))) {
		t.Errorf("the process with the reported id is not the instance's first:\n%s", status)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStopLetsProcessesEndInOrder(t *testing.T) {
	b := newBench(t)
	address, report := b.reporter()
	gone, last := b.reporter()
	spec := b.spec("#!/bin/bash\n(trap 'echo bye >/dev/tcp/" + strings.Replace(gone, ":", "/", 1) + "; exit' TERM\n" +
		"echo up >/dev/tcp/" + strings.Replace(address, ":", "/", 1) + "\nwhile :; do read -t 1 <>/dev/pts/ptmx; done) &\n")
	m := b.start(spec)
	report()
	if err := m.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := last(); got != "bye\n" {
		t.Errorf("got %q", got)
	}
	select {
	case <-m.Done():
	default:
		t.Error("Stop returned before the end")
	}
}

// here is a namespace that is the caller's own.
type here struct{}

func (here) Do(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}
