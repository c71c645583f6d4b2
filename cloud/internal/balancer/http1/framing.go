package http1

import (
	"iter"
	"strconv"
	"strings"
)

// Framing is how a message's body is delimited (RFC 9112, 6).
type Framing struct {
	Kind   Kind
	Length int64 // of a Sized body
}

// Kind is the kind of a Framing.
type Kind int

// The kinds.
const (
	Empty Kind = iota
	Sized
	Chunked
	UntilClose // only answers
)

// framing goes through the values of the fields that frame a body by a name, or for some programs could.
func (f Fields) framing(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, field := range f {
			if (is(field.Name, name) || isMasked(field.Name, name)) && !yield(field.Value) {
				return
			}
		}
	}
}

// frame reads what frames the request's body. Where several readings are possible, it is the safest one.
func (q *Request) frame() {
	if q.masked { // for those who read these fields
		q.readCodings(q.Fields.framing(transferEncoding))
		q.readLengths(q.Fields.framing(contentLength))
		q.Unsupported = false
	}
	chunked, encoded := q.readCodings(q.Fields.Values(transferEncoding))
	length := q.readLengths(q.Fields.Values(contentLength))
	switch {
	case chunked:
		q.Framing = Framing{Kind: Chunked}
	case length >= 0:
		q.Framing = Framing{Kind: Sized, Length: length}
	}
	bodiless := q.Method == "GET" || q.Method == "HEAD"
	if encoded && (bodiless || q.Minor == 0) {
		q.find(UndefinedTransferEncodingSemantics)
	}
	if length >= 0 && (q.Simple || bodiless && length > 0) {
		q.find(UndefinedContentLengthSemantics)
	}
	if length >= 0 && encoded {
		q.find(BothTeClPresent)
	}
	if length == 0 && bodiless {
		q.find(GetHeadZeroContentLength)
	}
}

// readLengths reads the request's Content-Length: -1 for none. A list of lengths is no length, be they all the same.
func (q *Request) readLengths(values iter.Seq[string]) (length int64) {
	length = -1
	for value := range values {
		n, err := strconv.ParseUint(value, 10, 63)
		switch {
		case err != nil:
			q.find(BadContentLength)
		case length >= 0 && int64(n) != length:
			q.find(MultipleContentLength)
		case length >= 0:
			q.find(DuplicateContentLength)
		default:
			length = int64(n)
		}
	}
	return length
}

// readCodings reads the request's Transfer-Encoding, and tells whether it has one. AWS serves chunked and identity
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-501-issues), and knows
// more by name.
func (q *Request) readCodings(values iter.Seq[string]) (chunked, encoded bool) {
	for value := range values {
		encoded = true
		for member := range strings.SplitSeq(value, ",") {
			switch name := coding(member); {
			case strings.EqualFold(name, "chunked"):
				if chunked {
					q.find(MultipleTransferEncodingChunked)
				}
				chunked = true
			case strings.EqualFold(name, "identity") && !chunked:
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "deflate"), strings.EqualFold(name, "compress"):
				q.Unsupported = true
			default:
				q.find(BadTransferEncoding)
				q.Unsupported = true
			}
		}
	}
	return chunked, encoded
}

// coding is the name of a transfer coding without its parameters.
func coding(member string) string {
	name, _, _ := strings.Cut(member, ";")
	return trim(name)
}
