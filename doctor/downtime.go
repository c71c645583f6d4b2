package doctor

import (
	"fmt"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/drill"
)

const (
	// aliasTTL is of every alias record to a load balancer, and cannot be changed ("Choosing between alias and non-alias
	// records" in the Route 53 Developer Guide).
	aliasTTL = 60 * time.Second
	// userTimeout is when a user gives up a request that was sent to the lost region.
	userTimeout = 2 * time.Second
)

// predict is the longest time without service, at AWS's own speed.
func predict(interval, threshold int) time.Duration {
	s := drill.Settings{Interval: time.Duration(interval) * time.Second, Threshold: threshold, TTL: aliasTTL, ClientTimeout: userTimeout, Speed: 1}
	return s.Downtime()
}

// judgeDowntime compares the prediction with what is asked for.
func judgeDowntime(d *understudy.Declaration, rto time.Duration) []Finding {
	f := d.Failover
	worst := predict(f.Interval, f.Threshold)
	found := Finding{
		Check: CheckDowntime, Severity: Note, Side: understudy.Global,
		What: fmt.Sprintf("users may be without service for up to %s: interval %d s, threshold %d, answers that resolvers keep for %s",
			worst, f.Interval, f.Threshold, aliasTTL),
		Why: "this is the longest from the loss of the primary to the last user's first answer from the secondary",
	}
	switch {
	case rto <= 0:
		found.Heal = "--rto 2m compares it with what you need"
	case worst <= rto:
		found.What += fmt.Sprintf("; %s is asked for", rto)
	default:
		found.Severity = Blocker
		found.What += fmt.Sprintf(", and no more than %s is asked for", rto)
		found.Heal = faster(f, rto)
	}
	return []Finding{found}
}

// faster says which settings keep the time, with the largest threshold that does: a small one moves users for a short trouble.
func faster(f understudy.Failover, rto time.Duration) string {
	for threshold := f.Threshold; threshold >= 1; threshold-- {
		for _, interval := range []int{f.Interval, 10} {
			if worst := predict(interval, threshold); worst <= rto {
				return fmt.Sprintf("failover: {interval: %d, threshold: %d} needs at most %s", interval, threshold, worst)
			}
		}
	}
	return fmt.Sprintf("no setting keeps it: the least is %s, of which %s are for answers that resolvers keep", predict(10, 1), aliasTTL)
}
