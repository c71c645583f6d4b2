package balancer

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// serverName is the Server header of the load balancer's own answers, as on AWS.
const serverName = "awselb/2.0"

// Status codes that only AWS's load balancers have
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
const (
	statusClientGone       = 460 // it did not wait for the answer: nobody sees it but logs and metrics
	statusTooManyForwarded = 463
	statusIncompatible     = 464 // the client's protocol and that of the target group
)

// reasons are AWS's own reason phrases. A status without one has none.
var reasons = map[int]string{
	http.StatusServiceUnavailable: "Service Temporarily Unavailable", http.StatusGatewayTimeout: "Gateway Time-out",
	http.StatusMethodNotAllowed: "Not Allowed", http.StatusRequestTimeout: "Request Time-out", http.StatusRequestURITooLong: "Request-URI Too Large",
}

func reasonOf(status int) string {
	if reason, ok := reasons[status]; ok {
		return reason
	}
	return http.StatusText(status)
}

// refuse answers with the load balancer's own page, or as clients of gRPC expect it.
func (c *client) refuse(status int) {
	if c.grpc() {
		c.refuseGRPC(status)
		return
	}
	c.page(status, "")
}

// page answers with a page that has only a title, and with one more header field.
func (c *client) page(status int, field string) {
	title := strings.TrimSpace(fmt.Sprintf("%d %s", status, reasonOf(status)))
	body := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n"
	c.respond(status, field+"Content-Type: text/html\r\n", body)
}

// own notes the status of an answer of the load balancer's own.
func (c *client) own(status int) {
	c.entry.status = status
	c.node.counters.own[min(max(status, 0), len(c.node.counters.own)-1)].Add(1)
}

// respond writes an answer of the load balancer's own.
func (c *client) respond(status int, fields, body string) {
	c.own(status)
	if c.q.Simple {
		c.write(append(c.out[:0], body...))
		return
	}
	out := append(c.out[:0], "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(append(append(out, ' '), reasonOf(status)...), "\r\n"...)
	if !c.answer.Anonymous {
		out = append(out, "Server: "+serverName+"\r\n"...)
	}
	out = append(out, "Date: "...)
	out = append(time.Now().UTC().AppendFormat(out, http.TimeFormat), "\r\n"...)
	out = append(out, fields...)
	out = appendFields(out, c.answer.Fields)
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		out = append(out, "Content-Length: "...)
		out = append(strconv.AppendInt(out, int64(len(body)), 10), "\r\n"...)
	}
	out = append(out, c.connection()...)
	if out = append(out, "\r\n"...); c.q.Method != http.MethodHead {
		out = append(out, body...)
	}
	c.write(out)
}

// connection says whether the connection stays.
func (c *client) connection() string {
	if c.last {
		return "Connection: close\r\n"
	}
	return "Connection: keep-alive\r\n"
}

// write writes to the client, which ends the connection where it fails.
func (c *client) write(out []byte) {
	c.keepRoom(out)
	c.put(out)
}

// keepRoom keeps the room of what is written for the next, unless it is large.
func (c *client) keepRoom(out []byte) {
	if c.out = out[:0]; cap(c.out) > maxHeader {
		c.out = nil
	}
}

// put writes what stays its owner's.
func (c *client) put(out []byte) {
	c.now = time.Now()
	c.putNow(out)
}

// putNow is put where nobody has waited since the last look at the time.
func (c *client) putNow(out []byte) {
	if c.await(c.conn.SetWriteDeadline); c.entry.status != 0 && c.entry.answered.IsZero() {
		c.entry.answered = c.now
	}
	c.entry.sent += len(out)
	if c.stream == nil { // whose connection counts its bytes
		c.bytes().Add(uint64(len(out)))
	}
	if _, err := c.conn.Write(out); err != nil {
		c.last, c.failed = true, true
	}
}

func (c *client) fixed(f *FixedResponse) {
	fields := ""
	if f.Body != "" {
		contentType := f.ContentType
		if contentType == "" {
			contentType = "text/plain; charset=utf-8"
		}
		fields = "Content-Type: " + contentType + "\r\n"
	}
	c.respond(f.Status, fields, f.Body)
}

func (c *client) redirect(d *Redirect) {
	c.entry.redirect = d.location(&c.q, c.scheme(), strconv.Itoa(c.port))
	c.page(d.Status, "Location: "+c.entry.redirect+"\r\n")
}

// location builds the Location of a redirect. AWS always writes the port.
func (d *Redirect) location(q *http1.Request, scheme, port string) string {
	fill := func(s, fallback string) string {
		if s == "" {
			s = fallback
		}
		return strings.NewReplacer("#{protocol}", scheme, "#{host}", hostOf(q.Host), "#{port}", port,
			"#{path}", strings.TrimPrefix(q.Path, "/"), "#{query}", q.Query).Replace(s)
	}
	at := strings.ToLower(fill(d.Protocol, "#{protocol}")) + "://" + fill(d.Host, "#{host}") + ":" + fill(d.Port, "#{port}") + fill(d.Path, "/#{path}")
	if query := fill(d.Query, "#{query}"); query != "" {
		at += "?" + query
	}
	return at
}
