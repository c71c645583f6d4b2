package zones

import "strings"

// balancerZones are the hosted zones of the application load balancers' names of each region (AWS General
// Reference, "Elastic Load Balancing endpoints and quotas").
var balancerZones = map[string]string{
	"Z35SXDOTRQ7X7K": "us-east-1",
	"Z3AADJGX6KTTL2": "us-east-2",
	"Z368ELLRRE2KJ0": "us-west-1",
	"Z1H1FL5HABSF5":  "us-west-2",
	"ZQSVJUPU6J1EY":  "ca-central-1",
	"Z215JYRZR1TBD5": "eu-central-1",
	"Z32O12XQLNTSW2": "eu-west-1",
	"ZHURV8PSTC4K8":  "eu-west-2",
	"Z3Q77PNBQS71R4": "eu-west-3",
	"Z23TAZ6LKFMNIO": "eu-north-1",
	"Z14GRHDCWA56QT": "ap-northeast-1",
	"ZWKZPGTI48KDX":  "ap-northeast-2",
	"Z5LXEXXYW11ES":  "ap-northeast-3",
	"Z1LMS91P8CMLE5": "ap-southeast-1",
	"Z1GM3OXH4ZPM65": "ap-southeast-2",
	"ZP97RAFLXTNZK":  "ap-south-1",
	"Z2P70J7HTTTPLU": "sa-east-1",
}

// balancerNames returns how the names in a load balancers' hosted zone end; none where it is no such zone.
// Whether one load balancer exists is not asked here: its region tells of it a moment after making it, and
// an alias that is written in that moment must not be refused.
func (a *api) balancerNames(zone string) []string {
	var suffixes []string
	if region, ok := balancerZones[zone]; ok {
		suffixes = append(suffixes, "."+region+".elb.amazonaws.com", ".elb."+region+".amazonaws.com")
	}
	for _, report := range a.reports.All() {
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
