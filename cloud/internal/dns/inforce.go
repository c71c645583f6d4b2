package dns

// inForce is what answers now, and the terms that packed answers may have of it.
type inForce struct {
	view *Answers
	all  *term // of everything in the view
}

// Swap puts another view in force, for every question that comes after it returns.
func (s *Server) Swap(a *Answers) {
	s.swap.Lock()
	defer s.swap.Unlock()
	old := s.inForce.Swap(&inForce{view: a, all: new(term)})
	if old != nil {
		old.all.over.Store(true)
	}
}

// term returns how long an answer is right, or nil where it is right only once.
func (f *inForce) term(a *result) *term { return f.all }
