// Package health probes endpoints as Route 53's health checkers do, and judges what they answer.
//
// Sixteen checkers, two in each of Route 53's eight checking regions, probe each endpoint on their own,
// each from an address of its own. Every checker has a Judge, which changes its mind after
// FailureThreshold results in a row; the check is healthy while more than 18 % of its checkers are of
// that opinion (developer guide, "How Amazon Route 53 determines whether a health check is healthy").
// Judging and weighing are pure; only probe.go and its neighbours touch sockets and the clock.
package health
