package balancer

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// requestReader reads a request of HTTP/2 as the bytes of one of HTTP/1.1 (RFC 9113, 8.3.1).
type requestReader struct {
	request *http.Request
	ready   []byte // to be read
	framed  bool   // the body is sent in chunks, since its length is unknown
	ended   bool   // nothing comes after what is ready
	room    []byte // of a chunk
}

func newRequestReader(r *http.Request) *requestReader {
	b := &requestReader{request: r}
	b.head()
	return b
}

// malformed tells of what the library lets be, and what would be read as another request: spaces in the request line (RFC 9113, 10.3),
// lengths that are not that of the body (8.1.1), hosts that are not :authority (8.3.1).
func (b *requestReader) malformed() bool {
	r := b.request
	if !http1.IsToken(r.Method) || strings.Contains(r.RequestURI, " ") {
		return true
	}
	for _, host := range r.Header["Host"] {
		if !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	for _, length := range r.Header["Content-Length"] {
		if n, err := strconv.ParseUint(length, 10, 63); err != nil || int64(n) != r.ContentLength {
			return true
		}
	}
	return false
}

// head writes the request's head. Names are in lower case as the client's were.
func (b *requestReader) head() {
	r := b.request
	out := append(make([]byte, 0, 1<<10), r.Method+" "+r.RequestURI+" HTTP/1.1\r\n"...)
	if r.Host != "" {
		out = appendField(out, "host", r.Host)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "Host" {
			continue // :authority, which says it already (RFC 9113, 8.3.1)
		}
		lower := strings.ToLower(name)
		for _, value := range r.Header[name] {
			out = appendField(out, lower, value)
		}
	}
	_, sized := r.Header["Content-Length"]
	b.ended = r.ContentLength == 0 && !sized
	if b.framed = r.ContentLength < 0; b.framed {
		out = append(out, "transfer-encoding: chunked\r\n"...)
	}
	b.ready = append(out, "\r\n"...)
}

// Read implements io.Reader. The head is read by itself.
func (b *requestReader) Read(p []byte) (int, error) {
	if len(b.ready) == 0 && b.ended {
		return 0, io.EOF
	}
	if len(b.ready) == 0 && !b.framed {
		return b.request.Body.Read(p)
	}
	if len(b.ready) == 0 {
		if err := b.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

// frameRoom is what the size of a chunk needs at most.
const frameRoom = len("4000\r\n")

// chunk reads a part of the body and puts it in a frame, or the end with the trailer.
func (b *requestReader) chunk() error {
	if b.room == nil {
		b.room = make([]byte, frameRoom+smallPart+len("\r\n"))
	}
	n, err := b.request.Body.Read(b.room[frameRoom : frameRoom+smallPart])
	if n > 0 {
		size := strconv.AppendInt(make([]byte, 0, frameRoom), int64(n), 16)
		begin := frameRoom - len(size) - len("\r\n")
		copy(b.room[begin:], append(size, "\r\n"...))
		b.ready = append(b.room[:frameRoom+n], "\r\n"...)[begin:]
		return nil // the error comes again
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	b.ended = true
	b.ready = append(b.room[:0], "0\r\n"...)
	for _, name := range slices.Sorted(maps.Keys(b.request.Trailer)) {
		for _, value := range b.request.Trailer[name] {
			b.ready = appendField(b.ready, strings.ToLower(name), value)
		}
	}
	b.ready = append(b.ready, "\r\n"...)
	return nil
}
