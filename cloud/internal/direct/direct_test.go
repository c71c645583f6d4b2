package direct_test

import (
	"bytes"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/understudy/understudy/cloud/internal/direct"
)

// TestReceive receives what is there, and is told where nothing is, where the end is, and where the other side broke off.
func TestReceive(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs conn) {
		buffer := make([]byte, 8)
		if n, errno := receive(ours, buffer); n != 0 || errno != syscall.EAGAIN {
			t.Errorf("of nothing: %d, %v", n, errno)
		}
		theirs.Write([]byte("half a sentence"))
		if n, errno := await(t, ours, buffer); n != 8 || errno != 0 || string(buffer) != "half a s" {
			t.Errorf("a buffer's worth: %d, %v, %q", n, errno, buffer)
		}
		if n, errno := await(t, ours, buffer); n != 7 || errno != 0 || string(buffer[:n]) != "entence" {
			t.Errorf("the rest: %d, %v, %q", n, errno, buffer[:n])
		}
		theirs.CloseWrite()
		for range 2 {
			if n, errno := await(t, ours, buffer); n != 0 || errno != 0 {
				t.Errorf("at the end: %d, %v", n, errno)
			}
		}
		if n, errno := receive(ours, buffer); n != 0 || errno != 0 {
			t.Errorf("beyond the end: %d, %v", n, errno)
		}
	})
}

func TestReceiveAfterReset(t *testing.T) {
	ours, theirs := tcp(t)
	theirs.(*net.TCPConn).SetLinger(0)
	theirs.Close()
	if n, errno := await(t, ours, make([]byte, 1)); n != 0 || errno != syscall.ECONNRESET {
		t.Errorf("%d, %v", n, errno)
	}
}

// TestPeek leaves what it saw.
func TestPeek(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs conn) {
		buffer := make([]byte, 4)
		if n, errno := call(ours, direct.Peek, buffer); n != 0 || errno != syscall.EAGAIN {
			t.Errorf("of nothing: %d, %v", n, errno)
		}
		theirs.Write([]byte("once"))
		for _, f := range []func(uintptr, []byte) (int, syscall.Errno){direct.Peek, direct.Peek, direct.Receive} {
			clear(buffer)
			if n, errno := wait(t, ours, f, buffer); n != 4 || errno != 0 || string(buffer) != "once" {
				t.Errorf("%d, %v, %q", n, errno, buffer)
			}
		}
		if n, errno := call(ours, direct.Peek, buffer); n != 0 || errno != syscall.EAGAIN {
			t.Errorf("of what was received: %d, %v", n, errno)
		}
		theirs.Close()
		if n, errno := wait(t, ours, direct.Peek, buffer); n != 0 || errno != 0 {
			t.Errorf("at the end: %d, %v", n, errno)
		}
	})
}

// TestSendFillsUp sends more than there is place for: it says how much went, and just that arrives.
func TestSendFillsUp(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs conn) {
		long := random(t, 64<<20)
		sent, errno := call(ours, direct.Send, long)
		if errno != syscall.EAGAIN || sent == 0 || sent == len(long) {
			t.Fatalf("%d of %d bytes, %v", sent, len(long), errno)
		}
		if n, errno := call(ours, direct.Send, nil); n != 0 || errno != 0 {
			t.Errorf("nothing, into what is full: %d, %v", n, errno)
		}
		ours.CloseWrite()
		var arrived bytes.Buffer
		if _, err := arrived.ReadFrom(theirs); err != nil || !bytes.Equal(arrived.Bytes(), long[:sent]) {
			t.Errorf("%d bytes were sent, %d arrived, %v", sent, arrived.Len(), err)
		}
	})
}

// TestSendToNobody is an error, and no signal: that would end a program whose standard output it came from.
func TestSendToNobody(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGPIPE)
	defer signal.Stop(signals)
	each(t, func(t *testing.T, ours, theirs conn) {
		theirs.Close()
		var sent int
		var errno syscall.Errno
		for errno == 0 { // the first segment to a closed TCP socket is answered by a reset
			sent, errno = wait(t, ours, direct.Send, []byte("hello?"))
		}
		if errno == syscall.ECONNRESET {
			sent, errno = call(ours, direct.Send, []byte("hello?"))
		}
		if sent != 0 || errno != syscall.EPIPE {
			t.Errorf("%d, %v", sent, errno)
		}
	})
	select {
	case s := <-signals:
		t.Errorf("a signal came: %v", s)
	default:
	}
}

// TestNoSocket tells what is no socket, or none any more.
func TestNoSocket(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if n, errno := direct.Receive(r.Fd(), make([]byte, 1)); n != 0 || errno != syscall.ENOTSOCK {
		t.Errorf("a pipe: %d, %v", n, errno)
	}
	if n, errno := direct.Send(^uintptr(0), []byte("x")); n != 0 || errno != syscall.EBADF {
		t.Errorf("no descriptor: %d, %v", n, errno)
	}
}

// TestBesidesThePoller passes much in both directions at once, waiting by Go's poller, from buffers of stacks that move.
func TestBesidesThePoller(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs conn) {
		there, back := random(t, 4<<20), random(t, 4<<20)
		var all sync.WaitGroup
		for _, way := range []struct {
			from, to conn
			what     []byte
		}{{ours, theirs, there}, {theirs, ours, back}} {
			all.Go(func() { pour(t, way.from, way.what) })
			all.Go(func() {
				if got := drain(t, way.to); !bytes.Equal(got, way.what) {
					t.Errorf("%d bytes came of %d, or others", len(got), len(way.what))
				}
			})
		}
		all.Wait()
	})
}
