package simulation

import (
	"time"

	"github.com/understudy/understudy/cloud/internal/health"
)

// environment is what faults do to a region, or to what is of no region.
type environment struct {
	dark     bool          // packets to the load balancer vanish
	refused  bool          // connections to it are refused
	lost     bool          // its instances end
	errors   bool          // the load balancer answers each request with an error itself
	pages    bool          // it does so where users ask for their pages
	ill      bool          // targets answer with an error
	hangs    bool          // targets do not answer
	slow     time.Duration // how long each answer takes
	silent   bool          // Route 53 hears nothing of it
	zone     bool          // one zone is lost
	inverted bool          // its health check is
	frozen   bool          // nothing can be changed by the API
	short    bool          // no instance can be launched
	boots    float64       // how many times as long they take; 0 is once
	cut      float64       // the share of checkers that cannot reach it
	grey     float64       // the share of users who get errors
	ahead    time.Duration // of the watch's clock
}

// Outcome is what a request to a region comes to.
type Outcome uint8

// The outcomes.
const (
	Served  Outcome = iota
	Failing         // an error, at once
	Refusing
	Dark    // nobody answers, not even to connect
	Hanging // connected, and no answer
)

// atOnce tells whether a failure is known at once, not only by a time-out.
func (o Outcome) atOnce() bool { return o == Failing || o == Refusing }

// probe is what a checker of Route 53's finds at a load balancer, and how long that takes it: it gives an endpoint 4 s to connect and
// 2 s more to answer (package health).
func (s *System) probe(o Outcome, latency time.Duration) (pass bool, took time.Duration) {
	switch o {
	case Dark:
		return false, s.limit(health.ConnectLimit)
	case Hanging:
		return false, latency + s.limit(health.ReplyLimit)
	}
	return o == Served, latency
}

// front is what a load balancer itself answers with, whatever its targets do; Served if it asks them.
func (e *environment) front() Outcome {
	switch {
	case e.dark:
		return Dark
	case e.refused:
		return Refusing
	case e.errors || e.pages:
		return Failing
	}
	return Served
}

// elsewhere is what faults do to requests for other pages than the users'.
func (e environment) elsewhere() environment {
	e.pages = false
	return e
}

// behind is what targets that run answer with, to one who waits for so long.
func (e *environment) behind(patience time.Duration) Outcome {
	switch {
	case e.lost || e.hangs || e.slow > patience:
		return Hanging
	case e.ill:
		return Failing
	}
	return Served
}
