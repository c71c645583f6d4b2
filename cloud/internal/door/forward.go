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

// forward passes a verified request on to the process of this name, as it came.
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

// unixTransport connects anew for each request: it costs less than a tenth of a millisecond, and no
// connection is left that a killed and restarted process does not know.
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

// answerable is a connection to a process that may answer before it has read the whole request, and close. What it
// does not read any more is written to nobody, so that its answer is still read; where it gave none, reading says so.
type answerable struct{ net.Conn }

func (c answerable) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(b), nil
	}
	return n, err
}
