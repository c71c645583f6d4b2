package drill

import "time"

// Settings decide how long a failover takes.
type Settings struct {
	Interval  time.Duration // between one checker's probes, from answer to next request
	Threshold int           // probes in a row that change a checker's mind
	TTL       time.Duration // of the failover name's answer
	// ClientTimeout and ClientEvery are a user's time-out and interval: a request made just before the old
	// answer expires ends by its time-out, and the next one follows an interval later.
	ClientTimeout time.Duration
	ClientEvery   time.Duration
	// Speed divides the times that AWS defines, as the local cloud does; 1 on AWS. TTL is not divided: the
	// answer has it divided already.
	Speed float64
	// LeastTimeout is the shortest that a divided time-out becomes on a local cloud; zero on AWS.
	LeastTimeout time.Duration
}

// A Route 53 checker gives an endpoint 4 s to connect and 2 s more to answer, and waits the interval
// from the answer, or the time-out, to its next request (dns-failover-determining-health-of-endpoints,
// HealthCheckConfig in the API reference).
const (
	checkerConnect = 4 * time.Second
	checkerReply   = 2 * time.Second
)

// Propagation is the time that we assume until a check's new status reaches the name servers; AWS publishes no
// figure. It is divided by the speed like a time-out, with the same shortest value, since it is work of a machine.
const Propagation = 5 * time.Second

// Detection is the longest time from a fault to the health check's new status: the fault comes right
// after a probe that passed, and every following probe takes both time-outs.
func (s Settings) Detection() time.Duration {
	return time.Duration(s.Threshold) * (s.divide(s.Interval) + s.timeout(checkerConnect) + s.timeout(checkerReply))
}

// Downtime is the longest time that a user can be without service: detection, propagation to the name
// servers, an answer cached just before it changed, and one last request to the lost region.
func (s Settings) Downtime() time.Duration {
	return s.Detection() + s.timeout(Propagation) + s.TTL + s.ClientTimeout + s.ClientEvery
}

// timeout is a time-out of AWS's at this speed.
func (s Settings) timeout(d time.Duration) time.Duration {
	return max(s.divide(d), min(d, s.LeastTimeout))
}

func (s Settings) divide(d time.Duration) time.Duration {
	if s.Speed <= 0 {
		return d
	}
	return time.Duration(float64(d) / s.Speed)
}
