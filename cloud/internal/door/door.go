// Package door is the front door of a local cloud: the one HTTP endpoint of all its services. It verifies
// the signature of each request (SigV4), gives IAM's and STS's to who answers them, and forwards the rest over a unix socket to
// the process of the service and region that the signature's credential scope names.
package door

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/throttle"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Config is what a door needs to know about its cloud.
type Config struct {
	Account   string // 12 digits
	AccessKey string // the id of the account's own key
	Secret    string
	Identity  Identity // answers IAM and STS, and knows the other keys

	Regions Regions // nil for none
	// Socket returns the unix socket of a process by its name: a region's, or "route53".
	Socket func(name string) string
	// Faults are what the door does to calls on purpose; nil for none.
	Faults *Faults
	// Throttle limits the rate of calls; nil for no limit.
	Throttle *throttle.Buckets
	// Gate decides which calls of whom are carried out; nil for all.
	Gate Gate
	// Recorder records the calls; nil for none.
	Recorder *Recorder

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil for time.Now
}

type door struct {
	Config
	verifier  *Verifier
	identity  http.Handler
	processes processes
}

// New returns the handler of a cloud's endpoint.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Regions == nil {
		c.Regions = Fixed{}
	}
	if c.Faults == nil {
		c.Faults = NewFaults(c.Regions.List())
	}
	return &door{
		Config:   c,
		verifier: &Verifier{Account: c.Account, AccessKey: c.AccessKey, Secret: c.Secret, Identity: c.Identity, Now: c.Now},
		identity: c.Identity.Handler(),
	}
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "understudy") // by which clients know that they are not about to change a real account
	way, inside := WayOf(r.Context())
	if wantsMetrics(r) && !inside {
		d.metrics(w, r)
		return
	}
	linked := ""
	if !inside {
		r, linked = followed(r)
	}
	r = wire.WithScope(r)
	scope, _ := wire.ScopeOf(r)
	body, err := readBody(w, r)
	service := serviceOf(r, body, scope)
	if err == tooLarge {
		refuseLarge(w, r, service)
		return
	}
	if err != nil {
		refuse(w, r, service, err)
		return
	}
	if linked != "" {
		d.follow(w, r, body, linked)
		return
	}
	caller, err := d.verifier.caller(r, body)
	if err != nil {
		d.Log.Warn("request refused", "service", scope.Service, "region", scope.Region, "code", err.Code, "from", r.RemoteAddr)
		refuse(w, r, service, err)
		return
	}
	if wire.ServiceNamed(scope.Service) == nil {
		refuse(w, r, service, unknownService(scope.Service))
		return
	}
	if err := way.leads(service, scope); err != nil {
		refuse(w, r, service, err)
		return
	}
	r = r.WithContext(WithCaller(r.Context(), caller))
	d.Identity.Used(caller, service.SigningName, scope.Region)
	c := call{Call: fault.Call{Service: service.SigningName, Region: scope.Region}, service: service, r: r, body: body}
	name, regional := scope.Region, false
	switch {
	case service == wire.STS || service == wire.IAM: // every region has STS; IAM is the account's
		c.handle = func(w http.ResponseWriter, r *http.Request, _ []byte) { d.identity.ServeHTTP(w, r) }
		if service == wire.IAM {
			c.Region = ""
		}
	case service.Global(): // whatever region the client has been configured for
		name, c.Region = wire.Route53.SigningName, ""
	case !d.may(name):
		refuse(w, r, service, d.unknownRegion(service, name))
		return
	default:
		regional = true
	}
	if c.handle == nil {
		c.handle = func(w http.ResponseWriter, r *http.Request, body []byte) { d.forward(w, r, body, service, name) }
	}
	if service == wire.ELBv2 || service == wire.AutoScaling {
		c.handle = d.linked(c)
	}
	if d.Gate != nil {
		c.handle = d.gated(c)
	}
	if regional {
		c.handle = d.asked(c)
	}
	d.meddle(w, c)
}

// serviceOf returns the service that a request is for, so that errors have that service's form. It follows from the
// credential scope or, if there is none, from the API version in the request.
func serviceOf(r *http.Request, body []byte, scope wire.Scope) *wire.Service {
	if s := wire.ServiceNamed(scope.Service); s != nil {
		return s
	}
	for _, s := range wire.Services {
		if strings.HasPrefix(r.URL.Path, "/"+s.Version+"/") ||
			strings.Contains("&"+r.URL.RawQuery+"&", "&Version="+s.Version+"&") ||
			bytes.Contains(body, []byte("Version="+s.Version)) {
			return s
		}
	}
	return wire.STS
}
