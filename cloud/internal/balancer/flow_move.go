package balancer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// flowBuffers are used only while bytes are copied, so that a silent flow needs none.
var flowBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// move waits for bytes and carries those that are there. Between two sockets the kernel moves them (splice(2)) without their coming into
// this program: as many as have come are asked for, so that the pipe between the sockets is held no longer than that takes.
func move(to, from net.Conn) (int64, error) {
	out, direct := descriptors.Inner(to).(*net.TCPConn)
	in, plain := descriptors.Inner(from).(*net.TCPConn)
	if !plain {
		return copyOnce(to, from)
	}
	n, err := readable(in)
	if err != nil {
		return 0, err
	}
	if !direct {
		return copyOnce(to, from)
	}
	return out.ReadFrom(io.LimitReader(in, int64(n)))
}

func copyOnce(to io.Writer, from io.Reader) (int64, error) {
	buffer := flowBuffers.Get().(*[64 << 10]byte)
	defer flowBuffers.Put(buffer)
	n, err := from.Read(buffer[:])
	if n > 0 {
		if _, failed := to.Write(buffer[:n]); failed != nil {
			return 0, failed
		}
	}
	return int64(n), err
}

// readable waits until a socket has bytes to read, and returns how many. io.EOF means that the other side has ended.
func readable(c *net.TCPConn) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	waited := raw.Read(func(fd uintptr) bool {
		var one [1]byte
		for {
			n, _, err = unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK)
			if err != unix.EINTR {
				break
			}
		}
		switch {
		case err == unix.EAGAIN:
			return false
		case err == nil && n == 0:
			err = io.EOF
		case err == nil:
			n, err = unix.IoctlGetInt(int(fd), unix.SIOCINQ)
			n = max(n, 1)
		}
		return true
	})
	if waited != nil {
		return 0, waited
	}
	return n, err
}

// kernelSocket is the TCP socket below a connection, if there is one.
func kernelSocket(c net.Conn) (*net.TCPConn, bool) {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	socket, ok := descriptors.Inner(c).(*net.TCPConn)
	return socket, ok
}

// reset closes a connection with RST.
func reset(c net.Conn) {
	if socket, ok := kernelSocket(c); ok {
		_ = socket.SetLinger(0)
		c = below(c) // TLS would say goodbye
	}
	_ = c.Close()
}

// forget closes a connection without a word. Whoever sends on it afterwards gets RST from the kernel, as AWS has it after the idle time.
func forget(c net.Conn) {
	socket, ok := kernelSocket(c)
	if !ok {
		_ = c.Close()
		return
	}
	silent := false
	if raw, err := socket.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { // a socket under repair says nothing when it is closed (tcp(7))
			silent = unix.SetsockoptInt(int(fd), unix.SOL_TCP, unix.TCP_REPAIR, 1) == nil
		})
	}
	if !silent {
		reset(c)
		return
	}
	_ = below(c).Close()
}

func below(c net.Conn) net.Conn {
	if secured, ok := c.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return c
}

// closeWrite tells the other side that nothing more comes.
func closeWrite(c net.Conn) error {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// tcpClosed is TCP_CLOSE of the kernel's net/tcp_states.h: what a socket is after a reset.
const tcpClosed = 7

// isClosed tells whether a connection has been reset by its other side.
func isClosed(c net.Conn) (closed bool) {
	socket, ok := kernelSocket(c)
	if !ok {
		return true // nothing tells better
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	_ = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), syscall.SOL_TCP, unix.TCP_INFO)
		closed = err == nil && info.State == tcpClosed
	})
	return closed
}
