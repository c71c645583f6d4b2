// Package door is a cloud's front door: one address for every service and region.
//
// It verifies each request's signature (AWS Signature Version 4), answers STS itself, and hands the rest to
// the process of the service and region that the signature's credential scope names.
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
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Config says whose door it is.
type Config struct {
	Account   string // twelve digits
	AccessKey string
	Secret    string
	Regions   []string
	// Socket is the unix socket of a process: "route53", or a region's name.
	Socket func(name string) string
	Log    *slog.Logger
}

type door struct {
	Config
	verifier Verifier
	sts      http.Handler
	proxies  map[string]*httputil.ReverseProxy
}

// New returns the handler of every request to a cloud.
func New(c Config) http.Handler {
	d := &door{Config: c, verifier: Verifier{AccessKey: c.AccessKey, Secret: c.Secret, Now: time.Now}, sts: newSTS(c), proxies: map[string]*httputil.ReverseProxy{}}
	for _, name := range append([]string{route53}, c.Regions...) {
		d.proxies[name] = d.proxy(c.Socket(name))
	}
	return d
}

const route53 = "route53"

// maxBody is the largest request, in bytes, that is read: Route 53's largest batch of changes is well below.
const maxBody = 4 << 20

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scope, _ := wire.ScopeOf(r)
	service := wire.ServiceNamed(scope.Service)
	if service == nil {
		service = wire.EC2
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		wire.WriteError(w, r, service, &wire.Error{Code: "RequestEntityTooLarge", Message: "The request is too large.", Status: http.StatusRequestEntityTooLarge})
		return
	}
	if e := d.verifier.Verify(r, body); e != nil {
		wire.WriteError(w, r, service, spelled(service, e))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if service == wire.STS {
		d.sts.ServeHTTP(w, r)
		return
	}
	name, e := d.process(scope)
	if e != nil {
		wire.WriteError(w, r, service, e)
		return
	}
	d.proxies[name].ServeHTTP(w, r)
}

// process names who answers: Route 53 is one for all regions.
func (d *door) process(scope wire.Scope) (string, *wire.Error) {
	if wire.ServiceNamed(scope.Service) == nil {
		return "", wire.Errorf("UnknownService", "The service %s is not one of this cloud's.", scope.Service)
	}
	if scope.Service == route53 {
		return route53, nil
	}
	if !slices.Contains(d.Regions, scope.Region) {
		return "", wire.Errorf("InvalidRegion", "The region %s is not one of this cloud's, which has %s.", scope.Region, strings.Join(d.Regions, " and "))
	}
	return scope.Region, nil
}

// proxy hands requests to the process behind a socket.
func (d *door) proxy(socket string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: "process"})
			p.Out.Host = p.In.Host
		},
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", socket)
			},
			MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true,
		},
		ErrorHandler: d.gone,
		ErrorLog:     slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug),
	}
}

// gone answers for a process that does not: its region is lost, and the endpoint of a lost region does
// not answer either. So the connection is cut. An answer of 503 would be a region's own, still alive.
func (d *door) gone(_ http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, context.Canceled) {
		d.Log.Info("no answer from within", "path", r.URL.Path, "error", err)
	}
	panic(http.ErrAbortHandler)
}
