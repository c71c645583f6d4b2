package http1

import (
	"errors"
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

// frame reads what frames the body (RFC 9112, 6.3).
func (p *Response) frame(method string) error {
	length, ok := lengthOf(p.Fields)
	if !ok {
		return ErrMalformed
	}
	last, encoded := "", false
	for member := range p.Fields.tokens("Transfer-Encoding") {
		last, encoded = member, true
	}
	switch {
	case method == "HEAD" || p.Status < 200 || p.Status == 204 || p.Status == 304:
		p.Framing = Framing{}
	case encoded && p.Minor == 0: // which has no transfer codings: its framing is faulty (RFC 9112, 6.1)
		return ErrMalformed
	case encoded && strings.EqualFold(last, "chunked"):
		p.Framing = Framing{Kind: Chunked}
		p.Close = p.Close || length >= 0 // somebody may have read it by its length
	case encoded || length < 0:
		p.Framing, p.Close = Framing{Kind: UntilClose}, true
	default:
		p.Framing = Framing{Kind: Sized, Length: length}
	}
	return nil
}

// lengthOf reads an answer's Content-Length lines, -1 for none, and tells whether they all say the same.
func lengthOf(f Fields) (length int64, ok bool) {
	length = -1
	for value := range f.Values(contentLength) {
		for member := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(trim(member), 10, 63)
			if err != nil || length >= 0 && int64(n) != length {
				return length, false
			}
			length = int64(n)
		}
	}
	return length, true
}
