// Package request has what Route 53's control planes do alike with any request: refusals in Route 53's codes and
// words, bounds of members, pages from a marker on, and ids of capitals and digits. What all of AWS does alike is in
// package room. It holds no state.
package request
