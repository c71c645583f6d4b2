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
		Transport:     d.processes.transport(d.Socket(name)),
		BufferPool:    copies,
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
