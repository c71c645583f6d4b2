package balancing

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// canonicalZone returns the region's; one that AWS does not have gets a stable value of the same shape.
func (r *Room) canonicalZone() string {
	if z := partition.BalancerZone(r.Region); z != "" {
		return z
	}
	return "Z" + strings.ToUpper(strings.ReplaceAll(r.Region, "-", "")) + "ELB"
}

func checkNewLoadBalancer(in *elb.CreateLoadBalancerInput) error {
	if err := required("Name", in.Name); err != nil {
		return err
	}
	if err := checkBalancerName(*in.Name); err != nil {
		return err
	}
	switch {
	case in.Type != "" && in.Type != elbtypes.LoadBalancerTypeEnumApplication && in.Type != elbtypes.LoadBalancerTypeEnumNetwork:
		return wire.Errorf("InvalidConfigurationRequest", "Load balancers of Type '%s' are not supported here", in.Type)
	case in.Scheme != "" && !slices.Contains(in.Scheme.Values(), in.Scheme):
		return wire.Errorf("InvalidScheme", "Scheme '%s' is not valid", in.Scheme)
	}
	if err := checkNetworkType(in.Type == elbtypes.LoadBalancerTypeEnumNetwork, in.IpAddressType); err != nil {
		return err
	}
	return room.Only(in, "Name", "Scheme", "SecurityGroups", "SubnetMappings", "Subnets", "Tags", "Type", "IpAddressType",
		"EnablePrefixForIpv6SourceNat")
}

// subnetIDs reads the two ways of naming subnets.
func subnetIDs(subnets []string, mappings []elbtypes.SubnetMapping) ([]string, error) {
	if len(subnets) > 0 && len(mappings) > 0 {
		return nil, invalid("You can specify either subnets or subnet mappings, not both")
	}
	for _, m := range mappings {
		if err := room.Only(m, "SubnetId"); err != nil {
			return nil, err
		}
		subnets = append(subnets, room.Deref(m.SubnetId))
	}
	return subnets, nil
}

// chooseSubnets checks a load balancer's subnets: at least so many, each in a zone of its own, all of one VPC.
func (r *Room) chooseSubnets(tx *store.Tx, all []place, least int) (vpc string, rows []Subnet, err error) {
	seen := map[string]bool{}
	for _, p := range all {
		s, ok := r.network.Subnet(tx, p.Subnet)
		switch {
		case !ok:
			return "", nil, wire.Errorf("SubnetNotFound", "The subnet ID '%s' does not exist", p.Subnet)
		case vpc != "" && vpc != s.VPC:
			return "", nil, wire.Errorf("InvalidConfigurationRequest", "Subnets must be in the same VPC")
		case seen[s.Zone]:
			return "", nil, wire.Errorf("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		vpc, seen[s.Zone] = s.VPC, true
		rows = append(rows, s)
	}
	if len(rows) < least {
		return "", nil, invalid("At least two subnets in two different Availability Zones must be specified")
	}
	slices.SortFunc(rows, func(a, b Subnet) int { return strings.Compare(a.Zone, b.Zone) })
	return vpc, rows, nil
}

// leastSubnets is how many zones a load balancer of a type needs.
func leastSubnets(network bool) int {
	if network {
		return 1
	}
	return 2
}

// CreateLoadBalancer makes a load balancer with a node in each subnet.
func (r *Room) CreateLoadBalancer(ctx context.Context, in *elb.CreateLoadBalancerInput) (*elb.CreateLoadBalancerOutput, error) {
	if err := checkNewLoadBalancer(in); err != nil {
		return nil, err
	}
	places, err := readPlaces(in.Type == elbtypes.LoadBalancerTypeEnumNetwork, in.Scheme, in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	var row loadBalancerRow
	err = r.Update(func(tx *store.Tx) (err error) {
		row, err = r.newLoadBalancer(tx, in, places, tags)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.sync(row.VPC); err != nil {
		return nil, err
	}
	return &elb.CreateLoadBalancerOutput{LoadBalancers: []elbtypes.LoadBalancer{r.showLoadBalancer(row)}}, nil
}

func (r *Room) newLoadBalancer(tx *store.Tx, in *elb.CreateLoadBalancerInput, places []place, tags map[string]string) (loadBalancerRow, error) {
	network := in.Type == elbtypes.LoadBalancerTypeEnumNetwork
	vpc, chosen, err := r.chooseSubnets(tx, places, leastSubnets(network))
	if err != nil {
		return loadBalancerRow{}, err
	}
	around, _ := r.network.VPC(tx, vpc)
	scheme := in.Scheme
	if scheme == "" {
		scheme = elbtypes.LoadBalancerSchemeEnumInternetFacing
	}
	groups := slices.Clone(in.SecurityGroups)
	if len(groups) == 0 && !network {
		groups = []string{around.DefaultGroup}
	}
	if err := r.checkGroups(tx, vpc, groups); err != nil {
		return loadBalancerRow{}, err
	}
	if err := checkAddressType(scheme, in.IpAddressType, chosen); err != nil {
		return loadBalancerRow{}, err
	}
	row := loadBalancerRow{Name: *in.Name, VPC: vpc, Scheme: scheme, IPAddressType: in.IpAddressType, Groups: groups, Created: time.Now().UTC(), Tags: tags}
	if network {
		row.Type = elbtypes.LoadBalancerTypeEnumNetwork
	}
	if err := row.setSourceNAT(in.EnablePrefixForIpv6SourceNat); err != nil {
		return row, err
	}
	if err := row.checkPlaces(places); err != nil {
		return row, err
	}
	for _, old := range r.loadBalancers.AllTx(tx) {
		if old.Name != *in.Name {
			continue
		}
		if old.network() != network || old.Scheme != scheme || old.addressType() != row.addressType() || !old.onSubnets(chosen) ||
			old.sourceNAT() != row.sourceNAT() ||
			!sameSet(old.Groups, groups) || !maps.Equal(old.Tags, tags) {
			return old, wire.Errorf("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", old.Name)
		}
		return old, nil
	}
	if scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing && !around.HasGateway {
		return loadBalancerRow{}, wire.Errorf("InvalidSubnet", "VPC %s has no internet gateway", vpc)
	}
	if r.countBalancers(tx, network) >= r.Quota(quotaOf(network)) {
		return loadBalancerRow{}, wire.Errorf("TooManyLoadBalancers", "You have reached the maximum number of load balancers")
	}
	path := kindOf(in.Type) + "/" + *in.Name + "/" + room.NewSerial(16)
	row.ARN = r.ARN("elasticloadbalancing", "loadbalancer/"+path)
	row.DNSName = fmt.Sprintf("%s-%010d.%s.elb.amazonaws.com", *in.Name, 1+rand.Int64N(9999999999), r.Region)
	switch {
	case network:
		row.DNSName = fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", *in.Name, path[strings.LastIndexByte(path, '/')+1:], r.Region)
	case scheme == elbtypes.LoadBalancerSchemeEnumInternal:
		row.DNSName = "internal-" + row.DNSName
	}
	if row.Nodes, err = r.newNodes(tx, row, chosen, places); err != nil {
		return row, err
	}
	return row, r.loadBalancers.Put(tx, row.ARN, row)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (row loadBalancerRow) onSubnets(subnets []Subnet) bool {
	return slices.EqualFunc(row.Nodes, subnets, func(n nodeRow, s Subnet) bool { return n.Subnet == s.ID })
}

// newNodes puts an interface into each subnet, keeping those that the load balancer has there, all with the addresses of its type.
func (r *Room) newNodes(tx *store.Tx, row loadBalancerRow, subnets []Subnet, places []place) ([]nodeRow, error) {
	var nodes []nodeRow
	for _, s := range subnets {
		if i := slices.IndexFunc(row.Nodes, func(n nodeRow) bool { return n.Subnet == s.ID }); i >= 0 {
			kept := row.Nodes[i]
			kept.choose(row, places)
			if err := r.reachNode(tx, row, kept); err != nil {
				return nil, err
			}
			nodes = append(nodes, kept)
			continue
		}
		at := slices.IndexFunc(places, func(p place) bool { return p.Subnet == s.ID })
		node, err := r.newNode(tx, row, s, places[at])
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func (r *Room) showLoadBalancer(row loadBalancerRow) elbtypes.LoadBalancer {
	state := elbtypes.LoadBalancerStateEnumProvisioning
	if row.Active {
		state = elbtypes.LoadBalancerStateEnumActive
	}
	out := elbtypes.LoadBalancer{
		LoadBalancerArn: new(row.ARN), LoadBalancerName: new(row.Name), DNSName: new(row.DNSName), VpcId: new(row.VPC), Scheme: row.Scheme,
		CanonicalHostedZoneId: new(r.zoneOf(row)), CreatedTime: new(row.Created), IpAddressType: row.addressType(),
		SecurityGroups: row.Groups, State: &elbtypes.LoadBalancerState{Code: state}, Type: cmp.Or(row.Type, elbtypes.LoadBalancerTypeEnumApplication),
		AvailabilityZones: r.showNodes(row),
	}
	if row.network() {
		out.EnablePrefixForIpv6SourceNat = row.sourceNAT()
	}
	if on := row.privateLink(); on != "" {
		out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = new(string(on))
	}
	return out
}

func (r *Room) showNodes(row loadBalancerRow) (out []elbtypes.AvailabilityZone) {
	for _, n := range row.Nodes {
		z := elbtypes.AvailabilityZone{SubnetId: new(n.Subnet), ZoneName: new(n.Zone)}
		if row.network() {
			z.LoadBalancerAddresses = r.showAddresses(n)
			if eni, _ := r.network.Interface(n.Interface); eni.SourceNAT.IsValid() {
				z.SourceNatIpv6Prefixes = []string{eni.SourceNAT.String()}
			}
		}
		out = append(out, z)
	}
	return out
}

// DescribeLoadBalancers lists load balancers, in the order of their ARNs.
func (r *Room) DescribeLoadBalancers(ctx context.Context, in *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	if err := room.Only(in, "LoadBalancerArns", "Marker", "Names", "PageSize"); err != nil {
		return nil, err
	}
	if len(in.Names) > 0 && len(in.LoadBalancerArns) > 0 {
		return nil, invalid("Load balancer names and ARNs cannot be specified at the same time")
	}
	if err := r.checkARNs(balancerARN, in.LoadBalancerArns...); err != nil {
		return nil, err
	}
	rows, err := selected(r.loadBalancers.All(), in.LoadBalancerArns, func(b loadBalancerRow) string { return b.ARN }, missingLoadBalancer)
	if err != nil {
		return nil, err
	}
	if rows, err = selected(rows, in.Names, func(b loadBalancerRow) string { return b.Name }, missingLoadBalancer); err != nil {
		return nil, err
	}
	rows, next, err := page(rows, func(b loadBalancerRow) string { return b.ARN }, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeLoadBalancersOutput{NextMarker: next}
	for _, row := range rows {
		out.LoadBalancers = append(out.LoadBalancers, r.showLoadBalancer(row))
	}
	return out, nil
}

// selected keeps the rows with the keys asked for, all of which must be there; no keys ask for all.
func selected[T any](rows []T, keys []string, key func(T) string, missing func() error) ([]T, error) {
	for _, k := range keys {
		if !slices.ContainsFunc(rows, func(row T) bool { return key(row) == k }) {
			return nil, missing()
		}
	}
	if len(keys) == 0 {
		return rows, nil
	}
	return slices.DeleteFunc(rows, func(row T) bool { return !slices.Contains(keys, key(row)) }), nil
}
