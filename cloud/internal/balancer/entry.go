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
func appendTime(out []byte, t time.Time) []byte {
	out = t.UTC().Truncate(time.Second).AppendFormat(out, time.RFC3339) // which is faster than a format of one's own
	out[len(out)-1] = '.'
	return append(appendDigits(out, t.Nanosecond()/1000, 6), 'Z')
}

// appendDigits writes a number with zeros before it.
func appendDigits(out []byte, n, digits int) []byte {
	for range digits {
		out = append(out, '0')
	}
	for at := len(out) - 1; n > 0; at-- {
		out[at] += byte(n % 10)
		n /= 10
	}
	return out
}

// newEntry begins the entry of the request whose head was just read.
func (c *client) newEntry(routes *routes, head string) {
	c.entry = logEntry{priority: -1, came: time.Now()}
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
func (c *client) appendEntry(out []byte, routes *routes, now time.Time) []byte {
	e := &c.entry
	space := func() { out = append(out, ' ') }
	word := func(s string) { out = appendWord(out, s); space() }
	quoted := func(s string) { out = appendQuoted(out, s); space() }
	word(c.kind())
	out = appendTime(out, now)
	space()
	word(routes.name)
	out = c.from.AppendTo(out)
	space()
	word(e.target)
	for _, d := range e.times() {
		out = appendSeconds(out, d)
		space()
	}
	word(number(e.status))
	word(number(e.targetStatus))
	received := c.received.Load() - e.before
	if c.q.Method != "" {
		received -= uint64(len(c.r.Buffered())) // which are the next request's
	}
	out = strconv.AppendUint(out, received, 10)
	space()
	out = strconv.AppendInt(out, int64(e.sent), 10)
	space()
	quoted(c.requestLine(routes))
	agent, _ := c.q.Fields.Get("User-Agent")
	quoted(agent[:min(len(agent), maxAgent)])
	word(c.suite())
	word(c.version())
	word(e.group)
	if e.trace == "" { // no target has been told
		given, _ := c.q.Fields.Get("X-Amzn-Trace-Id")
		e.trace = traceID(given, e.came)
	}
	quoted(e.trace)
	quoted(c.domain)
	quoted(c.certificate)
	word(e.matched())
	out = appendTime(out, e.came)
	space()
	quoted(e.action)
	quoted(e.redirect)
	quoted("") // error_reason is of actions that are not done here
	quoted(e.target)
	quoted(number(e.targetStatus))
	if c.q.Class == http1.Compliant {
		quoted("")
	} else {
		quoted(c.q.Class.String())
	}
	quoted(string(c.q.Reason))
	word(c.connTrace())
	quoted("") // transformed_host
	quoted("") // transformed_uri
	word("")   // request_transform_status
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

// matched is the rule's priority: 0 is the default rule's.
func (e *logEntry) matched() string {
	if e.priority < 0 {
		return ""
	}
	return strconv.Itoa(e.priority)
}

// requestLine is the method, the whole URL and the version, as far as the request has them.
func (c *client) requestLine(routes *routes) string {
	host, path, version := hostOf(c.q.Host), c.q.Target, "HTTP/1."+strconv.Itoa(c.q.Minor)
	if c.stream != nil {
		version = "HTTP/2.0"
	}
	if c.q.Method == "" || path == "" {
		return "- " + c.scheme() + "://" + routes.dnsName + portString(c.port) + "- -"
	}
	if host == "" {
		host = routes.dnsName
	}
	if path = c.q.Path; c.q.Query != "" {
		path += "?" + c.q.Query
	}
	return c.q.Method + " " + c.scheme() + "://" + host + portString(c.port) + path + " " + version
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

// number is empty for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// appendWord writes a hyphen for what there is not.
func appendWord(out []byte, s string) []byte {
	if s == "" {
		s = "-"
	}
	return append(out, s...)
}

// appendQuoted writes what clients have sent so that no parser takes it for more than one field.
func appendQuoted(out []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	out = append(out, '"')
	if s == "" {
		out = append(out, '-')
	}
	done := 0
	for i := range len(s) {
		if b := s[i]; b < ' ' || b > '~' || b == '"' || b == '\\' {
			out = append(append(out, s[done:i]...), '\\', 'x', digits[b>>4], digits[b&15])
			done = i + 1
		}
	}
	return append(append(out, s[done:]...), '"')
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
	out := append(appendTime(nil, now), ' ')
	out = append(c.from.Addr().AppendTo(out), ' ')
	for _, s := range []string{strconv.Itoa(int(c.from.Port())), strconv.Itoa(c.port), c.version(), c.suite(), latency} {
		out = append(appendWord(out, s), ' ')
	}
	out = append(appendQuoted(out, ""), ' ') // the certificates of clients are not looked at
	for _, s := range []string{"", "", status, c.connTrace(), exchange} {
		out = append(appendWord(out, s), ' ')
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
