package http1

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Body reads a message's body from where its head ended.
type Body struct {
	Wait func() error // asked before what has not come is waited for

	r     *Reader
	kind  Kind
	left  int64 // of a sized body, or of the chunk
	part  part
	ended bool

	bare     bool // without its frames
	trailer  Fields
	trailing int // the size of the trailer
}

// part is where in a chunked body the next byte is.
type part int

const (
	sizeLine part = iota
	chunkData
	chunkEnd
	trailer
)

// maxLine is the longest line of a chunked body that is read: a chunk's size with its extensions, or a trailer field.
const maxLine = 4 << 10

// maxTrailer is the largest trailer that is kept: as much as an answer's head may have.
const maxTrailer = 32 << 10

// NewBody returns the body that a head announces.
func (r *Reader) NewBody(f Framing) Body {
	return Body{r: r, kind: f.Kind, left: f.Length, ended: f.Kind == Empty || f.Kind == Sized && f.Length == 0}
}

// Ended tells whether all of the body was taken.
func (b *Body) Ended() bool { return b.ended }

// Trailer is what has come after the data of a chunked body that was taken without its frames.
func (b *Body) Trailer() Fields { return b.trailer }

// Next takes what is there of the body, with its chunks' frames, and reads only if nothing is. It is valid until the next call. At
// the end the error is io.EOF; that of a body that breaks off is io.ErrUnexpectedEOF, and that of one whose frames are wrong
// [ErrMalformed].
func (b *Body) Next() ([]byte, error) { return b.next(false) }

// NextData is Next without the frames of chunks.
func (b *Body) NextData() ([]byte, error) {
	b.bare = true
	return b.next(true)
}

func (b *Body) next(bare bool) ([]byte, error) {
	for !b.ended {
		n, err := b.ready(bare)
		if n > 0 {
			return b.r.Take(n), nil
		}
		if err != nil {
			return nil, err
		}
		if b.ended {
			break
		}
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// Check reads until it is known that the body begins as it must.
func (b *Body) Check() error {
	for b.kind == Chunked && b.part == sizeLine && !b.ended {
		probe := *b
		n, _, err := probe.frame(b.r.Buffered())
		if err != nil || n > 0 {
			return err
		}
		if err := b.fill(); err != nil {
			return err
		}
	}
	return nil
}

// CheckBuffered is Check of what has already been read.
func (b *Body) CheckBuffered() error {
	probe := *b
	if b.kind != Chunked || b.ended {
		return nil
	}
	for rest := b.r.Buffered(); len(rest) > 0 && !probe.ended; {
		n, _, err := probe.frame(rest)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		rest = rest[n:]
	}
	return nil
}

func (b *Body) fill() error {
	if b.Wait != nil {
		if err := b.Wait(); err != nil {
			return err
		}
	}
	b.r.enlarge()
	err := b.r.Fill()
	if errors.Is(err, io.EOF) {
		if b.kind == UntilClose {
			b.ended = true
			return io.EOF
		}
		return io.ErrUnexpectedEOF
	}
	return err
}

// ready returns how many of the buffered bytes are the body's and can be taken. If bare, what is no data has been taken before.
func (b *Body) ready(bare bool) (int, error) {
	switch b.kind {
	case UntilClose:
		return len(b.r.Buffered()), nil
	case Sized:
		n := int(min(b.left, int64(len(b.r.Buffered()))))
		b.left -= int64(n)
		b.ended = b.left == 0
		return n, nil
	}
	total := 0
	for !b.ended {
		n, data, err := b.frame(b.r.Buffered()[total:])
		if n == 0 || err != nil {
			return total, err
		}
		if bare && data {
			return n, nil
		}
		if bare {
			b.r.Take(n)
			continue
		}
		total += n
	}
	return total, nil
}

// frame reads one part of a chunked body (RFC 9112, 7.1), or what is there of a chunk's data. It needs more if n is 0.
func (b *Body) frame(rest []byte) (n int, data bool, err error) {
	switch b.part {
	case chunkData:
		n = int(min(b.left, int64(len(rest))))
		if b.left -= int64(n); b.left == 0 {
			b.part = chunkEnd
		}
		return n, true, nil
	case chunkEnd:
		if len(rest) < 2 {
			return 0, false, nil
		}
		if rest[0] != '\r' || rest[1] != '\n' {
			return 0, false, ErrMalformed
		}
		b.part = sizeLine
		return 2, false, nil
	}
	end := bytes.IndexByte(rest, '\n')
	if end > maxLine || end < 0 && len(rest) > maxLine || end == 0 || end > 0 && rest[end-1] != '\r' {
		return 0, false, ErrMalformed
	}
	if end < 0 {
		return 0, false, nil
	}
	if err := b.line(rest[:end-1]); err != nil {
		return 0, false, err
	}
	return end + 1, false, nil
}

// line reads a chunk's size, or a trailer field.
func (b *Body) line(text []byte) error {
	if bytes.ContainsAny(text, "\r\x00") {
		return ErrMalformed
	}
	if b.part == trailer {
		if b.ended = len(text) == 0; b.ended {
			return nil
		}
		name, value, ok := bytes.Cut(text, []byte(":"))
		if !ok || !IsToken(string(name)) {
			return ErrMalformed
		}
		if !b.bare {
			return nil
		}
		if b.trailing += len(text); b.trailing > maxTrailer {
			return ErrMalformed
		}
		b.trailer = append(b.trailer, Field{string(name), string(bytes.Trim(value, " \t"))})
		return nil
	}
	size, _, _ := bytes.Cut(text, []byte(";"))
	size = bytes.TrimRight(size, " \t")
	if len(size) == 0 || len(size) > 16 || !isHex(size) {
		return ErrMalformed
	}
	n, err := strconv.ParseInt(string(size), 16, 64)
	if err != nil {
		return ErrMalformed
	}
	b.left, b.part = n, chunkData
	if n == 0 {
		b.part = trailer
	}
	return nil
}

func isHex(s []byte) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
