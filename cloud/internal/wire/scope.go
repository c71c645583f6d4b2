package wire

import (
	"net/http"
	"strings"
)

// Scope is a credential scope: what a signature is for.
type Scope struct {
	AccessKey, Date, Region, Service string
}

// ScopeOf reads the scope from a request's Authorization header or presigned query. It verifies nothing.
func ScopeOf(r *http.Request) (Scope, bool) {
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
