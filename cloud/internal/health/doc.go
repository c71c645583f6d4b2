// Package health probes endpoints as Route 53's health checkers do, and decides whether they are healthy.
//
// Sixteen checkers, two in each of Route 53's eight checking regions, probe each endpoint independently,
// each from its own address. Every checker has a Judge, which changes its result after
// FailureThreshold results in a row; the check is healthy while more than 18 % of its checkers find it
// healthy (developer guide, "How Amazon Route 53 determines whether a health check is healthy").
// These decisions (judge.go) are pure functions.
package health
