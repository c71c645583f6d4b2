package drill

import (
	"fmt"
	"time"

	"github.com/understudy/understudy"
)

const (
	// AliasTTL is of every alias record to a load balancer, and cannot be changed ("Choosing between alias and non-alias records" in the
	// Route 53 Developer Guide).
	AliasTTL = 60 * time.Second
	// UserTimeout is when a user gives up a request that was sent to the lost region.
	UserTimeout = 2 * time.Second
)

// Worst is the longest time that a user of a service can be without it when a region is lost, at AWS's own speed.
func Worst(f understudy.Failover) time.Duration {
	s := Settings{Interval: time.Duration(f.Interval) * time.Second, Threshold: f.Threshold}
	return s.onAWS().Downtime()
}

// onAWS are the same settings at AWS's own speed, and with its TTL.
func (s Settings) onAWS() Settings {
	return Settings{Interval: s.Interval, Threshold: s.Threshold, TTL: AliasTTL, ClientTimeout: UserTimeout, Speed: 1}
}

// scaled is a time of AWS's as it is at these settings: it has the same share of what is predicted. An answer that is kept for longer than an
// alias's is taken for one: its TTL is divided exactly, and would hide how much longer all else takes.
func (s Settings) scaled(d time.Duration) time.Duration {
	s.TTL = min(s.TTL, max(time.Second, s.divide(AliasTTL)))
	return time.Duration(float64(d) * float64(s.Downtime()) / float64(s.onAWS().Downtime()))
}

// Beyond is how many times as long a time becomes as the speed alone would have it, by what does not shrink as much.
func (s Settings) Beyond() float64 {
	s.ClientTimeout = s.timeout(s.ClientTimeout)
	return float64(s.scaled(time.Hour)) / float64(s.divide(time.Hour))
}

// Kept tells whether a declaration keeps a promised time without service.
func Kept(f understudy.Failover, rto time.Duration) bool { return Worst(f) <= rto }

// Faster says which settings keep a promised time, with the largest threshold that does: a small one moves users for a short trouble.
func Faster(f understudy.Failover, rto time.Duration) string {
	for threshold := f.Threshold; threshold >= 1; threshold-- {
		for _, interval := range []int{f.Interval, 10} {
			g := f
			g.Interval, g.Threshold = interval, threshold
			if Kept(g, rto) {
				return fmt.Sprintf("failover: {interval: %d, threshold: %d} needs at most %s", interval, threshold, Worst(g))
			}
		}
	}
	f.Interval, f.Threshold = 10, 1
	return fmt.Sprintf("no setting keeps it: the least is %s, of which %s are for answers that resolvers keep", Worst(f), AliasTTL)
}
