// Package simulation runs a service in two regions, and who watches and uses it, in virtual time: Route 53's checkers, its name servers,
// load balancers' checks of their targets, Auto Scaling groups with boot times, resolvers that keep answers, and clients of many kinds.
//
// What decides is not written here. The same pure functions decide that run the local cloud: health.Judge and health.Weigh (18 %),
// targethealth.Judge, routing's View, and fleet.Decide. This package gives them results and times. So it stands inside of cloud/, where
// they are at home; whoever declares a service turns the declaration into a [System].
//
// A run is a queue of events, ordered by time and, of one time, by what they are; there is no goroutine, no clock, and nothing is drawn
// from the order of a map. All randomness follows from a seed: the same seed gives the same bytes. Whoever
// can change nothing rests until something changes that they look at, and so is in no queue: this changes no result.
package simulation
