// Package records has Route 53's rules of record sets, as pure functions: how names and values are written, which
// routing policies may be used together, in what order record sets are listed, and the effect of a batch of changes on a
// zone. It uses no store, no clock and no socket. The error messages are Route 53's.
package records
