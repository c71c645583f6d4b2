package parity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

// musts are values that a side must have whatever the other has, and whatever is declared: without them it does not serve.
var musts = map[string]string{
	"vpc: state":                         "available",
	"load balancer: state":               "active",
	"target group: " + settingHealthy:    "true",
	"target group: " + settingAttached:   "all",
	"auto scaling group: " + settingFull: "yes",
	"health check: " + settingFound:      "yes",
	"health check: disabled":             "false",
}

// ownMusts are those of what this tool builds: regions of others may be made otherwise, and be alike.
var ownMusts = map[string]string{
	"auto scaling group: " + settingVersion:  theDefault,
	"auto scaling group: instances' version": "the group's",
	"launch template: newest version":        theDefault,
	"record: part":                           "its own",
	"record: set identifier":                 "the stack's",
	"record: points at":                      "this region's load balancer load-balancer",
}

// governsPart begins what a route table is to a named subnet, which is one of the stack's.
const governsPart = "governs subnet "

// closed are the beginnings of settings of which a part of the stack has those that are expected and no others.
var closed = []string{"ingress ", "egress ", "route to ", "governs ", "rule ", "suspended ", "target ", "further range", "policy ", "scheduled action "}

// expectation is what a declaration asks for in canonical form, and what AWS gives to what it does not mention.
type expectation struct {
	declared bool
	dark     bool              // the standby has no instance until it is to serve
	tags     map[string]string // declared for everything
	parts    map[understudy.Side]map[key]map[string]string
}

// must returns the value that both sides must have.
func (e expectation) must(kind, setting string) (value string, ok bool) {
	if value, ok = musts[kind+": "+setting]; ok || !e.declared {
		return value, ok
	}
	value, ok = ownMusts[kind+": "+setting]
	return value, ok
}

// part tells whether a side of the stack has a part with this role. Without a declaration nobody knows.
func (e expectation) part(side understudy.Side, kind, role string) (is, known bool) {
	_, is = e.parts[side][key{kind, role}]
	return is, e.declared
}

// oneSided are the parts that the declaration asks for on one side alone.
func (e expectation) oneSided() map[key]bool {
	all := map[key]bool{}
	for _, side := range understudy.Sides {
		for k := range e.parts[side] {
			if _, also := e.parts[other(side)][k]; !also {
				all[k] = true
			}
		}
	}
	return all
}

func other(side understudy.Side) understudy.Side {
	if side == understudy.Primary {
		return understudy.Secondary
	}
	return understudy.Primary
}

// setting returns the value that a side should have.
func (e expectation) setting(side understudy.Side, kind, role, setting string) (value string, known bool) {
	if !e.declared {
		return "", false
	}
	settings, part := e.parts[side][key{kind, role}]
	if value, known = settings[setting]; known {
		return value, true
	}
	if part && slices.ContainsFunc(closed, func(prefix string) bool { return strings.HasPrefix(setting, prefix) }) {
		return None, true
	}
	if is, _ := e.part(side, kind, role); is && strings.HasPrefix(setting, settingTag) {
		value, known = e.tags[strings.TrimPrefix(setting, settingTag)]
		return value, known
	}
	switch {
	case setting == settingTags:
		return "the stack's", true
	case kind == "route table" && !part && strings.HasPrefix(setting, governsPart):
		return None, true // the stack's subnets follow the stack's tables
	}
	value, known = defaults[kind+": "+setting]
	return value, known && part
}

// expect writes a declaration as the canonical form of what `up` builds.
func expect(d *understudy.Declaration) expectation {
	e := expectation{declared: d != nil, parts: map[understudy.Side]map[key]map[string]string{}}
	if d == nil {
		return e
	}
	e.tags, e.dark = d.Tags, d.Dark()
	for _, side := range understudy.Sides {
		parts := map[key]map[string]string{}
		if d.GivenNetwork() {
			expectGiven(parts, d.Regions[side])
		} else {
			expectNetwork(parts, d.Regions[side])
		}
		expectGroups(parts, d, side)
		expectCompute(parts, d, side)
		expectEnvironment(parts, d)
		expectBalance(parts, d, side)
		expectNames(parts, d, side)
		expectSwitch(parts, d, side)
		expectAlarms(parts, d, side)
		e.parts[side] = parts
	}
	return e
}

func expectNetwork(parts map[key]map[string]string, region understudy.Region) {
	parts[key{"vpc", "vpc"}] = map[string]string{
		"size": fmt.Sprintf("/%d", region.CIDR.Bits()), "dns support": "true", "dns hostnames": "true", "tenancy": "default", "default": "false",
	}
	c := &canon{cidr: region.CIDR}
	public := map[string]string{"main": "false", "route to the vpc's range": "local", everywhere: "internet gateway gateway"}
	for _, s := range region.Subnets() {
		parts[key{"subnet", s.Name}] = map[string]string{
			"zone": itoa(s.Zone + 1), "range": c.share(s.CIDR.String()), "public on start": fmt.Sprint(s.Public), "state": "available", "has room": "true",
		}
		if s.Public {
			public["governs subnet "+s.Name] = "yes"
		}
	}
	parts[key{"route table", "public-routes"}] = public
	expectWaysOut(parts, region)
	parts[key{"route table", "main"}] = map[string]string{"main": "true", "route to the vpc's range": "local"}
	parts[key{"internet gateway", "gateway"}] = map[string]string{"attached to vpc vpc": "yes"}
	// The network ACL that comes with a VPC allows everything, and governs every subnet
	// (https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html).
	acl := map[string]string{}
	for _, direction := range []string{"ingress", "egress"} {
		acl[direction+" 100"], acl[direction+" 32767"] = "allow everything of 0.0.0.0/0", "deny everything of 0.0.0.0/0"
	}
	for _, s := range region.Subnets() {
		acl["governs subnet "+s.Name] = "yes"
	}
	parts[key{"network acl", "default"}] = acl
}

// subnetsText names the public or the private subnets.
func subnetsText(region understudy.Region, public bool) string {
	var names []string
	for _, s := range region.Subnets() {
		if s.Public == public {
			names = append(names, "subnet "+s.Name)
		}
	}
	return strings.Join(names, ", ")
}

func expectGroups(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	const out = "egress everything to 0.0.0.0/0"
	_, port := d.Entry()
	facing := map[string]string{fmt.Sprintf("ingress tcp %d from 0.0.0.0/0", port): "allowed", out: "allowed"}
	for _, also := range d.OpenPorts() {
		facing[fmt.Sprintf("ingress tcp %d from 0.0.0.0/0", also)] = "allowed"
	}
	parts[key{"security group", "public-facing"}] = facing
	within := map[string]string{out: "allowed"}
	for _, port := range d.Asked() {
		within[fmt.Sprintf("ingress tcp %d from security group public-facing", port)] = "allowed"
	}
	parts[key{"security group", "internal"}] = within
	cidr := d.Regions[side].CIDR
	expectTraffic(facing, "ingress", "from", d.Security.PublicFacing.Ingress, cidr)
	expectTraffic(within, "ingress", "from", d.Security.Internal.Ingress, cidr)
	if len(d.Security.Internal.Egress) > 0 {
		delete(within, out)
	}
	expectTraffic(within, "egress", "to", d.Security.Internal.Egress, cidr)
	if len(d.Hosts.Ingress) > 0 {
		hosts := map[string]string{out: "allowed"}
		expectTraffic(hosts, "ingress", "from", d.Hosts.Ingress, cidr)
		parts[key{"security group", "hosts"}] = hosts
	}
	if d.Regions[side].Given() {
		return
	}
	// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
	parts[key{"security group", "default"}] = map[string]string{"ingress everything from security group default": "allowed", out: "allowed"}
}

func expectCompute(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	parts[key{"image", "image"}] = map[string]string{"state": "available"}
	if d.Image.Baked {
		parts[key{"image", "image"}]["public"] = "false"
	}
	parts[key{"base image", "of the declaration"}] = map[string]string{}
	parts[key{"launch template", "template"}] = map[string]string{"type": d.InstanceType(side), "groups": "security group internal"}
	expectMachines(parts, d, side)
	f := d.Size(side)
	parts[key{"auto scaling group", "fleet"}] = map[string]string{
		"min": itoa(f.Min), "max": itoa(f.Max), "health check": d.Fleet.HealthCheck, "grace period": itoa(d.Fleet.Grace),
		"subnets": subnetsText(d.Regions[side], false), "target groups": expectedGroups(d), "template": "launch template template",
		"instances' type": d.InstanceType(side), "instances' groups": "security group internal", "instances' source/dest check": "true",
	}
	expectHabits(parts[key{"auto scaling group", "fleet"}], d.Fleet)
	expectTracking(parts[key{"auto scaling group", "fleet"}], d)
	expectScheduled(parts[key{"auto scaling group", "fleet"}], d, side)
}

// expectListeners adds the listener of HTTPS and the redirect to it, or the listener of HTTP.
func expectListeners(parts map[key]map[string]string, d *understudy.Declaration) {
	_, port := d.Entry()
	listener := map[string]string{"port": itoa(port), "protocol": entryProtocol(d), "default": "forward to target group target-group"}
	expectIdle(listener, d.Balancer)
	parts[key{"listener", "listener"}] = listener
	expectRules(listener, d.Rules)
	expectFurther(parts, d)
	h := d.HTTPS
	if !h.Declared() {
		listener["certificate"] = None
		return
	}
	listener["certificate"], listener["tls policy"] = declaredCertificate, h.Policy
	if !h.Redirects() {
		return
	}
	parts[key{"listener", "redirect"}] = map[string]string{
		"port": itoa(d.Listener.Port), "protocol": "HTTP",
		"default": fmt.Sprintf("redirect HTTP_%d to HTTPS://#{host}:%d/#{path}?#{query}", h.Redirect.Status(), h.Port),
		"switch":  None,
	}
}

// entryProtocol is that of the listener where users connect.
func entryProtocol(d *understudy.Declaration) string {
	scheme, _ := d.Entry()
	switch {
	case d.Balancer.Kind == understudy.KindApplication:
		return strings.ToUpper(scheme)
	case scheme == "https":
		return understudy.TLS
	}
	return understudy.TCP
}

func expectNames(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	parts[key{"record", d.Host() + " A"}] = map[string]string{"policy": expectedPolicy(d, side), "evaluate target health": "true", "ttl": None}
	expectChecks(parts, d, side)
}

// expectedPolicy is what makes Route 53 choose a region among the healthy ones.
func expectedPolicy(d *understudy.Declaration, side understudy.Side) string {
	if d.Failover.Routing == understudy.RoutingWeighted {
		return fmt.Sprintf("weighted %d", d.Regions[side].Weight)
	}
	return string(d.Failover.Routing)
}

// expectSwitch adds what may be in one region only, on purpose: the standby's rule or listener that tells the checkers who is to serve. Where both regions
// serve, each has a rule.
func expectSwitch(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	listener := parts[key{"listener", "listener"}]
	listener["switch"] = None
	if d.Switched(side) {
		listener["switch"] = "rule 1"
		if d.SwitchListens() {
			listener["switch"] = switchListener
		}
	}
}

// defaults are what AWS gives where nothing was asked for. The pages are of the API reference and the user guides: CreateTargetGroup,
// TargetGroupAttribute, LoadBalancerAttribute, CreateAutoScalingGroup, RunInstances.
var defaults = map[string]string{
	"target group: health check enabled":                                                                     "true",
	"target group: ip address type":                                                                          "ipv4",
	"target group: attribute load_balancing.algorithm.anomaly_mitigation":                                    "off",
	"target group: attribute load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
	"target group: attribute target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
	"target group: attribute target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
	"target group: attribute target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
	"target group: attribute target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	"load balancer: attribute access_logs.s3.enabled":                                                        "false",
	"load balancer: attribute connection_logs.s3.enabled":                                                    "false",
	"load balancer: attribute routing.http.preserve_host_header.enabled":                                     "false",
	"load balancer: attribute routing.http.x_amzn_tls_version_and_cipher_suite.enabled":                      "false",
	"load balancer: attribute routing.http.xff_client_port.enabled":                                          "false",
	"load balancer: attribute routing.http.xff_header_processing.mode":                                       "append",
	"load balancer: attribute load_balancing.cross_zone.enabled":                                             "true",
	"load balancer: attribute waf.fail_open.enabled":                                                         "false",
	"load balancer: attribute zonal_shift.config.enabled":                                                    "false",
	"load balancer: attribute client_keep_alive.seconds":                                                     "3600",
	"auto scaling group: default cooldown":                                                                   "300",
	"auto scaling group: termination policies":                                                               `["Default"]`,
	"auto scaling group: new instances protected from scale in":                                              "false",
	"auto scaling group: " + settingProtected:                                                                None,
	"auto scaling group: capacity rebalance":                                                                 "false",
	"auto scaling group: max instance lifetime":                                                              None,
	"instance: source/dest check":                                                                            "true",
	"instance: ebs optimized":                                                                                "false",
	"instance: disable api termination":                                                                      "false",
	"instance: instance initiated shutdown behavior":                                                         "stop",
	"instance: metadata endpoint":                                                                            "enabled",
	"instance: monitoring":                                                                                   "disabled",
	"health check: enable sni":                                                                               "false",
	"health check: measure latency":                                                                          "false",
	"health check: search string":                                                                            None,
	"listener: tls policy":                                                                                   None,
}
