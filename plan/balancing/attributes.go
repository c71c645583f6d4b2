package balancing

import (
	"maps"
	"strconv"

	"github.com/understudy/understudy/plan/resource"
)

// targetDefaults are the attributes that a declaration says nothing about, with the values that AWS gives a new target
// group (Elastic Load Balancing User Guide, "Edit target group attributes for your Application Load Balancer", and the same for your Network Load
// Balancer, where targets are instances that are reached by TCP or TLS). Each kind has some of them, and none has another default with the other.
// Regions in which one of them is another behave differently under the same load.
var targetDefaults = map[string]string{
	"stickiness.enabled":                          "false",
	"slow_start.duration_seconds":                 "0",
	"load_balancing.algorithm.type":               "round_robin",
	"load_balancing.cross_zone.enabled":           "use_load_balancer_configuration",
	"load_balancing.algorithm.anomaly_mitigation": "off",
	preservedAttribute:                            "true",
	terminationAttribute:                          "false",
	proxyAttribute:                                "false",
	"target_health_state.unhealthy.connection_termination.enabled":                   "true",
	"target_health_state.unhealthy.draining_interval_seconds":                        "0",
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

// The attributes of target groups of network load balancers that are declared.
const (
	preservedAttribute   = "preserve_client_ip.enabled"
	terminationAttribute = "deregistration_delay.connection_termination.enabled"
	proxyAttribute       = "proxy_protocol_v2.enabled"
)

// sticky are the attributes that say how clients keep their target. They say nothing where stickiness is off.
const (
	stickyAttribute   = "stickiness.enabled"
	stickyType        = "stickiness.type"
	stickyTime        = "stickiness.lb_cookie.duration_seconds"
	stickyCookie      = "stickiness.app_cookie.cookie_name"
	stickyCookiesTime = "stickiness.app_cookie.duration_seconds"
)

// stickyKeys returns those of them that say something beside some attributes.
func stickyKeys(attributes map[string]string) []string {
	switch {
	case attributes[stickyAttribute] != "true":
		return nil
	case attributes[stickyType] == "app_cookie":
		return []string{stickyType, stickyCookie, stickyCookiesTime}
	case attributes[stickyType] == "source_ip":
		return []string{stickyType}
	}
	return []string{stickyType, stickyTime}
}

// wants are the attributes that a target group is to have, but for its delay.
func (t *TargetGroup) wants() map[string]string {
	all := maps.Clone(targetDefaults)
	declared, _ := t.how()
	if Flows(t.Scope) {
		all[preservedAttribute] = strconv.FormatBool(declared.PreserveClientIP)
		all[terminationAttribute] = strconv.FormatBool(declared.ConnectionTermination)
		all[proxyAttribute] = strconv.FormatBool(declared.ProxyProtocol)
		if declared.Stickiness.SourceIP {
			all[stickyAttribute], all[stickyType] = "true", "source_ip"
		}
		return all
	}
	all["load_balancing.algorithm.type"] = declared.Algorithm
	if !t.Declared.Balancer.CrossZone {
		all["load_balancing.cross_zone.enabled"] = "false"
	}
	all["slow_start.duration_seconds"] = strconv.Itoa(declared.SlowStart)
	s := declared.Stickiness
	if s.Duration == 0 {
		return all
	}
	all[stickyAttribute], all[stickyType], all[stickyTime] = "true", "lb_cookie", strconv.Itoa(s.Duration)
	if s.Cookie != "" {
		delete(all, stickyTime)
		all[stickyType], all[stickyCookie], all[stickyCookiesTime] = "app_cookie", s.Cookie, strconv.Itoa(s.Duration)
	}
	return all
}

// targetAttributes renders a target group's attributes that are not as AWS makes them.
func targetAttributes(attributes map[string]string) string {
	defaults := maps.Clone(targetDefaults)
	for _, key := range stickyKeys(attributes) {
		defaults[key] = ""
	}
	return unusual(attributes, defaults)
}

// toSet returns the attributes that are to be set for all to be as wanted. Nil are those of something new, which has the defaults. What the
// endpoint does not have is set only if it is to be another than the default.
func toSet(wanted, now, defaults map[string]string) map[string]string {
	set := map[string]string{}
	for key, value := range wanted {
		have, ok := now[key]
		if !ok {
			have = defaults[key]
		}
		if have != value {
			set[key] = value
		}
	}
	return set
}

// unusual renders the attributes that are not as AWS makes them. What the endpoint does not have is not missed.
func unusual(attributes, defaults map[string]string) string {
	var others []string
	for key, usual := range defaults {
		if value, ok := attributes[key]; ok && value != usual {
			others = append(others, key+"="+value)
		}
	}
	return resource.Set(others...)
}
