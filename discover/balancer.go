package discover

import (
	"regexp"
	"strings"
)

// RegionOf reads the region from a load balancer's DNS name: name-1234567890.us-east-1.elb.amazonaws.com, and of network load
// balancers name-0123456789abcdef.elb.us-east-1.amazonaws.com
// (https://docs.aws.amazon.com/general/latest/gr/elb.html).
func RegionOf(dns string) string {
	for _, form := range balancerNames {
		if m := form.FindStringSubmatch(dns); m != nil {
			return m[1]
		}
	}
	return ""
}

var balancerNames = []*regexp.Regexp{
	regexp.MustCompile(`\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.elb\.amazonaws\.com(?:\.cn)?$`),
	regexp.MustCompile(`\.elb\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com(?:\.cn)?$`),
}

// PlainName writes a DNS name as Elastic Load Balancing does: without the dot at its end, and without the prefix by which
// Route 53 asks for both address families.
func PlainName(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "dualstack.")
}
