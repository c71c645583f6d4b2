package balancer

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// timed is a connection whose deadlines may be moved with every message. To move one in Go's poller costs as much as a short system call;
// one that is moved to later is only noted here, and asked of the poller when the earlier one has passed.
type timed struct {
	net.Conn
	read, write deadline
}

// deadline is that of one direction. The zero time is none.
type deadline struct {
	mu      sync.Mutex
	wanted  time.Time
	waiting time.Time // what the poller knows, which is never later
}

// set moves the deadline, and tells the poller of one that is earlier than it knows.
func (d *deadline) set(t time.Time, tell func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	if t.IsZero() || !d.waiting.IsZero() && !t.Before(d.waiting) {
		return nil
	}
	d.waiting = t
	return tell(t)
}

// passed tells whether an error means that the deadline has passed which is wanted now. If it was only the poller's, that gets the other.
func (d *deadline) passed(err error, tell func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.wanted.IsZero() && !time.Now().Before(d.wanted) {
		return true
	}
	d.waiting = d.wanted
	return tell(d.wanted) != nil
}

// Read implements net.Conn.
func (c *timed) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if n > 0 || err == nil || c.read.passed(err, c.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

// Write implements net.Conn.
func (c *timed) Write(p []byte) (written int, err error) {
	for {
		n, err := c.Conn.Write(p[written:])
		if written += n; err == nil || c.write.passed(err, c.Conn.SetWriteDeadline) {
			return written, err
		}
	}
}

// CloseWrite ends what is written.
func (c *timed) CloseWrite() error { return closeWrite(c.Conn) }

// SetDeadline implements net.Conn.
func (c *timed) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *timed) SetReadDeadline(t time.Time) error { return c.read.set(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline implements net.Conn.
func (c *timed) SetWriteDeadline(t time.Time) error { return c.write.set(t, c.Conn.SetWriteDeadline) }
