// Package health is Route 53's health checks: probes, and the judge of what they found.
//
// Judging is pure: an old state and one result make a new state ([Opinion.After]), and many checkers'
// opinions make a verdict ([Agree]). Probing is apart (probe.go), and a [Monitor] joins the two.
package health

// Opinion is what one checker thinks of an endpoint.
type Opinion struct {
	Healthy bool
	// Against is how many results in a row contradict the opinion.
	Against int
	// Results is how many there have been, up to the threshold: with fewer the checker has no opinion yet.
	Results int
}

// After returns the opinion after one more result. The threshold, from 1 to 10, holds in both directions:
// as many results in a row change a mind either way (HealthCheckConfig$FailureThreshold). A checker's
// first opinion is its first result's.
func (o Opinion) After(passed bool, threshold int) Opinion {
	if o.Results == 0 {
		return Opinion{Healthy: passed, Results: 1}
	}
	o.Results = min(o.Results+1, threshold)
	if passed == o.Healthy {
		o.Against = 0
		return o
	}
	o.Against++
	if o.Against >= threshold {
		o.Healthy, o.Against = passed, 0
	}
	return o
}

// quorum is the share of checkers, in per cent, that must be exceeded for an endpoint to be healthy
// (Developer Guide, dns-failover-determining-health-of-endpoints).
const quorum = 18

// Agree is the verdict of all checkers that have an opinion. Where none has, an endpoint is healthy: a new
// check is, until there is enough data.
func Agree(opinions []Opinion) bool {
	healthy, all := 0, 0
	for _, o := range opinions {
		if o.Results == 0 {
			continue
		}
		all++
		if o.Healthy {
			healthy++
		}
	}
	return all == 0 || healthy*100 > quorum*all
}
