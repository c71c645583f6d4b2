package understudy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

// good is a whole declaration with nothing but what has no default. Its lines are numbered in the tests.
const good = `name: hello
domain: hello.test
regions:
  primary:   {name: us-east-1, cidr: 10.10.0.0/16}
  secondary: {name: us-west-2, cidr: 10.20.0.0/16}
image:
  run: hello &
`

// Certificates of both regions.
const (
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d-0000-4000-8000-000000000001"
	elsewhere   = "arn:aws:acm:us-west-2:123456789012:certificate/1a2b3c4d-0000-4000-8000-000000000002"
)

func parse(src string) (*understudy.Declaration, error) {
	return understudy.Parse("understudy.yaml", []byte(src), func(name string) ([]byte, error) {
		if name == "run.sh" {
			return []byte("served from a file\n"), nil
		}
		return nil, os.ErrNotExist
	})
}

func TestShortestDeclarationHasTheDefaults(t *testing.T) {
	d, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, diff := range map[string]string{
		"instance": cmp.Diff(understudy.Instance{Type: "t3.micro", Profile: understudy.Profile{Managed: []string{}},
			Metadata: understudy.MetadataRequired, Monitoring: understudy.MonitoringBasic}, d.Instance),
		"service":  cmp.Diff(understudy.Service{Port: 8080, Health: "/"}, d.Service),
		"listener": cmp.Diff(understudy.Listener{Port: 80}, d.Listener),
		"https": cmp.Diff(understudy.HTTPS{Policy: "ELBSecurityPolicy-TLS13-1-2-2021-06", Port: 443,
			Redirect: understudy.RedirectPermanent}, d.HTTPS),
		"fleet": cmp.Diff(understudy.Fleet{Min: 2, Desired: 2, Max: 4, Grace: 300, Termination: []string{"Default"}, HealthCheck: "ELB",
			Refresh: understudy.Refresh{MinHealthy: 100, CheckpointDelay: 3600}}, d.Fleet),
		"failover": cmp.Diff(understudy.Failover{
			Routing: understudy.RoutingFailover, Interval: 10, Threshold: 3, Switch: understudy.SwitchStandby, HookTimeout: time.Minute,
			Check: understudy.Check{Path: "/", Regions: []string{}},
		}, d.Failover),
		"target": cmp.Diff(understudy.Target{Interval: 5, Timeout: 2, Healthy: 2, Unhealthy: 2,
			DeregistrationDelay: 10, Matcher: "200", Path: "/", Protocol: "HTTP", CheckProtocol: "HTTP", Version: "HTTP1", Algorithm: understudy.RoundRobin}, d.Target),
		"balancer": cmp.Diff(understudy.Balancer{Kind: understudy.KindApplication, IdleTimeout: 60, HTTP2: true, Desync: "defensive", CrossZone: true}, d.Balancer),
		"base":     cmp.Diff(understudy.Base{Owners: []string{"amazon"}, Names: []string{"al2023-ami-2023.*-x86_64"}}, d.Image.Base),
		"host":     cmp.Diff("hello.test", d.Host()),
	} {
		if diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestEachMistakeIsNamedWithItsPlace(t *testing.T) {
	const at = "understudy.yaml:"
	cases := []struct{ name, old, new, want string }{
		{"unknown key", "domain:", "colour: red\ndomain:",
			at + `2:1: found unknown key "colour"; allowed: name, domain, record, regions, zones, egress, image, instance, hosts, service, ` +
				`listener, https, fleet, failover, alarms, target, target_groups, balancer, rules, listeners, security, tags, parity, drill`},
		{"misspelt key", "domain:", "recrod: www\ndomain:",
			at + `2:1: found unknown key "recrod"; did you mean "record"? allowed: name, domain, record, regions, zones, egress, image, instance, hosts, service, ` +
				`listener, https, fleet, failover, alarms, target, target_groups, balancer, rules, listeners, security, tags, parity, drill`},
		{"misspelt key within", "image:", "failover: {failback: {aftr: 10m}}\nimage:", at + `6:23: found unknown key "aftr"; did you mean "after"? allowed: after`},
		{"empty script", "run: hello &", `run: "  "`, at + `7:8: found "  "; allowed: a script that starts the service and returns, in place or as file:PATH`},
		{"unknown key in a flow mapping", "us-east-1,", "us-east-1, az: 3,",
			at + `4:32: found unknown key "az"; allowed: name, cidr, network, egress, image, instance, weight`},
		{"key twice", "domain:", "name: again\ndomain:", at + `2:1: found key "name" a second time; allowed: each key once`},
		{"overlap", "10.20.0.0/16", "10.10.128.0/17",
			at + `5:38: found 10.10.128.0/17, which overlaps the primary's 10.10.0.0/16; allowed: a network apart from the primary's`},
		{"too small", "10.20.0.0/16", "10.20.0.0/26",
			at + `5:38: found "10.20.0.0/26"; allowed: a network from /16 to /25, to be divided into four subnets of /27 or larger`},
		{"too large", "10.20.0.0/16", "10.0.0.0/8",
			at + `5:38: found "10.0.0.0/8"; allowed: a network from /16 to /25, to be divided into four subnets of /27 or larger`},
		{"not the network's address", "10.20.0.0/16", "10.20.0.7/16", at + `5:38: found "10.20.0.7/16"; allowed: the network's own address, 10.20.0.0/16`},
		{"not a network", "10.20.0.0/16", "10.20", at + `5:38: found 10.20; allowed: an IPv4 network, for example 10.10.0.0/16`},
		{"IPv6", "10.20.0.0/16", `"fd00::/48"`, at + `5:38: found "fd00::/48"; allowed: an IPv4 network, for example 10.10.0.0/16`},
		{"loopback", "10.20.0.0/16", "127.0.0.0/16", at + `5:38: found "127.0.0.0/16"; allowed: addresses that hosts can have, for example 10.10.0.0/16`},
		{"same region twice", "us-west-2", "us-east-1",
			at + `5:21: found the same region twice, "us-east-1"; allowed: another region than the primary's`},
		{"bad region", "us-west-2", "oregon", at + `5:21: found "oregon"; allowed: a region as AWS spells it, for example us-east-1`},
		{"neither addresses nor a network", ", cidr: 10.20.0.0/16", "",
			at + `5:14: found no regions.secondary.cidr and no network; allowed: an IPv4 network, for example 10.10.0.0/16, or the VPC and the subnets ` +
				`that are there as network`},
		{"a given network by half", "cidr: 10.20.0.0/16", "network: {vpc: vpc-0a1b2c3d, public_tags: {Tier: public}}",
			at + `5:41: found no regions.secondary.network.private and no private_tags; allowed: one of the two`},
		{"a network twice", "cidr: 10.20.0.0/16", "cidr: 10.20.0.0/16, network: {vpc: vpc-0a1b2c3d, public_tags: {Tier: public}, private_tags: {Tier: private}}",
			at + `5:38: found addresses, beside network; allowed: one of the two: a given network has its own addresses`},
		{"a VPC twice", "cidr: 10.20.0.0/16", "network: {vpc: vpc-0a1b2c3d, vpc_tags: {A: b}, public_tags: {Tier: public}, private_tags: {Tier: private}}",
			at + `5:71: found tags, beside vpc; allowed: one of the two`},
		{"a way out of a given network", "cidr: 10.20.0.0/16", "egress: nat, network: {vpc_tags: {A: b}, public_tags: {Tier: public}, private_tags: {Tier: private}}",
			at + `5:40: found a way out, beside network; allowed: nothing: the routes of a given network are its owner's`},
		{"one subnet for two zones", "cidr: 10.20.0.0/16", "network: {vpc_tags: {A: b}, public: [subnet-0a1b2c3d], private_tags: {Tier: private}}",
			at + `5:68: found 1 subnets, with 2 zones; allowed: one in each zone`},
		{"a subnet that is both", "cidr: 10.20.0.0/16",
			"network: {vpc_tags: {A: b}, public: [subnet-0a1b2c3d, subnet-0a1b2c3e], private: [subnet-0a1b2c3e, subnet-0a1b2c3f]}",
			at + `5:113: found subnet-0a1b2c3e, which is a public subnet too; allowed: subnets of which each is either`},
		{"a subnet twice", "cidr: 10.20.0.0/16", "network: {vpc_tags: {A: b}, public: [subnet-0a1b2c3d, subnet-0a1b2c3d], private_tags: {A: c}}",
			at + `5:68: found a subnet twice; allowed: each subnet once`},
		{"no secondary", "  secondary: {name: us-west-2, cidr: 10.20.0.0/16}\n", "",
			at + `4:3: found no regions.secondary; allowed: a region: {name: us-east-1, cidr: 10.10.0.0/16}`},
		{"four zones", "image:", "zones: 4\nimage:", at + `6:8: found 4; allowed: 2 or 3`},
		{"three zones in too small a network", "10.20.0.0/16}", "10.20.0.0/25}\nzones: 3",
			at + `5:38: found 10.20.0.0/25, with 3 zones; allowed: a network of /24 or larger, or 2 zones`},
		{"egress", "image:", "egress: vpn\nimage:", at + `6:9: found "vpn"; allowed: none, nat, nat-per-zone or endpoints`},
		{"egress of a region", "10.20.0.0/16", "10.20.0.0/16, egress: yes",
			at + `5:60: found "yes"; allowed: none, nat, nat-per-zone or endpoints, or nothing for that of both regions`},
		{"port zero", "image:", "service: {port: 0}\nimage:", at + `6:17: found 0; allowed: a whole number from 1 to 65535`},
		{"port too high", "image:", "listener:\n  port: 65536\nimage:", at + `7:9: found 65536; allowed: a whole number from 1 to 65535`},
		{"port a word", "image:", "service: {port: http}\nimage:", at + `6:17: found "http"; allowed: a whole number from 1 to 65535`},
		{"health without a slash", "image:", "service: {health: healthz}\nimage:",
			at + `6:19: found "healthz"; allowed: a path that begins with /, at most 255 printable characters without spaces`},
		{"bad name", "name: hello", "name: Hello_World",
			at + `1:7: found "Hello_World"; allowed: 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter`},
		{"no name", "name: hello\n", "", at + `1:1: found no name; allowed: 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter`},
		{"empty name", "name: hello", "name:", at + `1:6: found no name; allowed: 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter`},
		{"bad domain", "hello.test", "hello..test", at + `2:9: found "hello..test"; allowed: a domain of two or more lower-case labels, for example hello.test`},
		{"bad record", "regions:", "record: www.\nregions:", at + `3:9: found "www."; allowed: lower-case labels below the domain, for example www, or nothing`},
		{"no run", "  run: hello &", "  install: true-script",
			at + `7:3: found no image.run; allowed: a script that starts the service and returns, in place or as file:PATH`},
		{"script file missing", "run: hello &", "run: file:gone.sh",
			at + `7:8: found a file that cannot be read (file does not exist); allowed: a script that starts the service and returns, in place or as file:PATH`},
		{"base without names", "  run:", "  base: {names: []}\n  run:",
			at + `7:17: found a list; allowed: a list of one or more: 3 to 128 characters of an image's name, * and ? for any`},
		{"owner", "  run:", "  base: {owners: [bob]}\n  run:",
			at + `7:19: found "bob"; allowed: amazon, self, aws-marketplace or an account of 12 digits`},
		{"desired below min", "image:", "fleet: {min: 3, desired: 2}\nimage:", at + `6:26: found 2; allowed: a whole number from 3 to 500`},
		{"max below desired", "image:", "fleet: {desired: 6, max: 5}\nimage:", at + `6:26: found 5; allowed: a whole number from 6 to 500`},
		{"interval of failover", "image:", "failover: {interval: 20}\nimage:", at + `6:22: found 20; allowed: 10 or 30`},
		{"threshold of failover", "image:", "failover: {threshold: 11}\nimage:", at + `6:23: found 11; allowed: a whole number from 1 to 10`},
		{"routing", "image:", "failover: {routing: geo}\nimage:", at + `6:21: found "geo"; allowed: failover, weighted or latency`},
		{"weight of none", "10.10.0.0/16", "10.10.0.0/16, weight: 0", at + `4:60: found 0; allowed: a whole number from 1 to 255`},
		{"weight without shares", "10.10.0.0/16", "10.10.0.0/16, weight: 3",
			at + `4:60: found 3, with failover.routing failover; allowed: another weight than 100 with failover.routing weighted only`},
		{"users kept away from their share", "image:", "failover: {routing: weighted, failback: {after: 10m}}\nimage:",
			at + `6:41: found users kept away, with failover.routing weighted; ` +
				`allowed: automatic: a region that is healthy again gets its share of the users at once`},
		{"promised time", "image:", "failover: {rto: fast}\nimage:",
			at + `6:17: found "fast"; allowed: a time from 1s to 24h, for example 90s or 10m, or nothing`},
		{"path of a check", "image:", "failover: {check: {path: healthz}}\nimage:",
			at + `6:26: found "healthz"; allowed: a path that begins with /, at most 255 printable characters without spaces, or nothing`},
		{"text of a check", "image:", "failover: {check: {match: \"  \"}}\nimage:",
			at + `6:27: found "  "; allowed: at most 255 printable characters of ASCII, not spaces alone, or nothing`},
		{"regions of checkers", "image:", "failover: {check: {regions: [us-east-1, eu-west-1]}}\nimage:",
			at + `6:29: found 2 regions; allowed: at least 3, or no list for all`},
		{"region of checkers twice", "image:", "failover: {check: {regions: [us-east-1, us-east-1, eu-west-1, sa-east-1]}}\nimage:",
			at + `6:29: found a region twice; allowed: each region once`},
		{"region without checkers", "image:", "failover: {check: {regions: [us-east-1, eu-west-1, sa-east-1, moon-1]}}\nimage:",
			at + `6:63: found "moon-1"; allowed: a region with checkers: us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ` +
				`ap-northeast-1, sa-east-1`},
		{"host of one region", "image:", "failover: {check: {host: {primary: a.hello.test}}}\nimage:",
			at + `6:26: found a host of one region; allowed: one of each: {primary: east.hello.test, secondary: west.hello.test}`},
		{"host of both regions", "image:", "failover: {check: {host: {primary: a.hello.test, secondary: a.hello.test}}}\nimage:",
			at + `6:61: found the same name twice, "a.hello.test"; allowed: a name that leads to this region alone`},
		{"host that fails over", "image:", "failover: {check: {host: {primary: hello.test, secondary: a.hello.test}}}\nimage:",
			at + `6:36: found "hello.test", which leads to whichever region serves; allowed: a name that leads to this region alone`},
		{"check where nothing listens", "image:", "failover: {check: {port: 81}}\nimage:",
			at + `6:19: found a check of HTTP at port 81, where the load balancer does not listen so; ` +
				`allowed: a port of a listener by its protocol, or by TCP, or a host`},
		{"check of the load balancer", "image:", "failover: {check: {protocol: TCP}}\nimage:",
			at + `6:19: found a check that the load balancer answers and not the service; allowed: HTTP or HTTPS at the port where users connect, ` +
				`or a host; others stand under failover.checks`},
		{"path by TCP", "image:", "failover: {checks: [{protocol: TCP, path: /x}]}\nimage:",
			at + `6:21: found a path or a text of a check by TCP; allowed: neither: whether a connection is made is all that it tells`},
		{"check twice", "image:", "failover: {checks: [{port: 80}]}\nimage:",
			at + `6:21: found the same check again; allowed: checks of which each asks for something else`},
		{"too many healthy", "image:", "failover: {checks: [{path: /x}], healthy: 3}\nimage:",
			at + `6:43: found 3, of 2 checks; allowed: at most as many as there are, failover.check among them`},
		{"alarm that is not declared", "image:", "failover: {checks: [{alarm: errors}]}\nimage:",
			at + `6:29: found errors, which alarms.on has not; allowed: one that alarms.on has`},
		{"check by an alarm that asks", "image:", "failover: {checks: [{alarm: errors, path: /x}]}\nalarms: {on: [{alarm: errors}]}\nimage:",
			at + `6:43: found path beside alarm; allowed: one of both: a check by an alarm asks for nothing`},
		{"data that lacks of no alarm", "image:", "failover: {checks: [{path: /x, no_data: healthy}]}\nimage:",
			at + `6:41: found healthy, without alarm; allowed: it beside the alarm whose data may lack`},
		{"rule of a further check", "image:", "failover: {checks: [{path: /ready}]}\nrules: [{path: [/ready], fixed: {}}]\nimage:",
			at + `7:9: found a rule that answers /ready of Route 53's checkers; allowed: rules that leave it to the service, or one before that forwards it`},
		{"latency of a check", "image:", "failover: {check: {latency: graphs}}\nimage:", at + `6:29: found "graphs"; allowed: true or false`},
		{"kind of users", "image:", "drill: {clients: chrome}\nimage:", at + `6:18: found "chrome"; allowed: ` + allowedClients},
		{"shares of users", "image:", "drill: {clients: \"cache=80%,pool=30%\"}\nimage:", at + `6:18: found "cache=80%,pool=30%"; allowed: ` + allowedClients},
		{"users of HTTP/2", "image:", "drill: {clients: http2}\nimage:",
			at + `6:18: found http2, without https.certificates; allowed: kinds that speak HTTP/1.1: users of a load balancer speak HTTP/2 over TLS alone`},
		{"users of WebSockets", "image:", "drill: {clients: websocket}\nimage:",
			at + `6:18: found websocket, without drill.websocket; allowed: it beside the path of the page that speaks it`},
		{"page of WebSockets", "image:", "drill: {websocket: socket}\nimage:",
			at + `6:20: found "socket"; allowed: a path that begins with /, at most 255 printable characters without spaces, or nothing`},
		{"tags a list", "image:", "tags: [a]\nimage:",
			at + `6:7: found a list; allowed: a mapping of at most 40: keys of 1 to 128 letters, digits, spaces and any of + - = . _ : / @, ` +
				`none of Name, aws: and understudy: at the beginning; values of up to 256 letters, digits, spaces and any of + - = . _ : / @`},
		{"tag of AWS", "image:", "tags: {\"AWS:x\": 1}\nimage:",
			at + `6:8: found key "AWS:x"; allowed: 1 to 128 letters, digits, spaces and any of + - = . _ : / @, ` +
				`none of Name, aws: and understudy: at the beginning`},
		{"tag twice", "image:", "tags:\n  a: 1\n  a: 2\nimage:", at + `8:3: found key "a" a second time; allowed: each key once`},
		{"tag of two lines", "image:", "tags: {a: \"b\\nc\"}\nimage:",
			at + `6:11: found "b\nc"; allowed: up to 256 letters, digits, spaces and any of + - = . _ : / @`},
		{"tag of nothing", "image:", "tags: {a: }\nimage:",
			at + `6:10: found nothing; allowed: up to 256 letters, digits, spaces and any of + - = . _ : / @`},
		{"standby of fewer than its least", "10.20.0.0/16", "10.20.0.0/16, fleet: {min: 2, desired: 1}",
			at + `5:77: found 1; allowed: a whole number from min, 2`},
		{"standby of more than its most", "10.20.0.0/16", "10.20.0.0/16, fleet: {desired: 3, max: 2}",
			at + `5:77: found 2; allowed: a whole number from desired, 3`},
		{"standby of nobody who is tracked", "  secondary: {name: us-west-2, cidr: 10.20.0.0/16}\n",
			"  secondary: {name: us-west-2, cidr: 10.20.0.0/16, fleet: {desired: 0}}\nfleet: {track: {cpu: 50}}\n",
			at + `5:69: found 0; allowed: 1 at least where fleet.track scales the fleet`},
		{"a size of the primary's own", "10.10.0.0/16", "10.10.0.0/16, fleet: {min: 1}",
			at + `4:52: found unknown key "fleet"; allowed: name, cidr, network, egress, image, instance, weight`},
		{"a size of its own where both serve", "10.20.0.0/16}", "10.20.0.0/16, fleet: {min: 1}}\nfailover: {routing: weighted}",
			at + `5:59: found a size of the secondary's own, with failover.routing weighted; allowed: the size under fleet for both: ` +
				`either region carries all users when the other is lost`},
		{"two measures", "image:", "fleet: {track: {cpu: 50, requests: 100}}\nimage:",
			at + `6:36: found 100, beside a cpu of 50; allowed: one of cpu and requests`},
		{"switch of failover", "image:", "failover: {switch: lever}\nimage:", at + `6:20: found "lever"; allowed: standby or none`},
		{"failback", "image:", "failover: {failback: never}\nimage:",
			at + `6:22: found "never"; allowed: automatic, manual, or a mapping with after: {after: 10m}`},
		{"time of failback", "image:", "failover: {failback: {after: 5}}\nimage:",
			at + `6:30: found 5; allowed: a time from 1s to 24h, for example 90s or 10m`},
		{"timeout not below interval", "image:", "target: {timeout: 5}\nimage:", at + `6:19: found 5; allowed: less than the interval, 5 seconds`},
		{"matcher", "image:", "target: {matcher: 500}\nimage:",
			at + `6:19: found 500; allowed: HTTP codes from 200 to 499, for example "200", "200,204" or "200-299"`},
		{"HTTP/2 without TLS", "image:", "target: {version: HTTP2}\nimage:",
			at + `6:19: found HTTP2; allowed: HTTP1 where users connect with HTTP: a load balancer speaks HTTP/2 over TLS alone; see https.certificates`},
		{"life of an hour", "image:", "fleet: {max_lifetime: 3600}\nimage:", at + `6:23: found 3600; allowed: 0, or from 86400 (a day) to 31536000 (365 days)`},
		{"slow start in a moment", "image:", "target: {slow_start: 29}\nimage:", at + `6:22: found 29; allowed: 0, or from 30 to 900`},
		{"slow start without turns", "image:", "target: {slow_start: 30, algorithm: least_outstanding_requests}\nimage:",
			at + `6:22: found 30; allowed: 0 with the algorithm least_outstanding_requests`},
		{"algorithm", "image:", "target: {algorithm: random}\nimage:", at + `6:21: found "random"; allowed: round_robin or least_outstanding_requests`},
		{"cookie of the load balancer", "image:", "target: {stickiness: {duration: 1, cookie: AWSALB2}}\nimage:",
			at + `6:44: found "AWSALB2"; allowed: a cookie's name that does not begin with AWSALB, or nothing`},
		{"cookie for no time", "image:", "target: {stickiness: {cookie: id}}\nimage:",
			at + `6:22: found no time for which a client keeps its target; allowed: 1 to 604800 seconds`},
		{"sticky in one zone", "image:", "balancer: {cross_zone: false}\ntarget: {stickiness: {duration: 60}}\nimage:",
			at + `6:24: found false, beside target.stickiness; allowed: true, or no stickiness`},
		{"logs of one region", "image:", "balancer: {access_logs: {primary: mine}}\nimage:",
			at + `6:35: found a bucket for one region; allowed: one for each region, or none`},
		{"logs nowhere", "image:", "balancer: {connection_logs: {prefix: mine}}\nimage:",
			at + `6:38: found a prefix and no bucket; allowed: a bucket for each region: {primary: BUCKET, secondary: BUCKET}`},
		{"a bucket's name", "image:", "balancer: {access_logs: {primary: Mine}}\nimage:",
			at + `6:35: found "Mine"; allowed: a bucket of S3 in this region, or nothing`},
		{"http2 a word", "image:", "balancer: {http2: 'yes'}\nimage:", at + `6:19: found "yes"; allowed: true or false`},
		{"rule for everything", "image:", "rules: [{fixed: {status: 404}}]\nimage:",
			at + `6:9: found a rule without a condition; allowed: one or more of path, host, method, header and source`},
		{"rule of many values", "image:", "rules: [{method: [A, B, C], path: [/a, /b, /c]}]\nimage:",
			at + `6:9: found 6 values with 0 wildcards; allowed: 5 values and 5 wildcards over all conditions of a rule`},
		{"rule of a mapping", "image:", "rules: {path: [/a]}\nimage:", at + `6:8: found a mapping; allowed: a list of mappings`},
		{"rule twice", "image:", "rules: [{path: [/a]}, {path: [/a], fixed: {}}]\nimage:",
			at + `6:23: found the conditions of rules[0] again; allowed: other conditions: of two such rules the first counts`},
		{"checkpoints that end early", "image:", "fleet: {refresh: {checkpoints: [20, 50]}}\nimage:",
			at + `6:32: found 50 at the end; allowed: 100 at the end: the others would never be replaced`},
		{"checkpoints back and forth", "image:", "fleet: {refresh: {checkpoints: [50, 20, 100]}}\nimage:",
			at + `6:32: found 20 after 50; allowed: percentages in ascending order`},
		{"pause at no checkpoint", "image:", "fleet: {refresh: {checkpoint_delay: 60}}\nimage:",
			at + `6:37: found 60; allowed: it beside fleet.refresh.checkpoints alone`},
		{"a most below all", "image:", "fleet: {refresh: {max_healthy: 90}}\nimage:", at + `6:32: found 90; allowed: a whole number from 100 to 200, or 0`},
		{"a most far above the least", "image:", "fleet: {refresh: {min_healthy: 50, max_healthy: 160}}\nimage:",
			at + `6:49: found 160; allowed: at most 100 more than min_healthy, 50`},
		{"nothing to be replaced", "image:", "fleet: {refresh: {max_healthy: 100}}\nimage:",
			at + `6:32: found 100, as min_healthy; allowed: one that is apart from it: nothing could be replaced`},
		{"actions of one name", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *, min: 3}, {name: a, recurrence: 0 8 * * *, min: 2}]}\nimage:",
			at + `6:70: found a twice; allowed: each name once`},
		{"action of nothing", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *}]}\nimage:",
			at + `6:21: found an action that changes nothing; allowed: one of min, desired and max`},
		{"action above the most", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *, min: 6}]}\nimage:",
			at + `6:59: found 6; allowed: a whole number to the fleet's max, 4`},
		{"action below the least", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *, max: 1}]}\nimage:",
			at + `6:59: found 1; allowed: a whole number from the fleet's min, 2`},
		{"action of more than its most", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *, desired: 6, max: 5}]}\nimage:",
			at + `6:63: found 6; allowed: a whole number to the action's max, 5`},
		{"action of fewer than its least", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 * * *, min: 3, desired: 2}]}\nimage:",
			at + `6:71: found 2; allowed: a whole number from the action's min, 3`},
		{"action on no day", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 30 2 *, min: 2}]}\nimage:",
			at + `6:43: found "0 7 30 2 *"; allowed: five fields of cron that come to some time, for example "0 7 * * MON-FRI"`},
		{"action in no zone", "image:", "fleet: {scheduled: [{name: a, recurrence: 0 7 1 2 *, timezone: Europe/Atlantis, min: 2}]}\nimage:",
			at + `6:64: found "Europe/Atlantis"; allowed: a name of the IANA time zone database, for example Europe/Berlin, or nothing for UTC`},
		{"action of a smaller standby", "10.20.0.0/16}", "10.20.0.0/16, fleet: {min: 1}}\nfleet: {scheduled: [{name: a, recurrence: 0 7 * * *, min: 2}]}",
			at + `6:21: found an action of the standby, which has a size of its own (regions.secondary.fleet); ` +
				`allowed: primary: a standby that serves must not shrink, and one that does not has its declared size`},
		{"policy twice", "image:", "fleet: {termination_policies: [OldestInstance, OldestInstance]}\nimage:",
			at + `6:31: found OldestInstance twice; allowed: each policy once`},
		{"policy after all", "image:", "fleet: {termination_policies: [Default, OldestInstance]}\nimage:",
			at + `6:31: found Default before others; allowed: Default alone, or last: it leaves nothing to choose from`},
		{"traffic of ports backwards", "image:", "security: {internal: {ingress: [{ports: 90-80, from: 192.0.2.0/24}]}}\nimage:",
			at + `6:41: found "90-80" with tcp; allowed: a port or a range of ports up to 65535, for example 22 or 8000-8010`},
		{"traffic of no port", "image:", "security: {internal: {egress: [{protocol: udp, to: 192.0.2.0/24}]}}\nimage:",
			at + `6:32: found "" with udp; allowed: a port or a range of ports up to 65535, for example 22 or 8000-8010`},
		{"pings at a port", "image:", "security: {internal: {egress: [{protocol: icmp, ports: 80, to: public-facing}]}}\nimage:",
			at + `6:56: found 80; allowed: none with icmp and all, which have no ports`},
		{"traffic of a host's address", "image:", "security: {public_facing: {ingress: [{ports: 22, from: 192.0.2.7/24}]}}\nimage:",
			at + `6:56: found 192.0.2.7/24; allowed: the network's own address, 192.0.2.0/24`},
		{"traffic of itself", "image:", "security: {public_facing: {ingress: [{ports: 22, from: public-facing}]}}\nimage:",
			at + `6:56: found "public-facing"; allowed: an IPv4 network, for example 192.0.2.0/24`},
		{"traffic twice", "image:", "security: {public_facing: {ingress: [{ports: 22, from: 192.0.2.0/24}, {ports: 22-22, from: 192.0.2.0/24}]}}\nimage:",
			at + `6:71: found the same rule again; allowed: each rule once`},
		{"redirect home", "image:", "rules: [{path: [/a], redirect: {query: x}}]\nimage:",
			at + `6:32: found a redirect to where the user comes from; allowed: another protocol, host, port or path`},
		{"two actions", "image:", "rules: [{path: [/a], redirect: {port: 1}, fixed: {status: 404}}]\nimage:",
			at + `6:50: found an answer beside a redirect; allowed: one of redirect and fixed`},
		{"answer of 301", "image:", "rules: [{path: [/a], fixed: {status: 301}}]\nimage:", at + `6:38: found 301; allowed: 2xx, 4xx or 5xx; see redirect`},
		{"half a header", "image:", "rules: [{header: {name: A}}]\nimage:",
			at + `6:9: found a rule without a condition; allowed: one or more of path, host, method, header and source` + "\n" +
				at + `6:18: found a header without a name, or without values; allowed: both: {name: X-Version, values: [beta]}`},
		{"rule of the checkers", "image:", "rules: [{path: [/x, '/*'], method: [GET], fixed: {}}]\nimage:",
			at + `6:9: found a rule that answers / of Route 53's checkers; allowed: rules that leave it to the service, or one before that forwards it`},
		{"target group without use", "image:", "target_groups: [{name: api, port: 81}]\nimage:",
			at + `6:16: found api, to which nothing forwards; allowed: target groups that a rule or one of listeners names with forward`},
		{"target group twice", "image:", "target_groups: [{name: api, port: 81}, {name: api, port: 82}]\nrules: [{path: [/a], forward: api}]\nimage:",
			at + `6:47: found api; allowed: a name that no other target group has`},
		{"forward to nobody", "image:", "rules: [{path: [/a], forward: api}]\nimage:",
			at + `6:31: found api; allowed: the name of one of target_groups, or nothing for the service's`},
		{"long names", "image:", "target_groups: [{name: a-longer-name1, port: 81}]\nrules: [{path: [/a], forward: a-longer-name1}]\nimage:",
			at + `6:24: found 19 characters with the stack's name; allowed: at most 18 together: AWS gives a target group's name 32`},
		{"listener without a port", "image:", "listeners: [{protocol: HTTP}]\nimage:",
			at + `6:13: found no listeners[0].port; allowed: a whole number from 1 to 65535`},
		{"listener at the port of users", "image:", "listeners: [{port: 81}, {port: 80}]\nimage:",
			at + `6:32: found 80; allowed: a port at which users do not connect yet`},
		{"listener twice", "image:", "listeners: [{port: 81}, {port: 81}]\nimage:",
			at + `6:32: found 81; allowed: a port at which users do not connect yet`},
		{"listener of HTTPS", "image:", "listeners: [{port: 8443, protocol: HTTPS}]\nimage:",
			at + `6:36: found HTTPS; allowed: HTTP, or https.certificates beside it`},
		{"one certificate", "image:", "https: {certificates: {primary: " + certificate + "}}\nimage:",
			at + `6:23: found a certificate for one region; allowed: one for each region, or none`},
		{"no certificates", "image:", "https: {port: 8443}\nimage:",
			at + `6:8: found no https.certificates; allowed: a certificate for each region: {primary: ARN, secondary: ARN}`},
		{"certificate of another region", "image:", "https: {certificates: {primary: " + certificate + ", secondary: " + certificate + "}}\nimage:",
			at + `6:129: found a certificate of us-east-1; allowed: one of us-west-2`},
		{"no certificate's ARN", "image:", "https: {certificates: {primary: mine}}\nimage:",
			at + `6:33: found "mine"; allowed: the ARN of a certificate of ACM in this region, or nothing`},
		{"policy", "image:", "https: {certificates: {}, policy: strict}\nimage:",
			at + `6:35: found "strict"; allowed: a security policy as Elastic Load Balancing names it, for example ELBSecurityPolicy-TLS13-1-2-2021-06`},
		{"redirect", "image:", "https: {certificates: {}, redirect: 301}\nimage:", at + `6:37: found 301; allowed: permanent, temporary or none`},
		{"redirect to itself", "image:", "https: {port: 80, certificates: {primary: " + certificate + ", secondary: " + elsewhere + "}}\nimage:",
			at + `6:15: found 80; allowed: another port than listener.port, which answers with the redirect`},
		{"instance type", "image:", "instance: {type: big}\nimage:", at + `6:18: found "big"; allowed: an instance type, for example t3.micro`},
		{"profile and policies", "image:", "instance: {profile: {name: web, managed: [\"arn:aws:iam::aws:policy/A\"]}}\nimage:",
			at + `6:28: found "web", beside policies for one that is made; allowed: the name of one that is there, or policies`},
		{"managed policy by its name", "image:", "instance: {profile: {managed: [ReadOnlyAccess]}}\nimage:",
			at + `6:32: found "ReadOnlyAccess"; allowed: the ARN of a managed policy`},
		{"policy with a principal", "image:",
			"instance: {profile: {policy: {Statement: {Effect: Allow, Action: '*', Resource: '*', Principal: '*'}}}}\nimage:",
			at + `6:30: found statement 1 with "Principal"; allowed: Sid, Effect, Action, NotAction, Resource, NotResource, Condition`},
		{"policy without a resource", "image:", "instance: {profile: {policy: {Statement: [{Effect: Allow, Action: '*'}]}}}\nimage:",
			at + `6:30: found statement 1 without one of Resource and NotResource; allowed: one of them`},
		{"policy of another version", "image:", "instance: {profile: {policy: {Version: 2012-10-18}}}\nimage:",
			at + `6:30: found a policy of the version 2012-10-18; allowed: 2012-10-17 or 2008-10-17`},
		{"beside an empty policy, which is none", "image:", "instance: {profile: {policy: '{}'}, type: x}\nimage:",
			at + `6:43: found "x"; allowed: an instance type, for example t3.micro`},
		{"policy in a file that is missing", "image:", "instance: {profile: {policy: file:gone}}\nimage:",
			at + `6:30: found a file that cannot be read (file does not exist); allowed: an IAM policy as a mapping, or as a text of YAML or JSON, ` +
				`in place or as file:PATH`},
		{"metadata", "image:", "instance: {metadata: v2}\nimage:", at + `6:22: found "v2"; allowed: required or optional`},
		{"encrypted a word", "image:", "instance: {volume: {encrypted: yes please}}\nimage:", at + `6:32: found "yes please"; allowed: true or false`},
		{"volume's type", "image:", "instance: {volume: {type: st1}}\nimage:", at + `6:27: found "st1"; allowed: gp3, gp2, io1, io2, or nothing`},
		{"IOPS of no type", "image:", "instance: {volume: {iops: 4000}}\nimage:", at + `6:27: found 4000; allowed: instance.volume.type beside it`},
		{"IOPS of gp2", "image:", "instance: {volume: {type: gp2, iops: 4000}}\nimage:", at + `6:38: found 4000; allowed: none with gp2`},
		{"too few IOPS", "image:", "instance: {volume: {type: gp3, iops: 100}}\nimage:", at + `6:38: found 100; allowed: from 3000 to 80000 with gp3`},
		{"no IOPS of io2", "image:", "instance: {volume: {type: io2}}\nimage:",
			at + `6:20: found no instance.volume.iops; allowed: the IOPS of io2, which has no others`},
		{"too many IOPS for the size", "image:", "instance: {volume: {type: io1, size: 10, iops: 501}}\nimage:",
			at + `6:48: found 501; allowed: at most 500 with 10 GiB of io1`},
		{"throughput beyond the IOPS", "image:", "instance: {volume: {type: gp3, throughput: 751}}\nimage:",
			at + `6:44: found 751; allowed: at most a quarter of the IOPS, 3000`},
		{"too large for gp2", "image:", "instance: {volume: {type: gp2, size: 20000}}\nimage:", at + `6:38: found 20000; allowed: at most 16384 GiB with gp2`},
		{"key with a space at its end", "image:", "instance: {key: 'a '}\nimage:", at + `6:17: found "a "; allowed: the name of a key pair, or nothing`},
		{"user data that includes", "image:", "instance: {user_data: '#include http://x'}\nimage:",
			at + `6:23: found "#include http://x"; allowed: a script or #cloud-config, in place or as file:PATH`},
		{"user data of a file that is missing", "image:", "instance: {user_data: 'file:gone'}\nimage:",
			at + `6:23: found a file that cannot be read (file does not exist); allowed: a script or #cloud-config, in place or as file:PATH`},
		{"too many hosts", "image:", "hosts: {count: 21}\nimage:", at + `6:16: found 21; allowed: a whole number from 0 to 20`},
		{"hosts' type", "image:", "hosts: {type: big}\nimage:", at + `6:15: found "big"; allowed: an instance type, for example t3.micro, or nothing`},
		{"hosts' image by a pattern", "image:", "hosts: {image: {name: al2023-*}}\nimage:",
			at + `6:23: found "al2023-*"; allowed: 3 to 128 characters of an image's whole name, or nothing`},
		{"hosts' image beside a volume", "image:", "instance: {volume: {size: 20}}\nhosts: {image: {name: bastion}}\nimage:",
			at + `7:23: found "bastion", beside instance.volume; allowed: the image that is baked, or no volume but the images' own`},
		{"hosts' user data that includes", "image:", "hosts: {user_data: '#include http://x'}\nimage:",
			at + `6:20: found "#include http://x"; allowed: a script or #cloud-config, in place or as file:PATH`},
		{"rule of the hosts without a source", "image:", "hosts: {ingress: [{ports: 22}]}\nimage:",
			at + `6:19: found no hosts.ingress[0].from; allowed: an IPv4 network, for example 192.0.2.0/24, or public-facing for the load balancer and the hosts`},
		{"a list for a mapping", "image:", "fleet: [1, 2]\nimage:",
			at + `6:8: found a list; allowed: a mapping with min, desired, max, grace, warm_up, max_lifetime, termination_policies, health_check, metrics, ` +
				`track, refresh, scheduled`},
		{"ignored without a reason", "image:", "parity:\n  ignore:\n    - finding: listener*\nimage:",
			at + `8:7: found no parity.ignore[0].reason; allowed: why it is known and accepted`},
		{"ignored is no list", "image:", "parity: {ignore: all}\nimage:", at + `6:18: found "all"; allowed: a list of mappings`},
		{"a mapping for a text", "name: hello", "name: {a: b}",
			at + `1:7: found a mapping; allowed: 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			src := strings.Replace(good, c.old, c.new, 1)
			if src == good {
				t.Fatalf("%q is not in the declaration", c.old)
			}
			_, err := parse(src)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUsersEnterByHTTPSWhereThereAreCertificates(t *testing.T) {
	d, err := parse(good + "https: {certificates: {primary: " + certificate + ", secondary: " + elsewhere + "}, redirect: temporary}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := understudy.HTTPS{
		Certificates: map[understudy.Side]string{understudy.Primary: certificate, understudy.Secondary: elsewhere},
		Policy:       "ELBSecurityPolicy-TLS13-1-2-2021-06", Port: 443, Redirect: understudy.RedirectTemporary,
	}
	if diff := cmp.Diff(want, d.HTTPS); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if scheme, port := d.Entry(); scheme != "https" || port != 443 || !d.HTTPS.Redirects() {
		t.Errorf("users enter by %s at %d, redirected: %v", scheme, port, d.HTTPS.Redirects())
	}
	if d, err = parse(good); err != nil || d.HTTPS.Declared() || d.HTTPS.Redirects() {
		t.Errorf("without certificates: %+v, %v", d.HTTPS, err)
	}
	if scheme, port := d.Entry(); scheme != "http" || port != 80 {
		t.Errorf("users enter by %s at %d", scheme, port)
	}
}

// A rule answers Route 53's checkers only where one before does not give them to the service.
func TestRulesLeaveTheCheckersToTheService(t *testing.T) {
	for _, rules := range []string{
		"[{path: [/], method: [GET]}, {path: ['/*'], fixed: {}}]", "[{path: ['/*'], host: [hello.test], fixed: {}}]", "[{path: [/?], fixed: {}}]",
		"[{path: ['/*'], method: [POST], fixed: {}}]", "[{header: {name: A, values: ['*']}, fixed: {}}]", "[]", "",
	} {
		if d, err := parse(good + "rules: " + rules + "\n"); err != nil {
			t.Errorf("%s: %v, %v", rules, d, err)
		}
	}
	d, err := parse(good + "rules: [{path: [/a], redirect: {path: '/b/#{path}', status: 302}}, {host: [a.hello.test], fixed: {status: 404, body: gone}}]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []understudy.Rule{
		{Path: []string{"/a"}, Action: understudy.Action{Redirect: &understudy.RedirectTo{Status: 302, Path: "/b/#{path}"}}},
		{Host: []string{"a.hello.test"}, Action: understudy.Action{Fixed: &understudy.Fixed{Status: 404, Type: "text/plain", Body: "gone"}}},
	}
	if diff := cmp.Diff(want, d.Rules); diff != "" {
		t.Error(diff)
	}
}

func TestAllMistakesAreReportedAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, err := parse("name: 9\ndomain: x\nregions: {primary: {name: here}}\nspeed: 3\nimage: {run: ''}\nfleet: {min: 0}\n")
	var mistakes understudy.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("want Mistakes, got %v", err)
	}
	var lines []int
	for _, f := range mistakes {
		lines = append(lines, f.Line)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 3, 3, 4, 5, 6}, lines); diff != "" {
		t.Errorf("lines (-want +got)\n%s\n%v", diff, err)
	}
}

func TestTextThatIsNotYAML(t *testing.T) {
	for _, src := range []string{"", "a: [1", "\t", "a:\n- b\n c: d", "just words", "- a\n- b", "--- a\n--- b", "a: &x 1\nb: *x"} {
		_, err := parse(src)
		var mistakes understudy.Mistakes
		if !errors.As(err, &mistakes) || len(mistakes) == 0 {
			t.Errorf("%q: want mistakes, got %v", src, err)
		}
	}
}

func TestFailbackIsAWordOrATime(t *testing.T) {
	for text, want := range map[string]understudy.Failback{
		"automatic": {}, "manual": {Manual: true}, "{after: 10m}": {Manual: true, After: 10 * time.Minute},
	} {
		d, err := parse(strings.Replace(good, "image:", "failover: {failback: "+text+"}\nimage:", 1))
		if err != nil || d.Failover.Failback != want {
			t.Errorf("%s: %v, %+v", text, err, d)
		}
	}
}

func TestScriptFromFile(t *testing.T) {
	d, err := parse(strings.Replace(good, "hello &", "file:run.sh", 1))
	if err != nil {
		t.Fatal(err)
	}
	if d.Image.Run != "served from a file\n" {
		t.Errorf("run is %q", d.Image.Run)
	}
}

func TestHostsAreAsTheFleetUnlessDeclaredOtherwise(t *testing.T) {
	for src, want := range map[string][4]any{
		"": {2, "t3.small", "ops", "#!/bin/sh -e\necho all"},
		"hosts: {count: 0, type: t3.nano, key: mine, user_data: '#!/bin/true'}\n": {0, "t3.nano", "mine", "#!/bin/true"},
	} {
		d, err := parse(good + "instance: {type: t3.small, key: ops, user_data: echo all}\n" + src)
		if err != nil {
			t.Fatal(err)
		}
		if got := [4]any{d.Hosts.Count, d.HostType(understudy.Primary), d.HostKey(), d.HostUserData()}; got != want {
			t.Errorf("%q: %v, want %v", src, got, want)
		}
	}
}

// A third zone comes beside two, whose subnets stay where they are, as long as the network has room for it.
func TestSubnetsArePartsOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		network, zones string
		want, others   string
	}{
		{"10.20.3.128/25", "2", "public-a 10.20.3.128/27, public-b 10.20.3.160/27, private-a 10.20.3.192/27, private-b 10.20.3.224/27", ""},
		{"10.20.3.0/24", "2", "public-a 10.20.3.0/27, public-b 10.20.3.32/27, private-a 10.20.3.128/27, private-b 10.20.3.160/27",
			"public-c 10.20.3.64/27, private-c 10.20.3.192/27"},
		{"10.20.3.0/24", "3", "public-a 10.20.3.0/27, public-b 10.20.3.32/27, public-c 10.20.3.64/27, " +
			"private-a 10.20.3.128/27, private-b 10.20.3.160/27, private-c 10.20.3.192/27", ""},
	} {
		d, err := parse(strings.Replace(good, "10.20.0.0/16", c.network, 1) + "zones: " + c.zones + "\n")
		if err != nil {
			t.Fatal(err)
		}
		r := d.Regions[understudy.Secondary]
		for want, subnets := range map[string][]understudy.Subnet{c.want: r.Subnets(), c.others: r.OtherSubnets()} {
			var got []string
			for _, s := range subnets {
				got = append(got, s.Name+" "+s.CIDR.String())
				if kind, zone, _ := strings.Cut(s.Name, "-"); s.Public != (kind == "public") || zone != string(rune('a'+s.Zone)) {
					t.Errorf("%+v is called otherwise than it is", s)
				}
			}
			if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("%s with %s zones (-want +got)\n%s", c.network, c.zones, diff)
			}
		}
	}
}

func TestExamplesAreAccepted(t *testing.T) {
	files, err := filepath.Glob("examples/*/understudy.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		if _, err := understudy.Load(file); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("a: &x {b: *x}\n<<: *x\n? [k]\n: v\n")
	f.Fuzz(func(t *testing.T, src string) {
		d, err := parse(src)
		if (d == nil) != (err != nil) {
			t.Fatal("neither a declaration nor mistakes, or both")
		}
		var mistakes understudy.Mistakes
		if err != nil && !errors.As(err, &mistakes) {
			t.Fatalf("not Mistakes: %v", err)
		}
		for _, mistake := range mistakes {
			if mistake.Line < 1 || mistake.Column < 1 || mistake.Found == "" || mistake.Allowed == "" {
				t.Fatalf("mistake without a place or words: %+v", mistake)
			}
		}
	})
}

const allowedClients = "kinds of users by their shares, which are 100 % together: cache=80%,pool=20%; " +
	"one of stub, cache, unbound, dnsmasq, floor30, floor60, floor300, stale, forever, runtime30, pool, eyeballs, retry, http2, " +
	"websocket; or usual"

func TestGivenNetworkHasNoDeclaredAddresses(t *testing.T) {
	d, err := parse(strings.Replace(good, "cidr: 10.10.0.0/16",
		"network: {vpc_tags: {Name: main}, public: [subnet-0a1b2c3d, subnet-0a1b2c3e], private_tags: {Tier: private}}", 1) + "egress: nat\n")
	if err != nil {
		t.Fatal(err)
	}
	p, s := d.Regions[understudy.Primary], d.Regions[understudy.Secondary]
	if !p.Given() || s.Given() || p.CIDR.IsValid() || len(p.OtherSubnets()) > 0 || p.Egress != understudy.EgressNone || s.Egress != understudy.EgressNAT {
		t.Errorf("primary %+v, secondary %+v", p, s)
	}
	for n, sub := range p.Subnets() {
		if want := s.Subnets()[n]; sub.CIDR.IsValid() || sub.Name != want.Name || sub.Zone != want.Zone || sub.Public != want.Public {
			t.Errorf("%+v beside %+v", sub, want)
		}
	}
	if got := p.Network.VPC.String() + "; " + p.Network.Public.String(); got != "tagged Name=main; subnet-0a1b2c3d, subnet-0a1b2c3e" {
		t.Error(got)
	}
}
