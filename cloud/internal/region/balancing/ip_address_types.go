package balancing

import (
	"cmp"
	"context"
	"maps"
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
	return attributeOf(loadBalancerAttributes, row.Attributes, key)
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

// setAddressType changes the type in the row. What is set of IPv6 does not outlive it.
func (row *loadBalancerRow) setAddressType(t elbtypes.IpAddressType, subnets []Subnet) error {
	if err := checkAddressType(row.Scheme, t, subnets); err != nil {
		return err
	}
	row.IPAddressType = t
	if !row.dualStack() {
		row.Attributes = maps.Clone(row.Attributes)
		delete(row.Attributes, noInternetAccess)
	}
	return nil
}

// setReach gives the nodes the addresses that the row says.
func (r *Room) setReach(tx *store.Tx, row loadBalancerRow) error {
	for _, n := range row.Nodes {
		if err := r.network.SetReach(tx, n.Interface, row.reach()); err != nil {
			return asOwn(err)
		}
	}
	return nil
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
		if err := b.setAddressType(in.IpAddressType, subnets); err != nil {
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
