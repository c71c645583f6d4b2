package balancing

import (
	"net/netip"
	"slices"
	"strconv"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
)

// reportNetwork is what Route 53 is to know of a network load balancer: its name, and a name for each of its zones
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#dns-name). A zone that is not well has no
// address in the load balancer's name, unless none is well; one that a zonal shift moves traffic away from is as one that is not.
func (r *Room) reportNetwork(row loadBalancerRow) (report []beacon.LoadBalancer) {
	whole := beacon.LoadBalancer{DNSName: row.DNSName, HostedZoneID: r.zoneOf(row), Healthy: r.evaluate(row)}
	left := r.zoneLeft(row)
	var all []netip.Addr
	for _, n := range row.Nodes {
		own := r.nodeAddresses(row, n)
		if len(own) == 0 {
			continue
		}
		well := r.zoneIsWell(row, n.Zone) && n.Zone != left
		all = append(all, own...)
		if well {
			whole.Addresses = append(whole.Addresses, own...)
		}
		report = append(report, beacon.LoadBalancer{
			DNSName: n.Zone + "." + row.DNSName, HostedZoneID: whole.HostedZoneID, Addresses: own, Healthy: well && row.Active,
		})
	}
	if len(whole.Addresses) == 0 {
		whole.Addresses = all
	}
	return append(report, whole)
}

// nodeAddresses are those by which clients reach a node, of both families.
func (r *Room) nodeAddresses(row loadBalancerRow, n nodeRow) []netip.Addr {
	eni, _ := r.network.Interface(n.Interface)
	four := eni.Public
	if row.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		four = eni.Address
	}
	return slices.DeleteFunc([]netip.Addr{four, eni.IPv6}, func(a netip.Addr) bool { return !a.IsValid() })
}

// zoneIsWell tells whether a zone of a load balancer has enough healthy targets of each target group, among those that the zone's
// node sends traffic to (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-zonal-health.html).
func (r *Room) zoneIsWell(row loadBalancerRow, zone string) bool {
	groups := r.groupsOf(row.ARN)
	for _, arn := range groups {
		g, ok := r.targetGroups.Get(arn)
		if !ok {
			return false
		}
		targets := g.Targets
		if !crossesZones(row, g) {
			targets = r.targetsIn(g, zone)
		}
		if !r.enough(g, targets) {
			return false
		}
	}
	return len(groups) > 0
}

// targetsIn are the targets of a zone, and those of none.
func (r *Room) targetsIn(g targetGroupRow, zone string) (in []targetRow) {
	for _, t := range r.spread(g) {
		if _, of, _ := r.targetAddress(g, t); of == "" || of == zone {
			in = append(in, t)
		}
	}
	return in
}

// hostsIn counts the targets of a zone that are well, and those that are not.
func (r *Room) hostsIn(g targetGroupRow, zone string) (healthy, unhealthy int) {
	g.Targets = r.targetsIn(g, zone)
	return r.hosts(g)
}

// minimum is a threshold of a target group's health; 0 where it is off.
func (g targetGroupRow) minimum(kind, unit string) int {
	v, err := strconv.Atoi(g.set("target_group_health." + kind + ".minimum_healthy_targets." + unit))
	if err != nil {
		return 0
	}
	return v
}
