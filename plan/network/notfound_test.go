package network

import (
	"testing"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// That something is not found is a success only for what takes it away.
func TestNotFoundIsNoSuccessOfWhatIsMade(t *testing.T) {
	s := resourcetest.Answering(t, resourcetest.NotFound("InvalidRouteTableID.NotFound"))
	made := &Routes{Scope: s, id: "rtb-1", Gateway: &Gateway{Scope: s, id: "igw-1"}}
	if err := made.lead(t.Context()); !account.IsNotFound(err) {
		t.Errorf("a route in no table: %v", err)
	}
	s = resourcetest.Answering(t, resourcetest.NotFound("InvalidRoute.NotFound"))
	if err := (&Routes{Scope: s, id: "rtb-1"}).lead(t.Context()); err != nil {
		t.Errorf("delete a route that is not there: %v", err)
	}
	extra := []Rule{{"tcp", 22, 22, Everywhere}, {"tcp", 8080, 8080, Everywhere}}
	for code, fails := range map[string]bool{"InvalidGroup.NotFound": true, "InvalidPermission.NotFound": false} {
		g := &Group{Scope: resourcetest.Answering(t, resourcetest.NotFound(code)), ID: "sg-1", Port: 8080, Ingress: extra,
			Egress: []Rule{{Protocol: "-1", Peer: Everywhere}}}
		if err := g.Change(t.Context(), nil); (err != nil) != fails {
			t.Errorf("revoke: %s: %v", code, err)
		}
	}
}
