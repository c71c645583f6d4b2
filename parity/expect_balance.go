package parity

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/understudy/understudy"
)

func expectBalance(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	groups := append([]understudy.TargetGroup{{Port: d.Service.Port, Target: d.Target}}, d.Groups...)
	for _, g := range groups {
		group := expectTargets(g.Target, g.Port)
		if d.Balancer.Kind == understudy.KindNetwork {
			group = expectFlows(g.Target, g.Port)
		} else if !d.Balancer.CrossZone {
			group["attribute load_balancing.cross_zone.enabled"] = "false"
		}
		parts[key{"target group", understudy.GroupRole(g.Name)}] = group
	}
	b := d.Balancer
	balancer := map[string]string{
		"scheme": "internet-facing", "type": string(b.Kind), "ip address type": "ipv4",
		"groups": "security group public-facing", "subnets": subnetsText(d.Regions[side], true),
		"attribute deletion_protection.enabled": fmt.Sprint(b.DeletionProtection),
	}
	if b.Kind == understudy.KindNetwork {
		balancer["attribute load_balancing.cross_zone.enabled"] = fmt.Sprint(b.CrossZone)
		balancer["attribute dns_record.client_routing_policy"] = "any_availability_zone"
	} else {
		maps.Copy(balancer, map[string]string{
			"attribute idle_timeout.timeout_seconds":                    itoa(b.IdleTimeout),
			"attribute routing.http2.enabled":                           fmt.Sprint(b.HTTP2),
			"attribute routing.http.drop_invalid_header_fields.enabled": fmt.Sprint(b.DropInvalidHeaders),
			"attribute routing.http.desync_mitigation_mode":             b.Desync,
		})
	}
	expectLogs(balancer, "access_logs", b.AccessLogs, side)
	expectLogs(balancer, "connection_logs", b.ConnectionLogs, side)
	parts[key{"load balancer", "load-balancer"}] = balancer
	expectListeners(parts, d)
}

// expectFlows returns a target group of a network load balancer.
func expectFlows(t understudy.Target, port int) map[string]string {
	group := expectCheck(t, port)
	group["attribute preserve_client_ip.enabled"] = fmt.Sprint(t.PreserveClientIP)
	group["attribute deregistration_delay.connection_termination.enabled"] = fmt.Sprint(t.ConnectionTermination)
	group["attribute proxy_protocol_v2.enabled"] = fmt.Sprint(t.ProxyProtocol)
	group["attribute target_health_state.unhealthy.connection_termination.enabled"] = "true"
	group["attribute stickiness.enabled"] = fmt.Sprint(t.Stickiness.SourceIP)
	if t.Stickiness.SourceIP {
		group["attribute stickiness.type"] = "source_ip"
	}
	return group
}

// expectTargets returns a target group whose targets are asked at a port.
func expectTargets(t understudy.Target, port int) map[string]string {
	group := expectCheck(t, port)
	group["protocol version"] = t.Version
	group["attribute slow_start.duration_seconds"] = itoa(t.SlowStart)
	group["attribute load_balancing.algorithm.type"] = t.Algorithm
	group["attribute stickiness.enabled"] = fmt.Sprint(t.Stickiness.Duration > 0)
	expectStickiness(group, t.Stickiness)
	return group
}

// expectCheck returns what target groups of all load balancers have.
func expectCheck(t understudy.Target, port int) map[string]string {
	group := map[string]string{
		"port": itoa(port), "protocol": t.Protocol, "target type": "instance",
		"health check protocol": t.CheckProtocol, "health check port": trafficPort, "health check path": cmp.Or(t.Path, None),
		"health check interval seconds": itoa(t.Interval), "health check timeout seconds": itoa(t.Timeout),
		"healthy threshold count": itoa(t.Healthy), "unhealthy threshold count": itoa(t.Unhealthy), "matcher": cmp.Or(t.Matcher, None),
		"attribute deregistration_delay.timeout_seconds": itoa(t.DeregistrationDelay),
	}
	if other := t.CheckPort(port); other != 0 {
		group["health check port"] = itoa(other)
	}
	return group
}

// trafficPort is how a target group names the port of its health check where it is the targets' own.
const trafficPort = "traffic-port"

// expectStickiness adds what says how clients keep their target, where they do.
func expectStickiness(group map[string]string, s understudy.Stickiness) {
	switch {
	case s.Duration == 0:
	case s.Cookie == "":
		group["attribute stickiness.type"] = "lb_cookie"
		group["attribute stickiness.lb_cookie.duration_seconds"] = itoa(s.Duration)
	default:
		group["attribute stickiness.type"] = "app_cookie"
		group["attribute stickiness.app_cookie.cookie_name"] = s.Cookie
		group["attribute stickiness.app_cookie.duration_seconds"] = itoa(s.Duration)
	}
}

// expectLogs adds where a log goes: to a bucket of its region. Where none is declared, a person's is left alone, and told of.
func expectLogs(balancer map[string]string, log string, l understudy.Logs, side understudy.Side) {
	if !l.Declared() {
		return
	}
	of := "attribute " + log + ".s3."
	balancer[of+"enabled"], balancer[of+"bucket"], balancer[of+"prefix"] = "true", l.Buckets[side], l.Prefix
}

// expectRules adds the declared rules, in the words of canon.rule.
func expectRules(listener map[string]string, all []understudy.Rule) {
	for i, r := range all {
		var conditions []string
		for _, c := range r.Conditions() {
			values := c.Values
			if c.Header != "" {
				values = append([]string{c.Header}, values...)
			}
			conditions = append(conditions, c.Field+" "+strings.Join(values, " or "))
		}
		listener["rule "+itoa(understudy.FirstRule+i)] = fmt.Sprintf("if %s: %s", list(conditions), does(r.Action))
	}
}

func does(r understudy.Action) string {
	switch {
	case r.Redirect != nil:
		protocol, host, port, path, query := r.Redirect.To()
		return fmt.Sprintf("redirect HTTP_%d to %s://%s:%s%s?%s", r.Redirect.Status, protocol, host, port, path, query)
	case r.Fixed != nil:
		return fmt.Sprintf("answer %d %q", r.Fixed.Status, r.Fixed.Body)
	}
	return "forward to target group " + understudy.GroupRole(r.Forward)
}

// expectFurther adds the listeners at further ports.
func expectFurther(parts map[key]map[string]string, d *understudy.Declaration) {
	for _, l := range d.Further {
		listener := map[string]string{"port": itoa(l.Port), "protocol": l.Protocol, "default": does(l.Action), "switch": None, "certificate": None}
		expectIdle(listener, d.Balancer)
		if l.Protocol == "HTTPS" || l.Protocol == understudy.TLS {
			listener["certificate"], listener["tls policy"] = declaredCertificate, d.HTTPS.Policy
		}
		expectRules(listener, l.Rules)
		parts[key{"listener", l.Role()}] = listener
	}
}

// expectIdle adds the idle time of a network load balancer's listener of TCP.
func expectIdle(listener map[string]string, b understudy.Balancer) {
	if listener["protocol"] == understudy.TCP {
		listener["attribute tcp.idle_timeout.seconds"] = itoa(b.IdleTimeout)
	}
}

// expectedGroups are those at which the fleet's instances are registered.
func expectedGroups(d *understudy.Declaration) string {
	all := []string{"target group " + understudy.TargetGroupRole}
	for _, g := range d.Groups {
		all = append(all, "target group "+understudy.GroupRole(g.Name))
	}
	return list(all)
}
