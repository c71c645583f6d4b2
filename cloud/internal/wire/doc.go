// Package wire decodes and encodes the types of aws-sdk-go-v2, for the protocols that AWS's clients
// speak: EC2 query, AWS query, REST-XML, REST-JSON, AWS JSON 1.0 and, for CloudWatch, RPC-v2 CBOR.
//
// The types have the structure; the names on the wire come from tables made from AWS's published API models
// (see tables/). If a type has a member that the models do not have, because the SDK is newer, its name on
// the wire follows from its Go name by the protocol's rule, or is in a table of newer shapes (tables/*-newer.txt).
//
// A handler is a function with the signature of an SDK client's method, without the options. A [Mux]
// decodes a request, calls the handler of its operation and encodes the answer or the error.
package wire

//go:generate go run -C ../../../tools ./wiregen ../cloud/internal/wire
