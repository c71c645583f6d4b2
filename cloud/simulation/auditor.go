package simulation

import (
	"fmt"
	"slices"
	"time"
)

// auditor adds up what users lose, and sees to it that nothing is that must never be.
type auditor struct {
	limits  Limits
	tallied time.Duration
	anyDown bool
	lost    time.Duration         // users' time, by weight in thousandths
	causes  [causes]time.Duration // of it
	faults  []time.Duration       // of it, by place in Faults
	moves   []time.Duration       // when the name led elsewhere
	total   int                   // how often it did
	bare    [2]time.Duration      // since when a region that is needed carries too little; never if it does not
	broken  map[string]int        // how often
	first   map[string]Violation  // the first of each
	points  []time.Duration       // when something changed, if asked for
	marks   bool                  // ask for them
	last    int                   // the last fault that ended, by place in Faults
	seen    func(Violation)       // hears of each; may be nil
}

func newAuditor(l Limits) *auditor {
	return &auditor{
		limits: l, bare: [2]time.Duration{never, never}, faults: make([]time.Duration, len(Faults)), broken: map[string]int{}, first: map[string]Violation{},
	}
}

// before gives the time since the last change to what users waited for.
func (a *auditor) before(w *world) {
	since := w.now - a.tallied
	a.tallied = w.now
	if !a.anyDown || since == 0 {
		return
	}
	for n := range w.users {
		if u := &w.users[n]; u.down {
			part := since / 1000 * u.weight
			a.lost += part
			a.causes[u.cause] += part
			a.faults[u.fault] += part
		}
	}
}

// after looks at who is served now.
func (a *auditor) after(w *world) {
	a.before(w) // of a change within a change
	if a.marks && (len(a.points) == 0 || a.points[len(a.points)-1] != w.now) {
		a.points = append(a.points, w.now)
	}
	a.anyDown = false
	for n := range w.users {
		u := &w.users[n]
		u.down = !w.serves(u, u.has)
		if u.down {
			a.anyDown = true
			u.cause, u.fault = w.why(u), a.blame(w, u)
		}
		a.strand(w, u)
	}
	a.strip(w, 1)
	if w.Share > 0 {
		a.strip(w, 0)
	}
	if w.answer == nobody {
		a.breaks(Violation{BrokenEmpty, Span(w.now), "the name has no answer"})
	}
}

func (a *auditor) judged(*world) {}

func (a *auditor) answered(w *world) {
	a.total++
	a.moves = append(a.moves, w.now)
	for w.now-a.moves[0] > time.Duration(a.limits.Within) {
		a.moves = a.moves[1:]
	}
	if n := len(a.moves); n > a.limits.Moves {
		a.breaks(Violation{BrokenPingPong, Span(w.now), fmt.Sprintf("the name led elsewhere %d times within %s", n, a.limits.Within)})
		a.moves = nil
	}
}

// breaks notes a broken invariant.
func (a *auditor) breaks(v Violation) {
	if a.broken[v.Broke]++; a.broken[v.Broke] == 1 {
		a.first[v.Broke] = v
	}
	if a.seen != nil {
		a.seen(v)
	}
}

// whole tells whether a region serves everybody.
func (s Service) whole() bool { return s.Outcome == Served && s.Share >= 1 && s.Reach >= 1 }

// strand follows one group of users at an ill region. That region serves none of them; one that serves a part is not ill as a whole.
func (a *auditor) strand(w *world, u *user) {
	is := u.keeps && u.has != nobody && w.sides[u.has].service.Outcome != Served && w.sides[1-u.has].service.whole()
	if u.stranded != never && w.now-u.stranded > time.Duration(a.limits.Stranded) {
		at := u.stranded + time.Duration(a.limits.Stranded)
		a.breaks(Violation{BrokenStranded, Span(at), fmt.Sprintf("users are at the %s, which is ill, for longer than %s while the other is well",
			sideOf(u.has), a.limits.Stranded)})
		u.stranded = never - 1 // once an outage
	}
	switch {
	case !is:
		u.stranded = never
	case u.stranded == never:
		u.stranded = w.now
	}
}

// strip follows a standby that is needed; where both regions serve, either one that is left to carry all users.
func (a *auditor) strip(w *world, n int) {
	side, bare := sideOf(int8(n)), &a.bare[n]
	needed := w.answer == int8(n) || w.sides[1-n].service.Outcome != Served
	struck := slices.ContainsFunc(w.faults, func(f Fault) bool { return f.Region == side && f.Kind != FaultCapacity && f.Kind != FaultBoots })
	is := needed && !struck && w.sides[n].share(w) < 1
	if *bare != never && w.now-*bare > time.Duration(a.limits.Bare) {
		a.breaks(Violation{BrokenBare, Span(*bare + time.Duration(a.limits.Bare)),
			fmt.Sprintf("the %s carries less than %d instances for longer than %s while it is needed", side, w.carries(), a.limits.Bare)})
		*bare = never - 1
	}
	switch {
	case !is:
		*bare = never
	case *bare == never:
		*bare = w.now
	}
}

// finish closes the books, and tells whether everybody is served in the end.
func (a *auditor) finish(w *world, settled bool) {
	a.before(w)
	a.after(w)
	if !settled {
		return
	}
	for n := range w.users {
		if u := &w.users[n]; u.keeps && u.down && len(w.faults) == 0 {
			a.breaks(Violation{BrokenStuck, Span(w.now), fmt.Sprintf("%s after the last fault, users at the %s are not served", a.limits.Settle, sideOf(u.has))})
			return
		}
	}
}

// why is what a user without service waits for.
func (w *world) why(u *user) int {
	switch {
	case u.has == nobody:
		return unknown
	case w.sides[u.has].service.Outcome == Served && w.envs[u.has].grey > 0:
		return unknown // no check sees it
	case u.has != w.answer && w.answer != both:
		return cachedAnswer
	case u.has == 1 && w.Share == 0:
		return standby
	case !w.latest.checks[1-u.has] || !w.latest.targets[1-u.has]:
		return standby // there is nowhere to go
	case w.answers.of(w.latest) != w.answer:
		return propagation
	case w.checks[u.has].failed != never:
		return threshold
	}
	return firstProbe
}

// blame is the fault that a user is without service by, by its place in Faults: one in force at its region, else the last one that ended.
func (a *auditor) blame(w *world, u *user) int {
	for n := len(w.faults) - 1; n >= 0; n-- {
		if f := &w.faults[n]; u.has == nobody || f.Region == sideOf(u.has) {
			a.last = placeOf(f.Kind)
			return a.last
		}
	}
	if n := len(w.faults); n > 0 && w.Share > 0 { // the other one's users came too
		a.last = placeOf(w.faults[n-1].Kind)
	}
	return a.last
}

func placeOf(kind string) int {
	return slices.IndexFunc(Faults, func(k FaultKind) bool { return k.Name == kind })
}
