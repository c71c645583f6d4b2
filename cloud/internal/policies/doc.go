// Package policies has the language of Route 53's traffic policies, as pure functions: Parse reads a document and
// refuses what the format does not allow, and Document.Compile makes the record sets that a document describes.
package policies
