package balancer

import (
	"io"
	"net"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// socket is a kernel's connection. Go tells its scheduler of every system call, in case it waits; where most of the time is spent in short
// calls, its watchman takes the processor for lost again and again, and looks for another one. Reading and writing never wait here: Go's
// poller waits between them. So the scheduler does not hear of these calls.
//
// One goroutine reads at a time, and one writes, as of a connection's messages.
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
	t.n, t.errno = call(syscall.SYS_RECVFROM, fd, t.rest, syscall.MSG_DONTWAIT)
	return t.errno != syscall.EAGAIN
}

func (t *transfer) send(fd uintptr) bool {
	for len(t.rest) > 0 {
		var n int
		if n, t.errno = call(syscall.SYS_SENDTO, fd, t.rest, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL); t.errno != 0 {
			return t.errno != syscall.EAGAIN
		}
		t.n += n
		t.rest = t.rest[n:]
	}
	return true
}

// look finds out whether the other side has neither closed the connection nor said something on it.
func (s *socket) look(fd uintptr) bool {
	var b [1]byte
	_, errno := call(syscall.SYS_RECVFROM, fd, b[:], syscall.MSG_DONTWAIT|syscall.MSG_PEEK)
	s.isOpen = errno == syscall.EAGAIN
	return true
}

// silent tells what look finds out.
func (s *socket) silent() bool { return s.raw.Read(s.isOpenBy) == nil && s.isOpen }

// call receives or sends, which takes the same arguments.
func call(number, fd uintptr, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		runtime.KeepAlive(p)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
