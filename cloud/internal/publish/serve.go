// Package publish makes public TCP addresses of a local cloud reachable from the host. The Broker, on the host,
// listens on the address's loopback twin and passes the listener over a unix socket to the Client, inside the cloud. The
// Client accepts the connections, and makes for each one a connection from the cloud's internet to the public address, so
// that gateway, routes and security groups apply to the host's users as to anybody.
package publish

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// dialTimeout bounds how long a user waits for a public address that does not answer.
const dialTimeout = 10 * time.Second

// Dial connects to a public address from the internet.
type Dial func(context.Context, netip.AddrPort) (net.Conn, error)

// DialInternet dials from the calling process's network namespace, which must be the internet, as the
// host's user.
func DialInternet(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: address.HostUser.AsSlice()}}
	return d.DialContext(ctx, "tcp4", to.String())
}

// Serve connects every connection of a listener with a target until the context ends or the listener is
// closed, and returns when all of them have ended. It closes the listener. Connections for which the share has no
// descriptors wait in the listener's queue.
func Serve(ctx context.Context, l net.Listener, target netip.AddrPort, dial Dial, share *semaphore.Weighted) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	defer l.Close()
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		c, err := l.Accept()
		if err == nil {
			// After the connection, for a listener that waits for users must not hold a place of theirs.
			if share.Acquire(ctx, descriptors.PerPublished) != nil {
				_ = c.Close()
				return context.Cause(ctx)
			}
			connections.Go(func() {
				defer share.Release(descriptors.PerPublished)
				carry(ctx, c, target, dial)
			})
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return context.Cause(ctx)
		}
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED) {
			if !pause(ctx) {
				return context.Cause(ctx)
			}
			continue
		}
		return err
	}
}

// pause waits a moment, in which connections may end and close their files, before the next is accepted.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

// carry copies one connection in both directions. If the target refuses, the user's connection is reset, as the target
// would have done.
func carry(ctx context.Context, user net.Conn, target netip.AddrPort, dial Dial) {
	defer user.Close()
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	server, err := dial(dialing, target)
	cancel()
	if err != nil {
		if t, ok := user.(*net.TCPConn); ok && errors.Is(err, syscall.ECONNREFUSED) {
			t.SetLinger(0)
		}
		return
	}
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { user.Close(); server.Close() })
	defer stop()
	var back sync.WaitGroup
	back.Go(func() { copyHalf(user, server) })
	copyHalf(server, user)
	back.Wait()
}

// copyHalf copies one direction to its end, and then closes that half of the other connection. If copying fails,
// nothing more can arrive in either direction, so both connections are closed.
func copyHalf(to, from net.Conn) {
	if err := pass(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	if w, ok := to.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
		return
	}
	to.Close()
}
