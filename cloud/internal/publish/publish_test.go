package publish_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/network/networktest"
	"github.com/understudy/understudy/cloud/internal/publish"
	"github.com/understudy/understudy/internal/patience"
)

func TestMain(m *testing.M) { networktest.Main(m) }

// door serves a broker on a unix socket and returns a client of it that dials where it is told.
func door(t *testing.T, dial publish.Dial) *publish.Client {
	t.Helper()
	if err := network.PrepareInternet(); err != nil { // for lo, which is down in a new namespace
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "door.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	broker := publish.NewBroker(1, nil)
	go func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			go broker.Serve(c)
		}
	}()
	return &publish.Client{Socket: socket, Dial: dial, Share: semaphore.NewWeighted(1 << 20)}
}

func open(t *testing.T, c *publish.Client, public string) *publish.Published {
	t.Helper()
	p, err := c.Open(netip.MustParseAddrPort(public))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPublishedServerSeesTheHostUser(t *testing.T) {
	c := door(t, nil)
	server, err := net.Listen("tcp4", "192.0.2.77:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request, _ := io.ReadAll(conn) // until the user's half is closed
		io.WriteString(conn, conn.RemoteAddr().(*net.TCPAddr).IP.String()+" "+string(request))
	}()
	p := open(t, c, "192.0.2.77:8080")
	if got, want := p.Address.String(), "127.1.0.77:8080"; got != want {
		t.Errorf("published at %s, want %s", got, want)
	}
	user, err := net.DialTimeout("tcp", p.Address.String(), patience.Limit)
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	user.SetDeadline(patience.Deadline())
	io.WriteString(user, "hello")
	user.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(user)
	if err != nil || string(got) != "192.0.2.1 hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRefusalIsPassedOn(t *testing.T) {
	p := open(t, door(t, nil), "192.0.2.78:8080")
	user, err := net.DialTimeout("tcp", p.Address.String(), patience.Limit)
	if err == nil { // the reset has not come before connect(2) returned
		defer user.Close()
		user.SetDeadline(patience.Deadline())
		_, err = user.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want connection reset", err)
	}
}

func TestCloseEndsConnectionsAndListener(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := door(t, func(context.Context, netip.AddrPort) (net.Conn, error) { return near, nil })
	p := open(t, c, "198.51.100.7:8081")
	user, err := net.DialTimeout("tcp", p.Address.String(), patience.Limit)
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	io.WriteString(user, "x")
	if _, err := far.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on after the address is closed")
	}
	// The broker may not have closed its own descriptor of the listener yet, which it has sent.
	for deadline := patience.Deadline(); ; {
		late, err := net.DialTimeout("tcp", p.Address.String(), patience.Limit)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			late.Close()
		}
		if time.Now().After(deadline) {
			t.Fatalf("dial after close: %v, want refused", err)
		}
	}
}

func TestBrokerRefuses(t *testing.T) {
	c := door(t, nil)
	for public, want := range map[string]string{
		"8.8.8.8:53":       "not a public address of a local cloud",
		"127.0.0.1:4790":   "not a public address of a local cloud",
		"198.51.100.7:0":   "not an IPv4 address and port",
		"[2001:db8::1]:80": "not an IPv4 address and port",
	} {
		_, err := c.Open(netip.MustParseAddrPort(public))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("publish %s: %v, want %q", public, err, want)
		}
	}
	p := open(t, c, "198.51.100.8:8082")
	if _, err := c.Open(netip.MustParseAddrPort("198.51.100.8:8082")); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("publish %s twice: %v", p.Address, err)
	}
}

// echo serves a public address until the test ends.
func echo(t *testing.T, at string) {
	t.Helper()
	l, err := net.Listen("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(struct{ io.Writer }{c}, c) // hidden, so that it takes no pipe
			}()
		}
	}()
}

// converse connects and has a byte go there and back.
func converse(p *publish.Published) (net.Conn, error) {
	user, err := net.Dial("tcp", p.Address.String())
	if err != nil {
		return nil, err
	}
	if _, err = io.WriteString(user, "x"); err == nil {
		_, err = io.ReadFull(user, make([]byte, 1))
	}
	if err != nil {
		user.Close()
	}
	return user, err
}

func TestConnectionCostsTwoDescriptors(t *testing.T) {
	p := open(t, door(t, nil), "192.0.2.79:8080")
	echo(t, "192.0.2.79:8080")
	count := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(open)
	}
	before := count()
	const held, ends = 50, 2 // the user's and the server's are this process's too
	for range held {
		user, err := converse(p)
		if err != nil {
			t.Fatal(err)
		}
		defer user.Close()
	}
	if each := float64(count()-before)/held - ends; each > descriptors.PerPublished+0.2 {
		t.Errorf("a connection costs %.1f descriptors, want %d", each, descriptors.PerPublished)
	}
}

// tally counts what is open of what was dialled.
type tally struct {
	net.Conn
	open *atomic.Int64
}

func (c tally) Close() error {
	err := c.Conn.Close()
	if err == nil {
		c.open.Add(-1)
	}
	return err
}

func TestConnectionsBeyondTheShareWait(t *testing.T) {
	const places, users = 3, 20
	var openNow, most atomic.Int64
	c := door(t, func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		conn, err := publish.DialInternet(ctx, to)
		if n := openNow.Add(1); n > most.Load() {
			most.Store(n)
		}
		return tally{conn, &openNow}, err
	})
	c.Share = semaphore.NewWeighted(places * descriptors.PerPublished)
	p := open(t, c, "192.0.2.80:8080")
	echo(t, "192.0.2.80:8080")
	served := make(chan net.Conn, users)
	failed := make(chan error, users)
	for range users {
		go func() {
			if user, err := converse(p); err != nil {
				failed <- err
			} else {
				served <- user
			}
		}()
	}
	for range users { // each who leaves makes place for the next
		select {
		case user := <-served:
			user.Close()
		case err := <-failed:
			t.Fatal(err)
		}
	}
	if n := most.Load(); n > places {
		t.Errorf("%d connections at once, want %d at most", n, places)
	}
}
