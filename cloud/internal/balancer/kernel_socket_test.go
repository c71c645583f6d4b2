package balancer

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/patience"
)

// pair are two ends of a kernel's connection, one of them a socket.
func pair(t *testing.T) (*socket, *net.TCPConn) {
	t.Helper()
	if err := network.PrepareInternet(); err != nil { // brings loopback up
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	s, ok := fast(near).(*socket)
	if !ok {
		t.Fatal("a kernel's connection is no socket")
	}
	_ = s.SetDeadline(time.Now().Add(patience.Limit))
	_ = far.SetDeadline(time.Now().Add(patience.Limit))
	return s, far.(*net.TCPConn)
}

// Whatever the kernel's buffers hold, all bytes pass, both ways at once.
func TestSocketCarriesAll(t *testing.T) {
	s, far := pair(t)
	all := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	go func() { // echoes
		_, _ = io.Copy(far, far)
		_ = far.CloseWrite()
	}()
	written := make(chan error, 1)
	go func() {
		n, err := s.Write(all)
		if err == nil && n != len(all) {
			err = io.ErrShortWrite
		}
		written <- errors.Join(err, s.CloseWrite())
	}()
	got, err := io.ReadAll(s)
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(all), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if n, err := s.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
}

// What ends a connection is told as Go tells it.
func TestSocketTellsErrors(t *testing.T) {
	s, _ := pair(t)
	_ = s.SetReadDeadline(time.Unix(1, 0))
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	s, far := pair(t)
	_ = far.SetLinger(0)
	_ = far.Close()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %v", err)
	}
	if _, err := s.Write([]byte("a")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing after a reset: %v", err)
	}
	s, _ = pair(t)
	_ = s.Close()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the own end: %v", err)
	}
	if s.silent() {
		t.Error("a closed connection stands")
	}
}

// heard waits until a look finds something.
func heard(t *testing.T, s *socket) {
	t.Helper()
	if err := s.raw.Read(func(fd uintptr) bool { return s.look(fd) && !s.isOpen }); err != nil {
		t.Fatal(err)
	}
}

// A connection stands until its other side ends it or says something.
func TestSocketLooks(t *testing.T) {
	s, far := pair(t)
	if !s.silent() {
		t.Error("a new connection does not stand")
	}
	if _, err := far.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	heard(t, s)
	if n, err := s.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("what was looked at is gone: %d, %v", n, err)
	}
	if !s.silent() {
		t.Error("it does not stand, though all was read")
	}
	_ = far.Close()
	heard(t, s)
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}
