package simulation

import (
	"slices"
	"time"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// A local cloud divides AWS's times by its speed, but none of them below what work takes (package tempo). A simulation of it keeps AWS's times, and
// has what does not shrink there be longer by as much: divided by the speed, what it finds is what is measured there.

// AtLocal is the system on a local cloud of a speed, where no time-out becomes shorter than least (0: the usual one). Its name servers learn at once
// what has changed, users have no resolvers in common, and who connects to a region that is lost is refused: its process has ended, and with it what
// listened for it on loopback. Checkers hear nothing, as on AWS.
func (s System) AtLocal(speed float64, least time.Duration) System {
	s.LeastTimeout = Span(least)
	s.Local, s.Propagation, s.Users.Alone = speed, 0, true
	s.Target.Timeout = Span(s.limit(time.Duration(s.Target.Timeout)))
	for _, f := range []*Fleet{&s.Primary, &s.Standby} {
		f.Grace = Span(s.stretched(s.pace().Boot(time.Duration(f.Grace))))
	}
	return s
}

func (s System) pace() tempo.Pace {
	return tempo.Pace{Speed: tempo.Speed(s.Local), LeastTimeout: time.Duration(s.LeastTimeout)}
}

// stretched is a time on the local cloud's clock as one of the simulation.
func (s System) stretched(d time.Duration) time.Duration {
	if s.Local == 0 {
		return d
	}
	return time.Duration(float64(d) * s.Local)
}

// limit is a time-out of AWS's.
func (s System) limit(d time.Duration) time.Duration {
	return s.stretched(s.pace().Timeout(d))
}

// silence is the time without reports after which the target health of a region's load balancers is bad, in the local cloud; AWS publishes
// no figure.
func (s System) silence() time.Duration { return s.stretched(beacon.Silence(s.pace())) }

// kind is a kind of clients, as a drill's users are.
func (s System) kind(k *clients.Kind) *clients.Kind {
	if s.Local == 0 || k == nil {
		return k
	}
	local := *k
	local.Past = s.stretched(k.Past)
	local.Gives, local.Tries = s.limit(k.Gives), slices.Clone(k.Tries)
	for i, pause := range local.Tries {
		local.Tries[i] = s.stretched(pause)
	}
	return &local
}
