package resourcetest

import (
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// Secured is a scope whose users connect with HTTPS.
func Secured(t *testing.T) resource.Scope {
	t.Helper()
	s := Scope(t)
	s.Declared.HTTPS = understudy.HTTPS{
		Certificates: map[understudy.Side]string{understudy.Primary: "arn:p", understudy.Secondary: "arn:s"},
		Policy:       "ELBSecurityPolicy-TLS13-1-2-2021-06", Port: 443, Redirect: understudy.RedirectPermanent,
	}
	return s
}
