package wire

import (
	"context"
	"net/http"
	"strings"
)

// Scope is the credential scope of a signature.
type Scope struct {
	AccessKey, Date, Region, Service string
}

// carried is a scope that was read before, and whether the request had one.
type carried struct {
	Scope
	ok bool
}

type scopeKey struct{}

// WithScope reads a request's scope once: ScopeOf of the request that it returns does not read it again.
func WithScope(r *http.Request) *http.Request {
	scope, ok := ScopeOf(r)
	return r.WithContext(context.WithValue(r.Context(), scopeKey{}, carried{scope, ok}))
}

// ScopeOf returns the scope that WithScope has read or else reads it, from a request's Authorization header or
// presigned query. It verifies nothing.
func ScopeOf(r *http.Request) (Scope, bool) {
	if c, ok := r.Context().Value(scopeKey{}).(carried); ok {
		return c.Scope, c.ok
	}
	return readScope(r)
}

func readScope(r *http.Request) (Scope, bool) {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if header := r.Header.Get("Authorization"); header != "" {
		_, after, ok := strings.Cut(header, "Credential=")
		if !ok {
			return Scope{}, false
		}
		credential, _, _ = strings.Cut(after, ",")
	}
	f := strings.Split(strings.TrimSpace(credential), "/")
	if len(f) != 5 || f[4] != "aws4_request" {
		return Scope{}, false
	}
	return Scope{f[0], f[1], f[2], f[3]}, true
}
