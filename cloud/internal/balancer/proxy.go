package balancer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	// connectTimeout is how long a target may take to accept a connection, maxForwarded how many
	// addresses X-Forwarded-For may hold: both as in AWS's troubleshooting page.
	connectTimeout = 10 * time.Second
	maxForwarded   = 30
	// maxHeader is the largest request head, in bytes
	// (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html).
	maxHeader         = 64 << 10
	maxResponseHeader = 32 << 10
)

type chosenKey struct{}

// chosen is what the handler has decided for one request.
type chosen struct {
	target  *target
	port    string // of the listener
	headers Headers
}

// newProxy makes the proxy that forwards a node's requests to their chosen targets. It sends a request once. Only
// net/http itself tries again, if an idle connection was closed before anything was sent.
func newProxy(transport http.RoundTripper, log *slog.Logger) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: rewrite, Transport: transport, ErrorHandler: fault,
		FlushInterval: -1, // pass everything on as it comes: answers may be streams
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// rewrite makes the request that the target gets
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html).
func rewrite(p *httputil.ProxyRequest) {
	c := p.In.Context().Value(chosenKey{}).(chosen)
	p.Out.URL.Scheme, p.Out.URL.Host = "http", c.target.address
	p.Out.URL.RawQuery = p.In.URL.RawQuery // as the client wrote it, even where net/url would not
	c.headers.apply(p)
	p.Out.Header.Set("X-Forwarded-Proto", "http")
	p.Out.Header.Set("X-Forwarded-Port", c.port)
	p.Out.Header.Set("X-Amzn-Trace-Id", traceID(p.In.Header.Get("X-Amzn-Trace-Id")))
}

// traceID makes a request's trace id, or adds the balancer's part to one that came with it
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html).
func traceID(given string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	own := fmt.Sprintf("1-%08x-%s", uint32(time.Now().Unix()), hex.EncodeToString(b[:]))
	switch {
	case strings.Contains(given, "Root="):
		var rest []string
		for part := range strings.SplitSeq(given, ";") {
			if !strings.HasPrefix(part, "Self=") {
				rest = append(rest, part)
			}
		}
		return "Self=" + own + ";" + strings.Join(rest, ";")
	case given != "":
		return "Root=" + own + ";" + given
	}
	return "Root=" + own
}

// fault answers a request that its target did not answer.
func fault(w http.ResponseWriter, r *http.Request, err error) {
	var timed net.Error
	switch {
	case context.Cause(r.Context()) == errDrained:
		refuse(w, http.StatusBadGateway)
	case r.Context().Err() != nil:
		refuse(w, statusClientClosed) // nobody reads it; the status is for whoever logs
	case errors.Is(err, errBusy):
		refuse(w, http.StatusServiceUnavailable)
	case errors.As(err, &timed) && timed.Timeout():
		refuse(w, http.StatusGatewayTimeout)
	default:
		refuse(w, http.StatusBadGateway)
	}
}

// handle serves one request at a listener of the node.
func (n *node) handle(port int, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodTrace {
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	if len(forwardedFor(r)) > maxForwarded {
		refuse(w, statusTooManyForwarded)
		return
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	routes := n.routes.Load()
	action, ok := routes.action(port, r, from.Addr().Unmap())
	switch {
	case !ok: // the listener has just been taken away
		refuse(w, http.StatusServiceUnavailable)
	case action.Fixed != nil:
		action.Fixed.serve(w)
	case action.Redirect != nil:
		action.Redirect.serve(w, r, strconv.Itoa(port))
	default:
		n.forward(chosen{routes.pick(action.Forward), strconv.Itoa(port), routes.headers}, w, r)
	}
}

func (n *node) forward(c chosen, w http.ResponseWriter, r *http.Request) {
	t := c.target
	if t == nil {
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	t.open.Add(1)
	defer t.open.Add(-1)
	ctx, cancel := context.WithCancelCause(context.WithValue(r.Context(), chosenKey{}, c))
	defer cancel(nil)
	defer context.AfterFunc(t.gone, func() { cancel(errDrained) })()
	n.upstream.Load().proxy.ServeHTTP(w, r.WithContext(ctx))
}
