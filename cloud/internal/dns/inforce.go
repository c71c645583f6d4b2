package dns

import "github.com/understudy/understudy/cloud/internal/routing"

// inForce is the view that answers now, and the terms of its packed answers.
type inForce struct {
	view  *routing.View
	whole *term                   // of all that the view says
	zones map[*routing.Zone]*term // of what one zone's records say alone
}

// Swap replaces the view. The new one answers every question that comes after Swap returns. If the zones are the same
// ones, as after a change of health, the cost does not depend on their size. Otherwise the packed answers of unchanged
// zones are kept.
func (s *Server) Swap(v *routing.View) {
	s.swap.Lock()
	defer s.swap.Unlock()
	old := s.inForce.Load()
	next := &inForce{view: v, whole: new(term)}
	if old != nil && v.SameZones(old.view) {
		next.zones = old.zones
	} else {
		next.zones = map[*routing.Zone]*term{}
		for z := range v.Zones() {
			next.zones[z] = new(term)
		}
		if old != nil {
			next.keep(old)
		}
	}
	s.inForce.Store(next)
	// From here on answers are composed from the next view; those of the old one end with their terms.
	if old != nil {
		old.end(next)
	}
}

// keep takes over the terms of unchanged zones. If a zone was added or removed, it keeps none, since a name may be in
// another zone now.
func (f *inForce) keep(old *inForce) {
	ids := map[string]bool{}
	for z := range old.zones {
		ids[z.ID] = true
	}
	for z := range f.zones {
		if !ids[z.ID] {
			return
		}
	}
	if len(f.zones) != len(old.zones) {
		return
	}
	for z := range f.zones {
		if t := old.zones[z]; t != nil {
			f.zones[z] = t
		}
	}
}

// end ends the terms that the next view does not keep.
func (f *inForce) end(next *inForce) {
	f.whole.over.Store(true)
	if next.view.SameZones(f.view) {
		return
	}
	for z, t := range f.zones {
		if next.zones[z] != t {
			t.over.Store(true)
		}
	}
}

// term returns the term of an answer, or nil if the answer is for one client only.
func (f *inForce) term(a *routing.Answer) *term {
	switch {
	case a.Depends&(routing.OnPlace|routing.OnRoll) != 0:
		return nil
	case a.Depends != 0 || a.Zone == nil:
		return f.whole
	}
	return f.zones[a.Zone]
}
