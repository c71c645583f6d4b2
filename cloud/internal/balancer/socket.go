package balancer

import (
	"io"
	"net"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/direct"
)

// socket is a kernel's connection, read and written by package direct. One goroutine reads at a time, and one writes,
// as of a connection's messages.
type socket struct {
	net.Conn
	raw      syscall.RawConn
	in, out  transfer
	isOpenBy func(fd uintptr) bool // look, which is made once
	isOpen   bool
}

// transfer is a reading or writing under way.
type transfer struct {
	rest  []byte // to read into, or to write
	n     int
	errno syscall.Errno
	try   func(fd uintptr) bool // false where nothing is possible yet
}

// fast returns a kernel's connection as a socket, and any other as it is.
func fast(c net.Conn) net.Conn {
	raw, ok := descriptors.Raw(c)
	if !ok {
		return c
	}
	s := &socket{Conn: c, raw: raw}
	s.in.try, s.out.try, s.isOpenBy = s.in.receive, s.out.send, s.look
	return s
}

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.in = transfer{rest: p, try: s.in.try}
	err := s.raw.Read(s.in.try)
	s.in.rest = nil
	switch {
	case err != nil:
		return 0, err
	case s.in.errno != 0:
		return 0, s.in.errno
	case s.in.n == 0:
		return 0, io.EOF
	}
	return s.in.n, nil
}

// Write implements net.Conn.
func (s *socket) Write(p []byte) (int, error) {
	s.out = transfer{rest: p, try: s.out.try}
	err := s.raw.Write(s.out.try)
	s.out.rest = nil
	if err == nil && s.out.errno != 0 {
		err = s.out.errno
	}
	return s.out.n, err
}

// CloseWrite ends what is written.
func (s *socket) CloseWrite() error { return closeWrite(s.Conn) }

func (t *transfer) receive(fd uintptr) bool {
	t.n, t.errno = direct.Receive(fd, t.rest)
	return t.errno != syscall.EAGAIN
}

func (t *transfer) send(fd uintptr) bool {
	var n int
	n, t.errno = direct.Send(fd, t.rest)
	t.n, t.rest = t.n+n, t.rest[n:]
	return t.errno != syscall.EAGAIN
}

// look finds out whether the other side has neither closed the connection nor said something on it.
func (s *socket) look(fd uintptr) bool {
	var b [1]byte
	_, errno := direct.Peek(fd, b[:])
	s.isOpen = errno == syscall.EAGAIN
	return true
}

// silent tells what look finds out.
func (s *socket) silent() bool { return s.raw.Read(s.isOpenBy) == nil && s.isOpen }
