package simulation

import (
	"math"
	"time"
)

// user is a group of users whose resolver asks at one time. It stands for a part of all of them.
type user struct {
	has    int8          // the side that its answer leads to
	luck   float64       // from 0 to 1: which of the requests that a region serves in part are its own
	weight time.Duration // how many of all users they are, in thousandths
	keeps  bool          // its resolver keeps answers for their TTL, no longer
	place  float64       // from 0 to 1: where it is, of which the first region is the nearer one to those up to its share

	down     bool
	cause    int           // why
	fault    int           // by which fault, of Faults
	stranded time.Duration // since when it is at an ill region while the other is well; never if it is not
}

// crowds are the users of a simulation of years, by how long their resolvers keep an answer: 8.7 % of resolvers stretch TTLs (Bhowmick
// and others, PAM 2023), and 2 % of users were at an old answer after 15 minutes (Flavel and others, LANMAN 2014).
var crowds = []struct {
	weight, groups int
	least          time.Duration
}{{900, 20, 0}, {80, 4, 5 * time.Minute}, {20, 2, 30 * time.Minute}}

// addUsers adds the crowds.
func (w *world) addUsers() {
	for c, crowd := range crowds {
		keep := max(time.Duration(w.TTL), crowd.least)
		for g := range crowd.groups {
			n := len(w.users)
			// Evenly spread, so that a share of a region's requests is the same share of users.
			luck := (float64(g) + 0.5) / float64(crowd.groups)
			w.users = append(w.users, user{
				luck: luck, weight: time.Duration(crowd.weight / crowd.groups), keeps: crowd.least == 0, stranded: never, place: placed(g),
			})
			w.users[n].has = w.chosen(n, w.answer, 0)
			at := time.Duration(part(w.seed, drawUser, uint64(c), uint64(g)) * float64(keep))
			w.add(actor{role: roleUser, who: int32(n), delay: keep}, at)
		}
	}
}

// placed spreads places evenly, and for neighbours far apart, by the golden ratio: what users' luck has in order, places must not have.
func placed(n int) float64 {
	_, place := math.Modf((float64(n) + 0.5) * (math.Sqrt(5) - 1) / 2)
	return place
}

// chosen is the side of an answer that a user's resolver gets at a moment. It is drawn from nothing but these, so that nobody has to ask in
// between who finds the same.
func (w *world) chosen(n int, answer int8, at time.Duration) int8 {
	place := w.users[n].place
	switch {
	case answer != both:
		return answer
	case !w.Nearest:
		place = part(w.seed, drawSide, uint64(n), uint64(at))
	}
	if place < w.Share {
		return 0
	}
	return 1
}

// resolve has a user learn where the name leads. Where all is well in both regions, nobody feels which one that is.
func (w *world) resolve(n int) {
	u, side := &w.users[n], w.chosen(n, w.answer, w.now)
	if u.has == side {
		return
	}
	if w.answer == both && w.whole() {
		u.has = side
		return
	}
	w.record.before(w)
	u.has = side
	w.record.after(w)
}

// whole tells whether both regions serve everybody who comes.
func (w *world) whole() bool { return w.sides[0].service.whole() && w.sides[1].service.whole() }

// rests tells whether what a user's resolver hears next changes nothing.
func (w *world) rests(n int) bool {
	if w.answer == both && !w.Nearest {
		return w.whole()
	}
	return w.users[n].has == w.chosen(n, w.answer, w.now)
}

// serves tells whether a side serves a user.
func (w *world) serves(u *user, side int8) bool {
	if side == nobody {
		return false
	}
	s := &w.sides[side].service
	return s.Outcome == Served && u.luck < s.Share*s.Reach
}
