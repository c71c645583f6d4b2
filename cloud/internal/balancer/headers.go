package balancer

import (
	"net"
	"net/http"
	"net/http/httputil"
	"regexp"
	"strings"
)

// Headers is what becomes of a request's header fields on the way to a target. The zero value is AWS's default
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
type Headers struct {
	DropInvalid  bool      // fields whose names are not letters, digits and hyphens are left out
	PreserveHost bool      // Host stays as the client wrote it
	ClientPort   bool      // X-Forwarded-For has the client's port
	Forwarded    Forwarded // what becomes of X-Forwarded-For
}

// Forwarded is what becomes of X-Forwarded-For.
type Forwarded string

// The ways, by the words of routing.http.xff_header_processing.mode; the zero value is Append.
const (
	Append   Forwarded = "append"   // the client's address comes after those that the request has
	Preserve Forwarded = "preserve" // as the request has it
	Remove   Forwarded = "remove"
)

// validName is what the names of valid header fields are made of
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html).
var validName = regexp.MustCompile(`^[-A-Za-z0-9]+$`)

// apply makes the header of the request that the target gets. Its X-Forwarded fields have been taken out before.
func (h Headers) apply(p *httputil.ProxyRequest) {
	if h.DropInvalid {
		for name := range p.Out.Header {
			if !validName.MatchString(name) {
				delete(p.Out.Header, name)
			}
		}
	}
	if p.Out.Host = p.In.Host; !h.PreserveHost {
		p.Out.Host = strings.ToLower(p.In.Host)
	}
	switch h.Forwarded {
	case Remove:
	case Preserve:
		if was, ok := p.In.Header[xForwardedFor]; ok {
			p.Out.Header[xForwardedFor] = was
		}
	default:
		client := p.In.RemoteAddr
		if !h.ClientPort {
			client, _, _ = net.SplitHostPort(client)
		}
		p.Out.Header[xForwardedFor] = []string{strings.Join(append(forwardedFor(p.In), client), ", ")}
	}
}

const xForwardedFor = "X-Forwarded-For"

// forwardedFor lists the addresses that a request was forwarded for before.
func forwardedFor(r *http.Request) []string {
	var all []string
	for _, line := range r.Header.Values(xForwardedFor) {
		for a := range strings.SplitSeq(line, ",") {
			all = append(all, strings.TrimSpace(a))
		}
	}
	return all
}
