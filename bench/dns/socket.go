//go:build linux

package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// burst is how many questions a socket sends at once.
const burst = 32

// room is for an answer, in bytes: its head is enough to judge it.
const room = 128

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

// source is a control message that chooses the address to send from (IP_PKTINFO, ip(7)).
type source struct {
	unix.Cmsghdr
	unix.Inet4Pktinfo
	_ [4]byte
}

// segment is a control message that says where to cut one message into datagrams (UDP_SEGMENT, udp(7)).
type segment struct {
	unix.Cmsghdr
	size uint16
	_    [6]byte
}

// socket has one port, on all addresses.
type socket struct {
	g       *generator
	fd      int
	scatter bool
	out     [burst]mmsghdr
	outIov  [burst]unix.Iovec
	sources [burst]source
	cut     segment // of bursts: the kernel makes them of one message, which leaves this core time to send more
	in      [4 * burst]mmsghdr
	inIov   [4 * burst]unix.Iovec
	buffers [4 * burst][room]byte
	bytes   [burst][512]byte
}

func newSocket(g *generator, scatter bool) (*socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	s := &socket{g: g, fd: fd, scatter: scatter}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20); err != nil {
		return nil, err
	}
	// Not to be fragmented, a datagram needs no number: that spares the kernel a table that all cores share.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE); err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		return nil, err
	}
	for i := range s.out {
		h := &s.out[i]
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&g.server)), unix.SizeofSockaddrInet4
		h.Iov = &s.outIov[i]
		h.SetIovlen(1)
		if scatter {
			c := &s.sources[i]
			c.Level, c.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
			c.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
			h.Control = (*byte)(unsafe.Pointer(c))
			h.SetControllen(unix.CmsgSpace(unix.SizeofInet4Pktinfo))
		}
	}
	for i := range s.in {
		s.inIov[i].Base = &s.buffers[i][0]
		s.inIov[i].SetLen(room)
		s.in[i].Iov = &s.inIov[i]
		s.in[i].SetIovlen(1)
	}
	return s, nil
}

// send sends a burst.
func (s *socket) send() {
	size, even := len(s.g.questions[0]), true
	for i := range s.out {
		q := s.g.question()
		s.outIov[i].Base = &s.bytes[i][0]
		s.outIov[i].SetLen(copy(s.bytes[i][:], q))
		even = even && len(q) == size
		if s.scatter {
			n := uint32(s.g.asked)*2654435761>>8 | 1 // a walk over 127.1.0.1 to 127.254.255.255
			s.sources[i].Spec_dst = [4]byte{127, byte(n>>16)%254 + 1, byte(n >> 8), byte(n)}
		}
	}
	messages, each := s.out[:], 1
	if !s.scatter && even {
		s.cut.Level, s.cut.Type, s.cut.size = unix.SOL_UDP, unix.UDP_SEGMENT, uint16(size)
		s.cut.SetLen(unix.CmsgLen(2))
		s.out[0].Control = (*byte)(unsafe.Pointer(&s.cut))
		s.out[0].SetControllen(unix.CmsgSpace(2))
		s.out[0].SetIovlen(burst)
		messages, each = s.out[:1], burst
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&messages[0])), uintptr(len(messages)), unix.MSG_DONTWAIT, 0, 0)
	if errno == 0 {
		s.g.sent += int(n) * each
	}
}

// receive takes what answers there are.
func (s *socket) receive() {
	n, _, errno := unix.RawSyscall6(
		unix.SYS_RECVMMSG,
		uintptr(s.fd),
		uintptr(unsafe.Pointer(&s.in[0])),
		uintptr(len(s.in)),
		unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		0,
		0,
	)
	if errno != 0 {
		return
	}
	for i := range int(n) {
		s.g.check(s.buffers[i][:min(s.in[i].n, room)])
	}
}

func (s *socket) close() { unix.Close(s.fd) }
