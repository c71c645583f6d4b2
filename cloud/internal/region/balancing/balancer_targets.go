package balancing

import (
	"maps"
	"net/netip"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// An application load balancer is the only target of a network load balancer's target group of type alb, and is reached at its nodes
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html).

// mostNetworks is how many network load balancers an application load balancer may be a target of, the same page.
const mostNetworks = 2

// ofBalancers tells whether a group's target is an application load balancer.
func (row targetGroupRow) ofBalancers() bool { return row.Type == elbtypes.TargetTypeEnumAlb }

// checkBalancerGroup refuses what a target group of type alb cannot be: "For Protocol, only TCP is allowed", and its health checks are HTTP or
// HTTPS, the same page. The words are not AWS's.
func checkBalancerGroup(in *elb.CreateTargetGroupInput) error {
	if in.TargetType != elbtypes.TargetTypeEnumAlb {
		return nil
	}
	if in.Protocol != elbtypes.ProtocolEnumTcp {
		return wire.Errorf("InvalidConfigurationRequest", "Protocol '%s' is not supported for target groups with target type 'alb'", in.Protocol)
	}
	if in.IpAddressType == elbtypes.TargetGroupIpAddressTypeEnumIpv6 { // "always uses IPv4", the same page
		return wire.Errorf("InvalidConfigurationRequest", "IpAddressType 'ipv6' is not supported for target groups with target type 'alb'")
	}
	return checkAsksBalancer(in.TargetType, in.HealthCheckProtocol)
}

// checkAsksBalancer refuses a health check of an application load balancer that only connects to it.
func checkAsksBalancer(t elbtypes.TargetTypeEnum, check elbtypes.ProtocolEnum) error {
	if t == elbtypes.TargetTypeEnumAlb && check == elbtypes.ProtocolEnumTcp {
		return wire.Errorf("InvalidConfigurationRequest", "Health check protocol 'TCP' is not supported for target groups with target type 'alb'")
	}
	return nil
}

// balancerGroupAttributes are what a group of type alb always has: "You can't modify the target group attributes", the same page. Clients'
// addresses are preserved (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html).
func balancerGroupAttributes() map[string]attribute {
	all := maps.Clone(flowGroupAttributes)
	for key, a := range all {
		all[key] = attribute{fallback: a.fallback}
	}
	all[preserve] = attribute{fallback: "true"}
	return all
}

// checkChangeable refuses to change an attribute that always has its default, in AWS's words
// (https://github.com/hashicorp/terraform-provider-aws/issues/7047).
func (row targetGroupRow) checkChangeable(key string) error {
	if _, known := row.attributes()[key]; known && row.ofBalancers() {
		return wire.Errorf("InvalidConfigurationRequest", "The provided target group attribute is not supported")
	}
	return nil
}

// checkBalancer refuses what cannot be the target of a group of type alb. The code is for what "does not exist, is not in the same VPC as the
// target group" (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html); of listeners it is in AWS's
// words (https://github.com/hashicorp/terraform-provider-aws/issues/38987).
func (r *Room) checkBalancer(tx *store.Tx, g targetGroupRow, t targetRow) error {
	if err := r.checkARNs(balancerARN, t.ID); err != nil {
		return err
	}
	b, ok := r.loadBalancers.GetTx(tx, t.ID)
	_, listens := r.portListener(tx, t.ID, t.Port)
	switch {
	case !ok || b.network():
		return wire.Errorf("InvalidTarget", "The following targets are not valid application load balancers: '%s'", t.ID)
	case b.VPC != g.VPC:
		return wire.Errorf("InvalidTarget", "The following targets are not in the target group VPC '%s': '%s'", g.VPC, t.ID)
	case !listens:
		return invalid("If the target type is ALB, the target must have at least one listener that matches the target group port or any specified port overrides")
	}
	return r.checkNetworks(tx, t.ID, r.groupUsers(tx)[g.ARN])
}

// checkNetworks refuses one more network load balancer before an application load balancer that has its most; "" is none more.
func (r *Room) checkNetworks(tx *store.Tx, arn, more string) error {
	networks, users := map[string]bool{}, r.groupUsers(tx)
	for _, g := range r.targetGroups.AllTx(tx) {
		if user := users[g.ARN]; user != "" && g.registered(arn, 0) {
			networks[user] = true
		}
	}
	if more != "" && !networks[more] && len(networks) >= mostNetworks {
		return wire.Errorf("TooManyRegistrationsForTargetId", "You've reached the limit on the number of times a target can be registered with a load balancer")
	}
	return nil
}

// registered tells whether an application load balancer is the group's target at a port, 0 for any.
func (row targetGroupRow) registered(arn string, port int32) bool {
	return row.ofBalancers() && slices.ContainsFunc(row.Targets, func(t targetRow) bool {
		return t.ID == arn && !t.draining() && (port == 0 || t.Port == port)
	})
}

// checkOpen refuses to close a port at which an application load balancer is a target, in AWS's words
// (https://github.com/hashicorp/terraform-provider-aws/issues/34860).
func (r *Room) checkOpen(tx *store.Tx, l listenerRow) error {
	for _, g := range r.targetGroups.AllTx(tx) {
		if g.registered(l.LoadBalancer, l.Port) {
			return wire.Errorf("ResourceInUse", "Listener port '%d' is in use by registered target '%s' and cannot be removed.", l.Port, l.LoadBalancer)
		}
	}
	return nil
}

// checkNoTarget refuses to delete an application load balancer that is a target: "You can't delete the Application Load Balancer until you
// deregister it from all target groups", the same page. The words are those of other uses
// (https://github.com/cloud-custodian/cloud-custodian/issues/9921).
func (r *Room) checkNoTarget(tx *store.Tx, arn string) error {
	for _, g := range r.targetGroups.AllTx(tx) {
		if g.registered(arn, 0) {
			return wire.Errorf("ResourceInUse", "Load balancer '%s' cannot be deleted because it is currently associated with another service", arn)
		}
	}
	return nil
}

// checkCount refuses more targets than a group may have: "You can only register one Application Load Balancer per target group", the same page.
// One that drains makes room for the next.
func (r *Room) checkCount(g targetGroupRow) error {
	n, most := len(g.Targets), r.Quota(targetsPerGroup)
	if g.ofBalancers() {
		n, most = len(slices.DeleteFunc(slices.Clone(g.Targets), targetRow.draining)), 1
	}
	if n > most {
		return wire.Errorf("TooManyTargets", "The maximum number of targets per target group is %d", most)
	}
	return nil
}

// spread are a group's targets as the data path has them: an application load balancer once for each of its zones, as its Zone says then, and
// others as they are.
func (r *Room) spread(g targetGroupRow) (all []targetRow) {
	if !g.ofBalancers() {
		return g.Targets
	}
	for _, t := range g.Targets {
		if t.Zone != "" {
			all = append(all, t)
			continue
		}
		b, _ := r.loadBalancers.Get(t.ID)
		for _, n := range b.Nodes {
			t.Zone = n.Zone
			all = append(all, t)
		}
	}
	return all
}

// nodeOf is the address of an application load balancer's node in the zone of a target of spread. It is IPv4 whatever else the node has: "The
// communication between a Network Load Balancer and an Application Load Balancer always uses IPv4", the same page.
func (r *Room) nodeOf(t targetRow) (at netip.AddrPort) {
	b, _ := r.loadBalancers.Get(t.ID)
	for _, n := range b.Nodes {
		if eni, ok := r.network.Interface(n.Interface); ok && n.Zone == t.Zone {
			return netip.AddrPortFrom(eni.Address, uint16(t.Port))
		}
	}
	return at
}

// The states of an application load balancer's nodes, from the one that tells most of the whole: it serves where one of them does.
var statesOfNodes = []elbtypes.TargetHealthStateEnum{
	elbtypes.TargetHealthStateEnumHealthy, elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthStateEnumUnhealthy,
}

// balancerHealth is the health of an application load balancer as one target.
func (r *Room) balancerHealth(g targetGroupRow, t targetRow) elbtypes.TargetHealth {
	g.Targets = []targetRow{t}
	best, rank := health("unused", "Target.InvalidState", "Target is in the %s state", "deleted"), len(statesOfNodes)+1
	for _, node := range r.spread(g) {
		h := r.targetHealth(g, node)
		at := slices.Index(statesOfNodes, h.State)
		if at < 0 {
			at = len(statesOfNodes)
		}
		if at < rank {
			best, rank = h, at
		}
	}
	return best
}
