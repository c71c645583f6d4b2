package main

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/move"
)

// A declaration, or what stands behind a record, as the simulation runs it. It stands here since only commands know both halves.

// assumed is what no declaration says.
type assumed struct {
	boot    time.Duration
	needs   int
	sick    time.Duration
	every   time.Duration // of users
	timeout time.Duration
	watch   bool
	returns time.Duration
	nearer  float64 // percent of users to whom the primary is the nearer region, where latency decides
}

// simulatedOf is the system of a declaration, whether its primary serves alone or both regions do.
func simulatedOf(d *understudy.Declaration, a assumed) simulation.System {
	if d.Failover.Active() {
		return activeOf(d, a, understudy.Primary, a.nearer/100)
	}
	return systemOf(d, a)
}

// pairFlags adds what is assumed of years and incidents alone.
func (a *assumed) pairFlags(c *cobra.Command) {
	c.Flags().DurationVar(&a.returns, "returns", 2*time.Hour, "how long after a fault an operator moves users back that were held")
	c.Flags().Float64Var(&a.nearer, "nearer", 50, "the `percent` of users to whom the primary is the nearer region, with failover.routing latency")
}

func (a *assumed) checkPair() error {
	if a.returns < 0 || !(a.nearer > 0 && a.nearer < 100) {
		return errors.New("--returns and --nearer: nothing negative, and above 0 and below 100 percent")
	}
	return a.check()
}

func (t *target) load() (*understudy.Declaration, error) {
	d, err := understudy.Load(t.file)
	if err != nil {
		return nil, t.explain(err)
	}
	if why := d.Undecided(); why != "" {
		return nil, errors.New(why + ", which cannot be simulated")
	}
	return d, nil
}

// activeOf is the system of two regions that both serve, of which a side is lost. Records of latency do not say how many users are nearer to it.
func activeOf(d *understudy.Declaration, a assumed, lost understudy.Side, nearer float64) simulation.System {
	a.watch = false // it holds nobody, and a region of full size has nothing to grow
	s := systemOf(d, a)
	if lost == understudy.Secondary {
		s.Primary, s.Standby = s.Standby, s.Primary
	}
	if s.Share, s.Nearest = nearer, true; d.Failover.Routing == understudy.RoutingWeighted {
		mine, other := float64(d.Regions[lost].Weight), float64(d.Regions[lost.Other()].Weight)
		s.Share, s.Nearest = mine/(mine+other), false
	}
	return s
}

// systemOf is the system that a declaration describes.
func systemOf(d *understudy.Declaration, a assumed) simulation.System {
	seconds := func(n int) simulation.Span { return simulation.Span(time.Duration(n) * time.Second) }
	fleet := func(side understudy.Side) simulation.Fleet {
		size := d.Size(side)
		return simulation.Fleet{Min: size.Min, Desired: size.Desired, Max: size.Max, Grace: seconds(d.Fleet.Grace), Boot: simulation.Span(a.boot)}
	}
	f := d.Failover
	s := simulation.System{
		Check: simulation.Check{Interval: seconds(f.Interval), Threshold: f.Threshold, Checkers: simulation.Checkers(len(f.Check.Regions)), Apart: asksApart(d)},
		Target: simulation.Target{
			Interval: seconds(d.Target.Interval), Timeout: seconds(d.Target.Timeout), Healthy: d.Target.Healthy, Unhealthy: d.Target.Unhealthy,
		},
		Primary: fleet(understudy.Primary), Standby: fleet(understudy.Secondary),
		TTL: simulation.Span(drill.AliasTTL), Evaluate: true, Switch: f.Switch != understudy.SwitchNone,
		Users:       simulation.Users{Every: simulation.Span(a.every), Timeout: simulation.Span(a.timeout), Answer: simulation.Span(50 * time.Millisecond)},
		Needs:       cmp.Or(a.needs, f.Standby.Desired),
		Propagation: simulation.Span(drill.Propagation), Sick: simulation.Span(a.sick),
	}
	if a.watch {
		s.Watch = &simulation.Watch{
			Every: seconds(f.Interval), Hold: f.Failback.Manual && s.Switch, After: simulation.Span(f.Failback.After),
			Grow: d.Grows(), Calm: simulation.Span(calmTime), Returns: simulation.Span(a.returns),
		}
	}
	return s
}

// asksApart tells whether enough checks of a region ask other pages than users do, so that it counts as healthy while the users' alone fails.
// Users are a drill's, who ask for service.health.
func asksApart(d *understudy.Declaration) bool {
	others := 0
	for _, c := range d.Failover.Checks() {
		if !d.AsksService(c) || c.Path != d.Service.Health {
			others++
		}
	}
	return others >= d.Failover.Needed()
}

// modelOf has the watch process of a system decide as `understudy watch` does.
func modelOf(s simulation.System) *simulation.Model {
	return &simulation.Model{System: s, Keeper: newKeeper}
}

// keeper is what decides in `understudy watch`.
type keeper struct {
	latch  move.Latch
	growth move.Growth
	holds  bool
	grows  bool
}

func newKeeper(s simulation.System) simulation.Keeper {
	return &keeper{
		latch:  move.Latch{After: time.Duration(s.Watch.After)},
		growth: move.Growth{Threshold: s.Check.Threshold, Calm: time.Duration(s.Watch.Calm)},
		holds:  s.Watch.Hold, grows: s.Watch.Grow,
	}
}

var (
	sideOf  = map[simulation.Side]understudy.Side{simulation.Primary: understudy.Primary, simulation.Standby: understudy.Secondary}
	placeOf = map[understudy.Side]simulation.Side{understudy.Primary: simulation.Primary, understudy.Secondary: simulation.Standby}
)

// Look decides as the watch's own loop does: the switch, and then the standby's size.
func (k *keeper) Look(s simulation.Sight) (o simulation.Orders) {
	seen := move.Sight{At: s.At, Switch: sideOf[s.Switch], ByLatch: s.ByLatch, Answer: sideOf[s.Answer], PrimaryOK: s.PrimaryOK}
	if to := k.latch.Next(seen); k.holds {
		o.Turn = placeOf[to]
	}
	if k.grows {
		step := k.growth.Next(seen, s.Grown, true)
		o.Grow, o.Shrink = step == move.Grow, step == move.Shrink
	}
	return o
}

func (k *keeper) Failed(to simulation.Side) { k.latch.Failed(sideOf[to]) }
