package balancing

import (
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
)

// Report is what Route 53 is to know of the load balancers, in the order of their names.
func (r *Room) Report() (report []beacon.LoadBalancer) {
	for _, row := range r.loadBalancers.All() {
		if row.network() {
			report = append(report, r.reportNetwork(row)...)
			continue
		}
		zones := r.zonesInDNS(row)
		b := beacon.LoadBalancer{DNSName: row.DNSName, HostedZoneID: r.canonicalZone(), Healthy: row.Active && len(zones) > 0}
		left := r.zoneLeft(row)
		zones = slices.DeleteFunc(zones, func(zone string) bool { return zone == left })
		for _, n := range row.Nodes {
			if len(zones) > 0 && !slices.Contains(zones, n.Zone) {
				continue
			}
			b.Addresses = append(b.Addresses, r.nodeAddresses(row, n)...)
		}
		report = append(report, b)
	}
	slices.SortFunc(report, func(a, b beacon.LoadBalancer) int { return strings.Compare(a.DNSName, b.DNSName) })
	return report
}

// zonesInDNS are the zones of an application load balancer that have enough healthy targets of every target group, among those that the
// zone's node sends requests to: over zones the same for all. Its name has the addresses of these zones, or all where there are none
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html).
func (r *Room) zonesInDNS(row loadBalancerRow) (well []string) {
	for _, n := range row.Nodes {
		if r.zoneIsWell(row, n.Zone) {
			well = append(well, n.Zone)
		}
	}
	return well
}

// evaluate is EvaluateTargetHealth's answer: each target group has enough healthy targets; one without
// any has not (https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html). Nor has a load balancer without target groups,
// such as one of redirects alone: traffic goes elsewhere "if there are no healthy targets registered with the load balancer"
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html#r53-dns-failover).
func (r *Room) evaluate(row loadBalancerRow) bool {
	groups := r.groupsOf(row.ARN)
	for _, arn := range groups {
		if g, ok := r.targetGroups.Get(arn); !ok || !r.enough(g, g.Targets) {
			return false
		}
	}
	return row.Active && len(groups) > 0
}

// enough tells whether targets of a group pass its threshold for DNS: neither its count nor its
// percentage, where that is on, is undercut. Even with the count off, one healthy target is needed.
func (r *Room) enough(g targetGroupRow, targets []targetRow) bool {
	return r.reaches(g, targets, failoverOfDNS)
}

// The thresholds of a target group's health, by the words of its attributes.
const failoverOfDNS, failoverOfRouting = "dns_failover", "unhealthy_state_routing"

// reaches tells whether targets of a group pass its threshold of a kind.
func (r *Room) reaches(g targetGroupRow, targets []targetRow, kind string) bool {
	healthy, all := 0, 0
	for _, t := range targets {
		switch r.targetHealth(g, t).State {
		case elbtypes.TargetHealthStateEnumHealthy:
			healthy, all = healthy+1, all+1
		case elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthStateEnumUnhealthy:
			all++
		}
	}
	return healthy >= max(1, g.minimum(kind, "count")) && healthy*100 >= all*g.minimum(kind, "percentage")
}
