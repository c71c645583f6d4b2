// Package request has what Route 53's control planes share for any request: errors with Route 53's codes and
// messages, bounds of members, pages that begin at a marker, and ids of capitals and digits. What all of AWS's services
// share is in package room. It has no state.
package request
