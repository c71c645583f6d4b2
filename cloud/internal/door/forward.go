package door

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// forward forwards a verified request, unchanged, to the process of this name.
func (d *door) forward(w http.ResponseWriter, r *http.Request, body []byte, s *wire.Service, name string) {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", "cloud"
			p.Out.Host = p.In.Host
			p.Out.Body = io.NopCloser(bytes.NewReader(body))
			p.Out.ContentLength = int64(len(body))
			p.Out.TransferEncoding = nil
		},
		Transport:     unixTransport(d.Socket(name)),
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
				return // the client is gone
			}
			d.Log.Warn("no answer", "service", s.SigningName, "process", name, "error", err)
			refuse(w, r, s, unreachable(s, name))
		},
	}
	proxy.ServeHTTP(w, r)
}

// unixTransport makes a new connection for each request. That takes less than 0.1 ms, and no connection to
// a process remains that was killed and restarted.
func unixTransport(socket string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			c, err := d.DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, err
			}
			return answerable{c}, nil
		},
		DisableKeepAlives:  true,
		DisableCompression: true,
	}
}

// answerable is a connection to a process that may answer and close before it has read the whole request. Errors of
// writing the rest are ignored, so that the answer is still read; if there is none, reading returns the error.
type answerable struct{ net.Conn }

func (c answerable) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(b), nil
	}
	return n, err
}
