package dns

import (
	"errors"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// batch is how many datagrams are received, answered and sent at a time.
const batch = 32

// turnsBeforeYield is how many batches are answered before other goroutines of this processor get a turn.
// A socket that always has more would otherwise hold them up until the scheduler forces it, 10 ms later.
const turnsBeforeYield = 8

// packetLoop answers a socket's datagrams in batches. The socket waits in the runtime's poller like any
// other of a Go program's, so closing it ends the loop.
type packetLoop struct {
	responder
	in      *inbox
	out     *outbox
	answers []byte
}

// servePackets answers datagrams until the socket is closed.
func (s *Server) servePackets(f *face, p net.PacketConn, count *tally) error {
	conn, ok := p.(syscall.Conn)
	if !ok {
		return s.serveSlowly(f, p, count)
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		err = s.packetLoop(f, raw, count)
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) packetLoop(f *face, raw syscall.RawConn, count *tally) error {
	l := &packetLoop{responder: responder{server: s, face: f, count: count}, in: newInbox(batch, maxQuery), answers: make([]byte, 0, batch*maxUDP)}
	var failed error
	err := raw.Control(func(fd uintptr) {
		l.out = newOutbox(batch, fd)
		failed = prepare(fd)
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for turn := 1; ; turn++ {
		// The poller's lock keeps the descriptor from being closed, and so another from taking its number.
		err := raw.Read(func(fd uintptr) bool {
			failed = l.turn(fd)
			return failed != unix.EAGAIN
		})
		if err != nil {
			return err
		}
		if failed != nil && failed != unix.EINTR {
			s.log.Warn("name server: receive", "error", failed) // such as the network's end; it may come back
			time.Sleep(10 * time.Millisecond)
		}
		if turn%turnsBeforeYield == 0 {
			runtime.Gosched()
		}
	}
}

// questionsRoom is how many bytes of questions may wait, with the kernel's own use of some hundred for each: about a
// thousand, so that a burst while others are answered is not lost.
const questionsRoom = 1 << 20

// prepare sets a socket's options. Datagrams leave whole or not at all, whatever an ICMP message, perhaps forged, says
// of the path (RFC 9715, R2): none is larger than what every path takes. It also spares the kernel to number them.
func prepare(fd uintptr) error {
	// On an IPv6 socket this is about the IPv4 that it may speak besides. IPv6 needs none: no router fragments it.
	return errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, questionsRoom)), // as far as net.core.rmem_max lets it
	)
}

// turn answers one batch.
func (l *packetLoop) turn(fd uintptr) error {
	n, err := l.in.receive(fd)
	if err != nil {
		return err
	}
	l.now = time.Now()
	l.count.Lock()
	defer l.count.Unlock()
	answers := l.answers
	for i := range n {
		message, cut := l.in.message(i)
		from := l.in.from(i)
		if cut || from.Port() == 0 { // longer than any question is, or nowhere to send to
			l.count.dropped++
			continue
		}
		begin := len(answers)
		answers = l.respond(answers, message, from.Addr())
		if len(answers) > begin {
			l.out.add(answers[begin:], from, l.in, i)
		}
	}
	l.count.unsent += uint64(l.out.send(fd))
	return nil
}
