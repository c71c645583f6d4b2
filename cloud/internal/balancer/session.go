package balancer

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// What a connection of HTTP/2 may have
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#listener-configuration,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-000-issues).
const (
	maxStreams  = 128    // at once
	maxRequests = 10_000 // in all
)

// maxFields is the largest head that becomes a request: larger than what the load balancer serves, so that it refuses the rest itself.
const maxFields = 4 * maxHeader

// session is a client's connection that speaks HTTP/2. Each of its streams is served as a connection of HTTP/1.1 is that has one request.
type session struct {
	*client

	streams sync.WaitGroup

	mu       sync.Mutex
	requests int
	ended    bool
}

// quiet is the log of a library that tells what clients do wrong.
var quiet = log.New(io.Discard, "", 0)

// serveStreams answers requests of HTTP/2 until the connection ends, and all of them have.
func (c *client) serveStreams() {
	_ = c.conn.SetDeadline(time.Time{}) // from here on the idle time is the streams' and, without one, the server's
	idle := c.node.idleTime()
	c.connTrace() // which all streams have in common
	s := &session{client: c}
	base := &http.Server{MaxHeaderBytes: maxFields, ErrorLog: quiet}
	server := &http2.Server{MaxConcurrentStreams: maxStreams, IdleTimeout: idle, WriteByteTimeout: idle}
	_ = http2.ConfigureServer(base, server) // fails for cipher suites alone, of which it has none
	server.ServeConn(meteredConn{c.conn, c.secured, c.bytes()}, &http2.ServeConnOpts{BaseConfig: base, Handler: s})
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.streams.Wait()
}

// ServeHTTP answers one request.
func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	last, ok := s.begin()
	if !ok {
		return
	}
	defer s.streams.Done()
	t := newStream(s.conn, w, r, last)
	defer t.end()
	c := &client{
		node: s.node, port: s.port, conn: t, from: s.from, came: s.came, now: time.Now(), stream: t,
		secured: s.secured, domain: s.domain, certificate: s.certificate, traceID: s.traceID,
	}
	c.r = c.reader()
	c.next()
	if c.broken {
		panic(http.ErrAbortHandler) // which resets the stream
	}
}

// begin tells whether a request may be answered, and whether it is the connection's last.
func (s *session) begin() (last, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false, false
	}
	s.requests++
	s.streams.Add(1)
	return s.requests >= maxRequests || time.Since(s.came) >= time.Duration(s.node.keep.Load()), true
}

// meteredConn counts what is read and written.
type meteredConn struct {
	net.Conn
	state *tls.ConnectionState
	bytes *atomic.Uint64
}

// ConnectionState tells the library how secure the connection is, which it refuses if need be (RFC 9113, 9.2).
func (m meteredConn) ConnectionState() tls.ConnectionState { return *m.state }

func (m meteredConn) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.bytes.Add(uint64(n))
	return n, err
}

func (m meteredConn) Write(p []byte) (int, error) {
	n, err := m.Conn.Write(p)
	m.bytes.Add(uint64(n))
	return n, err
}
