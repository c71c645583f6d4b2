package understudy

import (
	"fmt"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/goccy/go-yaml/ast"
)

// A network load balancer carries connections and does not read what is said on them: it has no rules, no answers of its own, and nothing that is
// HTTP's. Users and Route 53's checkers speak HTTP or HTTPS with the service through it (Elastic Load Balancing, "What is a Network Load Balancer?").

// BalancerKind is a type of load balancer, as AWS names it.
type BalancerKind string

// The kinds of load balancers.
const (
	KindApplication BalancerKind = "application"
	KindNetwork     BalancerKind = "network"
)

// Type is what the API calls a kind.
func (k BalancerKind) Type() elbtypes.LoadBalancerTypeEnum { return elbtypes.LoadBalancerTypeEnum(k) }

// The protocols of a network load balancer's listeners and target groups.
const (
	TCP = "TCP"
	TLS = "TLS"
)

// kindOf reads the kind before the load balancer's other settings: what else may be declared depends on it.
func kindOf(root *object) BalancerKind {
	pairs, _ := pairsOf(root.values["balancer"])
	for _, p := range pairs {
		key, _ := p.Key.(*ast.StringNode)
		if s, _ := scalar(p.Value); key != nil && key.Value == "kind" && s == string(KindNetwork) {
			return KindNetwork
		}
	}
	return KindApplication
}

// byKind returns the one of two values that is of a kind.
func byKind[T any](k BalancerKind, application, network T) T {
	if k == KindNetwork {
		return network
	}
	return application
}

// applications refuses keys of a mapping, whatever their values, that application load balancers alone have.
func (k BalancerKind) applications(o *object, keys ...string) {
	for _, key := range keys {
		if k == KindNetwork && o.has(key) {
			o.mistake(key, key+", with balancer.kind network", "it with balancer.kind application alone")
		}
	}
}

// networks refuses a setting other than the usual that network load balancers alone have.
func networks(usual bool, o *object, key string) {
	if !usual {
		o.mistake(key, key+", with balancer.kind application", "it with balancer.kind network alone")
	}
}

// suits refuses a protocol that the other kind of load balancer alone has.
func (k BalancerKind) suits(o *object, key, protocol string) {
	flows := protocol == TCP || protocol == TLS
	if flows != (k == KindNetwork) {
		o.mistake(key, fmt.Sprintf("%s, with balancer.kind %s", protocol, k), byKind(k, "HTTP or HTTPS", "TCP or TLS"))
	}
}

// flows reads what a target group of a network load balancer has, and refuses it of an application load balancer's.
func (t *Target) flows(o, sticky *object, k BalancerKind) {
	t.CheckProtocol = o.text("check_protocol", t.CheckedBy(), checkedBy)
	t.PreserveClientIP = o.flag("preserve_client_ip", true)
	t.ConnectionTermination = o.flag("connection_termination", false)
	t.ProxyProtocol = o.flag("proxy_protocol", false)
	t.Stickiness.SourceIP = sticky.flag("source_ip", false)
	if k == KindApplication {
		networks(t.PreserveClientIP, o, "preserve_client_ip")
		networks(!t.ConnectionTermination, o, "connection_termination")
		networks(!t.ProxyProtocol, o, "proxy_protocol")
		networks(!t.Stickiness.SourceIP, sticky, "source_ip")
	}
	k.applications(o, "version", "algorithm", "slow_start")
	k.applications(sticky, "duration", "cookie")
	k.suits(o, "protocol", t.Protocol)
	if k == KindNetwork {
		t.Version, t.Algorithm = "", ""
	} else {
		t.PreserveClientIP = false
	}
	t.connects(o, k)
}

// CheckedBy is the protocol of a health check of which nothing is said. A network load balancer's reads the service's answer, too.
func (t *Target) CheckedBy() string {
	if t.Protocol == TLS || t.Protocol == "HTTPS" {
		return "HTTPS"
	}
	return "HTTP"
}

// connects refuses what a health check that only connects cannot have, and such a check of an application load balancer.
func (t *Target) connects(o *object, k BalancerKind) {
	if t.CheckProtocol != TCP {
		return
	}
	if k == KindApplication {
		o.mistake("check_protocol", "TCP, with balancer.kind application", "HTTP or HTTPS")
	}
	for _, key := range []string{"path", "matcher"} {
		if o.has(key) {
			o.mistake(key, key+" of a health check by TCP", "none: whether a connection is made is all that it tells")
		}
	}
	t.Path, t.Matcher = "", ""
}

// refuseOfKind refuses what the load balancer's kind cannot do and what is declared elsewhere.
func refuseOfKind(root, front *object, d *Declaration) {
	k := d.Balancer.Kind
	k.applications(front, "http2", "drop_invalid_headers", "desync", "connection_logs")
	k.applications(root, rulesKey)
	if k == KindApplication {
		return
	}
	refuseUnkept(front, d)
	if track := root.find("fleet", "track", "requests"); d.Fleet.Track.Requests > 0 {
		root.r.mistake(track, "fleet.track.requests", fmt.Sprintf("%d, with balancer.kind network", d.Fleet.Track.Requests),
			"fleet.track.cpu: a network load balancer counts no requests")
	}
	refuseSwitchPorts(root, d)
	if d.Target.Protocol == TLS && !d.HTTPS.Declared() {
		root.r.mistake(root.find("target", "protocol"), "target.protocol", "TLS, without https.certificates",
			"TCP: a listener of TCP forwards to targets of TCP alone")
	}
	if d.HTTPS.Declared() && d.Target.Stickiness.SourceIP {
		root.r.mistake(root.find("target", "stickiness", "source_ip"), "target.stickiness.source_ip", "true, with https.certificates",
			"false: connections that come with TLS keep no target")
	}
}

// refuseSwitchPorts refuses users and checkers of the service at the ports of the switch.
func refuseSwitchPorts(root *object, d *Declaration) {
	for _, c := range d.Failover.Checks() {
		if d.SwitchListens() && c.Protocol == CheckTCP && c.Port == SwitchPort {
			root.r.mistake(root.find("failover"), "failover", fmt.Sprintf("a check by TCP of port %d, with balancer.kind network", c.Port),
				"another port, or failover.switch none: the switch is a listener at this port")
		}
	}
	for _, port := range d.Ports() {
		if d.SwitchListens() && (port == SwitchPort || port == SwitchIdlePort) {
			root.r.mistake(root.find("listeners"), "listeners", fmt.Sprintf("users at port %d, with balancer.kind network", port),
				"another port, or failover.switch none: the switch is a listener at this port")
		}
	}
}

// refuseUnkept refuses logs and times that network load balancers do not have: they keep logs of connections with TLS alone, and forget those after
// 350 seconds ("Access logs for your Network Load Balancer" and "Update the TCP idle timeout for your Network Load Balancer listener").
func refuseUnkept(front *object, d *Declaration) {
	if d.Balancer.AccessLogs.Declared() && !d.HTTPS.Declared() {
		front.mistake("access_logs", "access logs, with balancer.kind network",
			"them beside https.certificates: a network load balancer logs connections with TLS alone")
	}
	if d.HTTPS.Declared() && front.has("idle_timeout") && !d.listensTo(TCP) {
		front.mistake("idle_timeout", "an idle time of connections with TLS", "none: they are forgotten after 350 seconds")
	}
}

// listensTo tells whether a further listener has a protocol.
func (d *Declaration) listensTo(protocol string) bool {
	for _, l := range d.Further {
		if l.Protocol == protocol {
			return true
		}
	}
	return false
}

// flows refuses a listener that cannot forward to its target group, or that does not forward.
func (l FurtherListener) flows(o *object, d *Declaration) {
	k := d.Balancer.Kind
	k.suits(o, "protocol", l.Protocol)
	k.applications(o, rulesKey, "redirect", "fixed")
	if k == KindApplication {
		return
	}
	switch t, ok := d.group(l.Forward); {
	case ok && l.Protocol == TCP && t.Protocol == TLS:
		o.mistake("protocol", l.Protocol, "TLS, where connections go to targets of TLS")
	case ok && l.Protocol == TLS && t.Stickiness.SourceIP:
		o.mistake("protocol", l.Protocol, "TCP, where clients keep their target by stickiness.source_ip")
	}
}

// find returns the node at a path of keys, or of the nearest mapping around it.
func (o *object) find(keys ...string) ast.Node {
	n := o.node
	values := o.values
	for _, key := range keys {
		next := values[key]
		if next == nil {
			return n
		}
		n, values = next, map[string]ast.Node{}
		pairs, _ := pairsOf(next)
		for _, p := range pairs {
			if name, ok := p.Key.(*ast.StringNode); ok {
				values[name.Value] = p.Value
			}
		}
	}
	return n
}

var (
	balancerKind = oneOf("application or network", string(KindApplication), string(KindNetwork))
	checkedBy    = oneOf("HTTP, HTTPS, or with balancer.kind network TCP", "HTTP", "HTTPS", TCP)
)
