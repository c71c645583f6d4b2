package health

// Judge is one checker's decision on an endpoint's health. The zero value is that of a checker without results:
// healthy.
type Judge struct {
	unhealthy bool
	contrary  uint8 // results in a row that speak against the opinion
}

// Healthy returns the decision.
func (j Judge) Healthy() bool { return !j.unhealthy }

// Next returns the Judge after one more result. FailureThreshold counts in both directions: after so many failures in a row
// an endpoint is unhealthy, and after so many passes in a row healthy again (HealthCheckConfig, FailureThreshold).
func (j Judge) Next(pass bool, threshold int) Judge {
	if pass == j.Healthy() {
		return Judge{unhealthy: j.unhealthy}
	}
	j.contrary++
	if int(j.contrary) >= threshold {
		return Judge{unhealthy: !j.unhealthy}
	}
	return j
}

// Settled returns a Judge with the same decision, without the results since that differ from it: they belong to earlier
// settings.
func (j Judge) Settled() Judge { return Judge{unhealthy: j.unhealthy} }

// quorum is the share, in per cent, of checkers that must be exceeded for a check to be healthy
// ("How Amazon Route 53 determines whether a health check is healthy": more than 18 %).
const quorum = 18

// Weigh tells whether a check is healthy, from the number of checkers that find it healthy and the number of all. A check
// without checkers has no data, and is healthy.
func Weigh(healthy, all int) bool {
	return all == 0 || healthy*100 > quorum*all
}
