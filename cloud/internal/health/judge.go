package health

// Judge is one checker's opinion of an endpoint. Its zero value is that of a checker that has not seen
// anything yet: healthy.
type Judge struct {
	unhealthy bool
	contrary  uint8 // results in a row that speak against the opinion
}

// Healthy tells the opinion.
func (j Judge) Healthy() bool { return !j.unhealthy }

// Next returns the opinion after one more result. FailureThreshold counts both ways: as many passes in
// a row bring an endpoint back as failures in a row took it away (HealthCheckConfig, FailureThreshold).
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

// Settled returns the same opinion without the results that had begun to speak against it: they were
// of other settings.
func (j Judge) Settled() Judge { return Judge{unhealthy: j.unhealthy} }

// quorum is the share, in per cent, of checkers that must be exceeded for a check to be healthy
// ("How Amazon Route 53 determines whether a health check is healthy": more than 18 %).
const quorum = 18

// Weigh tells whether a check is healthy of which so many of all checkers think so. A check without
// checkers has no data, and such a check is healthy.
func Weigh(healthy, all int) bool {
	return all == 0 || healthy*100 > quorum*all
}
