package balancer

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// host is the machine's own loopback.
type host struct{ listening chan string }

func (h host) Listen(network, _ string) (net.Listener, error) {
	l, err := net.Listen(network, "127.0.0.1:0")
	if err == nil {
		h.listening <- l.Addr().String()
	}
	return l, err
}

func (h host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// onLoopback makes a load balancer on loopback in front of a target that says hello, and returns where it listens.
func onLoopback(t *testing.T) (b *Balancer, address string) {
	t.Helper()
	if err := network.PrepareInternet(); err != nil { // brings loopback up
		t.Fatal(err)
	}
	backend := httptest.NewServer(says("hello"))
	t.Cleanup(backend.Close)
	h := host{make(chan string, 1)}
	health := make(chan struct{}, 8)
	b = New(tempo.Pace{Speed: 1000, LeastTimeout: patience.Limit}, slog.New(slog.DiscardHandler), func() { health <- struct{}{} })
	t.Cleanup(b.Close)
	g := group(Target{ID: "i-1", Address: netip.MustParseAddrPort(backend.Listener.Addr().String())})
	err := b.Configure(Config{
		IdleTimeout: time.Hour,
		Nodes:       []Node{{ID: "eni-1", Address: netip.MustParseAddr("127.0.0.1"), Network: h}}, Groups: []Group{g},
		Listeners: []Listener{{Port: 80, Rules: []Rule{
			{Conditions: []Condition{{Field: "path-pattern", Values: []string{"/fixed"}}}, Action: Action{Fixed: &FixedResponse{Status: 418, Body: "tea"}}},
			{Action: Action{Forward: []Weighted{{"g", 1}}}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for b.Health("g", g.Targets[0]).State != Healthy {
		<-health
	}
	return b, <-h.listening
}

func TestCurlOverSockets(t *testing.T) {
	_, address := onLoopback(t)
	for path, want := range map[string]string{"/": "hello 200", "/fixed": "tea 418"} {
		out, err := exec.Command(judge.Need(t, "curl"), "-sS", "--max-time", "100", "-w", " %{http_code}", "http://"+address+path).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("curl %s: %q, %v; want %q", path, out, err, want)
		}
	}
}

// Who is connected when a load balancer ends is cut off, and is not waited for.
func TestEndCutsClientsOff(t *testing.T) {
	b, address := onLoopback(t)
	var clients []net.Conn
	for _, request := range []string{"", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(patience.Deadline())
		_, _ = io.WriteString(c, request)
		if strings.HasSuffix(request, "\r\n\r\n") {
			if _, err := io.ReadFull(c, make([]byte, 64)); err != nil {
				t.Fatal(err)
			}
		}
		clients = append(clients, c)
	}
	b.Close()
	for i, c := range clients {
		if _, err := io.Copy(io.Discard, c); os.IsTimeout(err) {
			t.Errorf("client %d is still connected", i)
		}
	}
}
