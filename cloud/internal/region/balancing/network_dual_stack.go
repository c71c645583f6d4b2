package balancing

import (
	"cmp"
	"net/netip"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// checkNetworkType refuses the type that only application load balancers have: those of network load balancers are ipv4 and dualstack
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html).
func checkNetworkType(network bool, t elbtypes.IpAddressType) error {
	if network && addressType(t) == elbtypes.IpAddressTypeDualstackWithoutPublicIpv4 {
		return wire.Errorf("InvalidConfigurationRequest", "IpAddressType '%s' is not valid for load balancers of type 'network'", t)
	}
	return nil
}

// autoAssigned stands for any prefix for source NAT
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SubnetMapping.html).
const autoAssigned = "auto_assigned"

// readIPv6 reads what a mapping says of IPv6: "For internet-facing load balancer, you can specify one IPv6 address per subnet"
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html).
func (p *place) readIPv6(scheme elbtypes.LoadBalancerSchemeEnum, m elbtypes.SubnetMapping) (err error) {
	if text := room.Deref(m.IPv6Address); text != "" {
		if scheme == elbtypes.LoadBalancerSchemeEnumInternal {
			return wire.Errorf("InvalidConfigurationRequest", "IPv6 addresses are not supported for load balancers with scheme 'internal'")
		}
		if p.IPv6, err = netip.ParseAddr(text); err != nil || !p.IPv6.Is6() || p.IPv6.Is4In6() || p.IPv6.Zone() != "" {
			return invalid("The IPv6 address '%s' is not valid", text)
		}
	}
	text := room.Deref(m.SourceNatIpv6Prefix)
	if p.SourceNAT = text != ""; !p.SourceNAT || text == autoAssigned {
		return nil
	}
	if p.Prefix, err = netip.ParsePrefix(text); err != nil || !p.Prefix.Addr().Is6() || p.Prefix.Bits() != 80 || p.Prefix != p.Prefix.Masked() {
		return invalid("The IPv6 prefix '%s' must be '%s' or have a /80 netmask", text, autoAssigned)
	}
	return nil
}

// sourceNAT tells whether a network load balancer has a prefix of IPv6 in each zone, for source NAT.
func (row loadBalancerRow) sourceNAT() elbtypes.EnablePrefixForIpv6SourceNatEnum {
	return cmp.Or(row.SourceNAT, elbtypes.EnablePrefixForIpv6SourceNatEnumOff)
}

// setSourceNAT changes it in the row where a request says so; an IPv4 load balancer has none.
func (row *loadBalancerRow) setSourceNAT(given elbtypes.EnablePrefixForIpv6SourceNatEnum) error {
	switch on := given == elbtypes.EnablePrefixForIpv6SourceNatEnumOn; {
	case given != "" && !row.network():
		return wire.Errorf("InvalidConfigurationRequest", "EnablePrefixForIpv6SourceNat is not supported for load balancers of type 'application'")
	case on && !row.dualStack(): // "The IP address type must be dualstack", API reference, CreateLoadBalancer
		return wire.Errorf("InvalidConfigurationRequest", "EnablePrefixForIpv6SourceNat is only supported for load balancers with the IP address type 'dualstack'")
	}
	row.SourceNAT = cmp.Or(given, row.SourceNAT)
	return nil
}

// checkPlaces refuses what only a dual-stack load balancer's zones have, and prefixes where they are not enabled.
func (row loadBalancerRow) checkPlaces(all []place) error {
	for _, p := range all {
		switch {
		case p.IPv6.IsValid() && !row.dualStack():
			return wire.Errorf("InvalidConfigurationRequest", "IPv6 addresses are only supported for load balancers with the IP address type 'dualstack'")
		case p.SourceNAT && row.sourceNAT() != elbtypes.EnablePrefixForIpv6SourceNatEnumOn:
			return wire.Errorf("InvalidConfigurationRequest", "A source NAT IPv6 prefix is only supported where EnablePrefixForIpv6SourceNat is 'on'")
		}
	}
	return nil
}

// datagrams tells whether a listener's protocol is of datagrams.
func datagrams(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumUdp || p == elbtypes.ProtocolEnumTcpUdp
}

// checkDatagrams refuses datagrams where clients of one family cannot be told apart at targets of the other: "It is essential to enable this
// parameter for UDP listener with dual-stack NLB" (https://github.com/aws/aws-cdk/pull/32184). The words are not AWS's.
func (row loadBalancerRow) checkDatagrams(p elbtypes.ProtocolEnum) error {
	if row.network() && row.dualStack() && datagrams(p) && row.sourceNAT() != elbtypes.EnablePrefixForIpv6SourceNatEnumOn {
		return wire.Errorf("InvalidConfigurationRequest", "Listeners with the protocol '%s' are not supported for load balancers with the IP address type "+
			"'dualstack' unless EnablePrefixForIpv6SourceNat is 'on'", p)
	}
	return nil
}

// checkListeners refuses a load balancer as it is to be for the listeners that it has.
func (r *Room) checkListeners(tx *store.Tx, row loadBalancerRow) error {
	for _, l := range r.listeners.AllTx(tx) {
		if l.LoadBalancer != row.ARN {
			continue
		}
		if err := row.checkDatagrams(l.protocol()); err != nil {
			return err
		}
	}
	return nil
}

// reachOf is how one of the load balancer's nodes is reached.
func (row loadBalancerRow) reachOf(n nodeRow) Reach {
	reach := row.reach()
	if reach.IPv6 {
		reach.Address, reach.Prefix, reach.SourceNAT = n.FixedIPv6, n.FixedPrefix, row.sourceNAT() == elbtypes.EnablePrefixForIpv6SourceNatEnumOn
	}
	return reach
}

// choose keeps what a request has chosen for a node of IPv6; an IPv4 load balancer's has nothing of it.
func (n *nodeRow) choose(row loadBalancerRow, all []place) {
	if !row.dualStack() {
		n.FixedIPv6 = netip.Addr{}
	}
	if row.sourceNAT() != elbtypes.EnablePrefixForIpv6SourceNatEnumOn {
		n.FixedPrefix = netip.Prefix{}
	}
	at := slices.IndexFunc(all, func(p place) bool { return p.Subnet == n.Subnet })
	if at < 0 {
		return
	}
	if p := all[at]; p.IPv6.IsValid() {
		n.FixedIPv6 = p.IPv6
	}
	if p := all[at]; p.SourceNAT {
		n.FixedPrefix = p.Prefix
	}
}

// checkOneFamily refuses target groups of both families in one action: "every target group in that action must use the same IP address type"
// (https://aws.amazon.com/blogs/networking-and-content-delivery/consolidate-dual-stack-architectures-with-listener-rules-for-network-load-balancer/).
// The words are not AWS's.
func (r *Room) checkOneFamily(tx *store.Tx, actions []elbtypes.Action) error {
	families := map[elbtypes.TargetGroupIpAddressTypeEnum]bool{}
	for _, arn := range actionGroups(actions) {
		g, _ := r.targetGroups.GetTx(tx, arn)
		families[g.addressType()] = true
	}
	if len(families) > 1 {
		return wire.Errorf("InvalidConfigurationRequest", "The target groups of an action must have the same IP address type")
	}
	return nil
}
