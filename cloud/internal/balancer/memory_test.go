package balancer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// memory is a network within the process. Addresses in dropped swallow all packets.
type memory struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener
	dropped   map[string]bool
	dials     int
}

func newMemory() *memory {
	return &memory{listeners: map[string]*memoryListener{}, dropped: map[string]bool{}}
}

type memoryListener struct {
	net     *memory
	address string
	accept  chan net.Conn
	once    sync.Once
	done    chan struct{}
}

type memoryAddr string

func (memoryAddr) Network() string  { return "tcp" }
func (a memoryAddr) String() string { return string(a) }

// memoryConn is a pipe's end that says where its other end is.
type memoryConn struct {
	net.Conn
	remote memoryAddr
}

func (c memoryConn) RemoteAddr() net.Addr { return c.remote }

// SetReadDeadline takes a deadline when the other end has closed, too, as a kernel's connection does and a pipe does not.
func (c memoryConn) SetReadDeadline(t time.Time) error {
	if err := c.Conn.SetReadDeadline(t); !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil
}

func (m *memory) Listen(_, address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listeners[address] != nil {
		return nil, syscall.EADDRINUSE
	}
	l := &memoryListener{net: m, address: address, accept: make(chan net.Conn), done: make(chan struct{})}
	m.listeners[address] = l
	return l, nil
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		delete(l.net.listeners, l.address)
		close(l.done)
	})
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr(l.address) }

func (m *memory) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	m.mu.Lock()
	l, dropped := m.listeners[address], m.dropped[address]
	m.dials++
	m.mu.Unlock()
	if dropped {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	near, far := net.Pipe()
	select {
	case l.accept <- memoryConn{far, "192.0.2.1:5000"}:
		return memoryConn{near, memoryAddr(address)}, nil
	case <-l.done:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) drop(address string, yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped[address] = yes
}

// serve runs a target until the test ends.
func (m *memory) serve(t *testing.T, address string, h http.HandlerFunc) *http.Server {
	t.Helper()
	l, err := m.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

const entry = "10.0.0.10:80"

// world is a load balancer with one node in a memory network, and a client.
type world struct {
	*memory
	t         *testing.T
	b         *Balancer
	idle      time.Duration
	keep      time.Duration
	http1Only bool
	headers   Headers
	answers   Answers
	names     TLSNames
	logs      Logs
	client    *http.Client
}

func newWorld(t *testing.T) *world {
	m := newMemory()
	transport := &http.Transport{
		DialContext:         func(ctx context.Context, n, _ string) (net.Conn, error) { return m.DialContext(ctx, n, entry) },
		MaxIdleConnsPerHost: 100,
	}
	w := &world{memory: m, t: t, b: New(tempo.At(1), slog.New(slog.DiscardHandler), func() {}), client: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() { transport.CloseIdleConnections(); w.b.Close() })
	return w
}

// configure makes one listener with the groups behind it, weighted alike, or with the rules given.
func (w *world) configure(groups []Group, rules ...Rule) {
	w.t.Helper()
	if rules == nil {
		var shares []Weighted
		for _, g := range groups {
			shares = append(shares, Weighted{g.ID, 1})
		}
		rules = []Rule{{Action: Action{Forward: shares}}}
	}
	c := Config{
		IdleTimeout: w.idle, KeepAlive: w.keep, Headers: w.headers,
		Nodes: []Node{{ID: "eni-1", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory, Logs: w.logs}}, Name: "app/a/1", DNSName: "Own.example",
		Listeners: []Listener{{Port: 80, Rules: rules, Answers: w.answers}}, Groups: groups,
	}
	if err := w.b.Configure(c); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(path string) (int, string) {
	w.t.Helper()
	resp, err := w.client.Get("http://Hello.example" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}

func (w *world) wantHealth(g Group, i int, want Health) {
	w.t.Helper()
	if got := w.b.Health(g.ID, g.Targets[i]); got != want {
		w.t.Errorf("health of %s is %v, want %v", g.Targets[i].Address, got, want)
	}
}

func at(address string) Target { return Target{ID: address, Address: netip.MustParseAddrPort(address)} }

func group(targets ...Target) Group {
	return Group{ID: "g", Algorithm: RoundRobin, Targets: targets, Check: Check{
		Path: "/health", Interval: 30 * time.Second, Timeout: 5 * time.Second, Healthy: 3, Unhealthy: 2,
	}}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}
