package discover

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
)

// balancerKeys are the attributes of a load balancer that keys say (LoadBalancerAttribute in the Elastic Load Balancing API Reference).
var balancerKeys = map[string]string{
	"idle_timeout.timeout_seconds": "balancer.idle_timeout", "routing.http2.enabled": "balancer.http2",
	"routing.http.drop_invalid_header_fields.enabled": "balancer.drop_invalid_headers",
	"routing.http.desync_mitigation_mode":             "balancer.desync", "deletion_protection.enabled": "balancer.deletion_protection",
}

// balancerUsual are those that no key says, with their usual values.
var balancerUsual = map[string]string{
	"client_keep_alive.seconds": "3600", "routing.http.preserve_host_header.enabled": "false",
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false", "routing.http.xff_client_port.enabled": "false",
	"routing.http.xff_header_processing.mode": "append", "waf.fail_open.enabled": "false", "zonal_shift.config.enabled": "false",
}

// balancer describes how the load balancer treats connections. One of another type is another thing altogether.
func (d *Declared) balancer(site *Site, at doors) {
	name := aws.ToString(site.Balancer.LoadBalancerName)
	if s := site.Balancer.Scheme; s == elbtypes.LoadBalancerSchemeEnumInternal {
		d.unsaid("that the load balancer %s is %s", name, s)
	}
	if site.flows() {
		d.flows(site, at)
		return
	}
	if t := site.Balancer.Type; t != elbtypes.LoadBalancerTypeEnumApplication {
		d.unsaid("that the load balancer %s is of the type %s: the declaration has application and network load balancers", name, t)
		return
	}
	d.attributes(site, balancerKeys, balancerUsual)
	if site.Attributes["health_check_logs.s3.enabled"] == "true" {
		d.unsaid("that health_check_logs goes to the bucket %s", site.Attributes["health_check_logs.s3.bucket"])
	}
}

// attributes describes a load balancer's attributes that keys say, and tells of others that are not as usual.
func (d *Declared) attributes(site *Site, keys, usual map[string]string) {
	for attribute, key := range keys {
		if value, ok := site.Attributes[attribute]; ok {
			d.Values[key] = plain(value)
		}
	}
	for attribute, usual := range usual {
		if value, ok := site.Attributes[attribute]; ok && value != usual {
			d.unsaid("the load balancer's attribute %s: %s", attribute, value)
		}
	}
}

// logs describes where logs go: from both regions or from none, by one prefix.
func (d *Declared) logs(first, second *Site) {
	for _, log := range []string{"access_logs", "connection_logs"} {
		of := func(site *Site, what string) string { return site.Attributes[log+".s3."+what] }
		both := of(first, "enabled") == "true" && of(second, "enabled") == "true" && of(first, "prefix") == of(second, "prefix")
		for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
			switch {
			case both:
				d.Values["balancer."+log+"."+string(side)] = of(site, "bucket")
			case of(site, "enabled") == "true":
				d.unsaid("that %s of %s goes to %s/%s", log, site.Region, of(site, "bucket"), of(site, "prefix"))
			}
		}
		if prefix := of(first, "prefix"); both && prefix != "" {
			d.Values["balancer."+log+".prefix"] = prefix
		}
	}
}

// plain is a text's number or truth value, or the text.
func plain(text string) any {
	switch text {
	case "true", "false":
		return text == "true"
	}
	return number(text)
}

// rules describes a listener's rules, but for the switch. Of one that is left out, what it was for is not done.
func (d *Declared) rules(names map[string]string, l *Listener) (said []map[string]any) {
	all := slices.Clone(l.Rules)
	slices.SortStableFunc(all, func(a, b elbtypes.Rule) int { return priority(a) - priority(b) })
	for _, r := range all {
		if rule := ruleOf(names, r); rule != nil {
			if path, _ := rule["path"].([]string); !slices.Contains(path, understudy.SwitchPath) {
				said = append(said, rule)
			}
			continue
		}
		d.unsaid("the rule %s of the listener at port %d", aws.ToString(r.Priority), aws.ToInt32(l.Port))
	}
	return said
}

func priority(r elbtypes.Rule) (n int) {
	fmt.Sscan(aws.ToString(r.Priority), &n)
	return n
}

// ruleOf returns a rule as the declaration has rules, nil where it cannot.
func ruleOf(names map[string]string, r elbtypes.Rule) map[string]any {
	rule, ok := actionOf(names, r.Actions)
	if !ok || len(r.Conditions) == 0 {
		return nil
	}
	for _, c := range r.Conditions {
		key, value := condition(c)
		if _, again := rule[key]; key == "" || again {
			return nil
		}
		rule[key] = value
	}
	return rule
}

// actionOf says what becomes of requests: nothing of those that the service gets. It cannot say several actions, or target groups with weights.
func actionOf(names map[string]string, actions []elbtypes.Action) (says map[string]any, ok bool) {
	if len(actions) != 1 {
		return nil, false
	}
	says = map[string]any{}
	switch a := actions[0]; {
	case a.RedirectConfig != nil:
		says["redirect"] = redirectOf(a.RedirectConfig)
	case a.FixedResponseConfig != nil:
		says["fixed"] = fixedOf(a.FixedResponseConfig)
	default:
		arns := Forwards(actions)
		if len(arns) != 1 {
			return nil, false
		}
		name, known := names[arns[0]]
		if name != "" {
			says["forward"] = name
		}
		return says, known
	}
	return says, true
}

// condition returns the key that says a condition. Older clients write values without the field's own form (RuleCondition in the Elastic Load
// Balancing API Reference). Those of queries, and by regular expressions, have no key.
func condition(c elbtypes.RuleCondition) (key string, value any) {
	values := c.Values
	switch aws.ToString(c.Field) {
	case "path-pattern":
		key = "path"
		if c.PathPatternConfig != nil {
			values = c.PathPatternConfig.Values
		}
	case "host-header":
		key = "host"
		if c.HostHeaderConfig != nil {
			values = c.HostHeaderConfig.Values
		}
	case "http-request-method":
		key = "method"
		if c.HttpRequestMethodConfig != nil {
			values = c.HttpRequestMethodConfig.Values
		}
	case "source-ip":
		key = "source"
		if c.SourceIpConfig != nil {
			values = c.SourceIpConfig.Values
		}
	case "http-header":
		if h := c.HttpHeaderConfig; h != nil && len(h.Values) > 0 {
			return "header", map[string]any{"name": aws.ToString(h.HttpHeaderName), "values": h.Values}
		}
	}
	if len(values) == 0 {
		return "", nil
	}
	return key, values
}

// redirectOf leaves out what a redirect keeps of the request.
func redirectOf(c *elbtypes.RedirectActionConfig) map[string]any {
	to := map[string]any{"status": 301}
	if c.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp302 {
		to["status"] = 302
	}
	for key, part := range map[string]struct {
		value *string
		kept  string
	}{
		"protocol": {c.Protocol, "#{protocol}"}, "host": {c.Host, "#{host}"}, "port": {c.Port, "#{port}"}, "path": {c.Path, "/#{path}"},
		"query": {c.Query, "#{query}"},
	} {
		if value := aws.ToString(part.value); value != "" && value != part.kept {
			to[key] = value
		}
	}
	if port, ok := to["port"].(string); ok {
		to["port"] = number(port)
	}
	return to
}

func fixedOf(c *elbtypes.FixedResponseActionConfig) map[string]any {
	answer := map[string]any{"status": number(aws.ToString(c.StatusCode))}
	maps.DeleteFunc(answer, func(_ string, v any) bool { return v == "" })
	for key, value := range map[string]*string{"type": c.ContentType, "body": c.MessageBody} {
		if aws.ToString(value) != "" {
			answer[key] = *value
		}
	}
	return answer
}
