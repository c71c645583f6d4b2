package parity

import (
	"testing"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

// The bucket of a log that is off is what somebody left there.
func TestBucketsOfLogsThatAreOffAreNotCompared(t *testing.T) {
	attributes := func(enabled string) (all []elbtypes.LoadBalancerAttribute) {
		for k, v := range map[string]string{"access_logs.s3.enabled": enabled, "access_logs.s3.bucket": "mine", "connection_logs.s3.enabled": "true"} {
			all = append(all, elbtypes.LoadBalancerAttribute{Key: &k, Value: &v})
		}
		return all
	}
	for enabled, off := range map[string]bool{"true": false, "false": true} {
		for key, want := range map[string]bool{"access_logs.s3.bucket": off, "access_logs.s3.enabled": false, "connection_logs.s3.bucket": false, "idle": false} {
			if got := ofLogOff(key, attributes(enabled)); got != want {
				t.Errorf("%s where it is %s: %v", key, enabled, got)
			}
		}
	}
}

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
	e := expect(declaration(t, "balancer: {cross_zone: false, http2: false, desync: monitor, access_logs: {primary: east, secondary: west}}\n"))
	for n, side := range understudy.Sides {
		for setting, want := range map[string]string{
			"access_logs.s3.bucket": []string{"east", "west"}[n], "access_logs.s3.enabled": "true", "connection_logs.s3.enabled": "false",
			"routing.http2.enabled": "false", "routing.http.desync_mitigation_mode": "monitor", "idle_timeout.timeout_seconds": "60",
		} {
			if got, _ := e.setting(side, "load balancer", "load-balancer", "attribute "+setting); got != want {
				t.Errorf("%s of the %s: %q", setting, side, got)
			}
		}
		if got, _ := e.setting(side, group, "target-group", "attribute load_balancing.cross_zone.enabled"); got != "false" {
			t.Errorf("within zones: %q", got)
		}
	}
	if v, _ := expect(declaration(t, "target: {port: 9000}\n")).setting(understudy.Primary, "security group", "internal",
		"ingress tcp 9000 from security group public-facing"); v != "allowed" {
		t.Errorf("the port of probes is %q", v)
	}
}
