package poller_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"weak"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/poller"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// Connections that are made, ended, reset and closed all the time, while they are read and written and their deadlines move: nobody gets a byte
// of another one, whose descriptor had the same number, nobody waits for ever, and all places are given back.
func TestConnectionsEndAtAnyMoment(t *testing.T) {
	const lanes, turns = 16, 24
	r := chance.New(t)
	share := semaphore.NewWeighted(lanes)
	patient, cancel := context.WithDeadline(t.Context(), patience.Deadline())
	defer cancel()
	var all sync.WaitGroup
	for lane := range lanes {
		seeds := [2]uint64{r.Uint64(), r.Uint64()}
		all.Go(func() {
			r := rand.New(rand.NewPCG(seeds[0], seeds[1]))
			for turn := range turns {
				if share.Acquire(patient, 1) != nil { // it is given back with the last message
					t.Error("a closed connection holds its place")
					return
				}
				mishap(t, r, share, byte(lane*turns+turn))
			}
		})
	}
	all.Wait()
	if share.Acquire(patient, lanes) != nil || share.TryAcquire(1) {
		t.Error("places are lost, or given back twice")
	}
}

// mishap is the life of one connection, on which both sides say nothing but their own byte.
func mishap(t *testing.T, r *rand.Rand, share *semaphore.Weighted, own byte) {
	near, far := tcp(t)
	_ = far.SetDeadline(patience.Deadline())
	c := poller.Take(descriptors.Counted(near, share)).(*poller.Conn)
	_ = c.SetDeadline(patience.Deadline())
	var all sync.WaitGroup
	for _, one := range []net.Conn{c, far} {
		place, length := make([]byte, 1+r.IntN(1<<r.IntN(16))), 1+r.IntN(1<<r.IntN(20))
		message := make([]byte, length)
		for i := range message {
			message[i] = own
		}
		all.Go(func() { hear(t, one, place, own) })
		all.Go(func() {
			for err := error(nil); err == nil || passed(one, err); {
				_, err = one.Write(message)
			}
		})
	}
	for range r.IntN(6) {
		disturb(r, c)
	}
	switch r.IntN(4) {
	case 0:
		_ = far.SetLinger(0)
		_ = far.Close()
	case 1:
		_ = far.Close()
	case 2:
		_ = c.CloseWrite()
		_ = far.CloseWrite()
	}
	all.Go(func() { _ = c.Close() })
	disturb(r, c)
	_ = c.Close()
	_ = far.Close()
	all.Wait()
}

// hear reads to the end, whichever it is.
func hear(t *testing.T, one net.Conn, place []byte, own byte) {
	for {
		n, err := one.Read(place)
		for _, b := range place[:n] {
			if b != own {
				t.Errorf("%d came on the connection of %d", b, own)
				return
			}
		}
		if err != nil && !passed(one, err) {
			if errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSOCK) {
				t.Errorf("a closed descriptor was read: %v", err)
			}
			return
		}
	}
}

// passed tells of a deadline that has passed, and sets another.
func passed(c net.Conn, err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && c.SetDeadline(patience.Deadline()) == nil
}

func disturb(r *rand.Rand, c *poller.Conn) {
	switch r.IntN(6) {
	case 0:
		_ = c.SetDeadline(time.Unix(1, 0))
	case 1:
		_ = c.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(1000)) * time.Microsecond))
	case 2:
		_ = c.SetWriteDeadline(time.Now().Add(time.Duration(r.IntN(1000)) * time.Microsecond))
	case 3:
		c.Look()
	case 4:
		c.Silent()
	case 5:
		time.Sleep(time.Duration(r.IntN(300)) * time.Microsecond) // one of the things that may happen
	}
}

// A read stops before urgent data, though there is more behind it (tcp(7)), of which no other event tells.
func TestReadsOnAfterUrgentData(t *testing.T) {
	c, far := pair(t)
	raw, err := far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	for _, waits := range []bool{false, true} {
		read := func() {
			all := make([]byte, 64) // never filled
			n, err := io.ReadAtLeast(c, all, len("beforeafter"))
			if err != nil {
				t.Errorf("after %d bytes: %v", n, err)
			}
			got <- string(all[:n])
		}
		if waits {
			go read()
		}
		_, _ = far.Write([]byte("before"))
		if failed := raw.Control(func(fd uintptr) { err = syscall.Sendto(int(fd), []byte("!"), syscall.MSG_OOB, nil) }); failed != nil || err != nil {
			t.Fatal(failed, err)
		}
		_, _ = far.Write([]byte("after"))
		if !waits {
			eventually(t, func() bool { return !c.Silent() })
			go read()
		}
		if all := <-got; all != "beforeafter" {
			t.Errorf("got %q", all)
		}
	}
}

// What was to be read into is the reader's alone when nobody waits any more.
func TestKeepsNoPlace(t *testing.T) {
	c, _ := pair(t)
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || !c.Silent() {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Time{})
	place := new([32 << 10]byte)
	kept := weak.Make(place)
	ended := make(chan error)
	go func(place []byte) {
		_, err := c.Read(place)
		ended <- err
	}(place[:])
	place = nil
	eventually(t, func() bool { return !c.Silent() }) // somebody waits
	_ = c.SetReadDeadline(time.Unix(1, 0))
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		runtime.GC()
		return kept.Value() == nil
	})
	runtime.KeepAlive(c)
}
