package health

import (
	"hash/fnv"
	"net/netip"
	"slices"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/address"
)

// regions are those that Route 53 checks from (HealthCheckRegion in the API reference).
var regions = []r53types.HealthCheckRegion{
	r53types.HealthCheckRegionUsEast1,
	r53types.HealthCheckRegionUsWest1,
	r53types.HealthCheckRegionUsWest2,
	r53types.HealthCheckRegionEuWest1,
	r53types.HealthCheckRegionApSoutheast1,
	r53types.HealthCheckRegionApSoutheast2,
	r53types.HealthCheckRegionApNortheast1,
	r53types.HealthCheckRegionSaEast1,
}

// perRegion is how many checkers each region has. AWS does not tell its own number.
const perRegion = 2

// checker is one of a check's probers and its opinion. The monitor's lock guards what changes.
type checker struct {
	number int // from 0; it names the source address
	region r53types.HealthCheckRegion
	source netip.Addr

	judge       Judge
	last        *r53types.HealthCheckObservation
	lastFailure *r53types.HealthCheckObservation
}

// checkersOf returns the checkers of the chosen regions, or of all where none is chosen.
func checkersOf(chosen []r53types.HealthCheckRegion) []*checker {
	var all []*checker
	for i, region := range regions {
		if len(chosen) > 0 && !slices.Contains(chosen, region) {
			continue
		}
		for k := range perRegion {
			n := i*perRegion + k
			all = append(all, &checker{number: n, region: region, source: address.Checker(n)})
		}
	}
	return all
}

// phase returns how long the i-th of a check's checkers waits before its first probe. Checkers are
// spread evenly over the interval, and different checks start at different moments, so that endpoints
// see a steady trickle: "one request every two seconds" at 30 s (developer guide, "Values that you
// specify when you create or update health checks").
func phase(id string, i, all int, interval time.Duration) time.Duration {
	slot := interval / time.Duration(all)
	if slot <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(id))
	return slot*time.Duration(i) + time.Duration(h.Sum64()%uint64(slot))
}
