// Package http1 reads HTTP/1.1 messages by their bytes (RFC 9112), as a load balancer must that stands between two readers of its own:
// what the two could understand differently is told apart by the classes of AWS's desync mitigation, see [Class]. It never
// changes what it passes on of a body, and checks all of it.
package http1

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// The errors of a head that is too large.
var (
	ErrLineTooLong = errors.New("a line of the head is too long")
	ErrHeadTooLong = errors.New("the head is too long")
)

// Limits are the largest sizes of a head, in bytes.
type Limits struct {
	Start int // the request or status line
	Head  int // all of it
}

// smallest is the size of a new buffer. A usual head and a small body fit, and a connection that waits costs no more.
const smallest = 4 << 10

// large is the size of the buffer that a body gets which fills a usual one: with each reading goes a system call.
const large = 32 << 10

var larges = sync.Pool{New: func() any { return new([large]byte) }}

// Reader reads messages from a connection, one after the other.
type Reader struct {
	src   io.Reader
	buf   []byte
	r, w  int    // what is read and not yet taken is buf[r:w]
	full  bool   // the last reading filled the buffer
	small []byte // what the buffer was before a body got a large one
}

// NewReader returns a Reader of a connection.
func NewReader(src io.Reader) *Reader { return &Reader{src: src, buf: make([]byte, smallest)} }

// Buffered is what was read and not yet taken. It is valid until the next call.
func (r *Reader) Buffered() []byte { return r.buf[r.r:r.w] }

// Take takes the first n bytes of what is buffered.
func (r *Reader) Take(n int) []byte {
	taken := r.buf[r.r : r.r+n]
	r.r += n
	return taken
}

// Fill reads once. It makes place where there is none.
func (r *Reader) Fill() error {
	switch {
	case r.r == r.w:
		r.r, r.w = 0, 0
	case r.w == len(r.buf) && r.r > 0:
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
	case r.w == len(r.buf):
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.src.Read(r.buf[r.w:])
	r.w += n
	r.full = r.w == len(r.buf)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// enlarge changes an empty buffer for a large one, where there seems to be more to read than it takes.
func (r *Reader) enlarge() {
	if r.full && r.r == r.w && r.small == nil && len(r.buf) < large {
		r.small, r.buf = r.buf, larges.Get().(*[large]byte)[:]
	}
}

// Release gives up a large buffer, of which nothing must be in use that was taken. What was read and not yet taken stays.
func (r *Reader) Release() {
	if r.small == nil || r.w-r.r > len(r.small) {
		return
	}
	old := r.buf
	r.w = copy(r.small, old[r.r:r.w])
	r.buf, r.r, r.small, r.full = r.small, 0, nil, false
	if len(old) == large { // and has not grown
		larges.Put((*[large]byte)(old))
	}
}

// Head takes a message's head, with the empty line at its end. Lines end in CR LF or, as RFC 9112 (2.2) allows, in LF; empty
// lines before the first are left out. After an error, [Reader.Buffered] is what there was of it.
func (r *Reader) Head(limits Limits) (string, error) {
	r.Release()
	for search := (headSearch{}); ; {
		if r.skipEmptyLines() {
			search = headSearch{}
		}
		n, err := search.end(r.Buffered(), limits)
		if err != nil {
			return "", err
		}
		if n > 0 {
			return string(r.Take(n)), nil
		}
		if err := r.Fill(); err != nil {
			return "", err
		}
	}
}

// skipEmptyLines tells whether it has taken any.
func (r *Reader) skipEmptyLines() (skipped bool) {
	for b := r.Buffered(); ; b = r.Buffered() {
		switch {
		case bytes.HasPrefix(b, []byte("\r\n")):
			r.Take(2)
		case bytes.HasPrefix(b, []byte("\n")):
			r.Take(1)
		default:
			return skipped
		}
		skipped = true
	}
}

// headSearch looks for the end of a head that comes in parts, at every byte once.
type headSearch struct {
	line int // where the first line begins that is not whole
	seen int // as far as it was looked through
}

// end returns how long a head is, and 0 if it is not whole yet.
func (s *headSearch) end(b []byte, limits Limits) (int, error) {
	for {
		found := bytes.IndexByte(b[s.seen:], '\n')
		if found < 0 {
			s.seen = len(b)
		} else {
			s.seen += found
		}
		if s.line == 0 && s.seen > limits.Start {
			return 0, ErrLineTooLong
		}
		if s.seen > limits.Head {
			return 0, ErrHeadTooLong
		}
		if found < 0 {
			return 0, nil
		}
		text := b[s.line:s.seen]
		s.seen++
		s.line = s.seen
		if len(text) == 0 || len(text) == 1 && text[0] == '\r' {
			return s.line, nil
		}
	}
}
