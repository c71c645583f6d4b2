package plan

import (
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestTheRedirectIsAPartWhereHTTPSIsDeclared(t *testing.T) {
	s := resourcetest.Secured(t)
	v := takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	n := v.graph.byID["primary/redirect"]
	if n.resource != resource.Resource(r.redirect) || !n.comesAfter(r.listenerNode) {
		t.Errorf("the redirect is %T, and comes after the listener: %v", n.resource, n.comesAfter(r.listenerNode))
	}
	if got, want := resourcetest.Wanted(r.facing, "ingress"), "tcp 443 0.0.0.0/0, tcp 81 0.0.0.0/0"; got != want {
		t.Errorf("the load balancer lets in %s, want %s", got, want)
	}
	s.Declared.HTTPS.Redirect = understudy.RedirectNone
	r = takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}).regions[understudy.Primary]
	if got, want := resourcetest.Wanted(r.facing, "ingress"), "tcp 443 0.0.0.0/0"; got != want {
		t.Errorf("without a redirect the load balancer lets in %s, want %s", got, want)
	}
}
