package move

import (
	"time"

	"github.com/understudy/understudy"
)

// Growth tells when a standby that is declared smaller than the primary is to grow because of an outage, and when it may return to its
// size. Like Latch, it is a pure function of what was seen.
type Growth struct {
	Threshold int           // looks in a row that must find the primary ill
	Calm      time.Duration // of users at a primary that answers, until the standby shrinks; longer than answers are kept
	ill       int
	calm      time.Time // since when users are at a primary that answers; zero if they are not
}

// Step is what is to be done with the standby.
type Step string

// The steps.
const (
	Grow   Step = "grow"
	Shrink Step = "shrink"
)

// Next returns what is to be done, or nothing. The standby grows as soon as users are there, or the primary has been ill as often as
// Route 53's checkers want it: one without an instance never gets users, since its check fails. What somebody else has made grow
// stays until he lets it shrink.
func (g *Growth) Next(s Sight, grown, byUs bool) Step {
	if s.PrimaryOK {
		g.ill = 0
	} else {
		g.ill++
	}
	switch {
	case !s.PrimaryOK || s.Answer != understudy.Primary || s.Switch != understudy.Primary:
		g.calm = time.Time{}
	case g.calm.IsZero():
		g.calm = s.At
	}
	serves := s.Answer == understudy.Secondary || s.Switch == understudy.Secondary
	switch {
	case !grown && (serves || g.ill >= g.Threshold):
		return Grow
	case grown && byUs && !g.calm.IsZero() && s.At.Sub(g.calm) >= g.Calm:
		return Shrink
	}
	return ""
}
