package balancer

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// exchange is one request at a target, and its answer on the way back.
type exchange struct {
	*client
	routes *routes
	target *target
	link   *link
	idle   time.Duration
	sent   time.Time

	unwatch func() bool // ends the watch over the client's stream, and tells whether it is there still
	upload  *upload
	answers bool // something of the answer was written to the client
}

// forward sends the request to a target and the target's answer to the client.
func (c *client) forward(t *target, routes *routes) {
	if t == nil {
		c.refuse(http.StatusServiceUnavailable)
		return
	}
	if !c.compatible(c.pool.version) {
		c.refuse(statusIncompatible)
		return
	}
	if status := c.prepareBody(); status != 0 {
		c.last = true
		c.refuse(status)
		return
	}
	c.entry.target, c.entry.group = t.address, t.group
	c.countRequest(t, routes.headers.DropInvalid)
	if c.grpc() {
		c.node.counters.calls.Add(1)
	}
	t.open.Add(1)
	defer t.open.Add(-1)
	x := &c.exchange
	*x = exchange{client: c, routes: routes, target: t, idle: c.node.idleTime()}
	var err error
	if t.links.multiplexed == nil {
		err = x.run()
	} else {
		err = x.relay()
	}
	x.note(err)
	x.leave()
	if err == nil {
		return
	}
	c.broken = x.answers
	switch c.last = c.last || x.answers || !c.body.Ended(); {
	case x.answers:
	case c.failed, c.stream.gone():
		c.now = time.Now()
		c.own(statusClientGone)
	default:
		c.refuse(statusOf(err))
	}
}

// leave ends what is left of the connection to the target.
func (x *exchange) leave() {
	if x.link != nil {
		x.link.drop()
		x.unwatch()
		x.link = nil
	}
}

// prepareBody lets the client send its body, and refuses one that begins wrongly before the target hears of it.
func (c *client) prepareBody() (status int) {
	if c.silent {
		c.silent = false
		c.write(append(c.out[:0], "HTTP/1.1 100 Continue\r\n\r\n"...))
	}
	if c.stream != nil || c.body.Ended() {
		return 0 // a stream's frames are the load balancer's own
	}
	c.await(c.conn.SetReadDeadline)
	err := c.body.Check()
	c.now = time.Now()
	return bodyStatus(err)
}

// bodyStatus is the answer to a client whose body cannot be read.
func bodyStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}

// A broken request body, which ends the exchange with the client's fault.
type bodyError struct{ error }

func (e bodyError) Unwrap() error { return e.error }

// statusOf is the answer to a request that its target did not answer
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
func statusOf(err error) int {
	var body bodyError
	switch {
	case errors.As(err, &body):
		return bodyStatus(body.error)
	case errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	case timedOut(err):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// run makes the exchange. A request is sent once; only one that may be repeated and met a connection that the target was about to
// close is sent again (RFC 9110, 9.2.2; RFC 9112, 9.3.1).
func (x *exchange) run() error {
	again := false
	for {
		err := x.send(again)
		if err == nil {
			err = x.receive()
		}
		if err == nil || again || !x.repeats(err) {
			return err
		}
		again = true
		x.leave()
	}
}

// repeatable tells whether the request may be sent again.
func (x *exchange) repeatable() bool {
	safe := x.q.Method == http.MethodGet || x.q.Method == http.MethodHead || x.q.Method == http.MethodOptions
	return safe && x.q.Framing.Kind == http1.Empty
}

// repeats tells whether the request is sent again after an error.
func (x *exchange) repeats(err error) bool {
	return x.repeatable() && !x.stream.gone() && x.link != nil && x.link.used && !x.answers &&
		len(x.link.r.Buffered()) == 0 && !errors.Is(err, http1.ErrMalformed) && !timedOut(err)
}

// connect takes a connection to the target.
func (x *exchange) connect(again bool) (*link, error) {
	if !again {
		if l := x.target.links.take(x.repeatable()); l != nil {
			return l, nil
		}
	}
	l, err := x.target.links.dial()
	x.now = time.Now()
	return l, err
}

// send writes the request, with its body as far as that is here. The rest follows beside what the target may say meanwhile.
func (x *exchange) send(again bool) (err error) {
	if x.link, err = x.connect(again); err != nil {
		x.target.counts.connectionFailed(err)
		return err
	}
	x.unwatch = x.stream.watch(x.link)
	out := x.appendRequest(x.out[:0], x.routes)
	for len(x.r.Buffered()) > 0 && !x.body.Ended() {
		x.await(x.conn.SetReadDeadline) // for the rest of a chunk's line
		part, err := x.body.Next()
		x.now = time.Now()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return bodyError{err}
		}
		if out = append(out, part...); len(out) > maxHeader {
			break
		}
	}
	x.out = out[:0]
	whole := x.body.Ended()
	x.sent, x.entry.dispatched = x.now, x.now
	until := x.sent.Add(x.idle)
	_ = x.link.SetWriteDeadline(until)
	if !whole || x.stream != nil { // else wait says how long it waits
		_ = x.link.SetReadDeadline(until)
	}
	if _, err := x.link.Write(out); err != nil {
		return x.written(err)
	}
	if !whole {
		x.upload = x.startUpload()
	}
	return nil
}

// patience gives the target the idle time anew.
func (x *exchange) patience() { _ = x.link.SetDeadline(time.Now().Add(x.idle)) }

// written is what becomes of an error of writing: the target may have answered before it closed.
func (x *exchange) written(err error) error {
	if timedOut(err) {
		return err // it has had the idle time
	}
	x.patience()
	if len(x.link.r.Buffered()) > 0 || x.link.r.Fill() == nil {
		return nil
	}
	return err
}

// receive reads the answer's head and passes the answer on.
func (x *exchange) receive() error {
	if err := x.head(); err != nil {
		failed := x.endUpload()
		var body bodyError
		if errors.As(failed, &body) {
			return failed
		}
		return err
	}
	x.now = time.Now()
	x.target.counts.took(x.p.Status, x.now.Sub(x.sent))
	x.entry.headed, x.entry.status, x.entry.targetStatus = x.now, x.p.Status, x.p.Status
	if x.p.Status == http.StatusSwitchingProtocols {
		if x.upload.underWay() { // the target would take the rest of it for the new protocol's
			_ = x.endUpload()
			return http1.ErrMalformed
		}
		return x.tunnel()
	}
	body := x.link.r.NewBody(x.p.Framing)
	if body.CheckBuffered() != nil {
		_ = x.endUpload()
		return http1.ErrMalformed
	}
	x.last = x.last || x.upload.underWay()
	if err := x.pass(&body); err != nil {
		_ = x.endUpload()
		return err
	}
	uploaded := x.endUpload() == nil
	if uploaded && !x.p.Close && !x.severed && x.unwatch() {
		x.link.keep(x.now, x.idle)
		x.link = nil
	}
	return nil
}

// mayChange tells whether the target changes to a protocol that it was asked to change to (RFC 9110, 7.8).
func (x *exchange) mayChange() bool {
	to, _ := x.p.Fields.Get("Upgrade")
	return x.upgrade() != "" && x.q.Fields.Lists("Upgrade", to)
}

// head reads the head of the final answer. Those before it are the target's to the load balancer.
func (x *exchange) head() error {
	for since := x.sent; ; since = time.Now() {
		head, err := x.wait(since)
		if err != nil {
			return err
		}
		if err := x.p.Parse(head, x.q.Method); err != nil {
			return err
		}
		switched := x.p.Status == http.StatusSwitchingProtocols
		if switched && !x.mayChange() {
			return http1.ErrMalformed
		}
		if x.p.Status >= 200 || switched {
			return nil
		}
	}
}
