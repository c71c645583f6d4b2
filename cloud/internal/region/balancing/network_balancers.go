package balancing

import (
	"cmp"
	"net/netip"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// TransparentInterface is a network load balancer's node's, which speaks for its clients. Without groups it lets everything pass.
type TransparentInterface struct {
	Subnet      string
	Groups      []string
	Public      bool       // it gets any public address
	Allocation  string     // of the Elastic IP address that it gets instead; "" for none
	Address     netip.Addr // its private one; the zero value for any
	Description string
}

func (row loadBalancerRow) network() bool { return row.Type == elbtypes.LoadBalancerTypeEnumNetwork }

// kindOf is how ARNs, metrics and interfaces call a type.
func kindOf(t elbtypes.LoadBalancerTypeEnum) string {
	if t == elbtypes.LoadBalancerTypeEnumNetwork {
		return "net"
	}
	return "app"
}

// zoneOf is the hosted zone of a load balancer's name.
func (r *Room) zoneOf(row loadBalancerRow) string {
	if z := partition.NetworkBalancerZone(r.Region); z != "" && row.network() {
		return z
	}
	return r.canonicalZone()
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
var networkBalancerAttributes = map[string]attribute{
	"deletion_protection.enabled":            {fallback: "false", allowed: either("true", "false")},
	"access_logs.s3.enabled":                 {fallback: "false", allowed: either("true", "false")},
	"access_logs.s3.bucket":                  {fallback: "", allowed: orEmpty(isBucket)},
	"access_logs.s3.prefix":                  {fallback: "", allowed: isLogPrefix},
	"dns_record.client_routing_policy":       {fallback: "any_availability_zone"},
	"load_balancing.cross_zone.enabled":      {fallback: "false", allowed: either("true", "false")},
	"secondary_ips.auto_assigned.per_subnet": {fallback: "0"},
	zonalShift:                               {fallback: "false", allowed: either("true", "false")},
	noInternetAccess:                         {fallback: "false", allowed: either("true", "false")},
}

// attributes are those that a load balancer has.
func (row loadBalancerRow) attributes() map[string]attribute {
	if row.network() {
		return networkBalancerAttributes
	}
	return loadBalancerAttributes
}

// checkAttribute refuses a key that only the other type of load balancer has. So AWS words it where another property of the load balancer
// is the reason (https://github.com/aws/aws-cdk/issues/29970).
func (row loadBalancerRow) checkAttribute(key string) error {
	_, here := row.attributes()[key]
	_, application := loadBalancerAttributes[key]
	_, network := networkBalancerAttributes[key]
	if here || !application && !network {
		return nil
	}
	kind := elbtypes.LoadBalancerTypeEnumApplication
	if row.network() {
		kind = elbtypes.LoadBalancerTypeEnumNetwork
	}
	return invalid("Load balancer attribute key '%s' is not supported on load balancers with type '%s'", key, kind)
}

// place is where a node is to be, and the addresses that it is to have.
type place struct {
	Subnet     string
	Allocation string       // "" for any public address
	Address    netip.Addr   // private; the zero value for any
	IPv6       netip.Addr   // the zero value for any
	SourceNAT  bool         // it says a prefix for source NAT
	Prefix     netip.Prefix // the zero value for any
}

// readPlaces reads the two ways of naming subnets. Addresses are a network load balancer's, and only of a mapping.
func readPlaces(network bool, scheme elbtypes.LoadBalancerSchemeEnum, subnets []string, mappings []elbtypes.SubnetMapping) ([]place, error) {
	if !network {
		ids, err := subnetIDs(subnets, mappings)
		return places(ids), err
	}
	if len(subnets) > 0 && len(mappings) > 0 {
		_, err := subnetIDs(subnets, mappings)
		return nil, err
	}
	all := places(subnets)
	for _, m := range mappings {
		p, err := readPlace(scheme, m)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 { // https://github.com/ansible/ansible/pull/42060
		return nil, invalid("At least one subnet must be specified")
	}
	return all, nil
}

func places(subnets []string) (all []place) {
	for _, id := range subnets {
		all = append(all, place{Subnet: id})
	}
	return all
}

// readPlace reads a mapping: an Elastic IP address is for the internet, a private one for within.
func readPlace(scheme elbtypes.LoadBalancerSchemeEnum, m elbtypes.SubnetMapping) (p place, err error) {
	if err := room.Only(m, "SubnetId", "AllocationId", "PrivateIPv4Address", "IPv6Address", "SourceNatIpv6Prefix"); err != nil {
		return p, err
	}
	p = place{Subnet: room.Deref(m.SubnetId), Allocation: room.Deref(m.AllocationId)}
	internal := scheme == elbtypes.LoadBalancerSchemeEnumInternal
	if p.Allocation != "" && internal { // https://github.com/terraform-aws-modules/terraform-aws-alb/issues/285
		return p, wire.Errorf("InvalidConfigurationRequest", "Elastic IPs are not supported for load balancers with scheme 'internal'")
	}
	if private := room.Deref(m.PrivateIPv4Address); private != "" {
		if !internal {
			return p, wire.Errorf("InvalidConfigurationRequest", "Private IPv4 addresses are not supported for load balancers with scheme 'internet-facing'")
		}
		if p.Address, err = netip.ParseAddr(private); err != nil || !p.Address.Is4() {
			return p, invalid("The private IPv4 address '%s' is not valid", private)
		}
	}
	return p, p.readIPv6(scheme, m)
}

// newNode puts an interface into a subnet for a load balancer's node.
func (r *Room) newNode(tx *store.Tx, row loadBalancerRow, s Subnet, p place) (nodeRow, error) {
	public := row.Scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing
	description := "ELB " + tail(row.ARN, "loadbalancer")
	node := nodeRow{Subnet: s.ID, Zone: s.Zone, Allocation: p.Allocation, Fixed: p.Address}
	node.choose(row, []place{p})
	var err error
	if !row.network() {
		node.Interface, err = r.network.NewInterface(tx, s.ID, row.Groups, row.reach(), description)
		return node, asOwn(err)
	}
	node.Interface, err = r.network.NewTransparentInterface(tx, TransparentInterface{
		Subnet: s.ID, Groups: row.Groups, Public: public && p.Allocation == "", Allocation: p.Allocation, Address: p.Address, Description: description,
	})
	if err != nil {
		return node, asOwn(err)
	}
	return node, r.reachNode(tx, row, node)
}

// showAddresses are the addresses that were chosen for a node; AWS does not show others.
func (r *Room) showAddresses(n nodeRow) []elbtypes.LoadBalancerAddress {
	var shown elbtypes.LoadBalancerAddress
	if n.Fixed.IsValid() {
		shown.PrivateIPv4Address = new(n.Fixed.String())
	}
	if eni, ok := r.network.Interface(n.Interface); ok && n.Allocation != "" {
		shown.AllocationId, shown.IpAddress = new(n.Allocation), new(eni.Public.String())
	}
	if n.FixedIPv6.IsValid() {
		shown.IPv6Address = new(n.FixedIPv6.String())
	}
	if shown == (elbtypes.LoadBalancerAddress{}) {
		return []elbtypes.LoadBalancerAddress{}
	}
	return []elbtypes.LoadBalancerAddress{shown}
}

// checkNewGroups refuses groups for a network load balancer that was made without any, and none for one that was not
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html). The first is in AWS's words
// (https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/4790).
func (row loadBalancerRow) checkNewGroups() error {
	if row.network() && len(row.Groups) == 0 {
		return wire.Errorf("InvalidConfigurationRequest",
			"You cannot set security groups on a Network Load Balancer which was created without any security groups.")
	}
	return nil
}

// privateLink tells whether a network load balancer's groups are for traffic by AWS PrivateLink, too, of which there is none here; "" where it has
// no groups (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html).
func (row loadBalancerRow) privateLink() elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum {
	if !row.network() || len(row.Groups) == 0 {
		return ""
	}
	return cmp.Or(row.PrivateLink, elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnumOn)
}

func (row *loadBalancerRow) setPrivateLink(on elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum) error {
	if on != "" && !row.network() {
		return wire.Errorf("InvalidConfigurationRequest",
			"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is not supported for load balancers of type 'application'")
	}
	row.PrivateLink = cmp.Or(on, row.PrivateLink)
	return nil
}

// checkNodes refuses to move a network load balancer's nodes to other addresses: a zone that it stays in keeps its addresses.
func (row loadBalancerRow) checkNodes(all []place) error {
	for _, n := range row.Nodes {
		i := slices.IndexFunc(all, func(p place) bool { return p.Subnet == n.Subnet })
		if i < 0 {
			continue
		}
		if p := all[i]; p.Allocation != "" && p.Allocation != n.Allocation || p.Address.IsValid() && p.Address != n.Fixed ||
			p.IPv6.IsValid() && row.dualStack() && p.IPv6 != n.FixedIPv6 {
			return wire.Errorf("InvalidConfigurationRequest", "The addresses of the load balancer in subnet '%s' cannot be changed", n.Subnet)
		}
	}
	return nil
}

// countBalancers counts the load balancers of a type.
func (r *Room) countBalancers(tx *store.Tx, network bool) (n int) {
	for _, b := range r.loadBalancers.AllTx(tx) {
		if b.network() == network {
			n++
		}
	}
	return n
}

// quotaOf is how many load balancers of a type there may be.
func quotaOf(network bool) room.Quota {
	if network {
		return networkPerRegion
	}
	return balancersPerRegion
}

// listenersQuota is how many listeners a load balancer may have.
func (row loadBalancerRow) listenersQuota() room.Quota {
	if row.network() {
		return listenersPerNetwork
	}
	return listenersPerBalancer
}
