package balancer

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Entries takes a log's entries, each a line with its end. Add must not keep it.
type Entries interface{ Add(entry []byte) }

// Logs are the logs that a node keeps; nil for one that it does not.
type Logs struct{ Access, Connections, Checks Entries }

// logEntry is what the access log tells of a request
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-format).
type logEntry struct {
	came       time.Time
	before     uint64    // what had been received of the client when the request began
	sent       int       // bytes to the client
	dispatched time.Time // to the target
	headed     time.Time // the head of the target's answer was here
	answered   time.Time // the first byte went to the client

	status, targetStatus int
	target, group        string
	trace, redirect      string
	priority             int // of the rule; that of none is -1
	action               string
	kind                 string // of the request, where it became another than its connection's
}

// appendTime writes a time as AWS's logs do: to the microsecond.
func appendTime(out []byte, t time.Time) []byte { return new(second).append(out, t) }

// appendDigits writes a number with zeros before it.
func appendDigits(out []byte, n, digits int) []byte {
	out = append(out, "000000"[:digits]...)
	for at := len(out) - 1; n > 0; at-- {
		out[at] += byte(n % 10)
		n /= 10
	}
	return out
}

// newEntry begins the entry of the request whose head was just read.
func (c *client) newEntry(routes *routes, head string) {
	c.now = time.Now()
	c.entry = logEntry{priority: -1, came: c.now}
	c.entry.before = c.received.Load() - uint64(len(head)+len(c.r.Buffered()))
}

// connTrace is the id of the connection in both logs.
func (c *client) connTrace() string {
	if c.traceID == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails since Go 1.24
		c.traceID = "TID_" + hex.EncodeToString(b[:])
	}
	return c.traceID
}

// log tells the access log of the request, unless nothing came of it.
func (c *client) log(routes *routes) {
	if routes.logs.Access == nil || c.entry.status == 0 {
		return
	}
	c.line = c.appendEntry(c.line[:0], routes, c.now)
	routes.logs.Access.Add(c.line)
	if cap(c.line) > maxHeader {
		c.line = nil
	}
}

// appendEntry writes an entry of the access log, with the fields that AWS has added in the course of time.
func (c *client) appendEntry(out line, routes *routes, now time.Time) []byte {
	e := &c.entry
	out = out.word(c.kind()).time(now, &c.second).word(routes.name)
	out = append(c.from.AppendTo(out), ' ')
	out = out.word(e.target)
	for _, d := range e.times() {
		out = append(appendSeconds(out, d), ' ')
	}
	received := c.received.Load() - e.before
	if c.q.Method != "" {
		received -= uint64(len(c.r.Buffered())) // which are the next request's
	}
	out = out.number(e.status).number(e.targetStatus).integer(int(received)).integer(e.sent)
	agent, _ := c.q.Fields.Get("User-Agent")
	out = append(c.appendRequestLine(append(out, '"'), routes), `" `...)
	out = out.quoted(agent[:min(len(agent), maxAgent)]).word(c.suite()).word(c.version()).word(e.group)
	if e.trace == "" { // no target has been told
		given, _ := c.q.Fields.Get("X-Amzn-Trace-Id")
		e.trace = traceID(given, e.came)
	}
	out = out.quoted(e.trace).quoted(c.domain).own(c.certificate)
	if e.priority < 0 { // that of the default rule is 0
		out = out.word("")
	} else {
		out = out.integer(e.priority)
	}
	out = out.time(e.came, &c.second).own(e.action).quoted(e.redirect)
	out = out.own("") // error_reason is of actions that are not done here
	out = append(out.own(e.target), '"').number(e.targetStatus)
	out = append(out[:len(out)-1], `" `...)
	class := ""
	if c.q.Class != http1.Compliant {
		class = c.q.Class.String()
	}
	out = out.own(class).own(string(c.q.Reason)).word(c.connTrace())
	out = append(out, `"-" "-" - `...) // transformed_host, transformed_uri, request_transform_status
	return append(c.node.address.AppendTo(out), '\n')
}

// maxAgent is how much of User-Agent is logged.
const maxAgent = 8 << 10

// times are how long the request, the target and the answer took; -1 where it did not come to that.
func (e *logEntry) times() (d [3]time.Duration) {
	d = [3]time.Duration{-1, -1, -1}
	if e.dispatched.IsZero() {
		return d
	}
	d[0] = e.dispatched.Sub(e.came)
	if !e.headed.IsZero() {
		d[1] = e.headed.Sub(e.dispatched)
		d[2] = max(0, e.answered.Sub(e.headed))
	}
	return d
}

// appendRequestLine writes the method, the whole URL and the version, as far as the request has them.
func (c *client) appendRequestLine(out line, routes *routes) line {
	if c.q.Method == "" || c.q.Target == "" {
		return out.escaped("- ").escaped(c.scheme()).escaped("://").escaped(routes.dnsName).escaped(portString(c.port)).escaped("- -")
	}
	host := hostOf(c.q.Host)
	if host == "" {
		host = routes.dnsName
	}
	out = out.escaped(c.q.Method).escaped(" ").escaped(c.scheme()).escaped("://").escaped(host)
	out = strconv.AppendInt(append(out, ':'), int64(c.port), 10)
	out = out.escaped(c.q.Path)
	if c.q.Query != "" {
		out = out.escaped("?").escaped(c.q.Query)
	}
	version := c.q.Version
	if c.stream != nil {
		version = "HTTP/2.0"
	} else if version == "" {
		version = "HTTP/0.9"
	}
	return out.escaped(" ").escaped(version)
}

// kind is the type of the request.
func (c *client) kind() string {
	switch secured := c.secured != nil; {
	case c.grpc():
		return "grpcs"
	case c.stream != nil:
		return "h2"
	case c.entry.kind != "" && secured:
		return c.entry.kind + "s"
	case c.entry.kind != "":
		return c.entry.kind
	}
	return c.scheme()
}

// line is an entry under way. Each of its methods but escaped writes a field, and a space after it.
type line []byte

// word writes a hyphen for what there is not.
func (l line) word(s string) line {
	if s == "" {
		s = "-"
	}
	return append(append(l, s...), ' ')
}

// number writes a hyphen for zero.
func (l line) number(n int) line {
	if n == 0 {
		return append(l, "- "...)
	}
	return l.integer(n)
}

func (l line) integer(n int) line { return append(strconv.AppendInt(l, int64(n), 10), ' ') }

// own writes between quotes what the load balancer itself calls something, which needs no escape.
func (l line) own(s string) line {
	if s == "" {
		return append(l, `"-" `...)
	}
	return append(append(append(l, '"'), s...), `" `...)
}

// quoted writes what clients have sent so that no parser takes it for more than one field.
func (l line) quoted(s string) line {
	if s == "" {
		return l.own("")
	}
	return append(append(l, '"').escaped(s), `" `...)
}

func (l line) escaped(s string) line {
	const digits = "0123456789ABCDEF"
	done := 0
	for i := range len(s) {
		if b := s[i]; b < ' ' || b > '~' || b == '"' || b == '\\' {
			l = append(append(l, s[done:i]...), '\\', 'x', digits[b>>4], digits[b&15])
			done = i + 1
		}
	}
	return append(l, s[done:]...)
}

// time writes a time as AWS's logs do.
func (l line) time(t time.Time, s *second) line { return append(s.append(l, t), ' ') }

// second is one whose text is kept, since most of a log's times are within the one before.
type second struct {
	unix int64
	text []byte
}

func (s *second) append(out []byte, t time.Time) []byte {
	if now := t.Unix(); s.text == nil || now != s.unix {
		s.unix, s.text = now, t.UTC().AppendFormat(s.text[:0], "2006-01-02T15:04:05.")
	}
	return append(appendDigits(append(out, s.text...), t.Nanosecond()/1000, 6), 'Z')
}

// appendSeconds writes a duration with its milliseconds.
func appendSeconds(out []byte, d time.Duration) []byte {
	if d < 0 {
		return append(out, "-1"...)
	}
	ms := int(d.Round(time.Millisecond).Milliseconds())
	return appendDigits(append(strconv.AppendInt(out, int64(ms/1000), 10), '.'), ms%1000, 3)
}

// connected tells the connection log of a client that is connected, or could not be over TLS
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html#connection-log-entry-format).
func (c *client) connected(failed error) {
	to := c.node.routes.Load().logs.Connections
	if to == nil {
		return
	}
	now := time.Now()
	latency, status, exchange := "", "", ""
	switch {
	case failed != nil:
		status = "Failed:UnmappedConnectionError"
	case c.secured != nil:
		latency, status, exchange = string(appendSeconds(nil, now.Sub(c.came))), "Success", c.secured.CurveID.String()
	}
	out := line(nil).time(now, &c.second)
	out = append(c.from.Addr().AppendTo(out), ' ')
	out = out.integer(int(c.from.Port())).integer(c.port).word(c.version()).word(c.suite()).word(latency)
	out = out.own("") // the certificates of clients are not looked at
	for _, s := range []string{"", "", status, c.connTrace(), exchange} {
		out = out.word(s)
	}
	out[len(out)-1] = '\n'
	to.Add(out)
}

// name is what the access log calls an action.
func (a *Action) name() string {
	switch {
	case a.Fixed != nil:
		return "fixed-response"
	case a.Redirect != nil:
		return "redirect"
	}
	return "forward"
}
