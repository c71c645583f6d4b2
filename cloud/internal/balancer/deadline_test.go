package balancer

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// told counts the deadlines of which a connection hears.
type told struct {
	net.Conn
	times int
}

func (c *told) SetReadDeadline(t time.Time) error {
	c.times++
	return c.Conn.SetReadDeadline(t)
}

// A deadline holds to the moment, however it was moved before and while somebody waits, and most moves cost nothing.
func TestDeadlinesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		under := &told{Conn: near}
		c := &timed{Conn: under}
		defer c.Close()
		began := time.Now()
		passes := func(after time.Duration) {
			t.Helper()
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != after {
				t.Errorf("%v after %v, want it to pass after %v", err, time.Since(began), after)
			}
		}
		for range 1000 {
			if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if under.times != 1 {
			t.Errorf("the poller was told %d times", under.times)
		}
		passes(70*time.Second - 10*time.Millisecond)
		passes(70*time.Second - 10*time.Millisecond) // again, at once

		_ = c.SetReadDeadline(time.Now().Add(time.Hour))
		time.AfterFunc(time.Second, func() { _ = c.SetReadDeadline(time.Now().Add(time.Second)) }) // earlier
		passes(72*time.Second - 10*time.Millisecond)

		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		_ = c.SetReadDeadline(time.Time{}) // never
		time.AfterFunc(time.Hour, func() { _, _ = far.Write([]byte("a")) })
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("without a deadline: %d, %v", n, err)
		}

		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
		time.AfterFunc(30*time.Second, func() { _, _ = far.Read(make([]byte, 2)) })
		began = time.Now()
		if n, err := c.Write([]byte("abc")); n != 2 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("wrote %d, %v after %v", n, err, time.Since(began))
		}
	})
}

// A connection to a target is kept for the idle time after the last request, not after the first.
func TestIdleConnectionsToTargetsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.idle = time.Minute
		w.serve(t, "10.0.1.10:80", says("hello"))
		w.configure([]Group{group(at("10.0.1.10:80"))})
		links := func() int {
			synctest.Wait()
			return w.b.nodes["eni-1"].upstream.count()
		}
		for range 3 {
			if status, _ := w.get("/"); status != 200 {
				t.Fatal(status)
			}
			time.Sleep(40 * time.Second)
		}
		if n := links(); n != 1 {
			t.Errorf("%d connections 40 s after the last request", n)
		}
		time.Sleep(20*time.Second - time.Millisecond)
		if n := links(); n != 1 {
			t.Errorf("%d connections just before the idle time's end", n)
		}
		time.Sleep(2 * time.Millisecond)
		if n := links(); n != 0 {
			t.Errorf("%d connections after the idle time", n)
		}
	})
}
