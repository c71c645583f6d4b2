package simulation

import (
	"errors"
	"fmt"
	"time"
)

// Limits are what must never be.
type Limits struct {
	// Stranded is the longest that users whose resolvers keep to the TTL may be at an ill region while the other is well.
	Stranded Span `json:"stranded"`
	// Moves is how often, at the most, the name may lead elsewhere within Within.
	Moves  int  `json:"moves"`
	Within Span `json:"within"`
	// Bare is the longest that a standby which no fault strikes may carry less than it must while it is needed.
	Bare Span `json:"bare"`
	// Settle is when, after the last fault, every user has to be served.
	Settle Span `json:"settle"`
}

// DefaultLimits are those of a service that promises three minutes.
func DefaultLimits() Limits {
	return Limits{Stranded: Span(3 * time.Minute), Moves: 3, Within: Span(time.Hour), Bare: Span(5 * time.Minute), Settle: Span(15 * time.Minute)}
}

// Valid tells what is wrong with limits.
func (l Limits) Valid() error {
	if l.Stranded <= 0 || l.Moves < 1 || l.Within <= 0 || l.Bare <= 0 || l.Settle <= 0 {
		return errors.New("limits: times above zero, and at least one move")
	}
	return nil
}

// Stretched are limits of which each time is so many times as long.
func (l Limits) Stretched(by float64) Limits {
	for _, at := range []*Span{&l.Stranded, &l.Within, &l.Bare, &l.Settle} {
		*at = Span(by * float64(*at))
	}
	return l
}

// The invariants, by name.
const (
	BrokenEmpty    = "empty"     // nobody is answered, even when both regions are ill
	BrokenStranded = "stranded"  // users stay at an ill region
	BrokenPingPong = "ping-pong" // the name comes and goes
	BrokenBare     = "bare"      // the standby carries too little
	BrokenStuck    = "stuck"     // after all faults, somebody is not served
)

// Invariants is every invariant, with what it says.
var Invariants = []struct{ Name, Says string }{
	{BrokenEmpty, "the name is always answered, also while both regions are ill"},
	{BrokenStranded, "no users who keep to the TTL stay at an ill region while the other is well"},
	{BrokenPingPong, "the name does not come and go"},
	{BrokenBare, "a standby that is needed, and struck by no fault, carries all users"},
	{BrokenStuck, "some time after the last fault every user is served"},
}

// Violation is a broken invariant.
type Violation struct {
	Broke string `json:"broke"`
	At    Span   `json:"at"`
	What  string `json:"what"`
}

func (v Violation) String() string { return fmt.Sprintf("%s at %s: %s", v.Broke, v.At, v.What) }
