package parity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

func TestNetworkLoadBalancersAreExpected(t *testing.T) {
	const flows = "failover: {switch: none}\nbalancer: {kind: network, idle_timeout: 61, cross_zone: false}\n"
	const secure = "https: {certificates: {primary: 'arn:aws:acm:us-east-1:123456789012:certificate/1', " +
		"secondary: 'arn:aws:acm:us-west-2:123456789012:certificate/1'}}\n"
	for name, c := range map[string]struct {
		declared, kind, role string
		want                 map[string]string
	}{
		"a load balancer": {flows, "load balancer", "load-balancer", map[string]string{
			"type": "network", "attribute load_balancing.cross_zone.enabled": "false", "attribute dns_record.client_routing_policy": "any_availability_zone",
			"attribute idle_timeout.timeout_seconds": "", "attribute routing.http2.enabled": "",
		}},
		"a listener": {flows, "listener", "listener", map[string]string{"protocol": "TCP", "port": "80", "attribute tcp.idle_timeout.seconds": "61", "switch": None}},
		"a listener of TLS": {"failover: {switch: none}\nbalancer: {kind: network}\n" + secure, "listener", "listener",
			map[string]string{"protocol": "TLS", "port": "443", "certificate": declaredCertificate, "attribute tcp.idle_timeout.seconds": ""}},
		"targets": {flows, "target group", "target-group", map[string]string{
			"protocol": "TCP", "health check protocol": "HTTP", "health check path": "/", "attribute preserve_client_ip.enabled": "true",
			"attribute proxy_protocol_v2.enabled": "false", "attribute stickiness.enabled": "false", "attribute slow_start.duration_seconds": "",
		}},
		"targets of another kind": {flows + "target: {check_protocol: TCP, proxy_protocol: true, preserve_client_ip: false, connection_termination: true, " +
			"stickiness: {source_ip: true}}\n", "target group", "target-group", map[string]string{
			"health check protocol": "TCP", "health check path": None, "matcher": None, "attribute preserve_client_ip.enabled": "false",
			"attribute proxy_protocol_v2.enabled": "true", "attribute deregistration_delay.connection_termination.enabled": "true",
			"attribute stickiness.enabled": "true", "attribute stickiness.type": "source_ip",
		}},
	} {
		e := expect(declaration(t, c.declared))
		got := map[string]string{}
		for setting := range c.want {
			got[setting], _ = e.setting(understudy.Secondary, c.kind, c.role, setting)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
