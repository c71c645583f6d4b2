package drill

import "time"

// Settings are what decides how long a failover takes.
type Settings struct {
	Interval  time.Duration // between one checker's probes, from answer to next request
	Threshold int           // probes in a row that change a checker's mind
	TTL       time.Duration // of the failover name's answer
	// ClientTimeout and ClientEvery are the users' own: a request made just before the old answer
	// expired runs into its time-out, and the next one follows an interval later.
	ClientTimeout time.Duration
	ClientEvery   time.Duration
	// Speed divides what AWS defines, on a local cloud that does the same; 1 on AWS. TTL is as answered,
	// so it is divided already.
	Speed float64
	// LeastTimeout is what no time-out that is divided falls below: a local cloud's, zero on AWS.
	LeastTimeout time.Duration
}

// A Route 53 checker gives an endpoint 4 s to connect and 2 s more to answer, and waits the interval
// from the answer, or the time-out, to its next request (dns-failover-determining-health-of-endpoints,
// HealthCheckConfig in the API reference).
const (
	checkerConnect = 4 * time.Second
	checkerReply   = 2 * time.Second
)

// Propagation is what we allow for a check's new status to reach the name servers. AWS publishes no
// figure; it is divided by the speed too, as a time-out is: a machine has to do the work.
const Propagation = 5 * time.Second

// Detection is the longest time from a fault to the health check's new status: the fault falls right
// after a probe that passed, and every probe that follows runs into both time-outs.
func (s Settings) Detection() time.Duration {
	return time.Duration(s.Threshold) * (s.divide(s.Interval) + s.timeout(checkerConnect) + s.timeout(checkerReply))
}

// Downtime is the longest time that a user can be without service: detection, the way to the name
// servers, an answer cached just before it changed, and one last request to the lost region.
func (s Settings) Downtime() time.Duration {
	return s.Detection() + s.timeout(Propagation) + s.TTL + s.ClientTimeout + s.ClientEvery
}

// timeout is a time-out of AWS's as it passes.
func (s Settings) timeout(d time.Duration) time.Duration {
	return max(s.divide(d), min(d, s.LeastTimeout))
}

func (s Settings) divide(d time.Duration) time.Duration {
	if s.Speed <= 0 {
		return d
	}
	return time.Duration(float64(d) / s.Speed)
}
