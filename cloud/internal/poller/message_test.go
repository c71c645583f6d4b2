package poller

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

// undelivered is a connection with a message that the other side has no place for.
func undelivered(t *testing.T) *Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := Take(near).(*Conn)
	c.hold()
	c.buffer = buffers.Get().(*[maxMessage]byte)
	c.way.Store(posted)
	t.Cleanup(func() {
		_ = c.Close()
		c.delivered(0)
	})
	return c
}

// A connection that is closed keeps its descriptor for what it has written no longer than it must, whatever its deadline was and is set to.
func TestClosedConnectionsDoNotWaitForEver(t *testing.T) {
	for name, deadline := range map[string]time.Time{"none": {}, "late": time.Now().Add(24 * time.Hour)} {
		c := undelivered(t)
		_ = c.SetDeadline(deadline)
		_ = c.Close()
		latest := time.Now().Add(maxRest)
		if err := c.SetWriteDeadline(deadline); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
		c.out.mu.Lock()
		if c.out.wanted.IsZero() || c.out.wanted.After(latest) || c.out.until != c.out.wanted {
			t.Errorf("with a deadline that was %s, the message is waited for until %v", name, c.out.wanted)
		}
		c.out.mu.Unlock()
	}
	c := undelivered(t)
	soon := time.Now().Add(maxRest / 2)
	_ = c.SetDeadline(soon)
	_ = c.Close()
	if c.out.wanted != soon {
		t.Errorf("the deadline has become %v", c.out.wanted)
	}
}

// Who begins to wait for a message in the moment when the connection is closed does not wait.
func TestNobodyWaitsWithAClosedConnection(t *testing.T) {
	c := undelivered(t)
	_ = c.Close()
	told := make(chan error, 1)
	go func() { told <- c.settle() }()
	select {
	case err := <-told:
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(patience.Limit):
		t.Error("it waits")
	}
}
