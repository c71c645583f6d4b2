package balancer

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// flowEntry is what the access log of a network load balancer tells of a connection with TLS
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html#access-log-entry-format).
type flowEntry struct {
	began          time.Time
	shaken         time.Duration // how long the handshake took
	received, sent atomic.Uint64 // of and to the client, without TLS
	certificate    string        // that the client was shown
	domain         string
	offered        []string // protocols, the preferred first
	alert          string   // of TLS, that the client sent
	far            string   // the protocol that was agreed on with the target
}

// flowTime is how this log writes times.
const flowTime = "2006-01-02T15:04:05"

// newFlowEntry begins the entry of a connection, which is nil where none is kept: of what is not encrypted, AWS keeps none.
func newFlowEntry(routes *routes, l Listener) *flowEntry {
	if routes.logs.Access == nil || l.TLS == nil {
		return nil
	}
	return &flowEntry{began: time.Now()}
}

// listening is the configuration of a handshake, which the entry hears.
func (e *flowEntry) listening(config *tls.Config, s *TLS) *tls.Config {
	if e == nil {
		return config
	}
	heard := config.Clone()
	heard.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		e.domain, e.offered = hello.ServerName, hello.SupportedProtos
		return nil, nil
	}
	heard.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		chosen, err := config.GetCertificate(hello)
		if err == nil {
			e.certificate = s.ARNs[chosen.Leaf]
		}
		return chosen, err
	}
	return heard
}

// shook notes how a handshake ended.
func (e *flowEntry) shook(err error) {
	if e == nil {
		return
	}
	e.shaken = time.Since(e.began)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" { // which crypto/tls has of the client's alert alone, a number of a type without a name
		if alert := reflect.ValueOf(op.Err); alert.CanUint() {
			e.alert = strconv.FormatUint(alert.Uint(), 10)
		}
	}
}

// passed counts bytes that went one way.
func (e *flowEntry) passed(n int64, fromClient bool) {
	switch {
	case e == nil:
	case fromClient:
		e.received.Add(uint64(n))
	default:
		e.sent.Add(uint64(n))
	}
}

// log writes the entry at the end of the connection of a client to a listener at an address.
func (e *flowEntry) log(routes *routes, l Listener, client net.Conn, at netip.AddrPort) {
	if e == nil {
		return
	}
	suite, version, near := "", "", ""
	if secured, ok := client.(*tls.Conn); ok {
		state := secured.ConnectionState()
		suite, version = SuiteName(state.CipherSuite), flowVersions[state.Version]
		near = state.NegotiatedProtocol
	}
	now := time.Now()
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	fields := []string{
		"tls", "2.0", now.UTC().Format(flowTime), routes.name, l.Flow.ID, addressOf(client.RemoteAddr()).String(), at.String(),
		milliseconds(now.Sub(e.began)), milliseconds(e.shaken), strconv.FormatUint(e.received.Load(), 10), strconv.FormatUint(e.sent.Load(), 10),
		e.alert, e.certificate, "", suite, version, "", e.domain, near, e.far, e.preferences(), e.began.UTC().Format(flowTime),
	}
	for i, f := range fields {
		if f == "" {
			fields[i] = "-"
		}
	}
	routes.logs.Access.Add([]byte(strings.Join(fields, " ") + "\n"))
}

// preferences are the protocols that the client has offered.
func (e *flowEntry) preferences() string {
	var quoted []string
	for _, p := range e.offered {
		quoted = append(quoted, `"`+url.PathEscape(p)+`"`)
	}
	return strings.ReplaceAll(strings.Join(quoted, ","), "%2F", "/")
}

var flowVersions = map[uint16]string{tls.VersionTLS10: "tlsv10", tls.VersionTLS11: "tlsv11", tls.VersionTLS12: "tlsv12", tls.VersionTLS13: "tlsv13"}
