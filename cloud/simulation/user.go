package simulation

import "time"

// user is a group of users whose resolver asks at one time. It stands for a part of all of them.
type user struct {
	has    int8          // the side that its answer leads to
	luck   float64       // from 0 to 1: which of the requests that a region serves in part are its own
	weight time.Duration // how many of all users they are, in thousandths
	keeps  bool          // its resolver keeps answers for their TTL, no longer

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
				has: w.answer, luck: luck, weight: time.Duration(crowd.weight / crowd.groups), keeps: crowd.least == 0, stranded: never,
			})
			at := time.Duration(part(w.seed, drawUser, uint64(c), uint64(g)) * float64(keep))
			w.add(actor{role: roleUser, who: int32(n), delay: keep}, at)
		}
	}
}

// resolve has a user learn where the name leads.
func (w *world) resolve(n int) {
	u := &w.users[n]
	if u.has == w.answer {
		return
	}
	w.record.before(w)
	u.has = w.answer
	w.record.after(w)
}

// serves tells whether a side serves a user.
func (w *world) serves(u *user, side int8) bool {
	if side == nobody {
		return false
	}
	s := &w.sides[side].service
	return s.Outcome == Served && u.luck < s.Share*s.Reach
}
