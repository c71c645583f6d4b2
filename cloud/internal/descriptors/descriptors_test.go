package descriptors_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

func TestSharesLeaveAReserve(t *testing.T) {
	for limit, want := range map[int]struct{ users, reserve int }{
		256: {36, 128}, 1024: {144, 512}, 4096: {1008, 512}, 20000: {5273, 1250}, 1 << 20: {276480, 65536},
	} {
		s := descriptors.Divide(limit)
		users := descriptors.Users(limit)
		total := 0
		for _, share := range []*semaphore.Weighted{s.Published, s.Accepted, s.Targets, s.Inside} {
			for share.TryAcquire(1) {
				total++
			}
		}
		if users != want.users || limit-total < want.reserve || limit-total > want.reserve+8 {
			t.Errorf("of %d: %d users, reserve %d, want %+v", limit, users, limit-total, want)
		}
	}
}

// endless accepts without end and knows how many of its connections are open.
type endless struct{ open atomic.Int64 }

type endlessConn struct {
	net.Conn
	of *endless
}

func (l *endless) Accept() (net.Conn, error) {
	near, _ := net.Pipe()
	l.open.Add(1)
	return endlessConn{near, l}, nil
}
func (l *endless) Close() error   { return nil }
func (l *endless) Addr() net.Addr { return nil }

func (c endlessConn) Close() error { c.of.open.Add(-1); return c.Conn.Close() }

func TestListenerKeepsToItsShare(t *testing.T) {
	under, share := &endless{}, semaphore.NewWeighted(3)
	l := descriptors.Listener(under, share)
	conns := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			conns <- c
		}
	}()
	var held []net.Conn
	for range 3 {
		held = append(held, <-conns)
	}
	for range 100 { // whoever leaves, once, makes place for one
		held[0].Close()
		held[0].Close()
		held = append(held[1:], <-conns)
		if n := under.open.Load(); n > 4 { // one waits
			t.Fatalf("%d connections are open", n)
		}
	}
	l.Close() // while Accept waits for the share
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
}

// Who has waited too long for a place is refused, and so are those behind, until there is one.
func TestListenersRefuseWhoWaitsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const patience = 10 * time.Second
		share := semaphore.NewWeighted(1)
		var refused atomic.Int32
		under := &queue{waiting: make(chan net.Conn, 10)}
		l := descriptors.Refusing(under, share, patience, func() { refused.Add(1) })
		defer l.Close()
		for range 4 {
			near, _ := net.Pipe()
			under.waiting <- near
		}
		first, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		next := make(chan net.Conn)
		go func() {
			c, _ := l.Accept()
			next <- c
		}()
		time.Sleep(patience - time.Second)
		if synctest.Wait(); refused.Load() != 0 {
			t.Errorf("%d were refused early", refused.Load())
		}
		time.Sleep(2 * time.Second)
		if synctest.Wait(); refused.Load() != 3 {
			t.Errorf("%d were refused of 3", refused.Load())
		}
		first.Close()
		near, _ := net.Pipe()
		under.waiting <- near
		if c := <-next; c == nil || refused.Load() != 3 || time.Since(began) > 2*patience {
			t.Errorf("the next after a place was free: %v, %d refused, %v", c, refused.Load(), time.Since(began))
		}
		close(under.waiting)
	})
}

// queue accepts what waits in it.
type queue struct{ waiting chan net.Conn }

func (q *queue) Accept() (net.Conn, error) {
	c, ok := <-q.waiting
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (q *queue) Close() error   { return nil }
func (q *queue) Addr() net.Addr { return nil }
