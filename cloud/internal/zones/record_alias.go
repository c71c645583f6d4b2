package zones

import (
	"strings"

	"github.com/understudy/understudy/cloud/internal/partition"
)

// balancerNames returns how the names in a load balancers' hosted zone end; none where it is no such zone.
// It does not check whether a load balancer exists: its region reports a new one a moment later, and
// an alias that is made in that moment must not be refused.
func (r *Room) balancerNames(zone string) []string {
	var suffixes []string
	if region := partition.BalancersOf(zone); region != "" {
		suffixes = append(suffixes, "."+region+".elb.amazonaws.com", ".elb."+region+".amazonaws.com")
	}
	if region := partition.NetworkBalancersOf(zone); region != "" {
		suffixes = append(suffixes, ".elb."+region+".amazonaws.com")
	}
	for _, report := range r.reports.All() {
		for _, lb := range report.LoadBalancers {
			if lb.HostedZoneID != zone {
				continue
			}
			if _, parent, ok := strings.Cut(strings.TrimSuffix(strings.ToLower(lb.DNSName), "."), "."); ok {
				suffixes = append(suffixes, "."+parent)
			}
		}
	}
	return suffixes
}
