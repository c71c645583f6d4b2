// Package tempo shrinks the times that AWS defines, so that a rehearsal of minutes takes seconds.
//
// Only times that AWS defines are divided: health check intervals and time-outs, DNS TTLs, grace
// periods, cooldowns, deregistration delays. Time-outs of our own (a socket between two of our
// processes, say) are not.
//
// What waits for real work does not shrink below what the work may take, since no speed hurries a process that boots
// or an answer on its way. Those floors are declared here and nowhere else.
package tempo

import "time"

// Speed is the divisor; 1 is real time, and so is the zero value.
type Speed float64

// Of returns d as it passes at this speed.
func (s Speed) Of(d time.Duration) time.Duration {
	if s <= 0 || s == 1 {
		return d
	}
	return time.Duration(float64(d) / float64(s))
}

// LeastTimeout is what no shrunken time-out falls below: a busy machine may take this long over what a
// real endpoint does at once.
const LeastTimeout = 200 * time.Millisecond

// Timeout returns a time-out at this speed: d divided, but not below LeastTimeout unless d itself is.
func (s Speed) Timeout(d time.Duration) time.Duration {
	return max(s.Of(d), min(d, LeastTimeout))
}

// LeastBoot is what no shrunken time to boot in falls below: a service answers within a second of its instance's
// launch on an idle machine, and many instances start at once, after their region did, on one that is not.
const LeastBoot = 20 * time.Second

// Boot returns a time that an instance is given to boot in, at this speed: a grace period, a warm-up, the first
// checks of a target. It is d divided, but not below LeastBoot unless d itself is.
func (s Speed) Boot(d time.Duration) time.Duration {
	return max(s.Of(d), min(d, LeastBoot))
}

// TTL returns a DNS time to live, in seconds, as it is answered at this speed: never below one
// second unless it was declared as zero.
func (s Speed) TTL(seconds uint32) uint32 {
	if s <= 0 || s == 1 || seconds == 0 {
		return seconds
	}
	return max(1, uint32(float64(seconds)/float64(s)))
}
