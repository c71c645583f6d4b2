package plan

import (
	"github.com/understudy/understudy/plan/resource"
)

// replacing is a resource of which some changes put something new in the place of the old.
type replacing interface {
	Replaces([]resource.Difference) string
}

// succeeding is a resource that is made beside one of an earlier generation, which goes afterwards.
type succeeding interface{ Succeeds() string }

// Replaces says what a step replaces, how many instances, in which order and about how long, or "".
func (s Step) Replaces() string {
	if s.node == nil || s.Action != Change {
		return s.Succeeds()
	}
	if r, ok := s.node.resource.(replacing); ok {
		return r.Replaces(s.Differences)
	}
	return ""
}

func (s Step) Succeeds() string {
	if s.node == nil || s.Action != Create {
		return ""
	}
	if r, ok := s.node.resource.(succeeding); ok {
		return r.Succeeds()
	}
	return ""
}

// reasoned is a wait that knows what is missing.
type reasoned interface{ Reason() string }

// Reason says what a wait is for and what is so far, or "".
func (s Step) Reason() string {
	if s.node == nil || s.Action != Wait {
		return ""
	}
	if r, ok := s.node.resource.(reasoned); ok {
		return r.Reason()
	}
	return ""
}
