package health

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

var here = netip.MustParseAddr("127.0.0.1")

// local has all checkers ask from loopback.
func local(_ int, ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.IPv6Loopback()
	}
	return here
}

// flown is an engine whose results come by a channel.
type flown struct {
	*engine
	results chan result
}

func newFlown(t *testing.T, l limits) *flown {
	t.Helper()
	f := &flown{results: make(chan result, 10_000)}
	var err error
	if f.engine, err = newEngine(l, func(_ *checker, r result) { f.results <- r }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- f.run() }()
	t.Cleanup(func() {
		f.close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *flown) ask(t *testing.T, at net.Addr, request string) result {
	t.Helper()
	f.start(new(checker), here, at.(*net.TCPAddr).AddrPort(), []byte(request))
	return <-f.results
}

// serving answers each connection as f does, and leaves the closing to it.
func serving(t *testing.T, f func(*net.TCPConn)) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f(conn.(*net.TCPConn))
		}
	}()
	return l.Addr()
}

const plainRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// patient are time-outs that no machine is too slow for.
var patient = limits{patience.Limit, patience.Limit, patience.Limit}

// hasty is patient but for responses.
var hasty = limits{connect: patience.Limit, reply: 200 * time.Millisecond, connectTCP: patience.Limit}

func TestEngineAsksAndHears(t *testing.T) {
	waits, ends := newFlown(t, patient), newFlown(t, hasty)
	said := func(pieces ...string) func(*net.TCPConn) {
		return func(c *net.TCPConn) {
			defer c.Close()
			c.SetNoDelay(true)
			c.Read(make([]byte, 512))
			for _, p := range pieces {
				fmt.Fprint(c, p)
				time.Sleep(time.Millisecond) // another segment
			}
		}
	}
	for _, c := range []struct {
		name string
		site func(*net.TCPConn)
		want string
	}{
		{"well", said("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"), "Success: HTTP Status Code 200, OK"},
		{"in pieces", said("HT", "TP/1.1 301 Mo", "ved Permanently\r\n", "\r", "\n"), "Success: HTTP Status Code 301, Moved Permanently"},
		{"bare newlines", said("HTTP/1.0 204 No Content\nA:b\n\n"), "Success: HTTP Status Code 204, No Content"},
		{"a reason of its own", said("HTTP/1.1 200 Fine\r\n\r\n"), "Success: HTTP Status Code 200, Fine"},
		{"early hints", said("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"), "Failure: HTTP Status Code 404, Not Found"},
		{"ill", said("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "Failure: HTTP Status Code 503, Service Unavailable"},
		{"another protocol", said("SSH-2.0-OpenSSH\r\n"), "Failure: malformed"},
		{"a field without a name", said("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), "Failure: malformed"},
		{"a blank in a name", said("HTTP/1.1 200 OK\r\na b: x\r\n\r\n"), "Failure: malformed"},
		{"a control character", said("HTTP/1.1 200 OK\r\na: x\x00y\r\n\r\n"), "Failure: malformed"},
		{"a carriage return alone", said("HTTP/1.1 200 OK\r\na: x\ry\r\n\r\n"), "Failure: malformed"},
		{"a field that goes on", said("HTTP/1.1 200 OK\r\na: x\r\n\ty\x80\r\n\r\n"), "Success: HTTP Status Code 200, OK"},
		{"nothing that goes on", said("HTTP/1.1 200 OK\r\n a: x\r\n\r\n"), "Failure: malformed"},
		{"too much", said("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", headLimit) + "\r\n\r\n"), "Failure: response headers exceed 16384 bytes"},
		{"nothing", said(), "Failure: The endpoint closed the connection"},
		{"half", said("HTTP/1.1 200 OK\r\n"), "Failure: The endpoint closed the connection"},
		{"silence", func(c *net.TCPConn) { defer c.Close(); c.Read(make([]byte, 512)); c.Read(make([]byte, 1)) }, "Failure: Connection timed out."},
		{"a reset", func(c *net.TCPConn) { c.Read(make([]byte, 512)); c.SetLinger(0); c.Close() }, "Failure: Connection reset by the endpoint"},
		{"a reset after the answer", func(c *net.TCPConn) {
			c.Read(make([]byte, 512))
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
			c.SetLinger(0)
			c.Close()
		}, "Success: HTTP Status Code 200, OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := waits
			if c.name == "silence" {
				f = ends
			}
			if r := f.ask(t, serving(t, c.site), plainRequest); !strings.HasPrefix(r.status, c.want) || r.pass != strings.HasPrefix(c.want, "Success") {
				t.Errorf("pass %v, %q, want %q", r.pass, r.status, c.want)
			}
		})
	}
}

func TestEngineConnects(t *testing.T) {
	f := newFlown(t, patient)
	at := serving(t, func(c *net.TCPConn) { c.Close() })
	if r := f.ask(t, at, ""); !r.pass || r.status != "Success: TCP connection established" {
		t.Errorf("%+v", r)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, request := range []string{"", plainRequest} {
		if r := f.ask(t, l.Addr(), request); r.pass || !strings.HasPrefix(r.status, "Failure: Connection refused.") {
			t.Errorf("nobody listens: %+v", r)
		}
	}
}

// Many at once, of which some never answer; all come back, and nothing is left open. On a slow machine hasty also gives up
// some that do answer.
func TestEngineBringsAllBack(t *testing.T) {
	before := openFiles(t)
	t.Run("at once", func(t *testing.T) {
		waits, ends := newFlown(t, patient), newFlown(t, hasty)
		well := serving(t, func(c *net.TCPConn) {
			defer c.Close()
			c.Read(make([]byte, 512))
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		})
		mute := serving(t, func(c *net.TCPConn) { defer c.Close(); c.Read(make([]byte, 512)); c.Read(make([]byte, 1)) })
		const each = 200
		for range each {
			waits.start(new(checker), here, well.(*net.TCPAddr).AddrPort(), []byte(plainRequest))
			ends.start(new(checker), here, well.(*net.TCPAddr).AddrPort(), []byte(plainRequest))
			ends.start(new(checker), here, mute.(*net.TCPAddr).AddrPort(), []byte(plainRequest))
		}
		for range each {
			if r := <-waits.results; !r.pass {
				t.Error(r.status)
			}
		}
		passed := 0
		for range 2 * each {
			r := <-ends.results
			if r.pass {
				passed++
			} else if r.status != timedOut {
				t.Error(r.status)
			}
		}
		if passed > each {
			t.Errorf("%d passed, of %d that answer", passed, each)
		}
	})
	deadline := patience.Deadline() // the servers' ends close by themselves
	for openFiles(t) > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := openFiles(t); n > before {
		t.Errorf("%d files open, %d before", n, before)
	}
}

func TestEngineClosesAmidstProbes(t *testing.T) {
	well := serving(t, func(c *net.TCPConn) {
		defer c.Close()
		c.Read(make([]byte, 512))
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
	})
	for range 20 {
		t.Run("", func(t *testing.T) {
			f := newFlown(t, patient)
			for range 100 {
				f.start(new(checker), here, well.(*net.TCPAddr).AddrPort(), []byte(plainRequest))
			}
			<-f.results
		})
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	found, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// A whole monitor over real sockets, with all kinds of probes.
func TestMonitorOverSockets(t *testing.T) {
	changed := make(chan map[string]bool, 100)
	m := New(Config{Pace: tempo.At(1000), Source: local, Changed: func(c map[string]bool) { changed <- c }})
	defer m.Close()
	down := make(chan struct{})
	at := serving(t, func(c *net.TCPConn) {
		defer c.Close()
		c.Read(make([]byte, 512))
		select {
		case <-down:
			fmt.Fprint(c, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
		default:
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nneedle")
		}
	})
	c := config(func(c *r53types.HealthCheckConfig) {
		c.IPAddress, c.Port = aws.String("127.0.0.1"), aws.Int32(int32(at.(*net.TCPAddr).Port))
		c.FailureThreshold = aws.Int32(10) // which a slow machine's time-outs do not reach
	})
	match, tcp := c, c
	match.Type, match.SearchString, tcp.Type = r53types.HealthCheckTypeHttpStrMatch, aws.String("needle"), r53types.HealthCheckTypeTcp
	for id, c := range map[string]r53types.HealthCheckConfig{"http": c, "match": match, "tcp": tcp} {
		m.Set(id, c)
	}
	for range 3 {
		<-changed
	}
	for _, id := range []string{"http", "match", "tcp"} {
		for len(m.Observations(id)) < 16 {
			time.Sleep(time.Millisecond)
		}
	}
	close(down)
	ill := map[string]bool{}
	for len(ill) < 2 {
		for id, healthy := range <-changed {
			if healthy || id == "tcp" {
				t.Fatalf("%s is healthy %v", id, healthy)
			}
			ill[id] = true
		}
	}
}
