package dns

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file is the only one with unsafe code: what recvmmsg(2) and sendmmsg(2) take, which neither the
// standard library nor x/sys wraps. golang.org/x/net/ipv4 does, but allocates for each datagram's address
// and fills in every header anew for each call: receiving and sending took a fifth longer with it.
//
// The kernel is handed pointers into slices that live as long as their inbox or outbox, which the garbage
// collector does not move; they are of pointer types throughout, so it sees them too. The system calls are
// raw ones, which do not tell the scheduler: none of them waits (MSG_DONTWAIT).

// mmsghdr is struct mmsghdr: a message, and how many bytes of it were received or sent.
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

// inbox receives a batch of datagrams.
type inbox struct {
	headers []mmsghdr
	vectors []unix.Iovec
	names   []unix.RawSockaddrAny
	room    []byte
	size    int // of one datagram's room
}

func newInbox(batch, size int) *inbox {
	in := &inbox{
		headers: make([]mmsghdr, batch),
		vectors: make([]unix.Iovec, batch),
		names:   make([]unix.RawSockaddrAny, batch),
		room:    make([]byte, batch*size),
		size:    size,
	}
	for i := range in.headers {
		in.vectors[i].Base = &in.room[i*size]
		in.vectors[i].SetLen(size)
		h := &in.headers[i]
		h.Name = (*byte)(unsafe.Pointer(&in.names[i]))
		h.Iov = &in.vectors[i]
		h.SetIovlen(1)
	}
	return in
}

// receive receives the datagrams that have arrived, without waiting.
func (in *inbox) receive(fd uintptr) (int, error) {
	for i := range in.headers {
		in.headers[i].Namelen = unix.SizeofSockaddrAny
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.headers[0])), uintptr(len(in.headers)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// message returns a datagram, and whether it was longer than its buffer.
func (in *inbox) message(i int) (b []byte, cut bool) {
	h := &in.headers[i]
	return in.room[i*in.size:][:h.n], h.Flags&unix.MSG_TRUNC != 0
}

// from returns where a datagram came from. A port of 0 cannot be answered.
func (in *inbox) from(i int) netip.AddrPort {
	switch name := &in.names[i]; name.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), hostOrder(a.Port))
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), hostOrder(a.Port))
	}
	return netip.AddrPort{}
}

// hostOrder reads a port, which the kernel keeps in network order.
func hostOrder(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}

// outbox sends a batch of datagrams. Those of the same size to the same address are sent as one message, which the kernel
// divides into datagrams as late as it can (UDP_SEGMENT, udp(7)): a resolver that asks many questions at once is
// answered in a fraction of the time.
type outbox struct {
	headers   []mmsghdr
	vectors   []unix.Iovec
	controls  []segmentControl
	datagrams []datagram
	groups    []group
	recent    [recentGroups]uint8 // by hash of place and size, where a group of such may be; a batch has fewer than 256
	segment   bool                // whether the kernel does this
}

type datagram struct {
	bytes []byte
	next  int // of the same group, or -1
}

// group is the datagrams that are sent as one message.
type group struct {
	to          netip.AddrPort
	size, count int
	first, last int // datagrams
	name        *unix.RawSockaddrAny
	nameSize    uint32
}

// segmentControl is the control message with the size of the datagrams.
type segmentControl struct {
	unix.Cmsghdr
	size uint16
	_    [6]byte
}

const (
	recentGroups = 256
	maxSegments  = 64    // UDP_MAX_SEGMENTS of older kernels
	maxSegmented = 65507 // bytes that a datagram over IPv4 holds, before it is cut
)

func newOutbox(batch int, fd uintptr) *outbox {
	o := &outbox{
		headers:   make([]mmsghdr, batch),
		vectors:   make([]unix.Iovec, batch),
		controls:  make([]segmentControl, batch),
		datagrams: make([]datagram, 0, batch),
		groups:    make([]group, 0, batch),
	}
	for i := range o.controls {
		o.controls[i].Level, o.controls[i].Type = unix.SOL_UDP, unix.UDP_SEGMENT
		o.controls[i].SetLen(unix.CmsgLen(2))
	}
	_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
	o.segment = err == nil
	return o
}

// add adds an answer to the datagram with this number in the inbox. Neither may change until send.
func (o *outbox) add(answer []byte, to netip.AddrPort, in *inbox, number int) {
	o.datagrams = append(o.datagrams, datagram{answer, -1})
	d := len(o.datagrams) - 1
	a := to.Addr().As16() // the last bytes differ most
	slot := &o.recent[(uint(binary.NativeEndian.Uint32(a[12:]))*31+uint(to.Port())*7+uint(len(answer)))%recentGroups]
	// The slot may be from an earlier batch, so the group's address is compared. A link-local address is not used:
	// it may be on several links.
	if i := int(*slot); o.segment && i < len(o.groups) && !to.Addr().IsLinkLocalUnicast() {
		if g := &o.groups[i]; g.size == len(answer) && g.to == to && g.count < maxSegments && (g.count+1)*g.size <= maxSegmented {
			o.datagrams[g.last].next = d
			g.last = d
			g.count++
			return
		}
	}
	*slot = uint8(len(o.groups))
	o.groups = append(o.groups, group{to: to, size: len(answer), count: 1, first: d, last: d, name: &in.names[number], nameSize: in.headers[number].Namelen})
}

// send sends what was added, and returns how many datagrams the kernel refused.
func (o *outbox) send(fd uintptr) (unsent int) {
	vectors := o.vectors
	for i := range o.groups {
		g, h := &o.groups[i], &o.headers[i]
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(g.name)), g.nameSize
		h.Iov = &vectors[0]
		h.SetIovlen(g.count)
		for d := g.first; d >= 0; d = o.datagrams[d].next {
			vectors[0].Base = &o.datagrams[d].bytes[0]
			vectors[0].SetLen(g.size)
			vectors = vectors[1:]
		}
		h.Control = nil
		h.SetControllen(0)
		if g.count > 1 {
			c := &o.controls[i]
			c.size = uint16(g.size)
			h.Control = (*byte)(unsafe.Pointer(c))
			h.SetControllen(unix.CmsgSpace(2))
		}
	}
	for left := o.headers[:len(o.groups)]; len(left) > 0; {
		n, err := sendmmsg(fd, left)
		if err != nil { // the first of them was not sent
			if left[0].Control != nil {
				o.segment = false // not on this kernel's way out after all
				unsent += sendAlone(fd, &left[0])
			} else {
				unsent++
			}
			n = 1
		}
		left = left[n:]
	}
	o.datagrams, o.groups = o.datagrams[:0], o.groups[:0]
	return unsent
}

// sendAlone sends the datagrams of a group one by one.
func sendAlone(fd uintptr, h *mmsghdr) (unsent int) {
	for _, v := range unsafe.Slice(h.Iov, h.Iovlen) {
		alone := []mmsghdr{{Msghdr: unix.Msghdr{Name: h.Name, Namelen: h.Namelen, Iov: &v}}}
		alone[0].SetIovlen(1)
		if _, err := sendmmsg(fd, alone); err != nil {
			unsent++
		}
	}
	return unsent
}

func sendmmsg(fd uintptr, headers []mmsghdr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&headers[0])), uintptr(len(headers)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
