package health

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
)

const headLimit = 16384 // bytes of status line and headers (developer guide, quotas on health checks)

var (
	// errHead is for a response whose headers are more than Route 53 reads.
	errHead = errors.New("response headers exceed 16384 bytes")
	// errPartial means that the head is not complete yet.
	errPartial = errors.New("the response's head is not complete")
)

// malformed is the error for a response that is not HTTP.
type malformed string

func (m malformed) Error() string { return fmt.Sprintf("malformed HTTP response %.40q", string(m)) }

// head is the head of a response: the bytes from start to size, where the body begins.
type head struct {
	status      int
	reason      string
	start, size int
}

// readHead reads the head of the final response, after informational ones (RFC 9110, 15.2). It fails with errPartial if
// more must be read.
func readHead(b []byte) (head, error) {
	from := 0
	for {
		h, err := readOneHead(b[from:])
		if err == nil || !errors.Is(err, errPartial) {
			h.start, h.size = from, h.size+from
			if h.size > headLimit {
				return h, errHead
			}
			if err == nil && h.status < 200 && h.status != http.StatusSwitchingProtocols {
				from = h.size
				continue
			}
			return h, err
		}
		if len(b) >= headLimit {
			return h, errHead
		}
		return h, err
	}
}

func readOneHead(b []byte) (head, error) {
	line, rest, ok := cutLine(b)
	if !ok {
		// If this cannot become a status line, it does not wait for more.
		if n := min(len(b), len("HTTP/1.")); string(b[:n]) != "HTTP/1."[:n] {
			return head{}, malformed(b)
		}
		return head{}, errPartial
	}
	h, err := readStatus(line)
	if err != nil {
		return h, err
	}
	for first := true; ; first = false {
		if line, rest, ok = cutLine(rest); !ok {
			return h, errPartial
		}
		if len(line) == 0 {
			h.size = len(b) - len(rest)
			return h, nil
		}
		if !isField(line, first) {
			return h, malformed(line)
		}
	}
}

// cutLine cuts off a line that ends in CRLF, or LF alone (RFC 9112, 2.2).
func cutLine(b []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, b, false
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), b[i+1:], true
}

// readStatus reads "HTTP/1.1 200 OK" (RFC 9112, 4).
func readStatus(line []byte) (head, error) {
	if len(line) < len("HTTP/1.1 200") || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' {
		return head{}, malformed(line)
	}
	var h head
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return h, malformed(line)
		}
		h.status = h.status*10 + int(c-'0')
	}
	if h.status < 100 {
		return h, malformed(line)
	}
	h.reason = http.StatusText(h.status)
	if len(line) > 13 && string(line[13:]) != h.reason {
		h.reason = string(line[13:])
	}
	return h, nil
}

// isField tells whether a line is a header field, "name: value" with a token for its name and no control characters
// in its value (RFC 7230, 3.2), or the continuation of one, which the first cannot be.
func isField(line []byte, first bool) bool {
	colon := 0
	if line[0] == ' ' || line[0] == '\t' {
		if first {
			return false
		}
	} else if colon = bytes.IndexByte(line, ':'); colon < 1 {
		return false
	}
	for _, c := range line[:colon] {
		if !token[c] {
			return false
		}
	}
	for _, c := range line[colon:] {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// token are the characters of a field's name.
var token = func() (is [256]bool) {
	for c := '0'; c <= '9'; c++ {
		is[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		is[c], is[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		is[c] = true
	}
	return is
}()

// passes: a status of 200 to 399 does; redirects are not followed.
func (h head) passes() bool { return h.status >= 200 && h.status <= 399 }

// usual are the texts for statuses with their usual reasons, made once.
var usual = func() (texts [600]string) {
	for status := range texts {
		texts[status] = fmt.Sprintf("HTTP Status Code %d, %s", status, http.StatusText(status))
	}
	return texts
}()

func (h head) String() string {
	if h.status < len(usual) && h.reason == http.StatusText(h.status) {
		return usual[h.status]
	}
	return fmt.Sprintf("HTTP Status Code %d, %s", h.status, h.reason)
}

// successes and failures are the reports of usual statuses.
var successes, failures = func() (s, f [len(usual)]string) {
	for status, text := range usual {
		s[status], f[status] = "Success: "+text, "Failure: "+text
	}
	return s, f
}()

// result is the result of a check that needs only the head.
func (h head) result() result {
	said, of := "Failure: ", &failures
	if h.passes() {
		said, of = "Success: ", &successes
	}
	if h.status < len(of) && h.reason == http.StatusText(h.status) {
		return result{pass: h.passes(), status: of[h.status]}
	}
	return result{pass: h.passes(), status: said + h.String()}
}
