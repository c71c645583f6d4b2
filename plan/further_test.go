package plan

import (
	"fmt"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestFurtherListenersAreParts(t *testing.T) {
	s := resourcetest.Secured(t)
	s.Declared.Further = []understudy.FurtherListener{{Port: 8081, Protocol: "HTTP"}, {Port: 8443, Protocol: "HTTPS"}}
	v := takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Secondary]
	if got, want := resourcetest.Wanted(r.facing, "ingress"), "tcp 443 0.0.0.0/0, tcp 8081 0.0.0.0/0, tcp 81 0.0.0.0/0, tcp 8443 0.0.0.0/0"; got != want {
		t.Errorf("the load balancer lets in %s, want %s", got, want)
	}
	for n, further := range r.listener.Followers {
		node := v.graph.byID[fmt.Sprintf("secondary/listener at port %d", s.Declared.Further[n].Port)]
		policy, certificate := resourcetest.Wanted(further, "policy"), resourcetest.Wanted(further, "certificate")
		if !node.comesAfter(r.listenerNode) || !r.supersededNode.comesAfter(node) || (policy != "") != (n == 1) || (certificate != "") != (n == 1) {
			t.Errorf("%s: its policy is %q, its certificate is %q", node.id, policy, certificate)
		}
	}
}
