package network_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/network/networktest"
	"github.com/understudy/understudy/internal/patience"
)

func TestMain(m *testing.M) { networktest.Main(m) }

func newNamespace(t *testing.T) *network.Namespace {
	t.Helper()
	n, err := network.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func threadNamespace(t *testing.T) string {
	t.Helper()
	s, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNamespaceCarriesConnections(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.WriteString(c, "from inside")
			c.Close()
		}
	}()
	c, err := n.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "from inside" {
		t.Errorf("read %q, %v", got, err)
	}
	other := newNamespace(t)
	if _, err := other.DialContext(t.Context(), "tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial from another namespace: %v, want refused", err)
	}
}

func TestNamespaceRefusalIsRefused(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	_, err := n.DialContext(t.Context(), "tcp", "127.0.0.1:9")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want connection refused", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.DialContext(ctx, "tcp", "127.0.0.1:9"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestNamespaceDatagrams(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	p, err := n.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := n.DialContext(t.Context(), "udp", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	p.SetReadDeadline(patience.Deadline())
	b := make([]byte, 8)
	k, from, err := p.ReadFrom(b)
	if err != nil || string(b[:k]) != "ping" || from.String() != c.LocalAddr().String() {
		t.Errorf("got %q from %v, %v", b[:k], from, err)
	}
}

func TestThreadsComeHome(t *testing.T) {
	home := threadNamespace(t)
	n := newNamespace(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				c, err := n.DialContext(t.Context(), "udp", "127.0.0.1:53")
				if err != nil {
					t.Error(err)
					return
				}
				c.Close()
				if now := threadNamespace(t); now != home {
					t.Errorf("thread is in %s, home is %s", now, home)
				}
			}
		})
	}
	wg.Wait()
}

func TestCommandStartsInside(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	var want string
	n.Do(func() error { want = threadNamespace(t); return nil })
	var out strings.Builder
	cmd := exec.Command("readlink", "/proc/thread-self/ns/net")
	cmd.Stdout = &out
	if err := n.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(out.String()); got != want || got == threadNamespace(t) {
		t.Errorf("child is in %s, want %s", got, want)
	}
}

func BenchmarkDial(b *testing.B) {
	n, err := network.NewNamespace()
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	for b.Loop() {
		c, err := n.DialContext(b.Context(), "udp", "127.0.0.1:53")
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
