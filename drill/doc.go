// Package drill rehearses the loss of a region and measures what users felt.
//
// A drill has five phases: a baseline of traffic, the fault, the wait until every user is served by
// the secondary, the repair, and the wait until every user is served by the primary again. Its users
// are clients that cache DNS answers for exactly their TTL, as resolvers do, and that ask for a page
// again and again over fresh connections. What a drill breaks it writes down first (see Journal), so
// that a drill that was killed can be undone.
//
// Nothing here knows which cloud is rehearsed. A fault that only one kind of cloud can suffer is
// handed in by the caller.
package drill
