package balancing

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// noInternetAccess is the attribute of dual-stack load balancers that closes the internet gateway to their IPv6 addresses. Where it is
// not set, it is on for internal ones (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html).
const noInternetAccess = "ipv6.deny_all_igw_traffic"

func addressType(given elbtypes.IpAddressType) elbtypes.IpAddressType {
	return cmp.Or(given, elbtypes.IpAddressTypeIpv4)
}

func (row loadBalancerRow) addressType() elbtypes.IpAddressType {
	return addressType(row.IPAddressType)
}

func (row loadBalancerRow) dualStack() bool { return row.addressType() != elbtypes.IpAddressTypeIpv4 }

// attribute returns a setting of the load balancer, or its default.
func (row loadBalancerRow) attribute(key string) string {
	if _, set := row.Attributes[key]; !set && key == noInternetAccess && row.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		return "true"
	}
	return attributeOf(row.attributes(), row.Attributes, key)
}

// reach is how the load balancer's nodes are reached.
func (row loadBalancerRow) reach() Reach {
	public := row.Scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing
	return Reach{
		Public: public && row.addressType() != elbtypes.IpAddressTypeDualstackWithoutPublicIpv4,
		IPv6:   row.dualStack(), NoInternet: row.dualStack() && row.attribute(noInternetAccess) == "true",
	}
}

// checkAddressType refuses a type that a load balancer in these subnets cannot have. The words about subnets are in no documentation;
// seen in https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/4852.
func checkAddressType(scheme elbtypes.LoadBalancerSchemeEnum, given elbtypes.IpAddressType, subnets []Subnet) error {
	t := addressType(given)
	switch {
	case t == elbtypes.IpAddressTypeDualstackWithoutPublicIpv4 && scheme == elbtypes.LoadBalancerSchemeEnumInternal:
		return wire.Errorf("InvalidConfigurationRequest", "IpAddressType '%s' is not valid for load balancers with the scheme '%s'", t, scheme)
	case t != elbtypes.IpAddressTypeIpv4 && slices.ContainsFunc(subnets, func(s Subnet) bool { return !s.IPv6 }):
		return invalid("You must specify subnets with an associated IPv6 CIDR block.")
	}
	return nil
}

// errMixedFamilies is in no documentation; seen in https://github.com/zalando-incubator/kube-ingress-aws-controller/pull/752.
var errMixedFamilies = wire.Errorf("InvalidConfigurationRequest",
	"You cannot associate an IPv6 target group with a load balancer that has an 'ipv4' IP address type")

func (row targetGroupRow) addressType() elbtypes.TargetGroupIpAddressTypeEnum {
	return cmp.Or(row.IPAddressType, elbtypes.TargetGroupIpAddressTypeEnumIpv4)
}

// ofIPv6 tells whether the group's targets are reached by IPv6, instances by their primary IPv6 addresses.
func (row targetGroupRow) ofIPv6() bool {
	return row.IPAddressType == elbtypes.TargetGroupIpAddressTypeEnumIpv6
}

// address reads the address of a target, which is of the group's family.
func (row targetGroupRow) address(t targetRow) (netip.Addr, error) {
	a, err := netip.ParseAddr(t.ID)
	if err != nil || a.Is6() != row.ofIPv6() || a.Is4In6() || a.Zone() != "" {
		family := map[bool]string{false: "IPv4", true: "IPv6"}[row.ofIPv6()]
		return a, invalid("The IP address '%s' is not a valid %s address", t.ID, family)
	}
	return a, nil
}

// setAddressType changes the type in the row. What is set of IPv6 does not outlive it.
func (r *Room) setAddressType(tx *store.Tx, row *loadBalancerRow, t elbtypes.IpAddressType, subnets []Subnet) error {
	if err := checkNetworkType(row.network(), t); err != nil {
		return err
	}
	if err := checkAddressType(row.Scheme, t, subnets); err != nil {
		return err
	}
	if addressType(t) == elbtypes.IpAddressTypeIpv4 && r.usesIPv6(tx, row.ARN) {
		return errMixedFamilies
	}
	row.IPAddressType = t
	if !row.dualStack() {
		row.Attributes, row.SourceNAT = maps.Clone(row.Attributes), ""
		delete(row.Attributes, noInternetAccess)
	}
	return nil
}

// setReach gives the nodes the addresses that the row says.
func (r *Room) setReach(tx *store.Tx, row loadBalancerRow) error {
	for _, n := range row.Nodes {
		if err := r.reachNode(tx, row, n); err != nil {
			return err
		}
	}
	return nil
}

// usesIPv6 tells whether a load balancer forwards to any target group of IPv6.
func (r *Room) usesIPv6(tx *store.Tx, arn string) bool {
	for group, user := range r.groupUsers(tx) {
		if g, _ := r.targetGroups.GetTx(tx, group); user == arn && g.ofIPv6() {
			return true
		}
	}
	return false
}

// reachNode gives a node the addresses that the row says. A network load balancer's keep theirs of IPv4.
func (r *Room) reachNode(tx *store.Tx, row loadBalancerRow, n nodeRow) error {
	if row.network() {
		return asOwn(r.network.SetIPv6(tx, n.Interface, row.reachOf(n)))
	}
	return asOwn(r.network.SetReach(tx, n.Interface, row.reach()))
}

// SetIpAddressType changes the families of addresses at which a load balancer is reached; who uses those that stay is not disturbed.
func (r *Room) SetIpAddressType(ctx context.Context, in *elb.SetIpAddressTypeInput) (*elb.SetIpAddressTypeOutput, error) {
	if err := room.Only(in, "IpAddressType", "LoadBalancerArn"); err != nil {
		return nil, err
	}
	var row loadBalancerRow
	err := r.changeLoadBalancer(in.LoadBalancerArn, func(tx *store.Tx, b *loadBalancerRow) error {
		var subnets []Subnet
		for _, n := range b.Nodes {
			s, _ := r.network.Subnet(tx, n.Subnet)
			subnets = append(subnets, s)
		}
		if err := r.setAddressType(tx, b, in.IpAddressType, subnets); err != nil {
			return err
		}
		b.Nodes = slices.Clone(b.Nodes)
		for i := range b.Nodes {
			b.Nodes[i].choose(*b, nil)
		}
		if err := r.checkListeners(tx, *b); err != nil {
			return err
		}
		row = *b
		return r.setReach(tx, *b)
	})
	if err != nil {
		return nil, err
	}
	return &elb.SetIpAddressTypeOutput{IpAddressType: row.addressType()}, r.sync(row.VPC)
}
