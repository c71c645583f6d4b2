package parity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

func TestTheDeclaredTargetsAreExpected(t *testing.T) {
	const group = "target group"
	for name, c := range map[string]struct {
		declared string
		want     map[string]string
	}{
		"nothing": {"", map[string]string{"protocol": "HTTP", "protocol version": "HTTP1", "health check port": "traffic-port", "health check path": "/",
			"attribute stickiness.enabled": "false", "attribute load_balancing.algorithm.type": "round_robin", "attribute slow_start.duration_seconds": "0"}},
		"a check of its own": {"target: {path: /up, port: 9000, protocol: HTTPS, slow_start: 30}\n", map[string]string{"health check path": "/up",
			"health check port": "9000", "health check protocol": "HTTPS", "protocol": "HTTPS", "port": "8080", "attribute slow_start.duration_seconds": "30"}},
		"the same port": {"target: {port: 8080}\n", map[string]string{"health check port": "traffic-port"}},
		"sticky": {"target: {stickiness: {duration: 60}}\n", map[string]string{"attribute stickiness.enabled": "true",
			"attribute stickiness.type": "lb_cookie", "attribute stickiness.lb_cookie.duration_seconds": "60"}},
		"by a cookie": {"target: {algorithm: least_outstanding_requests, stickiness: {duration: 60, cookie: id}}\n", map[string]string{
			"attribute stickiness.type": "app_cookie", "attribute stickiness.app_cookie.duration_seconds": "60",
			"attribute stickiness.app_cookie.cookie_name": "id", "attribute load_balancing.algorithm.type": "least_outstanding_requests"}},
	} {
		e := expect(declaration(t, c.declared))
		got := map[string]string{}
		for setting := range c.want {
			got[setting], _ = e.setting(understudy.Secondary, group, "target-group", setting)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	if v, _ := expect(declaration(t, "target: {port: 9000}\n")).setting(understudy.Primary, "security group", "internal",
		"ingress tcp 9000 from security group public-facing"); v != "allowed" {
		t.Errorf("the port of probes is %q", v)
	}
}
