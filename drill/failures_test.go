package drill

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/patience"
)

// answering listens on loopback, and does something with each connection.
func answering(t *testing.T, do func(*net.TCPConn)) int {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.AcceptTCP()
			if err != nil {
				return
			}
			do(conn)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// heard reads a connection's request, so that what is sent back is no answer to bytes that nobody has read.
func heard(c *net.TCPConn) { c.Read(make([]byte, 4096)) }

func TestHowARequestFails(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(ill.Close)
	closed := answering(t, func(*net.TCPConn) {})
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := l.Addr().(*net.TCPAddr).Port
	l.Close()
	resets := answering(t, func(c *net.TCPConn) { heard(c); c.SetLinger(0); c.Close() })
	ends := answering(t, func(c *net.TCPConn) { heard(c); c.Close() })
	short := answering(t, func(c *net.TCPConn) {
		heard(c)
		c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))
		c.Close()
	})
	plain := answering(t, func(c *net.TCPConn) { heard(c); c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); c.Close() })
	at := func(s *httptest.Server) int { return s.Listener.Addr().(*net.TCPAddr).Port }
	for name, c := range map[string]struct {
		scheme  string
		port    int
		timeout time.Duration
		want    How
	}{
		"nobody listens":                 {"http", refusing, patience.Limit, HowRefused},
		"the connection is broken off":   {"http", resets, patience.Limit, HowReset},
		"it is closed without an answer": {"http", ends, patience.Limit, HowEnded},
		"it is closed within an answer":  {"http", short, patience.Limit, HowEnded},
		"an answer of no service":        {"http", at(ill), patience.Limit, "status 503"},
		"a certificate of nobody":        {"https", at(secure), patience.Limit, HowTLS},
		"no TLS":                         {"https", plain, patience.Limit, HowTLS},
		"silence":                        {"http", closed, time.Millisecond, HowTimeout},
		"silence where TLS is due":       {"https", closed, time.Millisecond, HowTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			user := client{
				target: &url.URL{Scheme: c.scheme, Host: "www.hello.test", Path: "/"}, port: c.port, trusts: x509.NewCertPool(), timeout: c.timeout,
				kind: kindNamed("cache"), asking: newTurn(), looked: func(Look) {}, region: func(netip.Addr) string { return "" },
				lookup: func(context.Context, string) (Answer, error) {
					return Answer{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, TTL: time.Hour}, nil
				},
			}
			_, _, err := user.once(t.Context())
			if err == nil || howOf(err) != c.want {
				t.Errorf("%q is told as %s, want %s", err, howOf(err), c.want)
			}
		})
	}
	nameless := client{
		target: &url.URL{Scheme: "http", Host: "www.hello.test"}, kind: kindNamed("cache"), asking: newTurn(), timeout: patience.Limit,
		lookup: func(context.Context, string) (Answer, error) { return Answer{}, ErrNoAddress },
	}
	if _, _, err := nameless.once(t.Context()); howOf(err) != HowName || !errors.Is(err, ErrNoAddress) {
		t.Errorf("%q is told as %s", err, howOf(err))
	}
}

// Each failure is counted, and those outside of the window are told one by one, as far as there is room.
func TestFailuresAreToldByHowAndWhen(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	s := Settings{Interval: time.Second, Threshold: 1, Speed: 1000, ClientTimeout: 100 * time.Millisecond, ClientEvery: time.Millisecond}
	line := timeline{began: zero, fault: at(1000), repair: at(5000), returned: at(6000)}
	lost := func(client, from, to int, err error) Request {
		return Request{Client: client, Start: at(from), End: at(to), Err: err, Address: netip.MustParseAddr("192.0.2.1"), Asked: "one"}
	}
	requests := []Request{
		{Start: at(0), End: at(1), Region: "one"},
		lost(0, 10, 12, badStatus(502)),
		lost(0, 990, 1001, badStatus(502)),            // it had begun when the fault came
		lost(0, 1010, 1110, context.DeadlineExceeded), // of the outage
		lost(1, 4000, 4001, badStatus(503)),           // of who need not follow the name
		lost(1, 6001, 6002, errors.New("one\ntwo")),
	}
	for i := range maxFailures + 10 {
		requests = append(requests, lost(0, 5000+i, 5100+i, context.DeadlineExceeded))
	}
	r := &Report{}
	r.summarise(requests, []*UserKind{kindNamed("cache"), kindNamed("pool")}, line, s)
	if len(r.Failures) != 4 || r.Failed != len(requests)-1 || r.FailedOutside != maxFailures+12 {
		t.Fatalf("%d failed, %d outside: %+v", r.Failed, r.FailedOutside, r.Failures)
	}
	late := r.Failures[3]
	if late.How != HowTimeout || late.Failed != maxFailures+11 || late.Outside != maxFailures+10 || len(late.First) != maxFailures || late.First[0].MS != 5000 {
		t.Errorf("time-outs are %+v", late)
	}
	want := []Failures{
		{How: "status 502", Failed: 2, Outside: 1, First: []Failure{{MS: 10, EndedMS: 12, Kind: "cache", Address: "192.0.2.1", Region: "one", Text: "status 502"}}},
		{How: "status 503", Failed: 1},
		{How: HowOther, Failed: 1, Outside: 1, First: []Failure{{MS: 6001, EndedMS: 6002, Kind: "pool", Address: "192.0.2.1", Region: "one", Text: "one; two"}}},
	}
	if diff := cmp.Diff(want, r.Failures[:3]); diff != "" {
		t.Error(diff)
	}
}
