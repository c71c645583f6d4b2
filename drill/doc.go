// Package drill rehearses the loss of a region and measures how long users are without service.
//
// A drill has five phases: a baseline of traffic, the fault, the wait until every user is served by
// the secondary, the repair, and the wait until every user is served by the primary again. Its users
// are clients that cache DNS answers for exactly their TTL, as resolvers do, or that ask resolvers which others wrote, and that ask for a
// page repeatedly, each time over a new connection. A drill writes down what it will break before it does (see
// Journal), so that a drill that was killed can be undone.
//
// This package does not know which cloud it works on. The caller passes in faults that only one kind of cloud
// has.
package drill
