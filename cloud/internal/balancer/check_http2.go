package balancer

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"

	"golang.org/x/net/http2"
)

// ask makes the request of a check, over a connection that end closes.
func (n *node) ask(req *http.Request, v Version) (resp *http.Response, end func(), err error) {
	end = func() {}
	if !v.multiplexed() {
		connected := false
		trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }}
		resp, err = n.checks.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
		if err != nil && !connected {
			err = unconnected{err}
		}
		return resp, end, err
	}
	conn, err := n.network.DialContext(req.Context(), "tcp", req.URL.Host)
	if err != nil {
		return nil, end, unconnected{err}
	}
	stop := context.AfterFunc(req.Context(), func() { _ = conn.Close() }) // whatever waits then
	end = func() {
		stop()
		_ = conn.Close()
	}
	over := conn
	if req.URL.Scheme == "https" {
		secured := tls.Client(conn, toTargets(v))
		if err := secured.HandshakeContext(req.Context()); err != nil {
			return nil, end, err
		}
		over = secured
	}
	if err := agreed(over); err != nil {
		return nil, end, err
	}
	way := http2.Transport{AllowHTTP: true, DisableCompression: true, MaxHeaderListSize: maxResponseHeader}
	client, err := way.NewClientConn(over)
	if err != nil {
		return nil, end, err
	}
	resp, err = client.RoundTrip(req)
	return resp, end, err
}

// emptyMessage is a message of gRPC without content: not compressed, of no length.
var emptyMessage = []byte{0, 0, 0, 0, 0}

// probeGRPC calls a method and judges the status that the target answers with, after a body or without one.
func (n *node) probeGRPC(req *http.Request, c Check) Result {
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	resp, end, err := n.ask(req, c.Version)
	defer end()
	if err != nil {
		return unanswered(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxUnread)); err != nil {
		return unanswered(err)
	}
	said := resp.Trailer.Get("Grpc-Status")
	if said == "" {
		said = resp.Header.Get("Grpc-Status")
	}
	code, err := strconv.Atoi(said)
	if err != nil {
		return failed.Because(causeNoStatus)
	}
	return c.judge(code)
}
