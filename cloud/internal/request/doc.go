// Package request has what Route 53's control planes do alike with any request: refusals in Route 53's codes and
// words, bounds of members, pages, and ids. It holds no state.
package request
