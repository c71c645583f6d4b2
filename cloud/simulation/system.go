package simulation

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/understudy/understudy/cloud/internal/health"
)

// System is what is simulated. Times are AWS's own, never divided.
type System struct {
	Check    Check  `json:"check"`
	Target   Target `json:"target"`
	Primary  Fleet  `json:"primary"`
	Standby  Fleet  `json:"standby"`
	TTL      Span   `json:"ttl"`             // of the failover name's answer
	Evaluate bool   `json:"evaluate"`        // whether records follow the load balancers' target health
	Switch   bool   `json:"switch"`          // whether the standby has the switch by which users are moved and held
	Watch    *Watch `json:"watch,omitempty"` // nil where none runs
	Users    Users  `json:"users"`
	// Share is the primary's of the users while both regions serve, above 0 and below 1; 0 where the primary serves alone.
	Share float64 `json:"share,omitempty"`
	// Nearest is that a resolver always has its nearer region then, as by latency; otherwise each answer is drawn, as by weights.
	Nearest bool `json:"nearest,omitempty"`
	Needs   int  `json:"needs,omitempty"` // instances that carry all users; 0 is as many as the primary has
	// Propagation is the most that a change of a check needs to reach the name servers. AWS publishes no figure.
	Propagation Span `json:"propagation"`
	// Local is the speed of the local cloud that is simulated, and of its drill's users; 0 is AWS. AtLocal sets it.
	Local float64 `json:"local,omitempty"`
	// LeastTimeout is how short a time-out becomes there, in real time; 0 is the usual limit.
	LeastTimeout Span `json:"least_timeout,omitempty"`
	// Sick is for how long the standby fails its targets' checks and its users from the moment at which the primary was lost.
	Sick Span `json:"sick,omitempty"`
}

// Check is Route 53's health check of each region.
type Check struct {
	None bool `json:"none,omitempty"` // the records have none
	// PrimaryOnly is that the standby's record has none, as Route 53 allows of the last resort.
	PrimaryOnly bool `json:"primary_only,omitempty"`
	Interval    Span `json:"interval"`
	Threshold   int  `json:"threshold"`
	Checkers    int  `json:"checkers"`
	// Shallow is a check that asks what says nothing of the service: it passes for as long as the load balancer answers at all.
	Shallow bool `json:"shallow,omitempty"`
	// Apart is a check that asks another page than users do, which may be well while theirs is not.
	Apart bool `json:"apart,omitempty"`
}

// Target is how a load balancer checks its targets.
type Target struct {
	Interval  Span `json:"interval"`
	Timeout   Span `json:"timeout"`
	Healthy   int  `json:"healthy"`
	Unhealthy int  `json:"unhealthy"`
	Shallow   bool `json:"shallow,omitempty"` // as Check's
}

// Fleet is an Auto Scaling group, and how long its instances take until they serve.
type Fleet struct {
	Min     int  `json:"min"`
	Desired int  `json:"desired"`
	Max     int  `json:"max"`
	Grace   Span `json:"grace"`
	Boot    Span `json:"boot"` // in the middle; each boot takes from 0.7 to 1.5 of it
}

// Watch is the watch process, which holds users at the standby, and has it grow.
type Watch struct {
	Every Span `json:"every"`           // between two looks
	Hold  bool `json:"hold,omitempty"`  // users at the standby after an automatic failover
	After Span `json:"after,omitempty"` // of health, until users go back; 0 is when somebody says so, which Returns does
	Grow  bool `json:"grow,omitempty"`  // a standby that is smaller than the primary, when that is lost
	Calm  Span `json:"calm,omitempty"`  // with users at the primary, until the standby shrinks
	// Returns is when, after the end of the last fault, an operator moves users back that the watch has held.
	Returns Span `json:"returns,omitempty"`
}

// Users are what the clients do.
type Users struct {
	Every   Span `json:"every"`   // from one request's start to the next one's
	Timeout Span `json:"timeout"` // of one request
	Answer  Span `json:"answer"`  // how long a good one takes
	// Alone is that each has a resolver of its own, which asks when it does. Else many share one, which is asked all the time.
	Alone bool `json:"alone,omitempty"`
	// Before is how long before the fault those began that keep a connection; 0 is long ago.
	Before Span `json:"before,omitempty"`
	// OpenLoop is that each sends its next request when that is due, also while its last one has not ended.
	OpenLoop bool `json:"open_loop,omitempty"`
}

// Default returns a system of two regions as a declaration without a word about failover has it.
func Default() System {
	return System{
		Check:   Check{Interval: Span(10 * time.Second), Threshold: 3, Checkers: health.Checkers(0)},
		Target:  Target{Interval: Span(5 * time.Second), Timeout: Span(2 * time.Second), Healthy: 2, Unhealthy: 2},
		Primary: Fleet{Min: 2, Desired: 2, Max: 4, Grace: Span(5 * time.Minute), Boot: Span(time.Minute)},
		Standby: Fleet{Min: 2, Desired: 2, Max: 4, Grace: Span(5 * time.Minute), Boot: Span(time.Minute)},
		TTL:     Span(time.Minute), Evaluate: true, Switch: true, Propagation: Span(5 * time.Second),
		Users: Users{Every: Span(time.Second), Timeout: Span(2 * time.Second), Answer: Span(50 * time.Millisecond)},
	}
}

// Checkers is how many checkers a check has that names so many regions; none is all of them.
func Checkers(regions int) int { return health.Checkers(regions) }

// What cannot be simulated.
const (
	mostInstances = 500
	mostCheckers  = 64
)

// Valid tells what is wrong with a system.
func (s System) Valid() error {
	switch {
	case !s.Check.None && (s.Check.Interval <= 0 || s.Check.Threshold < 1 || s.Check.Checkers < 1 || s.Check.Checkers > mostCheckers):
		return fmt.Errorf("check: an interval above zero, a threshold of at least 1, and from 1 to %d checkers", mostCheckers)
	case s.Target.Interval <= 0 || s.Target.Timeout <= 0 || s.Target.Healthy < 1 || s.Target.Unhealthy < 1:
		return errors.New("target: times above zero, and thresholds of at least 1")
	case s.TTL <= 0 || s.Users.Every <= 0 || s.Users.Timeout <= 0 || s.Users.Answer <= 0 || s.Users.Answer > s.Users.Timeout:
		return errors.New("ttl and users: times above zero, and an answer within the time-out")
	case s.Propagation < 0 || s.Sick < 0 || s.Needs < 0 || s.Local < 0 || s.LeastTimeout < 0:
		return errors.New("propagation, sick, needs and local: nothing negative")
	case s.Watch != nil && (s.Watch.Every <= 0 || s.Watch.After < 0 || s.Watch.Returns < 0):
		return errors.New("watch: a time above zero between looks")
	case s.Share < 0 || s.Share >= 1 || s.Nearest && s.Share == 0:
		return errors.New("share: of the primary, above 0 and below 1 where both regions serve")
	case s.Share > 0 && s.Watch != nil:
		return errors.New("watch: where both regions serve, it holds nobody and lets nothing grow")
	case s.Watch != nil && s.Watch.Hold && !s.Switch:
		return errors.New("watch: users are held by the switch, which is missing")
	}
	return cmp.Or(s.Primary.valid("primary"), s.Standby.valid("standby"))
}

func (f Fleet) valid(side string) error {
	if f.Min < 0 || f.Desired < f.Min || f.Max < f.Desired || f.Max < 1 || f.Max > mostInstances || f.Grace < 0 || f.Boot <= 0 {
		return fmt.Errorf("%s: 0 ≤ min ≤ desired ≤ max ≤ %d, max of at least 1, a grace that is not negative, and a boot above zero", side, mostInstances)
	}
	return nil
}

// carries is how many instances the users need.
func (s System) carries() int { return cmp.Or(s.Needs, max(1, s.Primary.Desired)) }

// policy is how the name's records are chosen between.
func (s System) policy() policy { return policy{s.Evaluate, s.Share > 0, s.Nearest} }
