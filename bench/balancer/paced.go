//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pace sends requests at fixed moments, whether or not those before have been answered, over connections that stay. What a request waits for
// a free connection counts. It is one thread that waits in the kernel, which wakes it to some microseconds; Go's own timers do so to a
// millisecond.
type pace struct {
	epoll   int
	request []byte
	conns   map[int32]*pacedConn
	free    []*pacedConn
	due     []time.Time // of requests that wait for a connection
	took    []time.Duration
}

type pacedConn struct {
	fd  int
	due time.Time // of the request that is under way
	in  []byte    // of its answer
}

// askPaced asks at a rate.
func askPaced(_ context.Context, o options) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0); err != nil { // nanoseconds
		return err
	}
	p, err := newPace(o)
	if err != nil {
		return err
	}
	began := time.Now()
	for next, until := began, began.Add(o.length); ; {
		now := time.Now()
		for ; next.Before(until) && !next.After(now); next = next.Add(time.Second / time.Duration(o.rate)) {
			p.due = append(p.due, next)
		}
		if err := p.send(); err != nil {
			return err
		}
		done := !next.Before(until) && len(p.due) == 0 && len(p.free) == len(p.conns)
		if done || now.After(until.Add(5*time.Second)) {
			break // and what is not answered by then is not counted
		}
		if err := p.receive(max(0, time.Until(next))); err != nil {
			return err
		}
	}
	tell(p.took, o.length)
	return nil
}

func newPace(o options) (*pace, error) {
	to, err := net.ResolveTCPAddr("tcp4", o.at)
	if err != nil {
		return nil, err
	}
	p := &pace{request: []byte("GET / HTTP/1.1\r\nHost: " + o.at + "\r\n\r\n"), conns: map[int32]*pacedConn{}}
	if p.epoll, err = unix.EpollCreate1(0); err != nil {
		return nil, err
	}
	for range o.connections {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return nil, err
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
			return nil, err
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return nil, err
		}
		c := &pacedConn{fd: fd}
		p.conns[int32(fd)], p.free = c, append(p.free, c)
		if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// send sends what is due, as far as there are connections.
func (p *pace) send() error {
	for len(p.due) > 0 && len(p.free) > 0 {
		c := p.free[0]
		c.due, c.in = p.due[0], c.in[:0]
		p.due, p.free = p.due[1:], p.free[1:]
		if _, err := unix.Write(c.fd, p.request); err != nil {
			return err
		}
	}
	return nil
}

// receive waits for answers, at most so long.
func (p *pace) receive(wait time.Duration) error {
	var events [64]unix.EpollEvent
	limit := unix.NsecToTimespec(int64(wait))
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.epoll), uintptr(unsafe.Pointer(&events)), uintptr(len(events)),
		uintptr(unsafe.Pointer(&limit)), 0, 0)
	if errno != 0 {
		if errno == syscall.EINTR {
			return nil
		}
		return errno
	}
	for _, e := range events[:n] {
		if err := p.take(p.conns[e.Fd]); err != nil {
			return err
		}
	}
	return nil
}

// take reads what there is of an answer, whose body is of 128 bytes.
func (p *pace) take(c *pacedConn) error {
	var part [4096]byte
	n, err := unix.Read(c.fd, part[:])
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("a connection that was to stay was closed")
	}
	c.in = append(c.in, part[:n]...)
	if at := bytes.Index(c.in, []byte("\r\n\r\n")); at >= 0 && len(c.in) >= at+4+128 {
		p.took, p.free = append(p.took, time.Since(c.due)), append(p.free, c)
	}
	return nil
}
