package plan

import (
	"testing"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A port that probes come to is open before they do, and until they come no more.
func TestThePortOfProbesIsOpenWhileItIsAsked(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Service.Port, s.Declared.Target.Port = 8080, 9001
	open := func(ports ...int32) (rules []network.Rule) {
		for _, p := range ports {
			rules = append(rules, network.Rule{Protocol: "tcp", From: p, To: p, Peer: network.Everywhere})
		}
		return rules
	}
	for name, c := range map[string]struct {
		probed        int
		found, wanted []network.Rule
	}{
		"a new group":            {0, nil, open(8080, 9001)},
		"as declared":            {9001, open(8080, 9001), open(8080, 9001)},
		"another port":           {9000, open(8080, 9000), open(8080, 9000, 9001)},
		"another, never open":    {9000, open(8080), open(8080, 9001)},
		"the service's, by hand": {8080, open(8080), open(8080, 9001)},
	} {
		r := &region{Scope: s, targetGroup: &balancing.TargetGroup{Scope: s, ARN: "arn", Probed: c.probed}}
		r.within = &network.Group{Scope: s, Port: 8080, Probed: s.Declared.Target.CheckPort(8080), Ingress: c.found,
			Also: func() []int { return r.probedBefore() }}
		if got := resourcetest.Wanted(r.within, "ingress"); got != network.RulesText(c.wanted) {
			t.Errorf("%s: %s, not %s", name, got, network.RulesText(c.wanted))
		}
	}
}
