// Package records has Route 53's rules of record sets, as pure functions: how names and values are written, which
// routing policies may stand together, in what order record sets are listed, and what a batch of changes makes of a
// zone. It knows no store, no clock and no socket; refusals are worded as Route 53 words them.
package records
