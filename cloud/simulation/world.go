package simulation

import (
	"cmp"
	"time"

	"github.com/understudy/understudy/cloud/internal/health"
)

// Sight is one look of the watch process.
type Sight struct {
	At        time.Time
	Switch    Side
	ByLatch   bool // the watch has set it
	Answer    Side
	PrimaryOK bool
	Grown     bool // the standby has the primary's size
}

// Orders are what the watch process does after a look.
type Orders struct {
	Turn         Side // to set the switch to; empty leaves it
	Grow, Shrink bool // the standby
}

// Keeper decides what the watch process does. It is a pure function of what it has seen, and of nothing else.
type Keeper interface {
	Look(Sight) Orders
	Failed(Side) // the switch could not be set
}

// Model is a system, and who decides for its watch process.
type Model struct {
	System
	Keeper func(System) Keeper // a new one for each run; not needed where Watch is nil
}

// role is what an actor does.
type role uint8

const (
	roleChecker role = iota
	roleTarget
	roleUser
	roleWatch
	roleNone
)

// actor is one who does the same again and again. While it waits for a result, it is busy.
type actor struct {
	role  role
	side  int8 // of a checker of the switch, 2
	busy  bool
	pass  bool // the result that is under way
	who   int32
	turn  uint32
	node  int8
	judge health.Judge  // of a checker
	delay time.Duration // a checker's latency, or a user's time to keep an answer
	rests resting
}

const switchSide = 2

// check is a health check of Route 53's and what its checkers found.
type check struct {
	healthy int // checkers that find it so
	all     int
	status  bool
	failed  time.Duration // the first failed probe since all was well; never if none
}

// world is one run.
type world struct {
	*Model
	seed    uint64
	skips   bool
	now     time.Duration
	actors  []actor
	queue   queue
	shots   shots
	free    []int32
	answers *answers
	events  uint64
	acting  int32     // who acts now; -1 where something happens once
	roused  onlookers // whose rest may end with what happens now

	faults   []Fault // that are in force
	envs     [2]environment
	global   environment
	sides    [2]*region
	checks   [3]check
	known    view // by the name servers
	latest   view // on its way to them
	arrives  time.Duration
	draws    uint64
	answer   int8
	position int8 // of the switch
	byLatch  bool
	grown    bool
	keeper   Keeper
	sight    Sight // the last one
	alike    int   // looks in a row that saw the same and did nothing
	watches  int   // counts the operator's watches, of which only the last one acts
	users    []user
	record   recorder
}

// recorder hears of what changes; each is called after the change.
type recorder interface {
	before(w *world)   // something that users feel is about to change
	after(w *world)    // and has
	answered(w *world) // the name leads elsewhere
	judged(w *world)   // the status of the primary's check has changed
}

// newWorld returns a world at time zero, in which all is well.
func newWorld(m *Model, seed uint64, skips bool, r recorder) *world {
	w := &world{Model: m, seed: seed, skips: skips, answers: answersOf(m.policy()), record: r}
	w.known = view{[2]bool{true, true}, [2]bool{true, true}}
	w.answer = w.answers.of(w.known)
	for n, f := range []Fleet{m.Primary, m.Standby} {
		w.sides[n] = newRegion(w, n, f)
		w.known.targets[n] = w.sides[n].well()
	}
	w.latest = w.known
	if !m.Check.None {
		w.addCheckers()
	}
	w.latest = w.view()
	w.known = w.latest
	w.answer = w.answers.of(w.known)
	if m.Watch != nil {
		w.keeper = m.Keeper(m.System)
		at := time.Duration(part(seed, drawPhase, 1<<32) * float64(m.Watch.Every))
		w.add(actor{role: roleWatch}, at)
	}
	return w
}

// addCheckers adds the checkers of both regions and of the switch, each at its own time within the interval.
func (w *world) addCheckers() {
	sides := 2
	if w.Switch {
		sides = 3
	}
	for side := range sides {
		w.checks[side] = check{all: w.Check.Checkers, healthy: w.Check.Checkers, status: true, failed: never}
		ill := side == switchSide || w.sides[side].checked != Served // the switch does not say that users are to be held
		for k := range w.Check.Checkers {
			slot := float64(w.Check.Interval) / float64(w.Check.Checkers)
			at := time.Duration(slot * (float64(k) + part(w.seed, drawPhase, uint64(side), uint64(k))))
			a := actor{role: roleChecker, side: int8(side), who: int32(k), turn: uint32(k)}
			a.delay = time.Duration((0.02 + 0.18*part(w.seed, drawLatency, uint64(k))) * float64(time.Second))
			if ill { // it has been so for ever
				for a.judge.Healthy() {
					a.judge = a.judge.Next(false, w.Check.Threshold)
				}
				w.checks[side].healthy--
			}
			w.add(a, at)
		}
		w.checks[side].status = health.Weigh(w.checks[side].healthy, w.checks[side].all)
	}
}

// add adds an actor, in the place of one that has ended if there is any.
func (w *world) add(a actor, at time.Duration) int32 {
	if last := len(w.free) - 1; last >= 0 {
		n := w.free[last]
		w.free = w.free[:last]
		w.actors[n] = a
		w.queue.set(n, at)
		return n
	}
	w.actors = append(w.actors, a)
	return w.queue.add(at)
}

// end ends an actor.
func (w *world) end(n int32) {
	w.actors[n] = actor{role: roleNone}
	w.queue.set(n, never)
	w.free = append(w.free, n)
}

// later plans what happens once.
func (w *world) later(d time.Duration, do func(*world)) { w.shots.add(w.now+d, do) }

// draw is a number from 0 to 1 for something that happens now; each call has its own.
func (w *world) draw(what uint64) float64 {
	w.draws++
	return part(w.seed, what, w.draws)
}

// run runs until a time. What happens once comes before actors of the same time.
func (w *world) run(until time.Duration) {
	for {
		n, at := w.queue.first()
		once := w.shots.next()
		if min(at, once) >= until {
			w.now = until
			return
		}
		w.events++
		if once <= at {
			w.now, w.acting = once, -1
			one := w.shots.take()
			one.do(w)
		} else {
			w.now, w.acting = at, n
			w.act(n)
			w.rest(n)
		}
		if w.roused != 0 {
			w.rise()
		}
	}
}

// act has an actor do what is due.
func (w *world) act(n int32) {
	a := &w.actors[n]
	switch a.role {
	case roleChecker:
		w.check(n, a)
	case roleTarget:
		w.ask(n, a)
	case roleUser:
		w.queue.set(n, w.now+a.delay)
		w.resolve(int(a.who))
	case roleWatch:
		w.queue.set(n, w.now+time.Duration(w.Watch.Every))
		w.look()
	}
}

// strike begins or ends a fault.
func (w *world) strike(f Fault, on bool) {
	w.record.before(w)
	if on {
		w.faults = append(w.faults, f)
	} else {
		for i := range w.faults {
			if w.faults[i] == f {
				w.faults = append(w.faults[:i:i], w.faults[i+1:]...)
				break
			}
		}
	}
	was := w.envs
	w.envs, w.global = [2]environment{}, environment{}
	for _, f := range w.faults {
		kind, _ := KindOf(cmp.Or(f.By, f.Kind))
		at := &w.global
		if !kind.Global {
			at = &w.envs[f.Region.number()]
		}
		kind.apply(at, f)
	}
	for n := range w.checks {
		if c := &w.checks[n]; c.healthy == c.all {
			c.failed = never
		}
	}
	for side := range w.sides {
		if w.envs[side] != was[side] {
			w.rouse(checkersOf(side) | targetsOf(side) | checkersOfSwitch | watchOfSwitch)
		}
		w.sides[side].suffer(w, was[side], w.envs[side], was[0].frozen != w.envs[0].frozen)
	}
	if w.Sick > 0 && on && f.Region == Primary && w.sides[1].sick == 0 {
		w.sicken(w.now + time.Duration(w.Sick))
	}
	w.settle()
	w.record.after(w)
	if len(w.faults) == 0 && w.Watch != nil {
		w.operate()
	}
}

// sicken has the standby serve nobody until a time.
func (w *world) sicken(until time.Duration) {
	w.sides[1].sick = until
	w.rouse(targetsOf(1))
	w.sides[1].serve(w)
	w.shots.add(until, func(w *world) {
		w.record.before(w)
		w.rouse(targetsOf(1))
		w.sides[1].serve(w)
		w.record.after(w)
	})
}

// operate has an operator move users back some time after the last fault, if the watch still holds them.
func (w *world) operate() {
	w.watches++
	mine := w.watches
	w.later(time.Duration(w.Watch.Returns), func(w *world) {
		if w.watches == mine && len(w.faults) == 0 && w.position == 1 && w.Watch.After == 0 {
			w.turn(0, false)
		}
	})
}

// inject plans a fault.
func (w *world) inject(f Fault) {
	times := 1
	if f.Kind == FaultFlap {
		times = max(1, f.Times)
	}
	for n := range times {
		at := time.Duration(f.At) + time.Duration(2*n)*time.Duration(f.For)
		w.shots.add(at, func(w *world) { w.strike(f, true) })
		w.shots.add(at+time.Duration(f.For), func(w *world) { w.strike(f, false) })
	}
}
