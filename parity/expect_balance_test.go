package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// What the declaration asks for is what a region that has it is read as; another rule at the same priority, and one more, are findings.
func TestTheDeclaredRulesAreExpected(t *testing.T) {
	d := declaration(t, `rules:
  - {path: [/old/*, /older], method: [GET], redirect: {status: 302, path: "/new/#{path}"}}
  - {host: [a.hello.test], header: {name: X-A, values: [b, c]}, fixed: {status: 404, body: gone}}
  - {source: [192.0.2.0/24]}
`)
	condition := func(field string) elbtypes.RuleCondition { return elbtypes.RuleCondition{Field: &field} }
	path, method, host, header, source := condition("path-pattern"), condition("http-request-method"),
		condition("host-header"), condition("http-header"), condition("source-ip")
	path.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: []string{"/old/*", "/older"}}
	method.HttpRequestMethodConfig = &elbtypes.HttpRequestMethodConditionConfig{Values: []string{"GET"}}
	host.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: []string{"a.hello.test"}}
	header.HttpHeaderConfig = &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-A"), Values: []string{"b", "c"}}
	source.SourceIpConfig = &elbtypes.SourceIpConditionConfig{Values: []string{"192.0.2.0/24"}}
	redirect := &elbtypes.RedirectActionConfig{StatusCode: "HTTP_302", Protocol: aws.String("#{protocol}"), Host: aws.String("#{host}"),
		Port: aws.String("#{port}"), Path: aws.String("/new/#{path}"), Query: aws.String("#{query}")}
	c := &canon{place: at("us-east-1", understudy.Primary, d), names: map[string]string{"arn:group": "target group target-group"}}
	e := expect(d)
	for priority, r := range map[string]elbtypes.Rule{
		"10": {Conditions: []elbtypes.RuleCondition{path, method}, Actions: []elbtypes.Action{{Type: "redirect", RedirectConfig: redirect}}},
		"11": {Conditions: []elbtypes.RuleCondition{header, host}, Actions: []elbtypes.Action{{Type: "fixed-response",
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404"), MessageBody: aws.String("gone")}}}},
		"12": {Conditions: []elbtypes.RuleCondition{source}, Actions: []elbtypes.Action{{Type: "forward", TargetGroupArn: aws.String("arn:group")}}},
	} {
		if want, _ := e.setting(understudy.Primary, "listener", "listener", "rule "+priority); want != c.rule(r) {
			t.Errorf("rule %s is to be %q, is read as %q", priority, want, c.rule(r))
		}
	}
	if want, known := e.setting(understudy.Primary, "listener", "listener", "rule 13"); want != None || !known {
		t.Errorf("one more is to be %q", want)
	}
}

func TestFurtherListenersAreExpected(t *testing.T) {
	d := declaration(t, "listeners: [{port: 8080}]\n")
	c, e := &canon{place: at("us-east-1", understudy.Primary, d)}, expect(d)
	role := c.listenerAt("port 8080")
	if is, _ := e.part(understudy.Primary, "listener", role); !is || role == "listener" {
		t.Errorf("the one at 8080 is taken for %q", role)
	}
	for setting, want := range map[string]string{"port": "8080", "protocol": "HTTP", "default": "forward to target group target-group", "rule 10": None} {
		if got, _ := e.setting(understudy.Secondary, "listener", role, setting); got != want {
			t.Errorf("%s: %q", setting, got)
		}
	}
	if got, _ := e.setting(understudy.Primary, "security group", "public-facing", "ingress tcp 8080 from 0.0.0.0/0"); got != "allowed" {
		t.Errorf("users are %q", got)
	}
}
