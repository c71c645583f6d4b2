package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"golang.org/x/net/http2"
)

// errNoHTTP2 means that a target with TLS does not speak HTTP/2.
var errNoHTTP2 = errors.New("the target has not agreed to HTTP/2")

// dialError is one of a connection that could not be made.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// transport speaks HTTP/2 with the target, over as many connections as the target's limit of concurrent streams makes necessary. Without
// TLS the target is taken to know it (RFC 9113, 3.3).
func (p *links) transport() *http2.Transport {
	return &http2.Transport{
		AllowHTTP: true, DisableCompression: true, MaxHeaderListSize: maxResponseHeader, IdleConnTimeout: defaultIdle, WriteByteTimeout: defaultIdle,
		DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
			l, err := p.dial()
			if err == nil {
				if err = agreed(l.Conn); err == nil {
					return multiplexedLink{l}, nil
				}
				l.drop()
			}
			return nil, dialError{err}
		},
	}
}

// agreed tells whether a connection is one of HTTP/2.
func agreed(c net.Conn) error {
	if secured, ok := c.(*tls.Conn); ok && secured.ConnectionState().NegotiatedProtocol != http2.NextProtoTLS {
		return errNoHTTP2
	}
	return nil
}

// multiplexedLink is a connection to a target that the library closes.
type multiplexedLink struct{ *link }

// Close implements net.Conn.
func (m multiplexedLink) Close() error {
	m.drop()
	return nil
}
