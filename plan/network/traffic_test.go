package network

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// What is declared beside the service's own rules stands beside them, once; declared egress is all of it.
func TestDeclaredTraffic(t *testing.T) {
	s := resourcetest.Scope(t)
	facing := &Group{Scope: s, ID: "sg-front", Port: 80, Declares: understudy.Access{Ingress: []understudy.Traffic{
		{Protocol: "tcp", From: 80, To: 80, Peer: Everywhere}, {Protocol: "icmp", From: -1, To: -1, Peer: "192.0.2.0/24"},
	}}}
	within := &Group{Scope: s, Port: 8080, From: facing, Declares: understudy.Access{
		Ingress: []understudy.Traffic{{Protocol: "udp", From: 8000, To: 8010, Peer: understudy.PublicFacing}},
		Egress:  []understudy.Traffic{{Protocol: "tcp", From: 443, To: 443, Peer: Everywhere}, {Protocol: "-1", Peer: understudy.PublicFacing}},
	}}
	for name, c := range map[string]struct{ got, want []Rule }{
		"into the public-facing group":   {facing.wantsIn(), []Rule{{"tcp", 80, 80, Everywhere}, {"icmp", -1, -1, "192.0.2.0/24"}}},
		"out of the public-facing group": {facing.wantsOut(), []Rule{{"-1", 0, 0, Everywhere}}},
		"into the internal group":        {within.wantsIn(), []Rule{{"tcp", 8080, 8080, "sg-front"}, {"udp", 8000, 8010, "sg-front"}}},
		"out of the internal group":      {within.wantsOut(), []Rule{{"tcp", 443, 443, Everywhere}, {"-1", 0, 0, "sg-front"}}},
	} {
		if diff := cmp.Diff(c.want, c.got, cmp.AllowUnexported(Rule{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	facing.Ingress, facing.Egress = slices.Concat(facing.wantsIn(), []Rule{{"tcp", 22, 22, Everywhere}}), facing.wantsOut()
	differences := resource.Compare(facing.Desired(), facing.Actual())
	if !resource.Differs(differences, "ingress") || resource.Differs(differences, "egress") {
		t.Errorf("an added rule differs by %v", differences)
	}
}
