package health

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// endpoint is what a check probes, read from its settings once.
type endpoint struct {
	id        string
	address   netip.Addr // invalid: resolve name at each probe
	name      string     // FullyQualifiedDomainName, may be empty
	port      int
	path      string
	search    string
	matches   bool // the body must hold search
	tls, http bool
	sni       bool
	interval  time.Duration
	threshold int
}

// endpointOf reads the settings, with the API's defaults for those left out (HealthCheckConfig).
func endpointOf(id string, c r53types.HealthCheckConfig) endpoint {
	e := endpoint{
		id:        id,
		name:      strings.TrimSuffix(aws.ToString(c.FullyQualifiedDomainName), "."),
		port:      80,
		path:      aws.ToString(c.ResourcePath),
		search:    aws.ToString(c.SearchString),
		interval:  30 * time.Second,
		threshold: 3,
	}
	e.address, _ = netip.ParseAddr(aws.ToString(c.IPAddress))
	switch c.Type {
	case r53types.HealthCheckTypeHttp:
		e.http = true
	case r53types.HealthCheckTypeHttps:
		e.http, e.tls = true, true
	case r53types.HealthCheckTypeHttpStrMatch:
		e.http, e.matches = true, true
	case r53types.HealthCheckTypeHttpsStrMatch:
		e.http, e.tls, e.matches = true, true, true
	}
	if e.tls {
		e.port = 443
		e.sni = e.name != "" && (c.EnableSNI == nil || *c.EnableSNI)
	}
	if c.Port != nil {
		e.port = int(*c.Port)
	}
	if c.RequestInterval != nil {
		e.interval = time.Duration(*c.RequestInterval) * time.Second
	}
	if c.FailureThreshold != nil {
		e.threshold = int(*c.FailureThreshold)
	}
	if !strings.HasPrefix(e.path, "/") {
		e.path = "/" + e.path
	}
	return e
}

// host returns the Host header: the name alone at the scheme's own port and with the port at any
// other; the address where there is no name (HealthCheckConfig, FullyQualifiedDomainName).
func (e endpoint) host(target netip.Addr) string {
	usual := 80
	if e.tls {
		usual = 443
	}
	name := e.name
	if name == "" {
		name = target.String()
	}
	if e.port != usual {
		return net.JoinHostPort(name, strconv.Itoa(e.port))
	}
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}
