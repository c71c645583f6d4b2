package http1

import (
	"errors"
	"strings"
)

// Request is a request's head.
type Request struct {
	Method string
	Target string // as it is in the request line
	Path   string // of the target, as the client wrote it; * for the server as a whole
	Query  string // of the target, without its question mark
	Minor  int    // of the version: 1 for HTTP/1.1
	Host   string // of the target or else of the field; empty for none
	Fields Fields

	Framing Framing
	Close   bool   // the client ends the connection after this request
	Upgrade string // to what the client asks to change the protocol; empty for nothing
	Expect  bool   // the client waits for the word to send its body

	Class       Class
	Reason      Reason // why it is not Compliant
	Unsupported bool   // its Transfer-Encoding is one that nobody here knows
}

// ErrUnreadable means that a head is no request's, whatever one may make of it. The Class is Severe then.
var ErrUnreadable = errors.New("not a request")

// Parse reads a head. The strings of q are parts of it; its Fields are used again by the next call.
func (q *Request) Parse(head string) error {
	*q = Request{Fields: q.Fields[:0], Minor: 1}
	first, rest := cutLine(head)
	if err := q.parseLine(first); err != nil {
		return err
	}
	for l := range lines(rest) {
		if err := q.parseField(l); err != nil {
			return err
		}
	}
	q.frame()
	if err := q.parseTarget(); err != nil {
		return err
	}
	q.Close = q.Fields.Lists("Connection", "close") || q.Minor == 0 && !q.Fields.Lists("Connection", "keep-alive")
	if q.Fields.Lists("Connection", "upgrade") && q.Minor > 0 {
		q.Upgrade, _ = q.Fields.Get("Upgrade")
	}
	q.Expect = q.Minor > 0 && q.Fields.Lists("Expect", "100-continue")
	return nil
}

func (q *Request) refuse(reason Reason) error {
	q.find(reason)
	return ErrUnreadable
}

// parseLine reads the request line. What stands between the first and the last space is the target, which may have spaces.
func (q *Request) parseLine(s string) error {
	var rest, version string
	var ok bool
	if q.Method, rest, ok = strings.Cut(s, " "); !ok || !IsToken(q.Method) {
		return q.refuse(BadMethod)
	}
	at := strings.LastIndexByte(rest, ' ')
	if at < 0 {
		return q.refuse(BadVersion)
	}
	q.Target, version = rest[:at], rest[at+1:]
	digits, ok := strings.CutPrefix(version, "HTTP/1.")
	if !ok || len(digits) != 1 || digits[0] < '0' || digits[0] > '9' {
		return q.refuse(BadVersion)
	}
	if q.Minor = min(int(digits[0]-'0'), 1); digits[0] > '1' {
		q.find(NonCompliantVersion)
	}
	switch {
	case hasBreak(q.Target):
		return q.refuse(BadURI)
	case !isPlain(q.Target):
		q.find(AmbiguousURI)
	case strings.ContainsAny(q.Target, " \t"):
		q.find(SpaceInURI)
	}
	return nil
}

// parseTarget reads the target's form (RFC 9112, 3.2) and finds the host.
func (q *Request) parseTarget() error {
	hosts := 0
	for host := range q.Fields.Values("Host") {
		q.Host = host
		hosts++
	}
	if hosts > 1 || hosts == 0 && q.Minor > 0 {
		return q.refuse(BadHeader)
	}
	origin := q.Target
	if _, rest, ok := strings.Cut(q.Target, "://"); ok && q.Target[0] != '/' {
		at := strings.IndexAny(rest, "/?")
		if at < 0 {
			at = len(rest)
		}
		q.Host, origin = rest[:at], rest[at:]
		if origin == "" || origin[0] == '?' {
			origin = "/" + origin
		}
	}
	if origin == "" || origin[0] != '/' && (origin != "*" || q.Method != "OPTIONS") {
		return q.refuse(BadURI)
	}
	q.Path, q.Query, _ = strings.Cut(origin, "?")
	return nil
}

func (q *Request) parseField(l line) error {
	bare := trimRight(l.Name)
	switch {
	case hasBreak(l.Name) || hasBreak(l.Value):
		return q.refuse(BadHeader)
	case bare == "":
		q.find(EmptyHeader)
		return nil // nothing is left of it to pass on
	case !l.colon || bare != l.Name:
		return q.refuse(BadHeader)
	case l.folded:
		q.find(SuspiciousHeader)
	case !IsToken(l.Name) || !isPlain(l.Value):
		q.find(NonCompliantHeader)
	}
	if isSuspicious(l.Name) {
		q.find(SuspiciousHeader)
	}
	q.Fields = append(q.Fields, l.Field)
	return nil
}

// isSuspicious tells whether some programs would read a name as one of those that frame a body, while others do not.
func isSuspicious(name string) bool {
	if n := len(name); n < len("content-length") || n > len("transfer-encoding")+4 {
		return false
	}
	normal := strings.Map(func(r rune) rune {
		switch {
		case r == '_':
			return '-'
		case r <= ' ' || r >= 0x7f:
			return -1
		}
		return r
	}, name)
	framing := strings.EqualFold(normal, "content-length") || strings.EqualFold(normal, "transfer-encoding")
	return framing && normal != name
}
