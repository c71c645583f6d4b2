package health

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	searchLimit = 5120 // bytes of the body in which the string must lie wholly (SearchString)
	readLimit   = 1 << 20
)

// ask sends the request over conn and decides by the response: a status of 200 to 399 passes, redirects
// are not followed. It records when the response began.
func (p *prober) ask(conn net.Conn, target netip.Addr, l *latency) result {
	if err := conn.SetDeadline(time.Now().Add(p.pace.Timeout(ReplyLimit))); err != nil {
		return result{status: describe(err)}
	}
	if _, err := io.WriteString(conn, p.request(target)); err != nil {
		return result{status: describe(err)}
	}
	asked := time.Now()
	h, b, err := receiveHead(conn, func() { l.firstByte = time.Since(asked) })
	if err != nil {
		return result{status: describe(err)}
	}
	if !h.passes() || !p.endpoint.matches {
		return h.result()
	}
	if err := conn.SetDeadline(time.Now().Add(p.pace.Timeout(BodyLimit))); err != nil {
		return result{status: describe(err)}
	}
	body, err := readBody(io.MultiReader(bytes.NewReader(b), io.LimitReader(conn, readLimit)))
	if err != nil {
		return result{status: describe(err)}
	}
	if !bytes.Contains(body, []byte(p.endpoint.search)) {
		return result{status: "Failure: " + h.String() + ". The search string was not found in the first 5120 bytes of the response body"}
	}
	return result{pass: true, status: "Success: " + h.String()}
}

// receiveHead reads up to the body, and returns what it read from the beginning of the final response on, and when
// the response began.
func receiveHead(conn net.Conn, begun func()) (h head, b []byte, err error) {
	b = make([]byte, 0, 2048)
	for {
		n, failed := conn.Read(b[len(b):cap(b)])
		if n > 0 && len(b) == 0 {
			begun()
		}
		b = b[:len(b)+n]
		if h, err = readHead(b); err == nil {
			return h, b[h.start:], nil
		}
		if !errors.Is(err, errPartial) {
			return h, nil, err
		}
		if failed != nil {
			return h, nil, failed
		}
		b = slices.Grow(b, 1)
	}
}

// request returns the request that Route 53's checkers were seen to send.
func (p *prober) request(target netip.Addr) string {
	return "GET " + escape(p.endpoint.path) + " HTTP/1.1\r\n" +
		"Host: " + escape(p.endpoint.host(target)) + "\r\n" +
		"Connection: close\r\n" +
		"User-Agent: Amazon-Route53-Health-Check-Service (ref " + p.endpoint.id + "; report http://amzn.to/1vsZADi)\r\n" +
		"Accept: */*\r\n\r\n"
}

// escape writes characters that would end the request line or a header as per cent escapes, so that a check's settings
// cannot add another request.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// readBody returns the part of the body that is searched, unpacked where it came as gzip or deflate
// (developer guide, "Values that you specify": other encodings are searched as they are).
func readBody(from io.Reader) ([]byte, error) {
	response, err := http.ReadResponse(bufio.NewReader(from), &http.Request{Method: http.MethodGet})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var body io.Reader = response.Body
	switch strings.ToLower(response.Header.Get("Content-Encoding")) {
	case "gzip", "x-gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unpacked
	case "deflate":
		body = inflate(body)
	}
	found, err := io.ReadAll(io.LimitReader(body, searchLimit))
	if err != nil {
		return nil, err
	}
	return found, nil
}

// inflate unpacks deflate, which some servers send bare and some, as RFC 9110 section 8.4.1.2 wants
// it, in a zlib wrapper: its first byte names the method, and the first two are a multiple of 31.
func inflate(body io.Reader) io.Reader {
	r := bufio.NewReader(body)
	if head, err := r.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8+int(head[1]))%31 == 0 {
		if z, err := zlib.NewReader(r); err == nil {
			return z
		}
	}
	return flate.NewReader(r)
}
