package balancer

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Headers is what becomes of a request's header fields on the way to a target. The zero value is AWS's default
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
type Headers struct {
	DropInvalid  bool      // fields whose names are not letters, digits and hyphens are left out
	PreserveHost bool      // Host stays as the client wrote it
	TLSFields    bool      // a target hears how its client speaks TLS
	ClientPort   bool      // X-Forwarded-For has the client's port
	Forwarded    Forwarded // what becomes of X-Forwarded-For
	Desync       Desync    // what becomes of requests that two programs could read differently
}

// Forwarded is what becomes of X-Forwarded-For.
type Forwarded string

// The ways, by the words of routing.http.xff_header_processing.mode; the zero value is Append.
const (
	Append   Forwarded = "append"   // the client's address comes after those that the request has
	Preserve Forwarded = "preserve" // as the request has it
	Remove   Forwarded = "remove"
)

// Desync is a mode of desync mitigation.
type Desync string

// The modes, by the words of routing.http.desync_mitigation_mode; the zero value is Defensive.
const (
	Monitor   Desync = "monitor"
	Defensive Desync = "defensive"
	Strictest Desync = "strictest"
)

// blocks is the first class of requests that a mode refuses.
func (d Desync) blocks() http1.Class {
	switch d {
	case Monitor:
		return http1.Severe + 1
	case Strictest:
		return http1.Acceptable
	}
	return http1.Severe
}

// isValidName tells whether a name is made of what the names of valid header fields are
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html).
func isValidName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// The fields that the load balancer writes itself, and those that are about one connection only (RFC 9110, 7.6.1).
var (
	ownFields = fieldNames(
		"Host", "Content-Length", "Transfer-Encoding", xForwardedFor, "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Trace-Id", "Expect",
	)
	hopFields = fieldNames("Connection", "Proxy-Connection", "Keep-Alive", "Upgrade", "HTTP2-Settings", "TE", "Proxy-Authenticate", "Proxy-Authorization")
	bodyField = fieldNames("Content-Length", "Transfer-Encoding")
)

// names are those of fields, by their length: most others are told apart by it.
type names [24][]string

func fieldNames(all ...string) (n names) {
	for _, name := range all {
		n[len(name)] = append(n[len(name)], name)
	}
	return n
}

func (n *names) has(name string) bool {
	if len(name) >= len(n) {
		return false
	}
	for _, is := range n[len(name)] {
		if strings.EqualFold(is, name) {
			return true
		}
	}
	return false
}

// lasting goes through the fields that are not about one connection only, by their names or by what Connection says of them.
func lasting(fields http1.Fields) iter.Seq[http1.Field] {
	return func(yield func(http1.Field) bool) {
		named := false
		for value := range fields.Values("Connection") {
			named = named || !strings.EqualFold(value, "keep-alive")
		}
		for _, f := range fields {
			if hopFields.has(f.Name) || named && fields.Lists("Connection", f.Name) {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// appendRequest writes the head of the request that a target gets
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html).
func (c *client) appendRequest(out []byte, routes *routes) []byte {
	q, h := &c.q, &routes.headers
	out = append(append(append(out, q.Method...), ' '), q.Path...)
	if q.Query != "" || strings.HasSuffix(q.Target, "?") {
		out = append(append(out, '?'), q.Query...)
	}
	out = append(append(out, " HTTP/1.1\r\nHost: "...), h.host(q.Host, c.port, routes.dnsName)...)
	out = append(out, "\r\n"...)
	for f := range lasting(q.Fields) {
		if !ownFields.has(f.Name) && !(h.TLSFields && c.tlsNames.has(f.Name)) && (!h.DropInvalid || isValidName(f.Name)) {
			out = appendField(out, f.Name, f.Value)
		}
	}
	out = h.appendForwarded(out, q.Fields, c.from)
	out = append(append(append(out, "X-Forwarded-Proto: "...), c.scheme()...), "\r\nX-Forwarded-Port: "...)
	out = append(strconv.AppendInt(out, int64(c.port), 10), "\r\n"...)
	if h.TLSFields {
		out = c.appendTLS(out)
	}
	given, _ := q.Fields.Get("X-Amzn-Trace-Id")
	c.entry.trace = traceID(given, c.entry.came)
	out = appendField(out, "X-Amzn-Trace-Id", c.entry.trace)
	out = appendFraming(out, q.Framing)
	if protocol := c.upgrade(); protocol != "" {
		out = appendField(append(out, "Connection: Upgrade\r\n"...), "Upgrade", protocol)
	}
	return append(out, "\r\n"...)
}

// upgrade is the protocol that the client asks to change to. A change to HTTP/2 would carry requests past the rules.
func (c *client) upgrade() string {
	if c.q.Upgrade == "" || c.q.Fields.Lists("Upgrade", "h2c") {
		return ""
	}
	return c.q.Upgrade
}

func appendField(out []byte, name, value string) []byte {
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

func appendFields(out []byte, fields http1.Fields) []byte {
	for _, f := range fields {
		out = appendField(out, f.Name, f.Value)
	}
	return out
}

func appendFraming(out []byte, f http1.Framing) []byte {
	switch f.Kind {
	case http1.Chunked:
		return append(out, "Transfer-Encoding: chunked\r\n"...)
	case http1.Sized:
		return append(strconv.AppendInt(append(out, "Content-Length: "...), f.Length, 10), "\r\n"...)
	}
	return out
}

// host is the Host that a target gets: of a request without one, the load balancer's own
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html#http-connections). At ports other
// than those of HTTP and HTTPS it has the port.
func (h Headers) host(given string, port int, own string) string {
	if given == "" {
		given = own
	} else if h.PreserveHost {
		return given
	}
	given = strings.ToLower(given)
	switch bare := hostOf(given); {
	case port == 80 || port == 443:
		return bare
	case bare == given:
		return given + portString(port)
	}
	return given
}

func (h Headers) appendForwarded(out []byte, fields http1.Fields, from netip.AddrPort) []byte {
	if h.Forwarded == Remove {
		return out
	}
	var given string
	for line := range fields.Values(xForwardedFor) {
		if given != "" {
			given += ", "
		}
		given += line
	}
	if h.Forwarded == Preserve && given == "" {
		return out
	}
	out = append(append(out, xForwardedFor+": "...), given...)
	if h.Forwarded != Preserve {
		if given != "" {
			out = append(out, ", "...)
		}
		if h.ClientPort {
			out = from.AppendTo(out)
		} else {
			out = from.Addr().AppendTo(out)
		}
	}
	return append(out, "\r\n"...)
}

const xForwardedFor = "X-Forwarded-For"

// countForwarded is how many addresses a request was forwarded for before.
func countForwarded(fields http1.Fields) (n int) {
	for line := range fields.Values(xForwardedFor) {
		n += strings.Count(line, ",") + 1
	}
	return n
}

// traceID makes a request's trace id, or adds the balancer's part to one that came with it
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html).
func traceID(given string, now time.Time) string {
	id := binary.BigEndian.AppendUint32(make([]byte, 0, 16), uint32(now.Unix()))
	id = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(id, rand.Uint32()), rand.Uint64())
	root := hex.AppendEncode(append(make([]byte, 0, 64), "Root=1-"...), id[:4])
	root = hex.AppendEncode(append(root, '-'), id[4:])
	if given == "" {
		return string(root)
	}
	own := string(root[len("Root="):])
	var rest []string
	rooted := false
	for part := range strings.SplitSeq(given, ";") {
		if strings.HasPrefix(part, "Self=") {
			continue
		}
		rooted = rooted || strings.HasPrefix(part, "Root=")
		rest = append(rest, part)
	}
	if rooted {
		return "Self=" + own + ";" + strings.Join(rest, ";")
	}
	return strings.Join(append([]string{"Root=" + own}, rest...), ";")
}
