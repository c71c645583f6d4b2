package e2e

import (
	"strings"

	"github.com/understudy/understudy"
)

// ofBalancer is one attribute of the load balancer.
func ofBalancer(key string) string {
	return "aws elbv2 describe-load-balancer-attributes --load-balancer-arn {load balancer} --query \"Attributes[?starts_with(Key,'" + key + "')].Value\""
}

// ofRules is a part of each of the listener's declared rules, in their order.
func ofRules(query string) string {
	return "aws elbv2 describe-rules --listener-arn {listener} --query \"Rules[?!IsDefault&&Priority!='1']." + query + "\""
}

// ofFurtherGroups is a part of the further target groups.
func ofFurtherGroups(query string) string {
	return "aws elbv2 describe-target-groups --query \"TargetGroups[?contains(TargetGroupName,'-T')]." + query + "\""
}

// ofFurther is a part of each of the listeners at further ports, in the order of the ports.
func ofFurther(query string) string {
	return "aws elbv2 describe-listeners --load-balancer-arn {load balancer} --query \"sort_by(Listeners[?Port>`8000`],&Port)[]." + query + "\""
}

const ofTargetAttributes = "aws elbv2 describe-target-group-attributes --target-group-arn {target group} --query "

// entryFields are the keys of how users get to the service.
var entryFields = []field{
	{key: "target.path", first: "/", second: `/\?second`, shown: ofTargets + "HealthCheckPath"},
	{key: "target.port", first: "8081", second: "8080", shown: ofTargets + "HealthCheckPort"},
	{key: "target.protocol", first: "HTTP HTTP", second: "HTTPS HTTPS", shown: ofTargets + "[Protocol,HealthCheckProtocol]"},
	{key: "target.algorithm", first: "round_robin", second: "least_outstanding_requests",
		shown: ofTargetAttributes + "\"Attributes[?Key=='load_balancing.algorithm.type'].Value\""},
	{key: "target.slow_start", first: "30", second: "0", shown: ofTargetAttributes + "\"Attributes[?Key=='slow_start.duration_seconds'].Value\""},
	{key: "target.stickiness.duration", first: "[^ ]*app[^ ]* 86400\n[^ ]*lb[^ ]* 60", second: "[^ ]*app[^ ]* 120\n[^ ]*lb[^ ]* 86400",
		shown: ofTargetAttributes + "\"Attributes[?ends_with(Key,'cookie.duration_seconds')].[Key,Value]\""},
	{key: "target.stickiness.cookie", first: "lb_cookie", second: "SESSION app_cookie",
		shown: ofTargetAttributes + "\"sort(Attributes[?(Key=='stickiness.type'||Key=='stickiness.app_cookie.cookie_name')&&Value!=''].Value)\""},
	{key: "balancer.idle_timeout", first: "61", second: "62", shown: ofBalancer("idle_timeout")},
	{key: "balancer.http2", first: "true", second: "false", shown: ofBalancer("routing.http2.enabled")},
	{key: "balancer.drop_invalid_headers", first: "false", second: "true", shown: ofBalancer("routing.http.drop_invalid")},
	{key: "balancer.desync", first: "monitor", second: "strictest", shown: ofBalancer("routing.http.desync")},
	{key: "balancer.deletion_protection", first: "true", second: "false", shown: ofBalancer("deletion_protection")},
	{key: "balancer.access_logs.primary", side: understudy.Primary, first: ".*logs-east.*true.*", second: ".*false.*",
		shown: ofBalancer("access_logs")},
	{key: "balancer.access_logs.secondary", side: understudy.Secondary, first: ".*logs-west.*true.*", second: ".*false.*", shown: ofBalancer("access_logs")},
	{key: "balancer.connection_logs.primary", side: understudy.Primary, first: ".*false.*", second: ".*connections-east.*true.*",
		shown: ofBalancer("connection_logs")},
	{key: "balancer.connection_logs.secondary", side: understudy.Secondary, first: ".*false.*", second: ".*connections-west.*true.*",
		shown: ofBalancer("connection_logs")},
	{key: "balancer.connection_logs.prefix", first: "", second: "b/c", shown: ofBalancer("connection_logs.s3.prefix")},
	{key: "rules[].path", first: `/old/\* / /api/\*`, second: `/web/\* /older/\*`, shown: ofRules("Conditions[].PathPatternConfig.Values[]")},
	{key: "rules[].host", first: `old\.hello\.test`, second: `\*\.hello\.test`, shown: ofRules("Conditions[].HostHeaderConfig.Values[]")},
	{key: "rules[].method", first: `GET`, second: `HEAD`, shown: ofRules("Conditions[].HttpRequestMethodConfig.Values[]")},
	{key: "rules[].source", first: `127\.0\.0\.0/8`, second: `198\.51\.100\.0/24`, shown: ofRules("Conditions[].SourceIpConfig.Values[]")},
	{key: "rules[].header.name", first: `X-A`, second: `X-B`, shown: ofRules("Conditions[].HttpHeaderConfig.HttpHeaderName")},
	{key: "rules[].header.values", first: `a`, second: `b c\*`, shown: ofRules("Conditions[].HttpHeaderConfig.Values[]")},
	{key: "rules[].redirect.status", first: `HTTP_301`, second: `HTTP_302`, shown: ofRules("Actions[].RedirectConfig.StatusCode")},
	{key: "rules[].redirect.protocol", first: `HTTP`, second: `HTTPS`, shown: ofRules("Actions[].RedirectConfig.Protocol")},
	{key: "rules[].redirect.host", first: `hello\.test`, second: `www\.hello\.test`, shown: ofRules("Actions[].RedirectConfig.Host")},
	{key: "rules[].redirect.port", first: `80`, second: `443`, shown: ofRules("Actions[].RedirectConfig.Port")},
	{key: "rules[].redirect.path", first: `/new/#{path}`, second: `/newer`, shown: ofRules("Actions[].RedirectConfig.Path")},
	{key: "rules[].redirect.query", first: `from=old`, second: `from=older`, shown: ofRules("Actions[].RedirectConfig.Query")},
	{key: "rules[].fixed.status", first: `404`, second: `503`, shown: ofRules("Actions[].FixedResponseConfig.StatusCode")},
	{key: "rules[].fixed.type", first: `text/plain`, second: `text/html`, shown: ofRules("Actions[].FixedResponseConfig.ContentType")},
	{key: "rules[].fixed.body", first: `gone`, second: `later`, shown: ofRules("Actions[].FixedResponseConfig.MessageBody")},
	{key: "target_groups[].name", first: "[^ ]*-hello-Tapi", second: "[^ ]*-hello-Tweb", shown: ofFurtherGroups("TargetGroupName")},
	{key: "target_groups[].port", first: "8081", second: "8080", shown: ofFurtherGroups("Port")},
	{key: "target_groups[].target.path", first: "/healthz", second: "/", shown: ofFurtherGroups("HealthCheckPath")},
	{key: "rules[].forward", first: ".*hello.*-Tapi.*", second: ".*-Tweb.*", shown: ofRules("Actions[].TargetGroupArn")},
	{key: "listeners[].forward", first: ".*hello/[^-]*", second: ".*hello-Tweb/[^-]*", shown: ofFurther("DefaultActions[].TargetGroupArn")},
	{key: "listeners[].port", first: "8088 8089 8090", second: "8089 8090 8091", shown: ofFurther("Port")},
	{key: "listeners[].redirect.status", first: "HTTP_301", second: "HTTP_302", shown: ofFurther("DefaultActions[].RedirectConfig.StatusCode")},
	{key: "listeners[].redirect.protocol", first: "HTTP", second: "HTTPS", shown: ofFurther("DefaultActions[].RedirectConfig.Protocol")},
	{key: "listeners[].redirect.host", first: `hello\.test`, second: `www\.hello\.test`, shown: ofFurther("DefaultActions[].RedirectConfig.Host")},
	{key: "listeners[].redirect.port", first: "80", second: "443", shown: ofFurther("DefaultActions[].RedirectConfig.Port")},
	{key: "listeners[].redirect.path", first: "/new/#{path}", second: "/newer", shown: ofFurther("DefaultActions[].RedirectConfig.Path")},
	{key: "listeners[].redirect.query", first: "from=old", second: "from=older", shown: ofFurther("DefaultActions[].RedirectConfig.Query")},
	{key: "listeners[].fixed.status", first: "404", second: "503", shown: ofFurther("DefaultActions[].FixedResponseConfig.StatusCode")},
	{key: "listeners[].fixed.type", first: "text/plain", second: "text/html", shown: ofFurther("DefaultActions[].FixedResponseConfig.ContentType")},
	{key: "listeners[].fixed.body", first: "gone", second: "later", shown: ofFurther("DefaultActions[].FixedResponseConfig.MessageBody")},
	{key: "listeners[].rules[].path", first: `/old/\*`, second: `/older/\* /`, shown: strings.Replace(ofRules("Conditions[].PathPatternConfig.Values[]"),
		"{listener}", "{listener at port 8089}", 1)},
}
