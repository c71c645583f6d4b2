package discover

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
)

// service is the target group of the service: the one that users get to where no rule sends them elsewhere, or else the first.
func (s *Site) service(at doors) *Group {
	if at.entry != nil {
		for _, arn := range Forwards(at.entry.DefaultActions) {
			if g := s.Group(arn); g != nil {
				return g
			}
		}
	}
	if len(s.Groups) > 0 {
		return &s.Groups[0]
	}
	return nil
}

// groupNames returns the names of target groups, by ARN, that forward has: none for the service's. A stack of this program's has them in the
// groups' parts, and others' are made of the groups' own.
func (s *Site) groupNames(at doors) map[string]string {
	names, taken := map[string]string{}, map[string]bool{"": true}
	service := s.service(at)
	for n := range s.Groups {
		g := &s.Groups[n]
		arn := aws.ToString(g.TargetGroupArn)
		if g == service {
			names[arn] = ""
			continue
		}
		name, own := strings.CutPrefix(s.role(g.TargetGroupArn), understudy.TargetGroupRole+"-")
		if !own {
			const longest = 10 // leaves room for the stack's name and a number
			name = notOfGroups.ReplaceAllString(strings.ToLower(aws.ToString(g.TargetGroupName)), "-")
			name = strings.Trim(name[max(0, len(name)-longest):], "-")
		}
		for plain, again := name, 2; taken[name]; again++ {
			name = fmt.Sprint(plain, again)
		}
		names[arn], taken[name] = name, true
	}
	return names
}

var notOfGroups = regexp.MustCompile(`[^a-z0-9]+`)

// targets describes the target groups, with their health checks.
func (d *Declared) targets(site *Site, at doors) {
	service, names := site.service(at), site.groupNames(at)
	if service == nil {
		return
	}
	d.Values["service.port"] = int(aws.ToInt32(service.Port))
	says := d.target(service)
	if path, ok := says["path"]; ok {
		d.Values["service.health"] = path
		delete(says, "path")
	}
	for key, value := range says {
		d.Values["target."+key] = value
	}
	switch whether := service.Attributes[crossZone]; {
	case whether == "false", whether == "true" && site.flows(): // or as the load balancer says, which an application load balancer always does
		d.Values["balancer.cross_zone"] = whether == "true"
	}
	var further []map[string]any
	for n := range site.Groups {
		g := &site.Groups[n]
		if g == service {
			continue
		}
		if len(site.Fleets) > 0 && !slices.Contains(site.Fleets[0].TargetGroupARNs, aws.ToString(g.TargetGroupArn)) {
			d.unsaid("that the targets of the target group %s are others than the service's", aws.ToString(g.TargetGroupName))
		}
		if g.Attributes[crossZone] != service.Attributes[crossZone] {
			d.unsaid("that %s of the target group %s is %s", crossZone, aws.ToString(g.TargetGroupName), g.Attributes[crossZone])
		}
		further = append(further, map[string]any{
			"name": names[aws.ToString(g.TargetGroupArn)], "port": int(aws.ToInt32(g.Port)), "target": nested(d.target(g)),
		})
	}
	slices.SortFunc(further, func(a, b map[string]any) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	if further != nil {
		d.Values["target_groups"] = further
	}
}

const crossZone = "load_balancing.cross_zone.enabled"

// target says how the targets of a group are asked, by the paths of keys below target.
func (d *Declared) target(g *Group) map[string]any {
	says := map[string]any{
		"interval": int(aws.ToInt32(g.HealthCheckIntervalSeconds)), "timeout": int(aws.ToInt32(g.HealthCheckTimeoutSeconds)),
		"healthy": int(aws.ToInt32(g.HealthyThresholdCount)), "unhealthy": int(aws.ToInt32(g.UnhealthyThresholdCount)),
	}
	if g.HealthCheckPath != nil {
		says["path"] = *g.HealthCheckPath
	}
	if check := aws.ToString(g.HealthCheckPort); check != "traffic-port" {
		says["port"] = number(check)
	}
	if g.Matcher != nil && aws.ToString(g.Matcher.HttpCode) != "" {
		says["matcher"] = *g.Matcher.HttpCode
	}
	for attribute, key := range map[string]string{
		"deregistration_delay.timeout_seconds": "deregistration_delay", "load_balancing.algorithm.type": "algorithm",
		"slow_start.duration_seconds": "slow_start",
	} {
		if value, ok := g.Attributes[attribute]; ok {
			says[key] = number(value)
		}
	}
	if name := g.Behind(); name != "" {
		d.unsaid("that the target of %s is the application load balancer %s, and all behind that: the declaration has instances",
			aws.ToString(g.TargetGroupName), name)
	}
	d.stickiness(says, g.Attributes)
	flowing(says, g)
	switch g.Protocol {
	case elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps, elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls:
		t := understudy.Target{Protocol: string(g.Protocol)}
		says["protocol"] = t.Protocol
		if by := string(g.HealthCheckProtocol); by != "" && by != t.CheckedBy() {
			says["check_protocol"] = by
		}
	default:
		d.unsaid("that the protocol of the targets is %s", g.Protocol)
	}
	if g.ProtocolVersion != nil {
		says["version"] = *g.ProtocolVersion
	}
	return says
}

// stickiness describes how long clients stay with their target: by the load balancer's cookie, or by the application's.
func (d *Declared) stickiness(says map[string]any, attributes map[string]string) {
	if attributes["stickiness.enabled"] != "true" {
		return
	}
	switch kind := attributes["stickiness.type"]; kind {
	case "lb_cookie":
		says["stickiness.duration"] = number(attributes["stickiness.lb_cookie.duration_seconds"])
	case "app_cookie":
		says["stickiness.duration"] = number(attributes["stickiness.app_cookie.duration_seconds"])
		says["stickiness.cookie"] = attributes["stickiness.app_cookie.cookie_name"]
	case "source_ip":
		says["stickiness.source_ip"] = true
	default:
		d.unsaid("that clients stay with their target by %s", kind)
	}
}

// number is a text's whole number, or the text.
func number(text string) any {
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err == nil && fmt.Sprint(n) == text {
		return n
	}
	return text
}
