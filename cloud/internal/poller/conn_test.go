package poller_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/poller"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// pair are two ends of a kernel's connection, one of them of the poller.
func pair(t *testing.T, adjust ...func(near, far *net.TCPConn)) (*poller.Conn, *net.TCPConn) {
	t.Helper()
	near, far := tcp(t)
	for _, f := range adjust {
		f(near, far)
	}
	c, ok := poller.Take(near).(*poller.Conn)
	if !ok {
		t.Fatal("a kernel's connection was not taken")
	}
	t.Cleanup(func() { _, _ = c.Close(), far.Close() })
	_ = c.SetDeadline(patience.Deadline())
	_ = far.SetDeadline(patience.Deadline())
	return c, far
}

func tcp(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

// Whatever the kernel's buffers hold, all bytes pass, both ways at once.
func TestCarriesAll(t *testing.T) {
	c, far := pair(t)
	all := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	go func() { // echoes
		_, _ = io.Copy(far, far)
		_ = far.CloseWrite()
	}()
	written := make(chan error, 1)
	go func() {
		n, err := c.Write(all)
		if err == nil && n != len(all) {
			err = io.ErrShortWrite
		}
		written <- errors.Join(err, c.CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(all), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if n, err := c.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
}

// Many connections that talk at once, in messages of any length and pieces of any length, each get all of theirs, and then the end. Who answers
// does so in the round in which it was woken.
func TestCarriesManyConversations(t *testing.T) {
	r := chance.New(t)
	var all sync.WaitGroup
	for range 64 {
		c, far := pair(t)
		messages := make([][]byte, 50)
		for i := range messages {
			messages[i] = bytes.Repeat([]byte{byte(i)}, 1+r.IntN(1<<r.IntN(18)))
		}
		place := 1 + r.IntN(5000)
		all.Go(func() { // echoes
			buffer := make([]byte, place)
			for {
				n, err := c.Read(buffer)
				if errors.Is(err, io.EOF) {
					_ = c.Close()
					return
				}
				if err == nil {
					_, err = c.Write(buffer[:n])
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for _, m := range messages {
				go func() { _, _ = far.Write(m) }()
				got := make([]byte, len(m))
				if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, m) {
					t.Errorf("message of %d bytes: %v", len(m), err)
					return
				}
			}
			_ = far.CloseWrite()
			if rest, err := io.ReadAll(far); err != nil || len(rest) > 0 {
				t.Errorf("at the end: %d more bytes, %v", len(rest), err)
			}
		})
	}
	all.Wait()
}

// narrow is pair with little room in the kernel, of which one end echoes in small pieces until it cannot, or the other has ended.
func narrow(t *testing.T) (far *net.TCPConn, echo *poller.Conn, ended chan error) {
	c, far := pair(t, func(near, far *net.TCPConn) { _, _ = near.SetWriteBuffer(1<<12), far.SetReadBuffer(1<<12) })
	ended = make(chan error, 1)
	go func() {
		buffer := make([]byte, 1000)
		for {
			n, err := c.Read(buffer)
			if err == nil {
				_, err = c.Write(buffer[:n])
			}
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = c.Close()
				}
				ended <- err
				return
			}
		}
	}()
	return far, c, ended
}

// fill writes until the other end takes no more, since nobody reads what it answers, and returns what it has taken.
func fill(t *testing.T, far *net.TCPConn) (taken []byte) {
	t.Helper()
	r := chance.New(t)
	for part := make([]byte, 1<<16); ; {
		for i := range part {
			part[i] = byte(r.Uint32())
		}
		_ = far.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := far.Write(part)
		if taken = append(taken, part[:n]...); err != nil {
			return taken
		}
	}
}

// What was written when there was no place for it is sent when there is, in its order, though the connection has been closed.
func TestDeliversWhatWasWritten(t *testing.T) {
	far, _, ended := narrow(t)
	taken := fill(t, far)
	_ = far.CloseWrite()
	got, err := io.ReadAll(far)
	if err != nil || !bytes.Equal(got, taken) {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(taken), err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Who waits for place for a message is told of a close, and of a deadline.
func TestTellsWhoWaitsWithAMessage(t *testing.T) {
	far, c, ended := narrow(t)
	fill(t, far)
	_ = c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("close: %v", err)
	}
	far, c, ended = narrow(t)
	fill(t, far)
	_ = c.SetWriteDeadline(time.Now().Add(time.Millisecond))
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
}

// The end is told to whoever waits for it, whether it comes with the last bytes or after them.
func TestTellsTheEnd(t *testing.T) {
	for _, together := range []bool{true, false} {
		c, far := pair(t)
		if together {
			_, _ = far.Write([]byte("last"))
			_ = far.CloseWrite()
		}
		got := make(chan string, 1)
		go func() {
			b, err := io.ReadAll(c)
			if err != nil {
				t.Error(err)
			}
			got <- string(b)
		}()
		if !together {
			_, _ = far.Write([]byte("last"))
			_ = far.CloseWrite()
		}
		if all := <-got; all != "last" {
			t.Errorf("%q before the end", all)
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("beyond the end: %d, %v", n, err)
		}
	}
}

// What ends a connection is told as Go tells it.
func TestTellsErrors(t *testing.T) {
	c, _ := pair(t)
	_ = c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	c, far := pair(t)
	_ = far.SetLinger(0)
	_ = far.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %v", err)
	}
	if _, err := c.Write([]byte("a")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing after a reset: %v", err)
	}
	c, _ = pair(t)
	_ = c.Close()
	for what, err := range map[string]error{
		"read": second(c.Read(make([]byte, 1))), "write": second(c.Write([]byte("a"))), "close": c.Close(),
		"end": c.CloseWrite(), "deadline": c.SetDeadline(time.Now()),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after the own end: %v", what, err)
		}
	}
	if c.Look() {
		t.Error("a closed connection stands")
	}
}

func second(_ int, err error) error { return err }

// Who waits is told at once: of the own end, of a deadline that comes, and of one that is set meanwhile, to a time that has passed.
func TestTellsWhoWaits(t *testing.T) {
	full := make([]byte, 64<<20) // more than the kernel holds
	for what, wait := range map[string]func(c *poller.Conn) error{
		"read":  func(c *poller.Conn) error { return second(c.Read(make([]byte, 1))) },
		"write": func(c *poller.Conn) error { return second(c.Write(full)) },
	} {
		for cause, x := range map[string]struct {
			end  func(c *poller.Conn)
			want error
		}{
			"close":            {func(c *poller.Conn) { _ = c.Close() }, net.ErrClosed},
			"deadline":         {func(c *poller.Conn) { _ = c.SetDeadline(time.Now().Add(10 * time.Millisecond)) }, os.ErrDeadlineExceeded},
			"deadline of then": {func(c *poller.Conn) { _ = c.SetDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		} {
			c, _ := pair(t)
			got := make(chan error, 1)
			go func() { got <- wait(c) }()
			x.end(c)
			if err := <-got; !errors.Is(err, x.want) {
				t.Errorf("%s, %s: %v", what, cause, err)
			}
		}
	}
}

// A deadline that is moved, or taken away, does not end what comes after.
func TestForgetsDeadlines(t *testing.T) {
	c, far := pair(t)
	for range 200 {
		_ = c.SetReadDeadline(time.Now().Add(time.Microsecond))
		_ = c.SetReadDeadline(time.Time{})
	}
	go func() { _, _ = far.Write([]byte("a")) }()
	if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	_ = c.SetReadDeadline(time.Unix(1, 0))
	_ = c.SetReadDeadline(patience.Deadline())
	go func() { _, _ = far.Write([]byte("b")) }()
	if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("after a deadline that has passed: %d, %v", n, err)
	}
}

// A connection stands until its other side ends it or says something.
func TestLooks(t *testing.T) {
	c, far := pair(t)
	if !c.Look() {
		t.Error("a new connection does not stand")
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !c.Silent() {
		t.Errorf("silence: %d, %v; %v", n, err, c.Silent())
	}
	_ = c.SetReadDeadline(patience.Deadline())
	if _, err := far.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return !c.Silent() && !c.Look() })
	if n, err := c.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("what was looked at is gone: %d, %v", n, err)
	}
	if !c.Silent() || !c.Look() {
		t.Error("it does not stand, though all was read")
	}
	_ = far.Close()
	eventually(t, func() bool { return !c.Silent() && !c.Look() })
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := patience.Deadline(); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain")
		}
	}
}

// Connections that are closed while they are read and written leave no descriptor, and give their places back once.
func TestLeavesNothing(t *testing.T) {
	share := semaphore.NewWeighted(1)
	before := descriptorsOpen(t)
	patient, cancel := context.WithDeadline(t.Context(), patience.Deadline())
	defer cancel()
	for range 100 {
		near, far := tcp(t)
		if share.Acquire(patient, 1) != nil { // it is given back with the last message
			t.Fatal("a closed connection holds its place")
		}
		c := poller.Take(descriptors.Counted(near, share))
		var busy sync.WaitGroup
		busy.Go(func() { _, _ = io.Copy(io.Discard, c) })
		busy.Go(func() {
			for err := error(nil); err == nil; {
				_, err = c.Write([]byte("abc"))
			}
		})
		_, _ = far.Write([]byte("abc"))
		_, _ = io.CopyN(io.Discard, far, 3)
		_ = c.Close()
		busy.Wait()
		_, _ = c.Close(), far.Close()
	}
	if share.Acquire(patient, 1) != nil || share.TryAcquire(1) {
		t.Error("places are lost, or given back twice")
	}
	if now := descriptorsOpen(t); now > before+10 { // the poller's own among them
		t.Errorf("%d descriptors before, %d after", before, now)
	}
}

func descriptorsOpen(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// What is no kernel's connection stays what it is.
func TestTakesKernelsConnectionsAlone(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	if poller.Take(near) != near {
		t.Error("a pipe was taken")
	}
}

// Those who write at one time wait for each other: what each has written arrives once.
func TestWritersWaitForEachOther(t *testing.T) {
	const all = 20_000
	c, far := pair(t)
	words := make(chan byte)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for word := range words {
				if _, err := c.Write([]byte{word}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { // which wakes the reader, in whose rounds the others write
		for range all {
			_, _ = far.Write([]byte{'a'})
		}
	}()
	go func() {
		place := make([]byte, 16)
		for got := 0; got < all; {
			n, err := c.Read(place)
			if err != nil {
				t.Error(err)
				break
			}
			for _, word := range place[:n] {
				words <- word
			}
			got += n
		}
		close(words)
		writers.Wait()
		_ = c.CloseWrite()
	}()
	if back, err := io.ReadAll(far); err != nil || len(back) != all {
		t.Errorf("%d of %d bytes came back, %v", len(back), all, err)
	}
}
