package plan

import (
	"context"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// resource is one thing that a stack is made of. Its methods are called in the order in which they
// stand here, never two at a time.
type resource interface {
	// find looks for the thing by its tags, remembers its id and settings, and tells whether it exists. If it
	// exists but cannot be used, like a failed image, the result is false.
	find(context.Context) (bool, error)
	// desired returns the settings that the declaration asks for. Ids not known yet are Unknown.
	desired() []Field
	// actual returns the settings that find saw.
	actual() []Field
	// create makes the thing as desired, and returns once others can use it.
	create(context.Context) error
	// change makes these settings as desired.
	change(context.Context, []Difference) error
	// remove deletes everything with this thing's tags, and returns once it is gone. It is no error if
	// nothing is left.
	remove(context.Context) error
}

// identified is a resource that has an id of AWS's to show.
type identified interface{ identity() string }

// obstructed is a resource that something of somebody else's may be in the way of.
type obstructed interface{ refused() error }

// leaving is a resource that may exist in part: it cannot be used, but must be removed.
type leaving interface{ remnants() bool }

// shared is a resource that may belong to somebody else; then it is used as it is and never deleted.
type shared interface{ foreign() bool }

// awaited is a state that AWS reaches by itself; create waits for it.
type awaited interface{ awaited() }

// momentary is a resource that is there only while it has something to do.
type momentary interface{ momentary() }

// worldwide is a resource in Route 53, which answers even if its region does not.
type worldwide interface{ worldwide() }

// scope is what every resource knows: the declaration, its side, and the account there.
type scope struct {
	*account.Account
	declared *understudy.Declaration
	side     understudy.Side
}

// stack is the value of the tag on all that is ours.
func (s scope) stack() string { return s.declared.Name }

// mark returns the tags of the thing with this role.
func (s scope) mark(role string) account.Tags {
	return account.Mark(s.stack(), role).Declared(s.declared.Tags)
}

// name returns the name of the resource with this role, for kinds to which AWS gives names.
func (s scope) name(role string) string { return "understudy-" + s.stack() + "-" + role }

// place is the declared region of this side.
func (s scope) place() understudy.Region { return s.declared.Regions[s.side] }
