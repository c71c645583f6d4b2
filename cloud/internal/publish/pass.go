package publish

import (
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/direct"
)

// buffers are used only while data is copied, so that an idle connection needs none.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// pass copies until the end. A connection that waits holds no buffer, and not the two descriptors of a pipe that
// io.Copy between two sockets holds from the first byte to the last (splice(2)).
func pass(to, from net.Conn) error {
	in, out := raw(from), raw(to)
	if in == nil || out == nil {
		_, err := io.Copy(to, from)
		return err
	}
	var p passage
	for receive, send := p.receive, p.send; ; {
		err := in.Read(receive)
		if err == nil && p.errno == 0 && len(p.rest) > 0 {
			err = out.Write(send)
		}
		if err == nil && p.errno != 0 {
			err = p.errno
		}
		if p.buffer != nil {
			buffers.Put(p.buffer)
			p.buffer = nil
		}
		if err != nil || p.n == 0 {
			return err
		}
	}
}

// raw returns the kernel's connection, or nil for one of another kind.
func raw(c net.Conn) syscall.RawConn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	r, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return r
}

// passage is what is on the way between two sockets. Its functions are asked again by Go's poller as long as they return false.
type passage struct {
	buffer *[64 << 10]byte // of the pool; nil while nothing is there
	n      int             // bytes that were received; 0 at the end
	rest   []byte          // of them, to be sent
	errno  syscall.Errno
}

func (p *passage) receive(fd uintptr) bool {
	p.buffer = buffers.Get().(*[64 << 10]byte)
	if p.n, p.errno = direct.Receive(fd, p.buffer[:]); p.errno == syscall.EAGAIN {
		buffers.Put(p.buffer)
		p.buffer = nil
		return false
	}
	p.rest = p.buffer[:p.n]
	return true
}

func (p *passage) send(fd uintptr) bool {
	var n int
	n, p.errno = direct.Send(fd, p.rest)
	p.rest = p.rest[n:]
	return p.errno != syscall.EAGAIN
}
