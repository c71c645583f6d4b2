package simulation

// user is a group of users who ask at one time of a resolver's.
type user struct {
	has int8 // the side that its answer leads to
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
