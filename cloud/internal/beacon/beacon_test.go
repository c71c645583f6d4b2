package beacon

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

func report(healthy bool) Report {
	return Report{Region: "us-east-1", LoadBalancers: []LoadBalancer{{
		DNSName: "lb.us-east-1.elb.amazonaws.com", Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.7")}, Healthy: healthy,
	}}}
}

// hall is a Receiver on a unix socket whose changes can be awaited.
type hall struct {
	*Receiver
	socket string
	l      net.Listener
	news   chan struct{}
}

func open(t *testing.T, socket string, seed []Report) *hall {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{socket: socket, l: l, news: make(chan struct{}, 100)}
	h.Receiver = NewReceiver(200*time.Millisecond, func() { h.news <- struct{}{} }, seed)
	go h.Serve(l)
	t.Cleanup(h.close)
	return h
}

func (h *hall) close() { h.l.Close(); h.Close() }

func (h *hall) await(t *testing.T, what string, yes func(LoadBalancer) bool) {
	t.Helper()
	timeout := time.After(patience.Limit)
	for {
		if b := h.Balancers(); len(b) == 1 && yes(b[0]) {
			return
		}
		select {
		case <-h.news:
		case <-timeout:
			t.Fatalf("never: %s; have %v", what, h.Balancers())
		}
	}
}

func well(b LoadBalancer) bool { return b.Healthy && len(b.Addresses) == 1 }
func ill(b LoadBalancer) bool  { return !b.Healthy && len(b.Addresses) == 1 }

func TestRegionThatEndsIsIllAtItsLastAddresses(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "s"), nil)
	ctx, end := context.WithCancel(t.Context())
	go Send(ctx, h.socket, func() Report { return report(true) }, func() <-chan struct{} { return nil }, 50*time.Millisecond, slog.New(slog.DiscardHandler))
	h.await(t, "well", well)
	end()
	h.await(t, "ill, with its addresses", ill)
}

func TestRegionSpeaksAgainAfterRoute53Restarts(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	h := open(t, socket, nil)
	go Send(t.Context(), socket, func() Report { return report(true) }, func() <-chan struct{} { return nil }, 50*time.Millisecond, slog.New(slog.DiscardHandler))
	h.await(t, "well", well)
	seed := h.Reports()
	h.close()
	again := NewReceiver(time.Minute, func() {}, seed)
	if b := again.Balancers(); len(b) != 1 || !ill(b[0]) {
		t.Errorf("before its first word: %v", b)
	}
	h = open(t, socket, seed)
	h.await(t, "well again", well)
}

func TestSilenceIsIllHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changes atomic.Int32
		r := NewReceiver(10*time.Second, func() { changes.Add(1) }, nil)
		ours, theirs := net.Pipe()
		defer ours.Close()
		go r.listen(theirs)
		go stream(t.Context(), ours, func() Report { return report(true) }, func() <-chan struct{} { return nil }, time.Hour)
		synctest.Wait()
		time.Sleep(9 * time.Second)
		if b := r.Balancers(); len(b) != 1 || !b[0].Healthy {
			t.Errorf("after 9 s: %v", b)
		}
		time.Sleep(2 * time.Second)
		if b := r.Balancers(); len(b) != 1 || b[0].Healthy || changes.Load() != 2 {
			t.Errorf("after 11 s: %v, %d changes", b, changes.Load())
		}
		r.Close()
	})
}
