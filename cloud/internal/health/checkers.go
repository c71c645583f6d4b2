package health

import (
	"hash/fnv"
	"math/rand/v2"
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

// perRegion is how many checkers each region has. AWS does not publish its number.
const perRegion = 2

// Checkers is how many ask an endpoint whose check names so many regions to ask from; none is all of them.
func Checkers(named int) int {
	if named == 0 {
		named = len(regions)
	}
	return named * perRegion
}

// checker is one of a check's probers and its state. The monitor's lock guards what changes, except its place
// in the schedule, which the schedule's lock guards.
type checker struct {
	check       *check
	judge       Judge
	last        sight
	lastFailure sight
	due         int64  // Unix time in nanoseconds
	place       int32  // in the schedule; negative while it does not wait
	turn        uint32 // counts probes
	number      uint8  // from 0
}

// checkerAddress is a checker's address of the family of what it asks.
func checkerAddress(checker int, ipv6 bool) netip.Addr {
	if ipv6 {
		return address.CheckerIPv6(checker)
	}
	return address.Checker(checker)
}

// source is the address it asks from.
func (k *checker) source() netip.Addr {
	return checkerAddress(int(k.number), k.check.endpoint.address.Is6())
}

func (k *checker) region() r53types.HealthCheckRegion { return regions[k.number/perRegion] }

// checkersOf returns the checkers of the chosen regions, or of all regions if none is chosen.
func checkersOf(c *check, chosen []r53types.HealthCheckRegion) []*checker {
	var numbers []uint8
	for i, region := range regions {
		if len(chosen) > 0 && !slices.Contains(chosen, region) {
			continue
		}
		for k := range perRegion {
			numbers = append(numbers, uint8(i*perRegion+k))
		}
	}
	one, all := make([]checker, len(numbers)), make([]*checker, len(numbers))
	for i, n := range numbers {
		one[i] = checker{check: c, number: n, turn: uint32(n), place: -1}
		all[i] = &one[i]
	}
	return all
}

// phase returns how long the i-th of a check's checkers waits before its first probe. Each has its own
// part of the interval, and within it a time of its own. So an endpoint gets requests all the time ("one request every
// two seconds" at 30 s) but not at regular times: checkers do not coordinate with one another (developer guide,
// "Values that you specify when you create or update health checks"). The time follows from the check's id and is not
// random, so that a run can be repeated. From then on the interval is exact, as documented.
func phase(id string, i, all int, interval time.Duration) time.Duration {
	slot := interval / time.Duration(all)
	if slot <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(id))
	seeded := rand.New(rand.NewPCG(h.Sum64(), uint64(i)))
	return slot*time.Duration(i) + time.Duration(seeded.Int64N(int64(slot)))
}
