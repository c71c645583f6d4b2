// Package descriptors divides the file descriptors that a process may open (RLIMIT_NOFILE, getrlimit(2)) between the
// connections of users and everything else. So the process can always open the files that its own work needs (its API,
// its store, its namespaces), however many users are connected.
//
// A connection beyond a share waits in the kernel's queue of its listener (listen(2)), where it needs no descriptor, until another one
// ends. Only the first in a queue is already accepted, and has a descriptor. None is refused but by listeners that are made so.
package descriptors

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"
)

// Shares are how many descriptors each kind of connection may use. A user of a published load balancer needs descriptors
// from three of them, one after the other. They are separate, so that no stage can use up the descriptors that the next
// one needs before connections of both can end.
type Shares struct {
	Published *semaphore.Weighted // users of published addresses, PerPublished each
	Accepted  *semaphore.Weighted // clients of load balancers
	Targets   *semaphore.Weighted // load balancers' connections to their targets
	Inside    *semaphore.Weighted // instances at the metadata service and the resolver
}

// PerPublished is what a user of a published address costs: one descriptor on the host's side, one on the cloud's.
const PerPublished = 2

// The shares, in 32nds of what is divided. There is room for as many clients of load balancers as users of published
// addresses.
const (
	parts     = 32
	published = 18
	accepted  = published / PerPublished
	targets   = 4
	inside    = parts - published - accepted - targets
)

// Divide divides a limit. A sixteenth of it, but at least 512 if the limit is twice that, is in no share.
func Divide(limit int) *Shares {
	part := func(n int) *semaphore.Weighted { return semaphore.NewWeighted(int64(divided(limit) * n / parts)) }
	return &Shares{Published: part(published), Accepted: part(accepted), Targets: part(targets), Inside: part(inside)}
}

func divided(limit int) int { return limit - max(limit/16, min(512, limit/2)) }

// Users is how many users of published addresses a process with this limit serves at once.
func Users(limit int) int { return divided(limit) * published / parts / PerPublished }

// Process returns the shares of this process, from its limit at the first call.
var Process = sync.OnceValue(func() *Shares { return Divide(Limit()) })

// Limit returns how many descriptors this process may open. The os package has raised it to the hard limit.
func Limit() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1024 // as it is where nobody has set it
	}
	return int(min(r.Cur, 1<<30)) // RLIM_INFINITY is more than an int
}

// listener returns a connection when its share has a descriptor for it.
type listener struct {
	net.Listener
	share *semaphore.Weighted
	open  context.Context
	close context.CancelFunc

	patience time.Duration // 0 is without end
	refused  func()
	full     bool // nobody has got a place since one was refused
}

// Listener returns a listener whose connections take one descriptor each from a share and give it back when they are
// closed. While the share has none, Accept waits, with one connection beyond the share: a listener that waits for
// clients must not hold a place in it.
func Listener(l net.Listener, share *semaphore.Weighted) net.Listener {
	open, closed := context.WithCancel(context.Background())
	return &listener{Listener: l, share: share, open: open, close: closed}
}

// Refusing returns such a listener that refuses connections, with a reset, when its share has had none for as long as it is patient. Those that
// come after a refused one have waited behind it, and are refused at once until there is a place again. It calls refused for each.
func Refusing(l net.Listener, share *semaphore.Weighted, patience time.Duration, refused func()) net.Listener {
	all := Listener(l, share).(*listener)
	all.patience, all.refused = patience, refused
	return all
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.place() {
			return Counted(c, l.share), nil
		}
		if l.open.Err() != nil {
			_ = c.Close()
			return nil, net.ErrClosed
		}
		refuse(c)
		l.refused()
	}
}

// place takes a descriptor from the share, and tells whether there was one.
func (l *listener) place() bool {
	if l.full {
		l.full = !l.share.TryAcquire(1)
		return !l.full
	}
	wait, stop := l.open, context.CancelFunc(func() {})
	if l.patience > 0 {
		wait, stop = context.WithTimeout(l.open, l.patience)
	}
	defer stop()
	l.full = l.share.Acquire(wait, 1) != nil
	return !l.full
}

// refuse resets a connection (SO_LINGER of zero, socket(7)).
func refuse(c net.Conn) {
	if tcp, ok := c.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.close()
	return l.Listener.Close()
}

// counted is a connection that has taken a descriptor.
type counted struct {
	net.Conn
	release func()
}

// Counted returns the connection with a Close that gives back the one descriptor that was taken for it.
func Counted(c net.Conn, share *semaphore.Weighted) net.Conn {
	return &counted{c, sync.OnceFunc(func() { share.Release(1) })}
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite closes the writing half, as a server does first, so that the client reads the last answer before a reset
// comes.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Inner returns the connection below one that is counted, or the connection itself.
func Inner(c net.Conn) net.Conn {
	if counted, ok := c.(*counted); ok {
		return counted.Conn
	}
	return c
}

// Raw returns the kernel's connection below one that is counted, if there is one.
func Raw(c net.Conn) (syscall.RawConn, bool) {
	inside, ok := Inner(c).(syscall.Conn)
	if !ok {
		return nil, false
	}
	raw, err := inside.SyscallConn()
	return raw, err == nil
}
