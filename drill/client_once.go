package drill

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// getFrom sends a request to one address over a new connection, and closes it afterwards: each request finds what a
// new user would find.
func (c *client) getFrom(ctx context.Context, addr netip.Addr) error {
	conn, err := c.dial(ctx, addr)
	if err != nil {
		return err
	}
	return c.exchange(ctx, conn)
}

// readers are of connections that have ended. With thousands of users, most of what a drill would allocate is these.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 2048) }}

// exchange sends a connection's only request, reads the answer, and closes it. It does what net/http's transport does for a connection that is
// not kept, but has no goroutine of its own to read and to write: that is half of what a request costs.
func (c *client) exchange(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		conn.SetDeadline(at)
	}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if c.target.Scheme == "https" {
		secured := tls.Client(conn, &tls.Config{RootCAs: c.trusts, ServerName: c.target.Hostname()})
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = secured
	}
	text := "GET " + c.target.RequestURI() + " HTTP/1.1\r\nHost: " + c.target.Host + "\r\nUser-Agent: " + agent + "\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(conn, text); err != nil {
		return err
	}
	r := readers.Get().(*bufio.Reader)
	r.Reset(conn)
	defer readers.Put(r)
	resp, err := response(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	return served(resp)
}

// response reads an answer, behind those that only announce one (RFC 9110, 15.2).
func response(r *bufio.Reader) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(r, nil) // of a GET
		if err != nil || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}
