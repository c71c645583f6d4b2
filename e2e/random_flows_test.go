package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/chance"
)

// inner is the mapping at a key of a mixture, which it makes where there is none.
func inner(d map[string]any, key string) map[string]any {
	m, ok := d[key].(map[string]any)
	if !ok {
		m = map[string]any{}
		d[key] = m
	}
	return m
}

// without deletes keys.
func without(d map[string]any, keys ...string) {
	for _, k := range keys {
		delete(d, k)
	}
}

// certificateOf stands for a region's certificate, until one is imported there.
const certificateOf = "arn:aws:acm:%s:123456789012:certificate/1a2b3c4d-0000-4000-8000-00000000000%d"

// securing has users of a mixture connect with TLS, with certificates that the test imports.
func securing(random *rand.Rand, d map[string]any) {
	h := map[string]any{"certificates": map[string]any{"primary": fmt.Sprintf(certificateOf, primary, 1), "secondary": fmt.Sprintf(certificateOf, secondary, 2)}}
	if random.IntN(2) == 0 {
		h["policy"] = "ELBSecurityPolicy-TLS13-1-3-2021-06"
	}
	d["https"] = h
}

// flowing puts a mixture behind network load balancers: without what application load balancers alone have, and with what these alone have.
func flowing(random *rand.Rand, d map[string]any) {
	secure := d["https"] != nil
	without(d, "rules", "drill")
	front := inner(d, "balancer")
	without(front, "http2", "drop_invalid_headers", "desync", "connection_logs", "deletion_protection", "idle_timeout")
	front["kind"], front["cross_zone"] = "network", random.IntN(2) == 0
	if !secure {
		delete(front, "access_logs")
		front["idle_timeout"] = 60 + random.IntN(5941)
	}
	if track, ok := inner(d, "fleet")["track"].(map[string]any); ok && track["requests"] != nil {
		delete(inner(d, "fleet"), "track")
	}
	if failover := inner(d, "failover"); random.IntN(3) > 0 {
		failover["switch"] = "standby" // which is a listener here
	}
	countingNoAnswers(d)
	sticky := !secure && random.IntN(2) == 0
	flowingTarget(random, inner(d, "target"), secure, sticky)
	flowingListeners(random, d, secure)
}

// countingNoAnswers leaves out alarms of answers, and the health checks that follow them.
func countingNoAnswers(d map[string]any) {
	counts := func(item any) bool {
		m, _ := item.(map[string]any)
		i := slices.IndexFunc(understudy.AlarmKinds, func(k understudy.AlarmKind) bool { return k.Name == m["alarm"] })
		return i >= 0 && understudy.AlarmKinds[i].Of == understudy.OfBalancer
	}
	for _, at := range []struct{ key, list string }{{"alarms", "on"}, {"failover", "checks"}} {
		if list, ok := inner(d, at.key)[at.list].([]any); ok {
			inner(d, at.key)[at.list] = slices.DeleteFunc(slices.Clone(list), counts)
		}
	}
	if on, _ := inner(d, "alarms")["on"].([]any); len(on) == 0 {
		delete(d, "alarms")
	}
	if checks, _ := inner(d, "failover")["checks"].([]any); len(checks) == 0 {
		without(inner(d, "failover"), "checks", "healthy")
	}
}

// flowingTarget has a target group take connections. All that is drawn may stand together but TLS without certificates, and stickiness where
// connections come with TLS.
func flowingTarget(random *rand.Rand, t map[string]any, secure, sticky bool) {
	without(t, "version", "algorithm", "slow_start", "protocol", "stickiness", "check_protocol")
	if secure && random.IntN(2) == 0 {
		t["protocol"] = "TLS"
	}
	if check := []string{"", "HTTP", "HTTPS", "TCP"}[random.IntN(4)]; check != "" {
		t["check_protocol"] = check
		if check == "TCP" {
			without(t, "path", "matcher")
		}
	}
	t["preserve_client_ip"], t["connection_termination"] = random.IntN(2) == 0, random.IntN(2) == 0
	if sticky {
		t["stickiness"] = map[string]any{"source_ip": true}
	}
}

// flowingListeners draws further target groups, and a listener of each and of the service's.
func flowingListeners(random *rand.Rand, d map[string]any, secure bool) {
	var groups, listeners []any
	listen := func(port int, forward string, tls, sticky bool, target map[string]any) {
		l := map[string]any{"port": port, "forward": forward}
		if tls && (target["protocol"] == "TLS" || !sticky && random.IntN(2) == 0) {
			l["protocol"] = "TLS"
		}
		listeners = append(listeners, l)
	}
	for n := range random.IntN(4) {
		target := map[string]any{"deregistration_delay": 1}
		sticky := random.IntN(2) == 0
		flowingTarget(random, target, secure && !sticky, sticky)
		name := fmt.Sprint("group", n)
		groups = append(groups, map[string]any{"name": name, "port": 8080 + n%2, "target": target})
		listen(8100+n, name, secure, sticky, target)
	}
	if service, _ := d["target"].(map[string]any); random.IntN(2) == 0 && service["stickiness"] == nil {
		l := map[string]any{"port": 8200}
		if service["protocol"] == "TLS" {
			l["protocol"] = "TLS"
		}
		listeners = append(listeners, l)
	}
	without(d, "target_groups", "listeners")
	if len(groups) > 0 {
		d["target_groups"] = groups
	}
	if len(listeners) > 0 {
		d["listeners"] = listeners
	}
}

// Of what is drawn for network load balancers, most is valid, and in a hundred there is all that they alone have.
func TestRandomNetworkLoadBalancersAreDeclared(t *testing.T) {
	t.Parallel()
	const of = 100
	random, seen := chance.New(t), map[string]int{}
	for range of {
		d, err := understudy.Load(randomDeclaration(t, random, flowing))
		if err != nil {
			t.Fatal(err)
		}
		for what, is := range map[string]bool{
			"network":               d.Balancer.Kind == understudy.KindNetwork,
			"the switch listens":    d.SwitchListens(),
			"TLS":                   d.HTTPS.Declared(),
			"targets of TLS":        d.Target.Protocol == understudy.TLS,
			"stickiness":            d.Target.Stickiness.SourceIP,
			"several groups":        len(d.Groups) > 1,
			"a check that connects": d.Target.CheckProtocol == understudy.TCP,
			"a listener of TLS":     slices.ContainsFunc(d.Further, func(l understudy.FurtherListener) bool { return l.Protocol == understudy.TLS }),
			"a listener of TCP":     slices.ContainsFunc(d.Further, func(l understudy.FurtherListener) bool { return l.Protocol == understudy.TCP }),
		} {
			if is {
				seen[what]++
			} else if seen[what] == 0 {
				seen[what] = 0
			}
		}
	}
	t.Log(seen)
	for what, n := range seen {
		if n == 0 || what == "network" && n != of {
			t.Errorf("%d of %d have %s", n, of, what)
		}
	}
}
