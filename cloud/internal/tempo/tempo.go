// Package tempo divides the times that AWS defines by a speed, so that a rehearsal of minutes takes seconds.
//
// Only times that AWS defines are divided: health check intervals and time-outs, DNS TTLs, grace
// periods, cooldowns, deregistration delays. The cloud's own time-outs, for example on a socket between two of its
// processes, are not.
//
// Times in which real work must be done (a boot, an answer) do not become shorter than that work may take. These limits
// are declared here and nowhere else.
package tempo

import (
	"cmp"
	"time"
)

// Speed is the divisor; 1 is real time, and so is the zero value.
type Speed float64

// Of returns d divided by the speed.
func (s Speed) Of(d time.Duration) time.Duration {
	if s <= 0 || s == 1 {
		return d
	}
	return time.Duration(float64(d) / float64(s))
}

// LeastTimeout is the usual shortest divided time-out: a busy machine may need this time for what a
// real endpoint does at once.
const LeastTimeout = 200 * time.Millisecond

// Pace is a speed, and how short a time-out becomes by it.
type Pace struct {
	Speed `json:"speed"`
	// LeastTimeout is the shortest divided time-out, longer where the machine is slow; zero is the constant of the same name.
	LeastTimeout time.Duration `json:"least_timeout,omitempty"`
}

// At is the usual pace of a speed.
func At(s Speed) Pace { return Pace{Speed: s} }

// Least is the shortest divided time-out.
func (p Pace) Least() time.Duration { return cmp.Or(p.LeastTimeout, LeastTimeout) }

// Timeout returns a time-out at this pace: d divided, but not below Least unless d itself is.
func (p Pace) Timeout(d time.Duration) time.Duration {
	return max(p.Of(d), min(d, p.Least()))
}

// LeastBoot is the shortest divided time for a boot. On an idle machine a service answers within a second of its
// instance's launch; when a region starts, many instances start at once, and need longer.
const LeastBoot = 20 * time.Second

// Boot returns a time in which an instance must boot, at this speed: a grace period, a warm-up, the first
// checks of a target. It is d divided, but not below LeastBoot unless d itself is.
func (s Speed) Boot(d time.Duration) time.Duration {
	return max(s.Of(d), min(d, LeastBoot))
}

// TTL returns a DNS time to live, in seconds, divided by the speed: at least one
// second, unless it is zero.
func (s Speed) TTL(seconds uint32) uint32 {
	if s <= 0 || s == 1 || seconds == 0 {
		return seconds
	}
	return max(1, uint32(float64(seconds)/float64(s)))
}
