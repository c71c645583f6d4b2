package region

import (
	"slices"
	"strconv"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
)

// BeaconReport is what Route 53 is to know of the region's load balancers and alarms. It may be another after each
// change of the region.
func (r *Region) BeaconReport() beacon.Report {
	defer r.watching.CountReport()()
	report := beacon.Report{Region: r.Region}
	for _, row := range r.loadBalancers.All() {
		b := beacon.LoadBalancer{DNSName: row.DNSName, HostedZoneID: r.canonicalZone(), Healthy: r.evaluate(row)}
		for _, n := range row.Nodes {
			eni, ok := r.interfaces.Get(n.Interface)
			switch {
			case !ok:
			case row.Scheme == elbtypes.LoadBalancerSchemeEnumInternal:
				b.Addresses = append(b.Addresses, eni.Address)
			case eni.Public.IsValid():
				b.Addresses = append(b.Addresses, eni.Public)
			}
		}
		report.LoadBalancers = append(report.LoadBalancers, b)
	}
	slices.SortFunc(report.LoadBalancers, func(a, b beacon.LoadBalancer) int {
		if a.DNSName < b.DNSName {
			return -1
		}
		return 1
	})
	report.Alarms = r.watching.Streams()
	return report
}

// evaluate is EvaluateTargetHealth's answer: each target group has enough healthy targets; one without
// any has not, nor has a load balancer without target groups
// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html).
func (r *Region) evaluate(row loadBalancerRow) bool {
	groups := r.groupsOf(row.ARN)
	for _, arn := range groups {
		if g, ok := r.targetGroups.Get(arn); !ok || !r.enough(g) {
			return false
		}
	}
	return row.Active && len(groups) > 0
}

// enough tells whether a target group passes its threshold for DNS: neither its count nor its
// percentage, where that is on, is undercut. Even with the count off, one healthy target is needed.
func (r *Region) enough(g targetGroupRow) bool {
	setting := func(unit string) int {
		v, err := strconv.Atoi(attributeOf(targetGroupAttributes, g.Attributes, "target_group_health.dns_failover.minimum_healthy_targets."+unit))
		if err != nil {
			return 0 // off
		}
		return v
	}
	healthy, all := 0, 0
	for _, t := range g.Targets {
		switch r.targetHealth(g, t).State {
		case elbtypes.TargetHealthStateEnumHealthy:
			healthy, all = healthy+1, all+1
		case elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthStateEnumUnhealthy:
			all++
		}
	}
	return healthy >= max(1, setting("count")) && healthy*100 >= all*setting("percentage")
}

// Changed returns a channel that is closed at the region's next change; take it before BeaconReport.
func (r *Region) Changed() <-chan struct{} { return r.beacon.Next() }
