// Package wire turns bytes into the types of aws-sdk-go-v2 and back, for the protocols that AWS's clients
// speak: EC2 query, AWS query, REST-XML, REST-JSON, AWS JSON 1.0 and, for CloudWatch, RPC-v2 CBOR.
//
// The types say the structure; the names on the wire come from tables made of AWS's published API models
// (see tables/). Where a type has a member that the models do not, because the SDK is newer, its name on
// the wire follows from its Go name by the protocol's own rule, or stands in a table of newer shapes (tables/*-newer.txt).
//
// A handler is a function with the signature of an SDK client's method, less the options. A [Mux]
// decodes a request, calls the handler of its operation and encodes the answer or the error.
package wire

//go:generate go run -C ../../../tools ./wiregen ../cloud/internal/wire
