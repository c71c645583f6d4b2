package cloud

import (
	"context"
	"net/http"
	"net/url"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/fault"
)

// Fault says which calls of the API go wrong on purpose, and how. A fault lasts until it is removed or the cloud stops.
type Fault = fault.Rule

// InForce is a fault with what it has met so far.
type InForce = fault.InForce

// When is how far a call has come.
type When = fault.When

// How far a call has come when a Fault's Kill is carried out.
const (
	Asked    = fault.Asked
	Done     = fault.Done
	Answered = fault.Answered
)

// The errors of a Fault that each service words in its own way.
const (
	Throttling  = fault.Throttling
	Internal    = fault.Internal
	Unavailable = fault.Unavailable
)

// Call is a call of the API that the cloud has let in, in the order of their arrival.
type Call = door.Call

// FaultServices are the names that a Fault's Service may have.
func FaultServices() []string { return fault.Services() }

// FaultOperations are the names that a Fault's Operation may have, for a service or, where it is "", for any.
func FaultOperations(service string) []string { return fault.Operations(service) }

// AddFault is as the Cloud's.
func (a *Attached) AddFault(ctx context.Context, f Fault) (added Fault, err error) {
	return added, a.call(ctx, http.MethodPost, "/faults", f, &added)
}

// RemoveFaults is as the Cloud's.
func (a *Attached) RemoveFaults(ctx context.Context, ids ...string) error {
	return a.call(ctx, http.MethodDelete, "/faults?"+url.Values{"id": ids}.Encode(), nil, nil)
}

// Faults is as the Cloud's.
func (a *Attached) Faults(ctx context.Context) (all []InForce, err error) {
	return all, a.call(ctx, http.MethodGet, "/faults", nil, &all)
}

// Calls is as the Cloud's.
func (a *Attached) Calls(ctx context.Context) (all []Call, err error) {
	return all, a.call(ctx, http.MethodGet, "/calls", nil, &all)
}

// ForgetCalls is as the Cloud's.
func (a *Attached) ForgetCalls(ctx context.Context) error {
	return a.call(ctx, http.MethodDelete, "/calls", nil, nil)
}
