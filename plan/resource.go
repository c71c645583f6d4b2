package plan

import (
	"context"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// resource is one thing that a stack is made of. Its methods are called in the order in which they
// stand here, never two at a time.
type resource interface {
	// find looks for the thing by its tags, remembers its id and settings, and tells whether it is
	// there. Something that is there but of no use, a failed image for one, is not there.
	find(context.Context) (bool, error)
	// desired returns the settings that the declaration asks for. Ids not known yet are Unknown.
	desired() []Field
	// actual returns the settings that find saw.
	actual() []Field
	// create makes the thing as desired, and returns once others can use it.
	create(context.Context) error
	// change takes these differences away.
	change(context.Context, []Difference) error
	// remove deletes all that bears this thing's tags, and returns once it is gone. What is gone
	// already is no error.
	remove(context.Context) error
}

// identified is a resource that has an id of AWS's to show.
type identified interface{ identity() string }

// leaving is a resource that may be half made: not there to be used, but there to be removed.
type leaving interface{ remnants() bool }

// shared is a resource that may be somebody else's, used as it is and never deleted.
type shared interface{ foreign() bool }

// awaited is a resource that nobody makes: it comes about, and create waits for it.
type awaited interface{ awaited() }

// worldwide is a resource that lives in Route 53, which answers when its region does not.
type worldwide interface{ worldwide() }

// scope is what every resource knows of its place: the declaration, the side, the account there.
type scope struct {
	*account.Account
	declared *understudy.Declaration
	side     understudy.Side
}

// stack is the value of the tag on all that is ours.
func (s scope) stack() string { return s.declared.Name }

// mark returns the tags of the thing with this role.
func (s scope) mark(role string) account.Tags { return account.Mark(s.stack(), role) }

// name returns the name of the thing with this role, where AWS asks for one.
func (s scope) name(role string) string { return "understudy-" + s.stack() + "-" + role }

// place is the declared region of this side.
func (s scope) place() understudy.Region { return s.declared.Regions[s.side] }
