package poller

import (
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/direct"
)

// Conn is a connection that waits in a poller. One goroutine reads at a time; those that write, or end what is written, wait for each other.
type Conn struct {
	net.Conn // that was taken: its addresses, and what is done when it is closed
	poller   *poller
	id       uint64
	fd       uintptr
	users    atomic.Int32 // of the descriptor, the open connection among them; the last one closes it
	closed   atomic.Bool
	leaves   atomic.Bool // a read may leave something: the other side has ended, or sent urgent data, before which reads stop (tcp(7))
	in, out  side

	place  []byte // to read into, of the one who waits
	filled bool   // with this outcome
	got    outcome

	message
}

// leaving are the events after which a read may leave something.
const leaving = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR | unix.EPOLLPRI

// happened lets those go on who wait for what an event tells.
func (c *Conn) happened(events uint32) {
	if events&leaving != 0 {
		c.leaves.Store(true)
	}
	if events&(unix.EPOLLIN|leaving) != 0 && !c.fill() {
		c.in.signal()
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.out.signal()
	}
}

// fill reads for the one who waits, and tells whether there is one. Like sends, reads one after the other need less of a processor.
func (c *Conn) fill() bool {
	if !c.in.state.CompareAndSwap(waiting, busy) {
		return false
	}
	c.got.n, c.got.errno = direct.Receive(c.fd, c.place)
	if c.got.errno == syscall.EAGAIN {
		c.in.resume(&c.closed)
		return true
	}
	c.filled = true
	c.in.state.Store(c.left(c.got.n, len(c.place)))
	c.in.wake <- struct{}{}
	return true
}

// left is what is known after a read of n bytes into a place for more or as many.
func (c *Conn) left(n, place int) int32 {
	if n == place || c.leaves.Load() {
		return ready
	}
	return idle
}

// Read implements net.Conn. It returns net.ErrClosed, os.ErrDeadlineExceeded, io.EOF, or a syscall.Errno.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !c.hold() {
		return 0, net.ErrClosed
	}
	defer c.release()
	for {
		if err := c.in.refused(&c.closed); err != nil {
			return 0, err
		}
		if c.in.state.CompareAndSwap(ready, idle) {
			n, errno := direct.Receive(c.fd, p)
			if errno == syscall.EAGAIN {
				continue
			}
			if c.left(n, len(p)) == ready {
				c.in.signal()
			}
			return c.told(outcome{n, errno}.read())
		}
		c.place = p
		word := c.in.wait(&c.closed)
		c.place = nil // it is the reader's again
		if word && c.filled {
			c.filled = false
			return c.told(c.got.read())
		}
	}
}

// outcome is that of a system call.
type outcome struct {
	n     int
	errno syscall.Errno
}

func (o outcome) read() (int, error) {
	switch {
	case o.errno != 0:
		return 0, o.errno
	case o.n == 0:
		return 0, io.EOF
	}
	return o.n, nil
}

// Write implements net.Conn, with the errors of Read. As with the kernel's own buffer, what has been written may not have been sent: why it could
// not be is told to the next one who reads or writes.
func (c *Conn) Write(p []byte) (written int, err error) {
	if !c.hold() {
		return 0, net.ErrClosed
	}
	defer c.release()
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.out.refused(&c.closed); err != nil {
		return 0, err
	}
	if err := c.settle(); err != nil {
		return 0, err
	}
	if c.post(p) {
		return len(p), nil
	}
	for {
		n, errno := direct.Send(c.fd, p[written:])
		switch written += n; errno {
		case 0:
			return written, nil
		case syscall.EAGAIN:
		default:
			return written, errno
		}
		if err := c.out.await(&c.closed); err != nil {
			return written, err
		}
	}
}

// Silent tells whether nobody has heard of the other side since the last read: neither that it said something nor that it closed the connection.
func (c *Conn) Silent() bool { return c.in.state.Load() == idle }

// Look is Silent that asks the kernel.
func (c *Conn) Look() bool {
	if !c.hold() {
		return false
	}
	defer c.release()
	var b [1]byte
	_, errno := direct.Peek(c.fd, b[:])
	return errno == syscall.EAGAIN
}

// hold keeps the descriptor open until release, unless it is closed.
func (c *Conn) hold() bool {
	for {
		n := c.users.Load()
		if n == 0 {
			return false
		}
		if c.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (c *Conn) release() {
	if c.users.Add(-1) > 0 {
		return
	}
	c.out.stop()
	c.poller.forget(c)
	_ = unix.Close(int(c.fd)) // and with it goes the poller's interest (epoll(7), question 6)
	_ = c.Conn.Close()
}

// Close implements net.Conn. Whoever reads or writes is told. What has been written is sent, as long as the deadline allows.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.in.stop()
	c.in.rouse()
	c.out.rouse()
	c.abandon()
	c.release()
	return nil
}

// CloseWrite ends what is written.
func (c *Conn) CloseWrite() error {
	if !c.hold() {
		return net.ErrClosed
	}
	defer c.release()
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.settle(); err != nil {
		return err
	}
	return unix.Shutdown(int(c.fd), unix.SHUT_WR)
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.in.set(t, &c.closed) }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.out.set(t, &c.closed) }
