// Package poller lets connections wait for what the kernel has to say of them, many at once, and sends in rounds: what those who were woken
// together write is sent when all of them have had their turn. One send after the other needs less of a processor than sends between
// everything else, and whoever they go to wakes once for several.
//
// Go's own poller (internal/poll) makes a reader look before each wait whether something is here already. This one remembers it: a read
// that got less than it had place for has taken everything, and whatever comes later is an event of its own (epoll(7), questions 8 and 9).
package poller

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/direct"
)

// Take makes a kernel's connection, which may be counted (package descriptors), one that waits here. Any other is returned as it is, and so
// is one for which the kernel has nothing left. The connection given is not to be used any more.
func Take(c net.Conn) net.Conn {
	raw, ok := descriptors.Raw(c)
	if !ok {
		return c
	}
	all := pollers()
	if len(all) == 0 {
		return c
	}
	taken, err := all[int(turn.Add(1))%len(all)].take(c, raw)
	if err != nil {
		return c
	}
	return taken
}

// pollers are as many as there are goroutines at once, so that each of them sends for itself; none if the kernel has no place for them.
var pollers = sync.OnceValue(func() (all []*poller) {
	for range runtime.GOMAXPROCS(0) {
		p, err := newPoller()
		if err != nil {
			break
		}
		all = append(all, p)
		go p.run()
	}
	return all
})

var turn atomic.Uint32

// poller is one epoll instance, for which one goroutine waits.
type poller struct {
	fd    int
	epoll syscall.RawConn // the same, as Go's poller knows it

	inRound atomic.Bool // what is sent now waits for the others of the round; set with the lock

	mu      sync.Mutex
	conns   map[uint64]*Conn // by what their events carry
	last    uint64           // of those
	out     []*Conn          // which have something to send
	sending []*Conn          // out of the round before, kept for its room

	woken []*Conn
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	_ = unix.SetNonblock(fd, true) // so that Go's poller waits for it
	raw, err := os.NewFile(uintptr(fd), "epoll").SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &poller{fd: fd, epoll: raw, conns: map[uint64]*Conn{}}, nil
}

// take duplicates the descriptor, and closes the one that Go's poller knows.
func (p *poller) take(c net.Conn, raw syscall.RawConn) (*Conn, error) {
	fd, err := -1, error(nil)
	if failed := raw.Control(func(theirs uintptr) { fd, err = unix.FcntlInt(theirs, unix.F_DUPFD_CLOEXEC, 0) }); failed != nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	s := &Conn{Conn: c, poller: p, fd: uintptr(fd)}
	s.users.Store(1)
	s.in.wake, s.out.wake, s.done = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)
	s.in.state.Store(ready)
	s.out.state.Store(ready)
	p.mu.Lock()
	p.last++
	s.id = p.last
	p.conns[s.id] = s
	p.mu.Unlock()
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | leaving | unix.EPOLLET, Fd: int32(s.id), Pad: int32(s.id >> 32)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		p.forget(s)
		_ = unix.Close(fd)
		return nil, err
	}
	_ = descriptors.Inner(c).Close()
	return s, nil
}

func (p *poller) forget(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c.id)
}

const (
	maxEvents = 128 // are asked for at once
	maxRounds = 8   // follow each other before Go's poller has its turn, for everything else in the process that waits
)

// run has a round whenever something has happened.
func (p *poller) run() {
	var events [maxEvents]unix.EpollEvent
	_ = p.epoll.Read(func(fd uintptr) (ended bool) {
		for rounds := 1; ; rounds++ {
			n := direct.Events(fd, events[:])
			if n > 0 {
				p.round(events[:n])
			}
			if n == 0 || n < len(events) && rounds >= maxRounds {
				return false // all has been fetched: Go's poller waits for more
			}
		}
	})
}

// round wakes whoever waits for the events, lets all of them have their turn, and sends what they have written.
func (p *poller) round(events []unix.EpollEvent) {
	p.begin(events)
	for i, c := range p.woken {
		c.happened(events[i].Events)
	}
	runtime.Gosched()
	for _, c := range p.end() {
		c.deliver()
	}
}

// begin finds the connections of the events; those that have been closed meanwhile leave no event.
func (p *poller) begin(events []unix.EpollEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inRound.Store(true)
	p.woken = p.woken[:0]
	for _, e := range events {
		c := p.conns[uint64(uint32(e.Fd))|uint64(uint32(e.Pad))<<32]
		if c != nil {
			events[len(p.woken)] = e
			p.woken = append(p.woken, c)
		}
	}
}

func (p *poller) end() []*Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inRound.Store(false)
	p.out, p.sending = p.sending[:0], p.out
	return p.sending
}

// post lets a connection send its message at the end of the round, if there is one.
func (p *poller) post(c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.inRound.Load() {
		return false
	}
	p.out = append(p.out, c)
	return true
}
