package understudy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

// flows is a declaration of a pair behind network load balancers. What is added begins at its ninth line.
const flows = good + "failover: {switch: none}\n"

func TestNetworkLoadBalancerIsDeclared(t *testing.T) {
	d, err := parse(flows + "balancer: {kind: network}\ntarget: {stickiness: {source_ip: true}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(understudy.Balancer{Kind: understudy.KindNetwork, IdleTimeout: 350, CrossZone: true}, d.Balancer); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := understudy.Target{Interval: 5, Timeout: 2, Healthy: 2, Unhealthy: 2, DeregistrationDelay: 10, Matcher: "200", Path: "/",
		Protocol: "TCP", CheckProtocol: "HTTP", PreserveClientIP: true, Stickiness: understudy.Stickiness{SourceIP: true}}
	if diff := cmp.Diff(want, d.Target); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	secure := flows + "balancer: {kind: network, idle_timeout: 6000}\ntarget: {protocol: TLS, check_protocol: TCP}\n" +
		"https: {certificates: {primary: '" + certificate + "', secondary: '" + elsewhere + "'}}\n" +
		"listeners: [{port: 81, forward: plain}, {port: 8443, protocol: TLS}]\n" +
		"target_groups: [{name: plain, port: 8081, target: {proxy_protocol: true, preserve_client_ip: false}}]\n"
	d, err = parse(secure)
	if err != nil {
		t.Fatal(err)
	}
	if scheme, port := d.Entry(); scheme != "https" || port != 443 || d.HTTPS.Redirects() || d.Target.Path != "" || d.Target.Matcher != "" {
		t.Errorf("%s at %d, %+v, %+v", scheme, port, d.HTTPS, d.Target)
	}
	if l, g := d.Further[0], d.Groups[0]; l.Protocol != "TCP" || !g.ProxyProtocol || g.PreserveClientIP || g.CheckProtocol != "HTTP" {
		t.Errorf("%+v, %+v", l, g)
	}
}

// What one kind of load balancer alone has is refused of the other, by its name.
func TestKindsOfLoadBalancersAreHeldApart(t *testing.T) {
	const alone = "; allowed: it with balancer.kind application alone"
	certificates := "https: {certificates: {primary: '" + certificate + "', secondary: '" + elsewhere + "'}%s}\n"
	for more, want := range map[string]string{
		"balancer: {kind: network, http2: true}\n":                        "9:34: found http2, with balancer.kind network" + alone,
		"balancer: {kind: network, drop_invalid_headers: false}\n":        "9:49: found drop_invalid_headers, with balancer.kind network" + alone,
		"balancer: {kind: network, desync: monitor}\n":                    "9:35: found desync, with balancer.kind network" + alone,
		"balancer: {kind: network, connection_logs: {}}\n":                "9:44: found connection_logs, with balancer.kind network" + alone,
		"balancer: {kind: network, idle_timeout: 59}\n":                   "9:41: found 59; allowed: from 60 to 6000 with balancer.kind network",
		"balancer: {idle_timeout: 4001}\n":                                "9:26: found 4001; allowed: from 1 to 4000 with balancer.kind application",
		"balancer: {kind: network}\nrules: [{path: [/a], forward: ''}]\n": "10:8: found rules, with balancer.kind network" + alone,
		"balancer: {kind: network}\ntarget: {protocol: HTTP}\n":           "10:20: found HTTP, with balancer.kind network; allowed: TCP or TLS",
		"target: {protocol: TCP}\n":                                       "9:20: found TCP, with balancer.kind application; allowed: HTTP or HTTPS",
		"target: {check_protocol: TCP}\n":                                 "9:26: found TCP, with balancer.kind application; allowed: HTTP or HTTPS",
		"target: {preserve_client_ip: false}\n": "9:30: found preserve_client_ip, with balancer.kind application; " +
			"allowed: it with balancer.kind network alone",
		"target: {stickiness: {source_ip: true}}\n": "9:34: found source_ip, with balancer.kind application; " +
			"allowed: it with balancer.kind network alone",
		"balancer: {kind: network}\ntarget: {version: HTTP1}\n":            "10:19: found version, with balancer.kind network" + alone,
		"balancer: {kind: network}\ntarget: {slow_start: 30}\n":            "10:22: found slow_start, with balancer.kind network" + alone,
		"balancer: {kind: network}\ntarget: {stickiness: {duration: 1}}\n": "10:33: found duration, with balancer.kind network" + alone,
		"balancer: {kind: network}\ntarget: {check_protocol: TCP, path: /}": "10:37: found path of a health check by TCP; " +
			"allowed: none: whether a connection is made is all that it tells",
		"balancer: {kind: network}\ntarget: {protocol: TLS}\n": "10:20: found TLS, without https.certificates; " +
			"allowed: TCP: a listener of TCP forwards to targets of TCP alone",
		"balancer: {kind: network}\nfleet: {track: {requests: 1}}\n": "10:27: found 1, with balancer.kind network; " +
			"allowed: fleet.track.cpu: a network load balancer counts no requests",
		"balancer: {kind: network}\nlisteners: [{port: 81, fixed: {}}]\n":   "10:31: found fixed, with balancer.kind network" + alone,
		"balancer: {kind: network}\nlisteners: [{port: 81, protocol: TLS}]": "10:34: found TLS; allowed: TCP, or https.certificates beside it",
		"balancer: {kind: network, access_logs: {primary: abc, secondary: def}}\n": "9:40: found access logs, with balancer.kind network; " +
			"allowed: them beside https.certificates: a network load balancer logs connections with TLS alone",
		"balancer: {kind: network}\n" + strings.Replace(certificates, "%s", ", redirect: temporary", 1): "redirect: found temporary, with balancer.kind network; " +
			"allowed: none: a network load balancer redirects nobody",
		"balancer: {kind: network, idle_timeout: 100}\n" + strings.Replace(certificates, "%s", "", 1): "9:41: found an idle time of connections with TLS; " +
			"allowed: none: they are forgotten after 350 seconds",
		"balancer: {kind: network}\ntarget: {stickiness: {source_ip: true}}\n" +
			strings.Replace(certificates, "%s", "", 1): "10:34: found true, with https.certificates; " +
			"allowed: false: connections that come with TLS keep no target",
		"balancer: {kind: network}\ndrill: {clients: http2}\n": "10:18: found http2, with balancer.kind network; " +
			"allowed: kinds that speak HTTP/1.1: what users speak is agreed on with the load balancer, which does not read it",
	} {
		_, err := parse(flows + more)
		_, said, place := strings.Cut(want, "redirect: ")
		if err == nil || !place && err.Error() != "understudy.yaml:"+want || place && !strings.HasSuffix(err.Error(), said) {
			t.Errorf("%s: %v, want\n%s", more, err, want)
		}
	}
	const there = ", with balancer.kind network; allowed: another port, or failover.switch none: the switch is a listener at this port"
	for more, found := range map[string]string{
		"listeners: [{port: 7411}]\n": "8:12: found users at port 7411",
		"listener: {port: 7412}\n":    "1:1: found users at port 7412",
		"failover: {checks: [{protocol: TCP, port: 7411, host: {primary: a.test, secondary: b.test}}]}\n": "8:11: found a check by TCP of port 7411",
	} {
		_, err := parse(good + more + "balancer: {kind: network}\n")
		if err == nil || err.Error() != "understudy.yaml:"+found+there {
			t.Errorf("%s: %v", more, err)
		}
		if _, err := parse(flows + "balancer: {kind: network}\n" + more); err != nil && !strings.HasPrefix(more, "failover") {
			t.Errorf("%s without a switch: %v", more, err)
		}
	}
}
