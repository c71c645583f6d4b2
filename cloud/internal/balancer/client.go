package balancer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// The largest heads
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html#http-header-limits).
const (
	maxLine           = 16 << 10 // the request line, and a single header field
	maxHeader         = 64 << 10
	maxResponseHeader = 32 << 10
)

// maxForwarded is how many addresses X-Forwarded-For may hold
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-463-issues).
const maxForwarded = 30

// maxUnread is how much of a body that nobody reads is taken so that the connection can be used again.
const maxUnread = 256 << 10

// client is one client's connection, from the first request to the last.
type client struct {
	node *node
	port int
	conn net.Conn
	from netip.AddrPort
	came time.Time
	now  time.Time // as it was when somebody last waited: for the client or the target, or to be able to write
	r    *http1.Reader

	secured     *tls.ConnectionState // nil without TLS
	domain      string               // by which the client chose a certificate; "" if by none
	certificate string               // ARN, "" without TLS
	received    atomic.Uint64        // bytes
	entry       logEntry
	traceID     string  // in logs; made when it is first asked for
	line        line    // of the log, kept for its room
	second      second  // that it was written in
	stream      *stream // of HTTP/2; nil on a connection of HTTP/1.1

	q        http1.Request
	body     http1.Body
	p        http1.Response
	answer   Answers
	tlsNames TLSNames
	pool     *pool    // that has the target
	cookies  []byte   // fields that set the load balancer's
	out      []byte   // what is about to be written, kept for its room
	last     bool     // the connection ends after this answer
	severed  bool     // and so does that to the target, since the request is ambiguous
	exchange exchange // of the request that is under way, kept for its room

	failed bool // the client takes nothing any more
	broken bool // what the client has of the answer is not all of it
	silent bool // it waits for the word to send its body, and has not got it
}

func (n *node) client(port int, conn net.Conn) *client {
	c := &client{node: n, port: port, conn: conn, came: time.Now(), from: addressOf(conn.RemoteAddr())}
	c.r = c.reader()
	return c
}

// reader reads from the connection what counts as the client's.
func (c *client) reader() *http1.Reader {
	all := c.bytes()
	if c.stream != nil {
		all = new(atomic.Uint64) // its connection counts for the node
	}
	return http1.NewReader(metered{c.conn, all, &c.received})
}

// serve answers requests until the connection ends.
func (c *client) serve() {
	defer func() { c.conn.Close() }() // which greet may put another in the place of
	err := c.greet()
	c.now = time.Now()
	c.connected(err)
	if err != nil {
		c.node.counters.tlsErrors.Add(1)
		return
	}
	if c.secured != nil && c.secured.NegotiatedProtocol == http2.NextProtoTLS {
		c.serveStreams()
		return
	}
	for c.next() {
	}
}

// extend gives both directions the idle time anew, from now on.
func (c *client) extend() { _ = c.conn.SetDeadline(time.Now().Add(c.node.idleTime())) }

// await gives one direction the idle time, since the last look at the time. A stream has one time for both.
func (c *client) await(set func(time.Time) error) {
	if c.stream != nil {
		set = c.stream.SetDeadline
	}
	_ = set(c.now.Add(c.node.idleTime()))
}

// next answers one request, and tells whether there may be another one.
func (c *client) next() bool {
	c.await(c.conn.SetReadDeadline)
	head, err := c.r.Head(http1.Limits{Start: maxLine, Head: maxHeader})
	routes := c.node.routes.Load()
	listener := routes.listeners[c.port]
	c.answer, c.tlsNames, c.cookies = listener.Answers, listener.TLSNames, c.cookies[:0]
	c.newEntry(routes, head)
	if err != nil {
		c.refuseHead(err, routes)
		return false
	}
	err = c.q.Parse(head)
	if c.stream != nil {
		err = c.stream.judge(&c.q, err)
	}
	c.last = c.q.Close || c.entry.came.Sub(c.came) >= time.Duration(c.node.keep.Load())
	c.body = c.r.NewBody(c.q.Framing)
	if c.q.Class != http1.Compliant {
		c.node.counters.unlike.Add(1)
	}
	c.silent = c.q.Expect && !c.body.Ended() && len(c.r.Buffered()) == 0
	if status := c.objection(err, routes); status != 0 {
		c.last = c.last || endsConnection(status)
		c.refuse(status)
		c.log(routes)
		return c.settle()
	}
	c.severed = c.q.Class == http1.Ambiguous && routes.headers.Desync != Monitor
	c.last = c.last || c.severed
	c.act(routes)
	c.log(routes)
	return c.settle()
}

// endsConnection tells of a refusal after which nobody knows where the next request begins.
func endsConnection(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotImplemented || status == http.StatusHTTPVersionNotSupported
}

// refuseHead answers what never became a request. A client that has sent nothing gets nothing.
func (c *client) refuseHead(err error, routes *routes) {
	c.last, c.q = true, http1.Request{Fields: c.q.Fields[:0]}
	switch {
	case errors.Is(err, http1.ErrLineTooLong):
		c.refuse(http.StatusRequestURITooLong)
	case errors.Is(err, http1.ErrHeadTooLong):
		c.refuse(http.StatusBadRequest)
	case errors.Is(err, os.ErrDeadlineExceeded) && len(c.r.Buffered()) > 0:
		c.refuse(http.StatusRequestTimeout)
	default:
		return
	}
	c.log(routes)
	c.linger()
}

// objection is the status with which the load balancer itself refuses a request, and 0 for none.
func (c *client) objection(err error, routes *routes) int {
	switch {
	case errors.Is(err, http1.ErrVersion):
		return http.StatusHTTPVersionNotSupported
	case err != nil || c.q.Class >= routes.headers.Desync.blocks() || c.q.Method == http.MethodConnect || c.longField():
		return http.StatusBadRequest
	case c.q.Unsupported:
		return http.StatusNotImplemented
	case c.q.Method == http.MethodTrace:
		return http.StatusMethodNotAllowed
	case countForwarded(c.q.Fields) > maxForwarded:
		return statusTooManyForwarded
	}
	return 0
}

func (c *client) longField() bool {
	for _, f := range c.q.Fields {
		if len(f.Name)+len(f.Value) >= maxLine-len(": ") {
			return true
		}
	}
	return false
}

// act does what the first rule says that matches.
func (c *client) act(routes *routes) {
	rule, evaluated := routes.rule(c.port, &c.q, c.from.Addr())
	c.node.counters.evaluations.Add(uint64(evaluated))
	if rule == nil { // the listener has just been taken away
		c.refuse(http.StatusServiceUnavailable)
		return
	}
	action := &rule.Action
	c.entry.priority, c.entry.action = rule.Priority, action.name()
	switch {
	case action.Fixed != nil:
		c.node.counters.fixed.Add(1)
		c.fixed(action.Fixed)
	case action.Redirect != nil:
		c.node.counters.redirects.Add(1)
		c.redirect(action.Redirect)
	default:
		c.forward(c.choose(routes, *action), routes)
	}
}

// settle makes the connection ready for the next request, and tells whether there can be one.
func (c *client) settle() bool {
	if c.stream != nil {
		return false
	}
	if !c.last && !c.silent && c.unread() {
		return true
	}
	c.linger()
	return false
}

// unread takes what nobody has read of the body.
func (c *client) unread() bool {
	for taken := 0; !c.body.Ended() && taken < maxUnread; {
		c.await(c.conn.SetReadDeadline)
		part, err := c.body.Next()
		c.now = time.Now()
		if taken += len(part); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
	return c.body.Ended()
}

// linger ends the answer but hears the client out for a moment: a reset would take the answer away from it
// (RFC 9112, 9.6).
func (c *client) linger() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingering))
	for taken := 0; taken < maxUnread; {
		n, err := io.CopyN(io.Discard, c.conn, smallPart)
		if taken += int(n); err != nil {
			return
		}
	}
}

const (
	lingering = 500 * time.Millisecond
	smallPart = 16 << 10
)
