//go:build linux

package main

import (
	"net/netip"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// target answers every connection with 200, in one loop and with as few calls as it can, so that who asks is what is
// measured. A mute one takes connections and says nothing.
type target struct {
	at       netip.AddrPort
	answered atomic.Int64
	open     atomic.Int64
	mute     atomic.Bool
	listener int
	poll     int
}

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

func newTarget() (*target, error) {
	t := &target{}
	var err error
	if t.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(t.listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(t.listener, 4096); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	bound, err := unix.Getsockname(t.listener)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	t.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(bound.(*unix.SockaddrInet4).Port))
	if t.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return t, os.NewSyscallError("epoll_ctl", unix.EpollCtl(t.poll, unix.EPOLL_CTL_ADD, t.listener, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(t.listener)}))
}

func (t *target) run() error {
	events, buffer := make([]unix.EpollEvent, 256), make([]byte, 4096)
	for {
		n, err := unix.EpollWait(t.poll, events, -1)
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("epoll_wait", err)
		}
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) == t.listener {
				t.accept()
				continue
			}
			t.serve(int(e.Fd), buffer)
		}
	}
}

func (t *target) accept() {
	for {
		fd, _, err := unix.Accept4(t.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // none waits
		}
		t.open.Add(1)
		if err := unix.EpollCtl(t.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd)}); err != nil {
			unix.Close(fd)
		}
	}
}

func (t *target) serve(fd int, buffer []byte) {
	n, err := unix.Read(fd, buffer)
	if err == unix.EAGAIN || n > 0 && t.mute.Load() {
		return
	}
	if n > 0 {
		if _, err := unix.Write(fd, []byte(answer)); err == nil {
			t.answered.Add(1)
		}
	}
	unix.Close(fd)
	t.open.Add(-1)
}
