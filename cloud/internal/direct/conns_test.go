package direct_test

import (
	"net"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/understudy/understudy/cloud/internal/direct"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// conn is a connection of the kernel's that can be closed in one direction.
type conn interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// function is one of the package's.
type function = func(fd uintptr, p []byte) (int, syscall.Errno)

// each runs a test with both ends of a connection of each kind.
func each(t *testing.T, test func(t *testing.T, ours, theirs conn)) {
	t.Run("tcp", func(t *testing.T) {
		ours, theirs := tcp(t)
		test(t, ours, theirs)
	})
	t.Run("unix", func(t *testing.T) {
		ours, theirs := pair(t, "unix", filepath.Join(t.TempDir(), "s"))
		test(t, ours, theirs)
	})
}

func tcp(t *testing.T) (ours, theirs conn) { return pair(t, "tcp", "127.0.0.1:0") }

func pair(t *testing.T, kind, address string) (ours, theirs conn) {
	t.Helper()
	l, err := net.Listen(kind, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial(kind, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{dialled, accepted} {
		c.SetDeadline(patience.Deadline())
		t.Cleanup(func() { c.Close() })
	}
	return dialled.(conn), accepted.(conn)
}

func random(t *testing.T, n int) []byte {
	p, r := make([]byte, n), chance.New(t)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// call calls a function on a connection once.
func call(c conn, f function, p []byte) (n int, errno syscall.Errno) {
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { n, errno = f(fd, p) })
	}
	if err != nil {
		panic(err)
	}
	return n, errno
}

func receive(c conn, p []byte) (int, syscall.Errno) { return call(c, direct.Receive, p) }

// wait calls a function that reads, or sends what there is place for, as soon as the poller says that it can.
func wait(t *testing.T, c conn, f function, p []byte) (n int, errno syscall.Errno) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Read(func(fd uintptr) bool {
			n, errno = f(fd, p)
			return errno != syscall.EAGAIN
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return n, errno
}

func await(t *testing.T, c conn, p []byte) (int, syscall.Errno) {
	t.Helper()
	return wait(t, c, direct.Receive, p)
}

// pour sends all of it, and then the end.
func pour(t *testing.T, c conn, p []byte) {
	defer c.CloseWrite()
	raw, err := c.SyscallConn()
	if err == nil {
		var errno syscall.Errno
		err = raw.Write(func(fd uintptr) bool {
			var n int
			n, errno = direct.Send(fd, p)
			p = p[n:]
			return errno != syscall.EAGAIN
		})
		if err == nil && errno != 0 {
			err = errno
		}
	}
	if err != nil || len(p) > 0 {
		t.Errorf("%d bytes were not sent, %v", len(p), err)
	}
}

// drain receives until the end, into buffers on a stack that has grown, and that the next collection makes smaller again.
func drain(t *testing.T, c conn) (all []byte) {
	raw, err := c.SyscallConn()
	if err != nil {
		t.Error(err)
		return nil
	}
	for round := 0; ; round++ {
		var n int
		var errno syscall.Errno
		err := raw.Read(func(fd uintptr) bool {
			n, errno = deep(round%16, fd, &all)
			return errno != syscall.EAGAIN
		})
		if err != nil || errno != 0 {
			t.Errorf("after %d bytes: %v, %v", len(all), err, errno)
		}
		if err != nil || errno != 0 || n == 0 {
			return all
		}
		if round%16 == 0 {
			runtime.GC()
		}
	}
}

//go:noinline
func deep(depth int, fd uintptr, all *[]byte) (int, syscall.Errno) {
	var buffer [4 << 10]byte
	if depth > 0 {
		n, errno := deep(depth-1, fd, all)
		buffer[0] = byte(n)
		return n, errno
	}
	n, errno := direct.Receive(fd, buffer[:])
	*all = append(*all, buffer[:n]...)
	return n, errno
}
