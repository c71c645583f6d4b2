package http1

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Response is an answer's head.
type Response struct {
	Status  int
	Text    string // the status line after the version: "200 OK"
	Minor   int
	Fields  Fields
	Framing Framing
	Close   bool // the connection is not used again
}

// ErrMalformed means that a message breaks the protocol.
var ErrMalformed = errors.New("malformed message")

// Parse reads the head of an answer to a request by a method. The strings of p are parts of it; its Fields are used again by the
// next call.
func (p *Response) Parse(head, method string) error {
	*p = Response{Fields: p.Fields[:0]}
	first, rest := cutLine(head)
	if err := p.parseLine(first); err != nil {
		return err
	}
	for l := range lines(rest) {
		if !l.colon || !IsToken(l.Name) || hasBreak(l.Value) { // nor is a line folded, which AWS does not support
			return ErrMalformed
		}
		p.Fields = append(p.Fields, l.Field)
	}
	p.Close = p.Fields.Lists("Connection", "close") || p.Minor == 0 && !p.Fields.Lists("Connection", "keep-alive")
	return p.frame(method)
}

func (p *Response) parseLine(s string) error {
	version, text, ok := strings.Cut(s, " ")
	if !ok || version != "HTTP/1.1" && version != "HTTP/1.0" || !isPlain(text) {
		return ErrMalformed
	}
	p.Minor, p.Text = int(version[len(version)-1]-'0'), text
	code, _, _ := strings.Cut(text, " ")
	if len(code) != 3 || code[0] < '1' || code[0] > '9' {
		return ErrMalformed
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return ErrMalformed
		}
		p.Status = p.Status*10 + int(code[i]-'0')
	}
	return nil
}

// frame reads what frames the body (RFC 9112, 6.3). What a target could not mean, since nobody has told it that more is understood than
// chunked (RFC 9110, 10.1.4), is malformed.
func (p *Response) frame(method string) error {
	length, several, wellFormed := lengthOf(p.Fields)
	chunked, encoded, plain := codingsOf(p.Fields)
	if !wellFormed || !plain || encoded && p.Minor == 0 { // which has no transfer codings (RFC 9112, 6.1)
		return ErrMalformed
	}
	switch {
	case p.Status < 200 || p.Status == 204:
		p.Fields = slices.DeleteFunc(p.Fields, isFraming) // which it must not have (RFC 9110, 8.6; RFC 9112, 6.1)
	case method == "HEAD" || p.Status == 304: // they tell of a body that does not come
		if length >= 0 && (several || encoded) {
			p.reframe(length, encoded)
		}
	case chunked:
		p.Framing = Framing{Kind: Chunked}
		p.Close = p.Close || length >= 0 // somebody may have read it by its length
	case length < 0:
		p.Framing, p.Close = Framing{Kind: UntilClose}, true
	default:
		p.Framing = Framing{Kind: Sized, Length: length}
		p.Close = p.Close || encoded
	}
	return nil
}

// reframe leaves one length, or none beside a coding.
func (p *Response) reframe(length int64, encoded bool) {
	p.Fields = slices.DeleteFunc(p.Fields, func(f Field) bool { return is(f.Name, contentLength) })
	if !encoded {
		p.Fields = append(p.Fields, Field{contentLength, strconv.FormatInt(length, 10)})
	}
}

func isFraming(f Field) bool { return is(f.Name, contentLength) || is(f.Name, transferEncoding) }

// lengthOf reads an answer's Content-Length lines, -1 for none, and tells whether there are several and all say the same.
func lengthOf(f Fields) (length int64, several, ok bool) {
	length = -1
	for value := range f.Values(contentLength) {
		for member := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(trim(member), 10, 63)
			if err != nil || length >= 0 && int64(n) != length {
				return length, true, false
			}
			several = length >= 0
			length = int64(n)
		}
	}
	return length, several, true
}

// codingsOf reads an answer's Transfer-Encoding, and tells whether it is one that can be passed on: chunked once, and at the end.
func codingsOf(f Fields) (chunked, encoded, ok bool) {
	for value := range f.Values(transferEncoding) {
		encoded = true
		for member := range strings.SplitSeq(value, ",") {
			name := coding(member)
			if chunked || !strings.EqualFold(name, "chunked") && !strings.EqualFold(name, "identity") {
				return chunked, true, false
			}
			chunked = strings.EqualFold(name, "chunked")
		}
	}
	return chunked, encoded, true
}
