package balancing

import (
	"fmt"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// flowGroups are the protocols of a network load balancer's listeners, and those of the target groups that each may forward to
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html#target-group-routing-configuration).
var flowGroups = map[elbtypes.ProtocolEnum][]elbtypes.ProtocolEnum{
	elbtypes.ProtocolEnumTcp:    {elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTcpUdp},
	elbtypes.ProtocolEnumTls:    {elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls},
	elbtypes.ProtocolEnumUdp:    {elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumTcpUdp},
	elbtypes.ProtocolEnumTcpUdp: {elbtypes.ProtocolEnumTcpUdp},
}

// isFlow tells whether a protocol is a network load balancer's.
func isFlow(p elbtypes.ProtocolEnum) bool { return flowGroups[p] != nil }

// hasTLS tells whether a listener of a protocol needs a certificate.
func hasTLS(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttps || p == elbtypes.ProtocolEnumTls
}

// checkProtocol refuses a listener's protocol that its load balancer does not have, in AWS's words
// (https://github.com/hashicorp/terraform-provider-aws/issues/6173, https://github.com/pulumi/pulumi-aws/issues/1193).
func (row loadBalancerRow) checkProtocol(p elbtypes.ProtocolEnum) error {
	switch {
	case row.network() && (p == "QUIC" || p == "TCP_QUIC"):
		return wire.Errorf("UnsupportedProtocol", "Listeners with Protocol '%s' are not supported here", p)
	case row.network() && !isFlow(p):
		return invalid("Listener protocol '%s' must be one of 'TLS, TCP, TCP_UDP, UDP'", p)
	case !row.network() && !isHTTP(p):
		return invalid("Listener protocol '%s' must be one of 'HTTPS, HTTP'", p)
	}
	return row.checkDatagrams(p)
}

// alpnPolicies are what TLS listeners offer, the preferred first
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#alpn-policies).
var alpnPolicies = map[string][]string{
	"None":           nil,
	"HTTP1Only":      {"http/1.1", "http/1.0"},
	"HTTP2Only":      {"h2"},
	"HTTP2Optional":  {"http/1.1", "http/1.0", "h2"},
	"HTTP2Preferred": {"h2", "http/1.1", "http/1.0"},
}

// checkALPN refuses a policy that there is not, and any where there is no TLS of flows.
func checkALPN(p elbtypes.ProtocolEnum, policies []string) error {
	if len(policies) == 0 {
		return nil
	}
	if p != elbtypes.ProtocolEnumTls {
		return invalid("ALPN policies are only supported for TLS listeners")
	}
	if len(policies) > 1 { // "You can specify one policy name", API reference, CreateListener
		return invalid("Exactly one ALPN policy can be specified, but '%d' were specified", len(policies))
	}
	if _, ok := alpnPolicies[policies[0]]; !ok {
		return wire.Errorf("ALPNPolicyNotFound", "The specified ALPN policy '%s' is not supported", policies[0])
	}
	return nil
}

// readDefault checks a listener's default actions.
func (r *Room) readDefault(tx *store.Tx, b loadBalancerRow, l listenerRow, actions []elbtypes.Action) ([]elbtypes.Action, error) {
	if b.network() {
		if err := checkFlowAction(actions); err != nil {
			return nil, err
		}
	}
	read, err := r.readActions(tx, l, actions)
	if err != nil || !b.network() {
		return read, err
	}
	read[0].ForwardConfig.TargetGroupStickinessConfig = nil
	if groups := read[0].ForwardConfig.TargetGroups; len(groups) == 1 {
		groups[0].Weight = nil
	}
	return read, r.checkFlowGroups(tx, b, l.protocol(), read)
}

// checkFlowAction refuses what a network load balancer does not do: it forwards, to target groups by their weights
// (https://aws.amazon.com/about-aws/whats-new/2025/11/network-load-balancer-weighted-target-groups/), and knows no client again.
func checkFlowAction(actions []elbtypes.Action) error {
	if len(actions) != 1 {
		return nil // it is told why below
	}
	switch a := actions[0]; {
	case a.Type != elbtypes.ActionTypeEnumForward:
		return wire.Errorf("InvalidLoadBalancerAction", "Actions of type '%s' are not supported for load balancers of type 'network'", a.Type)
	case a.ForwardConfig == nil:
	case a.ForwardConfig.TargetGroupStickinessConfig != nil && room.Deref(a.ForwardConfig.TargetGroupStickinessConfig.Enabled):
		return invalid("Target group stickiness is not supported for load balancers of type 'network'")
	}
	return nil
}

// checkFlowGroups refuses target groups whose protocol does not suit their listener's, and for an application load balancer one network load
// balancer too many. "Only TCP listeners can forward traffic to an Application Load Balancer target group"
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html).
func (r *Room) checkFlowGroups(tx *store.Tx, b loadBalancerRow, p elbtypes.ProtocolEnum, actions []elbtypes.Action) error {
	if err := r.checkOneFamily(tx, actions); err != nil {
		return err
	}
	for _, arn := range actionGroups(actions) {
		g, _ := r.targetGroups.GetTx(tx, arn)
		if !slices.Contains(flowGroups[p], g.protocol()) || g.ofBalancers() && p != elbtypes.ProtocolEnumTcp {
			return incompatible(arn)
		}
		if err := b.checkShiftsWith(g); err != nil {
			return err
		}
		if !g.ofBalancers() {
			continue // its targets may be many
		}
		for _, t := range g.Targets {
			if err := r.checkNetworks(tx, t.ID, b.ARN); err != nil {
				return err
			}
		}
	}
	return nil
}

// incompatible is how AWS refuses it (https://github.com/hashicorp/terraform-provider-aws/issues/4955).
func incompatible(group string) error {
	return wire.Errorf("IncompatibleProtocols", "The listener and its associated target group '%s' have incompatible protocols", group)
}

// flowListenerAttributes are those of listeners of TCP; a network load balancer's others have none
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html).
var flowListenerAttributes = map[string]attribute{idleTimeout: {fallback: "350", allowed: between(60, 6000)}}

const idleTimeout = "tcp.idle_timeout.seconds"

// isNetworkARN tells whether a listener, by its ARN, is a network load balancer's.
func isNetworkARN(listener string) bool { return strings.HasPrefix(tail(listener, "listener"), "net/") }

// checkRules refuses rules for a network load balancer's listener.
func checkRules(listener string) error {
	if isNetworkARN(listener) {
		return wire.Errorf("OperationNotPermitted", "Rules are not supported for listeners of load balancers of type 'network'")
	}
	return nil
}

// flowListener is a network load balancer's listener for the data path. Its port is not opened without its certificate.
func (r *Room) flowListener(l listenerRow) (balancer.Listener, error) {
	port := balancer.Listener{Port: int(l.Port), Flow: runFlow(l)}
	var err error
	if port.TLS, err = r.runSecurity(l.Security); err != nil {
		return port, fmt.Errorf("the certificates of port %d: %w", l.Port, err)
	}
	return port, nil
}
