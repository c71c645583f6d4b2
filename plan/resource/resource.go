// Package resource has what all resources of a stack share: what one can do, the settings in which it differs from the declaration, whose it
// is by its tags, and which of two equal ones is in use. It knows no kind of resource.
package resource

import (
	"context"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// Resource is one thing that a stack is made of. Its methods are called in the order in which they
// stand here, never two at a time.
type Resource interface {
	// Find looks for the thing by its tags, remembers its id and settings, and tells whether it exists. If it
	// exists but cannot be used, like a failed image, the result is false.
	Find(context.Context) (bool, error)
	// Desired returns the settings that the declaration asks for. Ids not known yet are Unknown.
	Desired() []Field
	// Actual returns the settings that Find saw.
	Actual() []Field
	// Create makes the thing as desired, and returns once others can use it.
	Create(context.Context) error
	// Change makes these settings as desired.
	Change(context.Context, []Difference) error
	// Remove deletes everything with this thing's tags, and returns once it is gone. It is no error if
	// nothing is left.
	Remove(context.Context) error
}

// Identified is a resource that has an id of AWS's to show.
type Identified interface{ Identity() string }

// Obstructed is a resource that something of somebody else's may be in the way of.
type Obstructed interface{ Refused() error }

// Leaving is a resource that may exist in part: it cannot be used, but must be removed.
type Leaving interface{ Remnants() bool }

// Shared is a resource that may belong to somebody else; then it is used as it is and never deleted.
type Shared interface{ Foreign() bool }

// Awaited is a state that AWS reaches by itself; Create waits for it.
type Awaited interface{ Awaited() }

// Momentary is a resource that is there only while it has something to do.
type Momentary interface{ Momentary() }

// Worldwide is a resource in Route 53, which answers even if its region does not.
type Worldwide interface{ Worldwide() }

// Scope is what every resource knows: the declaration, its side, and the account there.
type Scope struct {
	*account.Account
	Declared *understudy.Declaration
	Side     understudy.Side
}

// Stack is the value of the tag on all that is ours.
func (s Scope) Stack() string { return s.Declared.Name }

// Mark returns the tags of the thing with this role.
func (s Scope) Mark(role string) account.Tags {
	return account.Mark(s.Stack(), role).Declared(s.Declared.Tags)
}

// NameOf returns the name of the resource with this role, for kinds to which AWS gives names.
func (s Scope) NameOf(role string) string { return "understudy-" + s.Stack() + "-" + role }

// Place is the declared region of this side.
func (s Scope) Place() understudy.Region { return s.Declared.Regions[s.Side] }

// Leaves tells whether something remains of a resource that was not found.
func Leaves(r Resource) bool {
	l, ok := r.(Leaving)
	return ok && l.Remnants()
}

func Identity(r Resource) string {
	if i, ok := r.(Identified); ok {
		return i.Identity()
	}
	return ""
}
