package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Side is one of the two regions.
type Side string

// The sides.
const (
	Primary Side = "primary"
	Standby Side = "standby"
	Both    Side = "both" // of answers alone, where both regions serve
)

func (s Side) number() int {
	if s == Standby {
		return 1
	}
	return 0
}

// Fault is something that goes wrong for a time.
type Fault struct {
	Kind   string  `json:"kind"`
	Region Side    `json:"region,omitempty"` // of kinds that strike a region
	At     Span    `json:"at"`
	For    Span    `json:"for"`
	Share  float64 `json:"share,omitempty"` // from 0 to 1; of checkers, users, or whatever the kind strikes a part of
	Times  int     `json:"times,omitempty"` // of a flap, how often it is broken for For and well for as long
	By     string  `json:"by,omitempty"`    // of a flap, the kind of fault that breaks it each time; "" is that the region is lost
}

// end is when all is well again.
func (f Fault) end() time.Duration {
	if f.Kind == FaultFlap {
		return time.Duration(f.At) + time.Duration(f.For)*time.Duration(2*max(1, f.Times)-1)
	}
	return time.Duration(f.At + f.For)
}

// String says what it is in one line.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %s %s", f.At, f.Kind)
	if f.Region != "" {
		fmt.Fprintf(&b, " of the %s", f.Region)
	}
	if f.Share != 0 {
		fmt.Fprintf(&b, " (%.0f %%)", 100*f.Share)
	}
	if f.Times > 1 {
		fmt.Fprintf(&b, ", %d times", f.Times)
	}
	if f.By != "" {
		fmt.Fprintf(&b, " by %s", f.By)
	}
	fmt.Fprintf(&b, " for %s", f.For)
	return b.String()
}

// The kinds that a drill has too have its names.
const (
	FaultRegion       = "region"
	FaultIll          = "ill"
	FaultTargets      = "targets"
	FaultIsolate      = "isolate"
	FaultBlackhole    = "blackhole"
	FaultRefused      = "refused"
	FaultSlow         = "slow"
	FaultInvert       = "invert"
	FaultZone         = "zone"
	FaultControlPlane = "control-plane"
	FaultFlap         = "flap"
	FaultGrey         = "grey"
	FaultPartition    = "partition"
	FaultReports      = "reports"
	FaultCapacity     = "capacity"
	FaultBoots        = "boots"
	FaultClock        = "clock"
	FaultPages        = "pages"
)

// FaultKind is a kind of fault.
type FaultKind struct {
	Name, Help string
	Global     bool // strikes no one region
	Predicted  bool // predict shows it
	Named      bool // predict shows it where it is asked for
	Random     bool // a simulation of years draws it, and a search tries it
	// PerYear and Lasts are how often a simulation of years draws it for each region, and for how long in the middle. They are
	// assumptions, made so that rare things are seen, and not AWS's record.
	PerYear float64
	Lasts   time.Duration
	apply   func(*environment, Fault)
}

// Faults is the table of kinds.
var Faults = []FaultKind{
	{
		Name: FaultRegion, Help: "the region is lost: packets to it vanish, its instances end, and Route 53 hears nothing of its targets",
		Predicted: true, Random: true, PerYear: 0.2, Lasts: 2 * time.Hour,
		apply: func(e *environment, _ Fault) { e.dark, e.lost, e.silent = true, true, true },
	},
	{
		Name: FaultIll, Help: "the targets answer users and checks with an error; the load balancer fails open",
		Predicted: true, Random: true, PerYear: 1, Lasts: 20 * time.Minute,
		apply: func(e *environment, _ Fault) { e.ill = true },
	},
	{
		Name: FaultTargets, Help: "every request is answered with 500 though targets are healthy, as a drill's targets",
		Predicted: true, Random: true, PerYear: 0.5, Lasts: 20 * time.Minute,
		apply: func(e *environment, _ Fault) { e.errors = true },
	},
	{
		Name: FaultIsolate, Help: "nothing passes its subnets: packets vanish, and checks of targets time out, as a drill's isolate",
		Predicted: true, Random: true, PerYear: 0.3, Lasts: 30 * time.Minute,
		apply: func(e *environment, _ Fault) { e.dark, e.hangs = true, true },
	},
	{
		Name: FaultBlackhole, Help: "packets to the load balancer vanish while its targets are healthy",
		Predicted: true, Random: true, PerYear: 0.2, Lasts: 30 * time.Minute,
		apply: func(e *environment, _ Fault) { e.dark = true },
	},
	{
		Name: FaultRefused, Help: "connections to the load balancer are refused while its targets are healthy",
		Predicted: true, Random: true, PerYear: 0.2, Lasts: 30 * time.Minute,
		apply: func(e *environment, _ Fault) { e.refused = true },
	},
	{
		Name: FaultSlow, Help: "every answer, also to checks, takes 10 s",
		Predicted: true, Random: true, PerYear: 1, Lasts: 15 * time.Minute,
		apply: func(e *environment, _ Fault) { e.slow = 10 * time.Second },
	},
	{
		Name: FaultInvert, Help: "the primary's check is inverted: the region works, and Route 53 takes it for unhealthy, as a drill's invert",
		Predicted: true, apply: func(e *environment, _ Fault) { e.inverted = true },
	},
	{
		Name: FaultZone, Help: "one of the region's two zones is lost, with its instances and one of the load balancer's addresses",
		Predicted: true, Random: true, PerYear: 0.5, Lasts: time.Hour,
		apply: func(e *environment, _ Fault) { e.zone = true },
	},
	{
		Name: FaultControlPlane, Help: "the region is lost while no API of Route 53 and Auto Scaling answers: nothing can be changed, and no instance launched",
		Predicted: true, Random: true, PerYear: 0.05, Lasts: 3 * time.Hour,
		apply: func(e *environment, _ Fault) { e.dark, e.lost, e.silent, e.frozen = true, true, true, true },
	},
	{
		Name: FaultFlap, Help: "the region is lost and comes back, again and again", Predicted: true,
		apply: func(e *environment, _ Fault) { e.dark, e.silent = true, true },
	},
	{
		Name: FaultGrey, Help: "a share of the users get errors that no check sees", Random: true, PerYear: 1, Lasts: 30 * time.Minute,
		apply: func(e *environment, f Fault) { e.grey = max(e.grey, f.Share) },
	},
	{
		Name: FaultPartition, Help: "a share of Route 53's checkers cannot reach the region, though users can",
		Named: true, Random: true, PerYear: 1, Lasts: 20 * time.Minute,
		apply: func(e *environment, f Fault) { e.cut = max(e.cut, f.Share) },
	},
	{
		Name: FaultReports, Help: "Route 53 hears nothing of the region's target health, though it serves", Random: true, PerYear: 0.2, Lasts: 10 * time.Minute,
		apply: func(e *environment, _ Fault) { e.silent = true },
	},
	{
		Name: FaultCapacity, Help: "no instance can be launched in the region", Random: true, PerYear: 0.5, Lasts: 2 * time.Hour,
		apply: func(e *environment, _ Fault) { e.short = true },
	},
	{
		Name: FaultBoots, Help: "boots take ten times as long", Random: true, PerYear: 0.5, Lasts: time.Hour,
		apply: func(e *environment, _ Fault) { e.boots = 10 },
	},
	{
		Name: FaultClock, Help: "the clock of the watch process is an hour ahead", Global: true, Random: true, PerYear: 0.2, Lasts: 2 * time.Hour,
		apply: func(e *environment, _ Fault) { e.ahead = time.Hour },
	},
	{
		Name: FaultPages, Help: "the page that users ask for is answered with 500, and every other page is well, as a drill's pages", Named: true,
		apply: func(e *environment, _ Fault) { e.pages = true },
	},
}

// KindOf returns a kind by its name.
func KindOf(name string) (FaultKind, bool) {
	i := slices.IndexFunc(Faults, func(k FaultKind) bool { return k.Name == name })
	if i < 0 {
		return FaultKind{}, false
	}
	return Faults[i], true
}

// FaultNames are the names of those kinds that satisfy a condition.
func FaultNames(is func(FaultKind) bool) (names []string) {
	for _, k := range Faults {
		if is(k) {
			names = append(names, k.Name)
		}
	}
	return names
}

// Schedule is a sequence of faults, kept as data so that it outlives the program that found it.
type Schedule struct {
	Schema int     `json:"schema"`
	Seed   uint64  `json:"seed"` // of all that is drawn beside the faults: phases, latencies, boots
	System System  `json:"system"`
	Limits Limits  `json:"limits"`
	Faults []Fault `json:"faults"`
	Broke  string  `json:"broke,omitempty"` // what it breaks
	How    string  `json:"how,omitempty"`   // how short it is
	Sure   bool    `json:"sure,omitempty"`  // it breaks it whatever the phases: in runs of many other seeds too
}

// ScheduleSchema is the version of a schedule's form.
const ScheduleSchema = 1

// ReadSchedule reads a schedule and refuses what cannot be simulated.
func ReadSchedule(text []byte) (Schedule, error) {
	var s Schedule
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read schedule: %w", err)
	}
	if s.Schema != ScheduleSchema {
		return s, fmt.Errorf("read schedule: schema %d, and this program knows %d", s.Schema, ScheduleSchema)
	}
	return s, errors.Join(s.System.Valid(), s.Limits.Valid(), validFaults(s.Faults))
}

func validFaults(all []Fault) error {
	for n, f := range all {
		kind, ok := KindOf(f.Kind)
		switch {
		case !ok:
			return fmt.Errorf("fault %d: there is no kind %q", n+1, f.Kind)
		case !kind.Global && f.Region != Primary && f.Region != Standby:
			return fmt.Errorf("fault %d: region %q; want primary or standby", n+1, f.Region)
		case f.At < 0 || f.For <= 0 || f.Share < 0 || f.Share > 1 || f.Times < 0:
			return fmt.Errorf("fault %d: no negative time, a duration above zero, a share from 0 to 1", n+1)
		case f.By != "" && !f.flapsBy():
			return fmt.Errorf("fault %d: by %q; a flap alone is by another kind, of those that strike a region", n+1, f.By)
		}
	}
	return nil
}

// flapsBy tells whether a flap can be by the kind that it names.
func (f Fault) flapsBy() bool {
	by, ok := KindOf(f.By)
	return f.Kind == FaultFlap && ok && !by.Global && by.Name != FaultFlap
}
