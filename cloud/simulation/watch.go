package simulation

import "time"

// epoch is the time of day at which runs begin; nothing depends on it.
var epoch = time.Unix(0, 0).UTC()

// look has the watch process look once, and do what its keeper says.
func (w *world) look() {
	s := w.sees()
	if s == w.sight {
		w.alike++
	} else {
		w.sight, w.alike = s, 0
	}
	s.At = epoch.Add(w.now + w.global.ahead)
	o := w.keeper.Look(s)
	if o == (Orders{}) {
		return
	}
	w.alike = 0
	if o.Turn != "" && !w.turn(int8(o.Turn.number()), true) {
		w.keeper.Failed(o.Turn)
	}
	if o.Grow != o.Shrink && w.sides[1].manageable(w) {
		w.record.before(w)
		w.grown = o.Grow
		w.sides[1].resize(w, o.Grow)
		w.record.after(w)
	}
}

// sees is what the watch process sees now, but for its clock.
func (w *world) sees() Sight {
	s := Sight{Switch: sideOf(w.position), ByLatch: w.byLatch, Answer: sideOf(w.answer), Grown: w.grown}
	if w.envs[1].dark { // it runs there, and cannot read the switch
		s.Switch = ""
	}
	service := w.sides[0].service
	s.PrimaryOK = service.Outcome == Served && service.Share > 0
	return s
}

func sideOf(n int8) Side {
	switch n {
	case 0:
		return Primary
	case 1:
		return Standby
	case both:
		return Both
	}
	return ""
}

// turn sets the switch, by a call to the standby's region alone, and tells whether that was possible.
func (w *world) turn(to int8, byLatch bool) bool {
	if w.envs[1].dark {
		return false
	}
	w.record.before(w)
	w.position, w.byLatch = to, byLatch && to == 1
	w.rouse(checkersOfSwitch | watchOfSwitch)
	w.record.after(w)
	return true
}
