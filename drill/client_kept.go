package drill

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy/understudy/clients"
)

// getKept sends a request over the connection that is there, or connects where none is. Which address answers is the connection's.
func (c *client) getKept(ctx context.Context) (addr netip.Addr, kept bool, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		addr, kept = addressOf(info.Conn), info.Reused
	}})
	err = c.request(ctx, c.kept)
	return addr, kept, err
}

// addressOf is whom a TCP connection leads to.
func addressOf(conn net.Conn) netip.Addr {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return at.Addr().Unmap()
}

// keeping is a transport that keeps its connection, and resolves the name only to connect.
func (c *client) keeping() *http.Transport {
	t := c.dialing(func(ctx context.Context) (net.Conn, error) {
		all, err := c.addresses(ctx)
		if err != nil {
			return nil, err
		}
		return c.dial(ctx, all[0])
	})
	t.DisableKeepAlives, t.MaxConnsPerHost = false, 1
	if c.kind.HTTP2 { // a ping after half of the time that the connection is kept, and its end after the other half
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP2(true)
		t.HTTP2 = &http.HTTP2Config{SendPingTimeout: c.settings.timeout(c.kind.Gives / 2), PingTimeout: c.settings.timeout(c.kind.Gives / 2)}
	}
	return t
}

// close ends what a user keeps.
func (c *client) close() {
	if c.kept != nil {
		c.kept.CloseIdleConnections()
	}
	c.socket.close()
}

// race sends a request over the connection that is made first: each address is tried when the one before has failed, or after a while.
func (c *client) race(ctx context.Context, all []netip.Addr) (netip.Addr, error) {
	conn, err := firstOf(ctx, all, c.dial)
	if err != nil {
		return all[0], err
	}
	return addressOf(conn), c.exchange(ctx, conn)
}

// alternating orders addresses so that those of IPv6 and of IPv4 take turns, IPv6 first (RFC 8305, 4).
func alternating(all []netip.Addr) []netip.Addr {
	six := slices.DeleteFunc(slices.Clone(all), netip.Addr.Is4)
	four := slices.DeleteFunc(slices.Clone(all), netip.Addr.Is6)
	var out []netip.Addr
	for i := range max(len(six), len(four)) {
		out = append(append(out, six[min(i, len(six)):min(i+1, len(six))]...), four[min(i, len(four)):min(i+1, len(four))]...)
	}
	return out
}

// firstOf returns the first connection that is made.
func firstOf(ctx context.Context, all []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type result struct {
		net.Conn
		err error
	}
	made, left := make(chan result), 0
	var errs []error
	for next := 0; next < len(all) || left > 0; {
		var wait <-chan time.Time
		if next < len(all) {
			go func(a netip.Addr) {
				conn, err := dial(ctx, a)
				select {
				case made <- result{conn, err}:
				case <-ctx.Done():
					if conn != nil {
						conn.Close()
					}
				}
			}(all[next])
			next, left = next+1, left+1
			wait = time.After(clients.NextAddress)
		}
		select {
		case r := <-made:
			if left--; r.err == nil {
				return r.Conn, nil
			}
			errs = append(errs, r.err)
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return nil, errors.Join(errs...)
}
