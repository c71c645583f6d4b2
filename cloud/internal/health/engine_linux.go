package health

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// engine probes endpoints of plain HTTP and TCP, all at once. A goroutine and a net.Conn for each probe would take several
// times the work. Instead, one goroutine waits for all sockets by epoll(7), and a probe has only a socket and a flight.
// Requests are written in one piece, and a connection ends by a reset, which leaves nothing behind in the kernel.
//
// The epoll file is registered with Go's own poller, so that the goroutine waits as for any connection, with deadlines.
type engine struct {
	limits   limits
	finished func(*checker, result)
	fd       int // epoll's
	poll     *os.File

	mu      sync.Mutex
	flights []*flight // by socket
	phases  [3]line   // by phase: those that end first are in front
	until   time.Time // when run wakes at the latest; zero for never
	closed  bool
}

// limits are how long the phases of a probe may take.
type limits struct{ connect, reply, connectTCP time.Duration }

// The phases of a probe, each with a time-out of its own.
const (
	connecting = iota
	connectingTCP
	awaitingReply
)

// flight is one running probe.
type flight struct {
	checker    *checker
	request    []byte // none for TCP alone
	partial    []byte // of a head that did not come at once
	end        time.Time
	prev, next *flight // in the line of its phase
	latency    latency
	phase      uint8
	socket     int32
}

// newEngine makes an engine, which calls finished with each result from its own goroutine.
func newEngine(l limits, finished func(*checker, result)) (*engine, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &engine{limits: l, finished: finished, fd: fd, poll: os.NewFile(uintptr(fd), "epoll")}, nil
}

// start begins a probe. If that fails at once, start itself calls finished.
func (e *engine) start(k *checker, source netip.Addr, target netip.AddrPort, request []byte) {
	fd, err := connect(source, target)
	if err != nil {
		e.finished(k, result{status: describe(err)})
		return
	}
	if err := e.add(fd, &flight{checker: k, request: request, socket: int32(fd)}); err != nil {
		unix.Close(fd)
		e.finished(k, result{status: describe(err)})
	}
}

// add registers a socket with epoll, so that run gets its events.
func (e *engine) add(fd int, f *flight) error {
	if len(f.request) == 0 {
		f.phase = connectingTCP
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return os.ErrClosed
	}
	for len(e.flights) <= fd {
		e.flights = append(e.flights, nil)
	}
	e.flights[fd] = f
	e.queue(f, time.Now())
	// Edge-triggered, registered once for both events: first the connection is made, then the response comes.
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | edgeTriggered, Fd: int32(fd)}
	if err := unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		e.leave(f)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

const edgeTriggered = 1 << 31 // EPOLLET, which package unix has as a negative number

// connect begins to connect from a source's address, at any port.
func connect(source netip.Addr, target netip.AddrPort) (fd int, err error) {
	family := unix.AF_INET
	if target.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := prepare(fd, source, target); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func prepare(fd int, source netip.Addr, target netip.AddrPort) error {
	// Closed with a reset: no more data is needed, and no port is held for the time of TIME_WAIT.
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	// Where the target's address is of the other family, the kernel chooses from where.
	if source.Is4() == target.Addr().Is4() {
		if err := choosePortLate(fd); err != nil {
			return err
		}
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(source, 0))); err != nil {
			return err
		}
	}
	return unix.Connect(fd, sockaddr(target))
}

// choosePortLate lets the kernel choose the port at connect, when the target is known, so that for each target as many
// probes can run as there are ports (ip(7)).
func choosePortLate(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

// bindLate is a net.Dialer's Control.
func bindLate(_, _ string, c syscall.RawConn) (err error) {
	if failed := c.Control(func(fd uintptr) { err = choosePortLate(int(fd)) }); failed != nil {
		return failed
	}
	return err
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// run serves all probes until close, and then ends the running ones without a result. Only run closes their sockets:
// the kernel would give the number of a closed one to the next file that is opened, while run still uses it.
func (e *engine) run() error {
	defer e.abandon()
	conn, err := e.poll.SyscallConn()
	if err != nil {
		return err
	}
	events := make([]unix.EpollEvent, 256)
	buffer := make([]byte, headLimit)
	for {
		n := 0
		var failed error
		err := conn.Read(func(fd uintptr) bool {
			n, failed = unix.EpollWait(int(fd), events, 0)
			return n != 0 && failed != unix.EINTR
		})
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			n = 0
		case err != nil:
			return nil // closed
		case failed != nil:
			return os.NewSyscallError("epoll_wait", failed)
		}
		for _, event := range events[:n] {
			e.advance(event, buffer)
		}
		e.expire(time.Now())
	}
}

// advance continues a probe after an event, as far as possible without waiting.
func (e *engine) advance(event unix.EpollEvent, buffer []byte) {
	e.mu.Lock()
	f := e.flights[event.Fd]
	e.mu.Unlock()
	if f == nil {
		return
	}
	if f.phase != awaitingReply && event.Events&unix.EPOLLERR != 0 {
		e.land(f, result{status: describe(failure(int(f.socket)))})
		return
	}
	if f.phase == connectingTCP {
		f.latency.connect = e.inPhase(f)
		e.land(f, result{pass: true, status: connected})
		return
	}
	if f.phase == connecting && !e.ask(f) {
		return
	}
	if event.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.receive(f, buffer)
	}
}

// failure returns what happened to a socket.
func failure(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil {
		err = syscall.Errno(errno)
	}
	return err
}

// ask sends the request, which fits into an empty socket's buffer.
func (e *engine) ask(f *flight) bool {
	n, err := unix.Write(int(f.socket), f.request)
	if err == nil && n < len(f.request) {
		err = io.ErrShortWrite
	}
	if err != nil {
		e.land(f, result{status: describe(err)})
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	f.latency.connect = e.inPhase(f)
	e.leaveLine(f)
	f.phase = awaitingReply
	e.queue(f, time.Now())
	return true
}

// receive reads until a response's head is there, or the socket is empty.
func (e *engine) receive(f *flight, buffer []byte) {
	for {
		had := copy(buffer, f.partial)
		n, err := unix.Read(int(f.socket), buffer[had:])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return
		case err != nil:
			e.land(f, result{status: describe(err)})
			return
		}
		if n > 0 && had == 0 {
			f.latency.firstByte = e.inPhase(f)
		}
		h, failed := readHead(buffer[:had+n])
		switch {
		case failed == nil:
			e.land(f, h.result())
			return
		case !errors.Is(failed, errPartial):
			e.land(f, result{status: describe(failed)})
			return
		case n == 0:
			e.land(f, result{status: describe(io.ErrUnexpectedEOF)})
			return
		}
		f.partial = append(f.partial, buffer[had:had+n]...)
	}
}

// land ends a probe with a result.
func (e *engine) land(f *flight, r result) {
	e.mu.Lock()
	if e.flights[f.socket] != f {
		e.mu.Unlock()
		return // ended already
	}
	e.leave(f)
	e.mu.Unlock()
	unix.Close(int(f.socket))
	r.latency = f.latency
	e.finished(f.checker, r)
}

// expire ends the probes whose time-out is over, and sets run's deadline to the next time-out.
func (e *engine) expire(now time.Time) {
	for {
		e.mu.Lock()
		if e.until.IsZero() || now.Before(e.until) || e.closed {
			e.mu.Unlock()
			return
		}
		f := e.first()
		if f == nil || f.end.After(now) {
			e.wake(f)
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		e.land(f, result{status: timedOut})
	}
}

// wake sets run's deadline to the next time-out, or to none if no probe runs. The caller holds the lock.
func (e *engine) wake(f *flight) {
	e.until = time.Time{}
	if f != nil {
		e.until = f.end
	}
	e.poll.SetReadDeadline(e.until) // fails only once the engine is closed
}

// close ends run.
func (e *engine) close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	return e.poll.Close()
}

func (e *engine) abandon() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, f := range e.flights {
		if f != nil {
			unix.Close(int(f.socket))
		}
	}
	e.flights = nil
}
