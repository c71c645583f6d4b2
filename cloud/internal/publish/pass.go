package publish

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// buffers are used only while data is copied, so that an idle connection needs none.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// pass copies until the end. A connection that waits holds no buffer, and not the two descriptors of a pipe that
// io.Copy between two sockets holds from the first byte to the last (splice(2)).
func pass(to, from net.Conn) error {
	socket, ok := from.(syscall.Conn)
	if !ok {
		_, err := io.Copy(to, from)
		return err
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	for {
		buffer, n, err := take(raw)
		if err == nil && n > 0 {
			_, err = to.Write(buffer[:n])
		}
		if buffer != nil {
			buffers.Put(buffer)
		}
		if err != nil || n == 0 {
			return err
		}
	}
}

// take waits until there is something to read, and reads it into a buffer of the pool. At the end it reads nothing.
func take(raw syscall.RawConn) (buffer *[64 << 10]byte, n int, err error) {
	waited := raw.Read(func(fd uintptr) bool {
		buffer = buffers.Get().(*[64 << 10]byte)
		for {
			n, err = syscall.Read(int(fd), buffer[:])
			switch err {
			case syscall.EINTR:
				continue
			case syscall.EAGAIN:
				buffers.Put(buffer)
				buffer = nil
				return false
			}
			return true
		}
	})
	if waited != nil {
		return nil, 0, waited
	}
	return buffer, n, err
}
