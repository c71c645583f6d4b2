package balancing

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Only what AWS would make otherwise is set, of what a network load balancer has.
func TestAttributesOfNetworkLoadBalancers(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Balancer = understudy.Balancer{Kind: understudy.KindNetwork, IdleTimeout: usualIdle}
	b := &Balancer{Scope: s, Group: &network.Group{}}
	if set := toSet(b.wants(), nil, b.defaults()); len(set) > 0 {
		t.Errorf("as AWS makes it: %v", set)
	}
	s.Declared.Balancer.CrossZone, s.Declared.Balancer.DeletionProtection = true, true
	want := map[string]string{"load_balancing.cross_zone.enabled": "true", protectedAttribute: "true"}
	if diff := cmp.Diff(want, toSet(b.wants(), nil, b.defaults())); diff != "" {
		t.Errorf("a new one (-want +got)\n%s", diff)
	}
	if desired := b.Desired()[0]; desired != (resource.Field{Name: "type", Value: "network", Fixed: true}) {
		t.Errorf("%+v", desired)
	}
	for name, c := range map[string]struct {
		declared understudy.Target
		now      map[string]string
		want     map[string]string
	}{
		"as AWS makes it": {understudy.Target{PreserveClientIP: true}, nil, map[string]string{}},
		"a new one": {understudy.Target{ConnectionTermination: true, ProxyProtocol: true, Stickiness: understudy.Stickiness{SourceIP: true}}, nil, map[string]string{
			preservedAttribute: "false", terminationAttribute: "true", proxyAttribute: "true", stickyAttribute: "true", stickyType: "source_ip"}},
		"what somebody has set": {understudy.Target{PreserveClientIP: true}, map[string]string{stickyAttribute: "true", stickyType: "source_ip",
			"target_health_state.unhealthy.connection_termination.enabled": "false"}, map[string]string{stickyAttribute: "false",
			"target_health_state.unhealthy.connection_termination.enabled": "true"}},
	} {
		g := &TargetGroup{Scope: s}
		g.Declared.Target = c.declared
		if diff := cmp.Diff(c.want, toSet(g.wants(), c.now, targetDefaults)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// Listeners have the protocol of how users connect, and an idle time where they forward what they do not end.
func TestListenersOfNetworkLoadBalancers(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Balancer = understudy.Balancer{Kind: understudy.KindNetwork, IdleTimeout: 61}
	l := &Listener{Scope: s}
	if l.protocol() != "TCP" || !cmp.Equal(l.desiredIdle(), []resource.Field{{Name: idleSetting, Value: "61"}}) {
		t.Errorf("%s, %v", l.protocol(), l.desiredIdle())
	}
	further := &Listener{Scope: s, Further: &understudy.FurtherListener{Protocol: understudy.TLS}}
	s.Declared.HTTPS.Certificates = map[understudy.Side]string{understudy.Primary: "a", understudy.Secondary: "b"}
	for _, l := range []*Listener{l, further} {
		if l.protocol() != "TLS" || l.desiredIdle() != nil {
			t.Errorf("%s, %v", l.protocol(), l.desiredIdle())
		}
	}
}
