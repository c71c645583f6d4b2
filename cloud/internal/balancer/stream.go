package balancer

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// stream is one request of HTTP/2 and its answer, as a connection of HTTP/1.1: it reads as the request, and what is written to it is the
// answer, whose body has no frames. The first writing has all of the answer's head.
type stream struct {
	net.Conn // which it is a part of
	*requestReader

	request *http.Request
	writer  http.ResponseWriter
	control *http.ResponseController
	last    bool // the connection ends after the answer

	answered bool        // the head is written
	writing  atomic.Bool // and waits for the client

	mu    sync.Mutex
	until time.Time
	over  *time.Timer // at that time
	ended bool
}

var past = time.Unix(1, 0)

func newStream(conn net.Conn, w http.ResponseWriter, r *http.Request, last bool) *stream {
	s := &stream{
		Conn: conn, requestReader: newRequestReader(r), request: r, writer: w, control: http.NewResponseController(w), last: last,
	}
	s.over = time.AfterFunc(time.Hour, s.expire) // until it is set
	return s
}

// Read reads the request.
func (s *stream) Read(p []byte) (int, error) { return s.requestReader.Read(p) }

// judge is what becomes of a request, which has been read with an error or none. HTTP/2 frames bodies by itself: what can be read two ways
// where HTTP/1.1 is spoken can be read one way here.
func (s *stream) judge(q *http1.Request, err error) error {
	q.Class, q.Reason = http1.Compliant, ""
	if s.malformed() {
		return http1.ErrUnreadable
	}
	return err
}

// Write writes the answer. What comes before the final one is the connection's own concern.
func (s *stream) Write(p []byte) (int, error) {
	rest := p
	if !s.answered {
		end := bytes.Index(p, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, errHeadless
		}
		var head http1.Response
		if err := head.Parse(string(p[:end+2]), s.request.Method); err != nil {
			return 0, err
		}
		if head.Status < 200 {
			return len(p), nil
		}
		s.begin(&head)
		rest = p[end+4:]
	}
	if len(rest) == 0 {
		return len(p), nil
	}
	defer s.wait()()
	if _, err := s.writer.Write(rest); err != nil {
		return 0, err
	}
	return len(p), nil
}

var errHeadless = errors.New("an answer without all of its head")

// begin writes the answer's head, without what is about a connection of HTTP/1.1 (RFC 9113, 8.2.2).
func (s *stream) begin(head *http1.Response) {
	s.answered = true
	h := s.writer.Header()
	h["Date"], h["Content-Type"], h["Content-Length"] = nil, nil, nil // none that the load balancer does not know of
	for f := range lasting(head.Fields) {
		h.Add(f.Name, f.Value)
	}
	if s.last {
		h.Set("Connection", "close") // by which the library says GOAWAY
	}
	s.writer.WriteHeader(head.Status)
}

// flush sends what was written.
func (s *stream) flush() error {
	defer s.wait()()
	return s.control.Flush()
}

// trail has fields follow the answer.
func (s *stream) trail(fields http1.Fields) {
	if s == nil {
		return
	}
	for f := range lasting(fields) {
		if !bodyField.has(f.Name) {
			s.writer.Header().Add(http2.TrailerPrefix+f.Name, f.Value)
		}
	}
}

// watch cuts the connection to a target when the client ends the stream. The returned function ends the watch, and tells whether the
// client is still there.
func (s *stream) watch(l *link) (stop func() bool) {
	if s == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(s.request.Context(), func() { _ = l.Conn.Close() })
}

// gone tells whether the client has ended the stream.
func (s *stream) gone() bool { return s != nil && s.request.Context().Err() != nil }

// wait notes that the client has to take something.
func (s *stream) wait() (done func()) {
	s.writing.Store(true)
	return func() { s.writing.Store(false) }
}

// SetDeadline sets the time after which nobody waits for the client any more.
func (s *stream) SetDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until = t; !s.ended {
		s.over.Reset(time.Until(t))
	}
	return nil
}

// expire ends the waiting for the client: for what it is to take, or else for its body.
func (s *stream) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended || time.Now().Before(s.until): // it was extended meanwhile
	case s.writing.Load():
		_ = s.control.SetWriteDeadline(past)
	default:
		_ = s.control.SetReadDeadline(past)
	}
}

// SetReadDeadline sets when a body that has not come is given up. What has been given up is not waited for again.
func (s *stream) SetReadDeadline(t time.Time) error { return s.control.SetReadDeadline(t) }

// SetWriteDeadline sets when a client that takes nothing is given up.
func (s *stream) SetWriteDeadline(t time.Time) error { return s.control.SetWriteDeadline(t) }

// Close leaves the connection to the other streams.
func (s *stream) Close() error { return nil }

// end ends the stream. Nothing is to be asked of it then.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.over.Stop()
}
