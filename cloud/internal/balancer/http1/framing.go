package http1

import (
	"slices"
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

// lengthOf reads a head's Content-Length lines: -1 for none.
func lengthOf(f Fields) (length int64, several bool, reason Reason) {
	length = -1
	for value := range f.Values("Content-Length") {
		for member := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(trim(member), 10, 63)
			if err != nil {
				return 0, false, BadContentLength
			}
			if length >= 0 && int64(n) != length {
				return length, true, MultipleContentLength
			}
			several = length >= 0
			length = int64(n)
		}
	}
	return length, several, ""
}

// codings are the transfer codings beside chunked that have a name (RFC 9112, 7.2), and are not known here.
var codings = []string{"gzip", "x-gzip", "deflate", "compress", "x-compress", "br"}

// frame reads what frames the request's body. Where several readings are possible, it is the safest one.
func (q *Request) frame() {
	length, several, reason := lengthOf(q.Fields)
	if reason != "" {
		q.find(reason)
	} else if several {
		q.find(DuplicateContentLength)
	}
	chunked := q.readCodings()
	bodiless := q.Method == "GET" || q.Method == "HEAD"
	switch {
	case chunked:
		q.Framing = Framing{Kind: Chunked}
		if length >= 0 {
			q.find(BothTeClPresent)
		}
		if bodiless || q.Minor == 0 {
			q.find(UndefinedTransferEncodingSemantics)
		}
	case length >= 0:
		q.Framing = Framing{Kind: Sized, Length: length}
		if bodiless && length == 0 {
			q.find(GetHeadZeroContentLength)
		} else if bodiless {
			q.find(UndefinedContentLengthSemantics)
		}
	}
}

// readCodings reads the request's Transfer-Encoding. AWS knows chunked and identity
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-501-issues).
func (q *Request) readCodings() (chunked bool) {
	for value := range q.Fields.Values("Transfer-Encoding") {
		for member := range strings.SplitSeq(value, ",") {
			switch member = strings.ToLower(trim(member)); {
			case member == "chunked" && chunked:
				q.find(MultipleTransferEncodingChunked)
			case member == "chunked":
				chunked = true
			case member == "identity" && !chunked:
			case slices.Contains(codings, member):
				q.Unsupported = true
			default:
				q.find(BadTransferEncoding)
			}
		}
	}
	return chunked
}
