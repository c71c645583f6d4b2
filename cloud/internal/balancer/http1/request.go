package http1

import (
	"errors"
	"strings"
)

// Request is a request's head.
type Request struct {
	Method  string
	Target  string // as it is in the request line
	Version string // likewise, without the space around it; empty where there is none, as in HTTP/0.9
	Path    string // of the target, as the client wrote it; * for the server as a whole
	Query   string // of the target, without its question mark
	Minor   int    // of the version: 1 for HTTP/1.1
	Simple  bool   // it is HTTP/0.9, whose answers have no head (RFC 1945, 6)
	Host    string // of the target or else of the field; empty for none
	Fields  Fields

	Framing Framing
	Close   bool   // the client ends the connection after this request
	Upgrade string // to what the client asks to change the protocol; empty for nothing
	Expect  bool   // the client waits for the word to send its body

	Class       Class
	Reason      Reason // why it is not Compliant
	Unsupported bool   // its Transfer-Encoding is one that is not decoded here

	masked bool // a field of it is masked
}

// The errors of a head that cannot be passed on, whatever its class.
var (
	ErrUnreadable = errors.New("not a request")
	ErrVersion    = errors.New("a version of HTTP that is not spoken in lines")
)

// Parse reads a head. The strings of q are parts of it; its Fields are used again by the next call. Fields are judged before the request
// line: of two reasons of a class it is what frames the body that counts.
func (q *Request) Parse(head string) error {
	*q = Request{Fields: q.Fields[:0], Minor: 1}
	first, rest := cutLine(head)
	q.cutRequestLine(first)
	version, err := q.parseVersion()
	for l := range lines(rest) {
		if !q.addField(l) && err == nil {
			err = ErrUnreadable
		}
	}
	target := q.parseTarget()
	if errors.Is(err, ErrVersion) {
		q.Class, q.Reason = Compliant, "" // whoever speaks this version reads it by other rules
		return err
	}
	q.frame()
	if !q.judgeLine(version) || !target {
		err = ErrUnreadable
	}
	q.Simple = q.Simple && err == nil // who sends anything else may read a head
	q.Close = q.Simple || q.Fields.Lists("Connection", "close") || q.Minor == 0 && !q.Fields.Lists("Connection", "keep-alive")
	if q.Fields.Lists("Connection", "upgrade") && q.Minor > 0 {
		q.Upgrade, _ = q.Fields.Get("Upgrade")
	}
	q.Expect = q.Minor > 0 && q.Fields.Lists("Expect", "100-continue")
	return err
}

// cutRequestLine cuts a request line at its first space and its last. What stands between is the target, which may have spaces; space at
// the end is the version's.
func (q *Request) cutRequestLine(s string) {
	q.Method, q.Target, _ = strings.Cut(s, " ")
	if at := strings.LastIndexByte(trimRight(q.Target), ' '); at >= 0 {
		q.Target, q.Version = q.Target[:at], q.Target[at+1:]
	}
}

// parseVersion reads the version, and returns why it is not compliant. One that is missing is HTTP/0.9's.
func (q *Request) parseVersion() (Reason, error) {
	given := q.Version
	q.Version = trim(given)
	number, ok := strings.CutPrefix(q.Version, "HTTP/")
	switch {
	case q.Version == "" || number == "0.9":
		q.Minor, q.Simple = 0, true
		return NonCompliantVersion, nil
	case ok && len(number) == 3 && number[:2] == "1." && isDigit(number[2]):
		q.Minor = min(int(number[2]-'0'), 1)
		if given != q.Version || number[2] > '1' {
			return NonCompliantVersion, nil
		}
		return "", nil
	case ok && (len(number) == 1 || len(number) == 3 && number[1] == '.' && isDigit(number[2])) && '2' <= number[0] && number[0] <= '9':
		return "", ErrVersion
	}
	return BadVersion, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// judgeLine judges the request line, of whose version is known why it is not compliant. It tells whether the line is one of a request.
func (q *Request) judgeLine(version Reason) bool {
	ok := IsToken(q.Method)
	if !ok {
		q.find(BadMethod)
	}
	if version != "" {
		q.find(version)
		ok = ok && version != BadVersion
	}
	for i := range len(q.Target) {
		switch c := q.Target[i]; {
		case c > ' ' && c != del: // also what is beyond ASCII
		case c == ' ':
			q.find(SpaceInURI)
		case c == 0 || c == '\r':
			q.find(BadURI)
			ok = false
		default:
			q.find(AmbiguousURI)
		}
	}
	return ok
}

const del = 0x7f

// parseTarget reads the target's form (RFC 9112, 3.2) and finds the host. It tells whether both are as they must be.
func (q *Request) parseTarget() bool {
	hosts := 0
	for host := range q.Fields.Values("Host") {
		q.Host = host
		hosts++
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
		return false
	}
	q.Path, q.Query, _ = strings.Cut(origin, "?")
	return isHost(q.Host) && (hosts == 1 || hosts == 0 && q.Minor == 0)
}

// isHost tells whether text is made of the characters that hosts and ports may have (RFC 3986, 3.2.2).
func isHost(s string) bool {
	for i := range len(s) {
		if !hostBytes[s[i]] {
			return false
		}
	}
	return true
}

var hostBytes = bytesOf("-._~!$&'()*+,;=%:[]0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

// addField judges a line, and adds it to the fields unless nobody could be passed it. It tells whether the line may stand in a head at all.
// A line that begins with space was once a part of the one before; here it is a field of its own, without a value if it has no colon
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#multi-line-headers-issue).
func (q *Request) addField(l line) bool {
	switch {
	case hasBreak(l.Name) || hasBreak(l.Value):
		q.find(BadHeader)
		return true
	case trim(l.Name) == "":
		q.find(EmptyHeader)
		return true
	case !l.colon && !isSpace(l.Name):
		return false
	case !IsToken(l.Name) || !isText(l.Value):
		q.find(NonCompliantHeader)
	}
	if isMasked(l.Name, transferEncoding) || isMasked(l.Name, contentLength) {
		q.masked = true
		q.find(SuspiciousHeader)
	}
	q.Fields = append(q.Fields, l.Field)
	return true
}
