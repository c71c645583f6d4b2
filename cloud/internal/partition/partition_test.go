package partition

import (
	"slices"
	"strings"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Of AWS's API models, Route 53's name all regions in which a VPC can be, of every partition.
func TestNamesAreThoseOfTheSDK(t *testing.T) {
	others := []string{"cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"} // partitions
	var want []string
	for _, r := range r53types.VPCRegion("").Values() {
		if !slices.ContainsFunc(others, func(prefix string) bool { return strings.HasPrefix(string(r), prefix) }) {
			want = append(want, string(r))
		}
	}
	slices.Sort(want)
	if got := Names(); !slices.Equal(got, want) {
		t.Errorf("there are %v\nwant %v", got, want)
	}
	for _, name := range append(want, "us-east-3", "aws-global", "us-gov-west-1", "") {
		if Has(name) != slices.Contains(want, name) {
			t.Errorf("%q: %t", name, Has(name))
		}
	}
}

func TestMostRegionsOfOldNeedNoOptIn(t *testing.T) {
	for _, name := range enabled {
		if !Has(name) || OptIn(name) {
			t.Errorf("%s is no region, or needs to be opted in to", name)
		}
	}
	if !OptIn("ap-southeast-7") {
		t.Error("an account has ap-southeast-7 from its beginning")
	}
}

func TestEveryRegionHasABalancersZoneOfItsOwn(t *testing.T) {
	for _, name := range Names() {
		if zone := NetworkBalancerZone(name); zone == "" || NetworkBalancersOf(zone) != name || BalancersOf(zone) != "" {
			t.Errorf("%s: network load balancers' zone %q", name, zone)
		}
		if zone := BalancerZone(name); zone == "" || BalancersOf(zone) != name {
			t.Errorf("%s: zone %q is of %q", name, zone, BalancersOf(zone))
		}
	}
	if got := BalancersOf("Z0000000"); got != "" {
		t.Errorf("a zone of nobody is of %s", got)
	}
}
