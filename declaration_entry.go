package understudy

import (
	"cmp"
	"fmt"
	"slices"
)

// target reads how the load balancer asks targets, within the bounds of CreateTargetGroup.
func target(o *object, d *Declaration) Target {
	t := Target{
		Interval:            o.number("interval", 5, 5, 300),
		Timeout:             o.number("timeout", 2, 2, 120),
		Healthy:             o.number("healthy", 2, 2, 10),
		Unhealthy:           o.number("unhealthy", 2, 2, 10),
		DeregistrationDelay: o.number("deregistration_delay", 10, 0, 3600),
		Matcher:             o.text("matcher", "200", codes),
		Path:                cmp.Or(o.text("path", "", targetPath), d.Service.Health),
		Port:                o.number("port", 0, 0, 65535),
		Protocol:            o.text("protocol", byKind(d.Balancer.Kind, "HTTP", TCP), targetProtocol),
		Version:             o.text("version", "HTTP1", targetVersion),
		Algorithm:           o.text("algorithm", RoundRobin, algorithm),
		SlowStart:           o.number("slow_start", 0, 0, 900),
	}
	sticky := o.object("stickiness")
	t.Stickiness = stickiness(sticky)
	t.flows(o, sticky, d.Balancer.Kind)
	if t.Timeout >= t.Interval {
		o.mistake("timeout", fmt.Sprint(t.Timeout), fmt.Sprintf("less than the interval, %d seconds", t.Interval))
	}
	if t.Version == "HTTP2" && !d.HTTPS.Declared() {
		o.mistake("version", t.Version, "HTTP1 where users connect with HTTP: a load balancer speaks HTTP/2 over TLS alone; see https.certificates")
	}
	t.slowly(o)
	return t
}

// slowly refuses a slow start that AWS does not have (TargetGroupAttribute in the Elastic Load Balancing API Reference).
func (t Target) slowly(o *object) {
	const shortest = 30
	switch {
	case t.SlowStart > 0 && t.SlowStart < shortest:
		o.mistake("slow_start", fmt.Sprint(t.SlowStart), fmt.Sprintf("0, or from %d to 900", shortest))
	case t.SlowStart > 0 && t.Algorithm == LeastOutstanding:
		o.mistake("slow_start", fmt.Sprint(t.SlowStart), "0 with the algorithm "+LeastOutstanding)
	}
}

// stickiness reads how long clients keep their target: seven days at most.
func stickiness(o *object) Stickiness {
	s := Stickiness{Duration: o.number("duration", 0, 0, 604800), Cookie: o.text("cookie", "", cookieName)}
	if s.Cookie != "" && s.Duration == 0 {
		o.mistake("duration", "no time for which a client keeps its target", "1 to 604800 seconds")
	}
	return s
}

// balancer reads how the load balancer treats connections, within the bounds of LoadBalancerAttribute, and of ListenerAttribute for the idle time
// of a network load balancer.
func balancer(o *object, d *Declaration) Balancer {
	k := d.Balancer.Kind
	b := Balancer{
		Kind:               BalancerKind(o.text("kind", string(KindApplication), balancerKind)),
		IdleTimeout:        o.number("idle_timeout", byKind(k, 60, 350), 1, 6000),
		HTTP2:              o.flag("http2", true),
		DropInvalidHeaders: o.flag("drop_invalid_headers", false),
		Desync:             o.text("desync", "defensive", desyncMode),
		CrossZone:          o.flag("cross_zone", true),
		DeletionProtection: o.flag("deletion_protection", false),
		AccessLogs:         logs(o.object("access_logs")),
		ConnectionLogs:     logs(o.object("connection_logs")),
	}
	if shortest, longest := byKind(k, 1, 60), byKind(k, 4000, 6000); b.IdleTimeout < shortest || b.IdleTimeout > longest {
		o.mistake("idle_timeout", fmt.Sprint(b.IdleTimeout), fmt.Sprintf("from %d to %d with balancer.kind %s", shortest, longest, k))
	}
	if k == KindNetwork {
		b.HTTP2, b.Desync = false, ""
	}
	// "Sticky sessions are not supported if cross-zone load balancing is disabled" ("Cross-zone load balancing for target groups" in the
	// User Guide for Application Load Balancers).
	sticky := slices.ContainsFunc(d.Groups, func(g TargetGroup) bool { return g.Stickiness.Duration > 0 })
	if !b.CrossZone && (d.Target.Stickiness.Duration > 0 || sticky) {
		o.mistake("cross_zone", "false, beside target.stickiness", "true, or no stickiness")
	}
	return b
}

// logs reads where logs go: a load balancer takes a bucket of its own region alone.
func logs(o *object) Logs {
	found := map[Side]string{}
	for _, side := range Sides {
		if bucket := o.text(string(side), "", bucketName); bucket != "" {
			found[side] = bucket
		}
	}
	l := Logs{Prefix: o.text("prefix", "", logPrefix)}
	switch {
	case len(found) == 1:
		o.mistake(string(Primary), "a bucket for one region", "one for each region, or none")
	case len(found) == 0 && l.Prefix != "":
		o.mistake("prefix", "a prefix and no bucket", "a bucket for each region: {primary: BUCKET, secondary: BUCKET}")
	case len(found) == len(Sides):
		l.Buckets = found
	}
	return l
}
