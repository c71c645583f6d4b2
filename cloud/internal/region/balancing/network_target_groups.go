package balancing

import (
	"maps"
	"strconv"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// flow tells whether a target group is for network load balancers.
func (row targetGroupRow) flow() bool { return isFlow(row.Protocol) }

// flowMatcher are the codes that pass where none are said
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html).
const flowMatcher = "200-399"

// checkDefaults are the time-out of a health check in seconds, its path and its matcher, where a request says none
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html).
func checkDefaults(group, check elbtypes.ProtocolEnum) (timeout int32, path, matcher string) {
	switch {
	case !isFlow(group):
		return 5, "/", "200"
	case check == elbtypes.ProtocolEnumHttp:
		return 6, "/", flowMatcher
	case check == elbtypes.ProtocolEnumHttps:
		return 10, "/", flowMatcher
	}
	return 10, "", ""
}

// checkCheckProtocol refuses a health check's protocol that a target group's does not go with. The values of the enumeration that are no
// health check's are refused for both.
func checkCheckProtocol(group, check elbtypes.ProtocolEnum) error {
	switch {
	case check == "" || isHTTP(check), check == elbtypes.ProtocolEnumTcp && isFlow(group):
		return nil
	case check == elbtypes.ProtocolEnumTcp:
		return wire.Errorf("InvalidConfigurationRequest", "Health check protocol 'TCP' is not supported for target groups with the %s protocol", group)
	}
	return wire.Errorf("InvalidConfigurationRequest", "HealthCheckProtocol '%s' is not supported here", check)
}

// checkConnects refuses what a health check that only connects cannot have, in AWS's words
// (https://github.com/hashicorp/terraform-provider-aws/pull/2170). Clients send an empty path for none.
func checkConnects(check elbtypes.ProtocolEnum, path *string, matcher *elbtypes.Matcher) error {
	switch {
	case check != elbtypes.ProtocolEnumTcp:
		return nil
	case room.Deref(path) != "":
		return wire.Errorf("InvalidConfigurationRequest", "Health check paths are not supported for TCP health checks")
	case matcher != nil && room.Deref(matcher.HttpCode) != "":
		return wire.Errorf("InvalidConfigurationRequest", "Health check matchers are not supported for TCP health checks")
	}
	return nil
}

// fitCheck gives a changed health check what its protocol has and the one before had not, or the other way round.
func (row *targetGroupRow) fitCheck() {
	_, path, matcher := checkDefaults(row.protocol(), row.checkProtocol())
	if path == "" {
		row.Path, row.Matcher = "", ""
		return
	}
	if row.Path == "" {
		row.Path = path
	}
	if row.Matcher == "" {
		row.Matcher = matcher
	}
}

// checkFlowMatcher refuses codes that no check of HTTP can pass by; a check that only connects has none.
func (row targetGroupRow) checkFlowMatcher() error {
	if _, err := balancer.ParseFlowMatcher(row.Matcher); err != nil && isHTTP(row.checkProtocol()) {
		return invalid("Health check matcher HTTP code '%s' must be within '200-599'", row.Matcher)
	}
	return nil
}

// The keys of target groups of network load balancers that are not those of others
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html).
const (
	cutDrained   = "deregistration_delay.connection_termination.enabled"
	preserve     = "preserve_client_ip.enabled"
	proxyV2      = "proxy_protocol_v2.enabled"
	cutUnhealthy = "target_health_state.unhealthy.connection_termination.enabled"
	crossZone    = "load_balancing.cross_zone.enabled"
)

// crossZoneOfGroup is the setting of a target group of either kind.
var crossZoneOfGroup = attribute{fallback: "use_load_balancer_configuration", allowed: either("true", "false", "use_load_balancer_configuration")}

// flowGroupAttributes are those of TCP and of targets by address; others' defaults are in attributes.
var flowGroupAttributes = map[string]attribute{
	"deregistration_delay.timeout_seconds": {fallback: "300", allowed: between(0, 3600)},
	cutDrained:                             {fallback: "false", allowed: either("true", "false")},
	crossZone:                              crossZoneOfGroup,
	preserve:                               {fallback: "false", allowed: either("true", "false")},
	proxyV2:                                {fallback: "false", allowed: either("true", "false")},
	"stickiness.enabled":                   {fallback: "false", allowed: either("true", "false")},
	"stickiness.type":                      {fallback: "source_ip", allowed: either("source_ip")},
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 {fallback: "1", allowed: orOff(between(1, 1000))},
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            {fallback: "off", allowed: orOff(between(1, 100))},
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      {fallback: "1", allowed: between(1, 1000)},
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": {fallback: "off"},
	cutUnhealthy: {fallback: "true", allowed: either("true", "false")},
	"target_health_state.unhealthy.draining_interval_seconds": {fallback: "0"},
}

// attributes are those that a target group has, with its defaults. Of datagrams, each target sees the client's address, and what is open
// when a target has drained is cut (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html).
func (row targetGroupRow) attributes() map[string]attribute {
	if !row.flow() {
		return targetGroupAttributes
	}
	if row.ofBalancers() {
		return balancerGroupAttributes()
	}
	all := maps.Clone(flowGroupAttributes)
	switch {
	case datagrams(row.Protocol):
		all[cutDrained] = attribute{fallback: "true", allowed: either("true", "false")}
		all[preserve] = attribute{fallback: "true"}
		all[proxyV2] = attribute{fallback: "false"} // of datagrams it is not done here
	case row.Type == elbtypes.TargetTypeEnumInstance:
		all[preserve] = attribute{fallback: "true", allowed: either("true", "false")}
	}
	if row.Protocol == elbtypes.ProtocolEnumTls { // "Sticky sessions are not supported with TLS listeners and TLS target groups", the same page
		all["stickiness.enabled"] = attribute{fallback: "false"}
	}
	return all
}

func (row targetGroupRow) set(key string) string {
	return attributeOf(row.attributes(), row.Attributes, key)
}

// checkStickiness refuses a type of stickiness that a target group of this protocol does not have, in AWS's words
// (https://github.com/ansible/ansible/issues/67993).
func (row targetGroupRow) checkStickiness(key, value string) error {
	if key != "stickiness.type" || row.flow() == (value == "source_ip") {
		return nil
	}
	if row.flow() && (value == "lb_cookie" || value == "app_cookie") || value == "source_ip" {
		return wire.Errorf("InvalidConfigurationRequest", "Stickiness type '%s' is not supported for target groups with the %s protocol", value, row.protocol())
	}
	return nil
}

// crossesZones tells whether a load balancer's nodes send flows of a target group to other zones.
func crossesZones(b loadBalancerRow, g targetGroupRow) bool {
	if set := g.set(crossZone); set != "use_load_balancer_configuration" {
		return set == "true"
	}
	return attributeOf(b.attributes(), b.Attributes, crossZone) == "true"
}

// flowGroup is what the data path does with a network load balancer's target group.
func (r *Room) flowGroup(b loadBalancerRow, g targetGroupRow) *balancer.FlowGroup {
	is := func(key string) bool { return g.set(key) == "true" }
	return &balancer.FlowGroup{
		CrossZone: crossesZones(b, g), PreserveClient: is(preserve), ProxyProtocol: is(proxyV2), StickySource: is("stickiness.enabled"),
		CutDrained: is(cutDrained), CutUnhealthy: is(cutUnhealthy),
	}
}

// flowCheck is what the data path's checks of its targets have of their own.
func (r *Room) flowCheck(b loadBalancerRow, g targetGroupRow) balancer.FlowCheck {
	c := balancer.FlowCheck{On: true, Connect: g.CheckProtocol == elbtypes.ProtocolEnumTcp, ProxyProtocol: g.set(proxyV2) == "true"}
	for _, l := range r.listeners.All() {
		for _, arn := range actionGroups(l.Actions) {
			if l.LoadBalancer == b.ARN && arn == g.ARN {
				c.ListenerPort = int(l.Port)
			}
		}
	}
	return c
}

// runFlow is a network load balancer's listener for the data path.
func runFlow(l listenerRow) *balancer.Flow {
	seconds, _ := strconv.Atoi(attributeOf(flowListenerAttributes, l.Attributes, idleTimeout))
	return &balancer.Flow{
		ID:       l.ARN[strings.LastIndexByte(l.ARN, '/')+1:],
		Protocol: balancer.Protocol(l.Protocol), Forward: sharesOf(l.Actions[0].ForwardConfig),
		Idle: time.Duration(seconds) * time.Second, ALPN: alpnPolicies[l.ALPN],
	}
}

// checkFlowGroup refuses what a target group of a network load balancer cannot have here.
func checkFlowGroup(in *elb.CreateTargetGroupInput) error {
	if version := room.Deref(in.ProtocolVersion); version != "" {
		return wire.Errorf("InvalidConfigurationRequest", "Protocol version is not supported for target groups with the %s protocol", in.Protocol)
	}
	return checkConnects(checkProtocolOf(in), in.HealthCheckPath, in.Matcher)
}

// checkProtocolOf is a health check's protocol, or the one that it has by default.
func checkProtocolOf(in *elb.CreateTargetGroupInput) elbtypes.ProtocolEnum {
	switch {
	case in.HealthCheckProtocol != "":
		return in.HealthCheckProtocol
	case isFlow(in.Protocol) && in.TargetType != elbtypes.TargetTypeEnumAlb:
		return elbtypes.ProtocolEnumTcp
	}
	return elbtypes.ProtocolEnumHttp
}
