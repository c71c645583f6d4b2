package move

import (
	"time"

	"github.com/understudy/understudy"
)

// Sight is one look at the service from the standby's region.
type Sight struct {
	At        time.Time
	Switch    understudy.Side // its position; empty if it could not be read
	ByLatch   bool            // whether the latch has set it
	Answer    understudy.Side // the side that the name leads to; empty if nobody answered
	PrimaryOK bool            // the primary answers our own requests
}

// Latch keeps users at the standby after an automatic failover. It is a pure function of what was seen.
type Latch struct {
	After   time.Duration // of health, until users go back; zero is never
	healthy time.Time     // since when the primary has been healthy; zero if it is not
	settled bool          // the switch and the name have both been at the primary since the switch was set last
}

// Next returns the side to set the switch to, or nothing. When the name leads to the standby while the switch does not, an
// automatic failover has happened, unless the switch was set to the primary just now and the name still follows. A
// switch that a person has set stays as it is.
func (l *Latch) Next(s Sight) understudy.Side {
	switch {
	case !s.PrimaryOK:
		l.healthy = time.Time{}
	case l.healthy.IsZero():
		l.healthy = s.At
	}
	switch {
	case s.Switch == understudy.Secondary:
		l.settled = false
		if s.ByLatch && l.After > 0 && s.PrimaryOK && s.At.Sub(l.healthy) >= l.After {
			return understudy.Primary
		}
	case s.Switch == understudy.Primary && s.Answer == understudy.Primary:
		l.settled = true
	case s.Switch == understudy.Primary && s.Answer == understudy.Secondary && (l.settled || !s.PrimaryOK):
		l.settled = false
		return understudy.Secondary
	}
	return ""
}

// Failed tells the latch that the switch could not be set to a side: it says so again at the next look.
func (l *Latch) Failed(to understudy.Side) {
	if to == understudy.Secondary {
		l.settled = true
	}
}
