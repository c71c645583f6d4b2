package http1

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// A line that comes byte by byte is looked through once, not anew with each byte: else this head would cost two thousand million
// steps.
func TestHeadSearchGoesOnWhereItWas(t *testing.T) {
	head := []byte("GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 64<<10))
	var s headSearch
	for n := range len(head) {
		before := s.seen
		if end, err := s.end(head[:n], Limits{Start: 16 << 10, Head: 128 << 10}); end != 0 || err != nil {
			t.Fatalf("after %d bytes: %d, %v", n, end, err)
		}
		if s.seen != n || n > 0 && before != n-1 {
			t.Fatalf("after %d bytes the search is at %d, and was at %d", n, s.seen, before)
		}
	}
}

// A head's limits are the same however it comes.
func TestLimitsHoldByteByByte(t *testing.T) {
	small := Limits{Start: 20, Head: 40}
	for text, want := range map[string]error{
		"GET / HTTP/1.1\r\nHost: aaaaaaaaaaaa\r\n\r\n":           nil,
		"\r\n\r\nGET / HTTP/1.1\r\nHost: aaaaaaaaaaaa\r\n\r\n":   nil,
		"GET /" + strings.Repeat("a", 20) + " HTTP/1.1\r\n\r\n":  ErrLineTooLong,
		"GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaa\r\n\r\n": ErrHeadTooLong,
	} {
		_, atOnce := NewReader(strings.NewReader(text)).Head(small)
		_, slowly := NewReader(iotest.OneByteReader(bytes.NewReader([]byte(text)))).Head(small)
		if !errors.Is(atOnce, want) || !errors.Is(slowly, want) {
			t.Errorf("%q: %v at once, %v byte by byte; want %v", text, atOnce, slowly, want)
		}
	}
}

// A long body is read in large parts, and a connection that waits after it has a small buffer again, with what came of the next head.
func TestBuffersAreLargeForLongBodiesOnly(t *testing.T) {
	const length = 200_000
	next := "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
	r := NewReader(strings.NewReader("POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("b", length) + next))
	limits := Limits{Start: 1 << 10, Head: 1 << 10}
	if _, err := r.Head(limits); err != nil {
		t.Fatal(err)
	}
	b := r.NewBody(Framing{Kind: Sized, Length: length})
	parts, taken := 0, 0
	for !b.Ended() {
		part, err := b.Next()
		if err != nil || strings.Trim(string(part), "b") != "" {
			t.Fatalf("after %d bytes: %q, %v", taken, part, err)
		}
		taken += len(part)
		parts++
	}
	if taken != length || parts > 2+length/large+1 {
		t.Errorf("%d bytes in %d parts", taken, parts)
	}
	if r.Release(); len(r.buf) != smallest || string(r.Buffered()) != next[:len(r.Buffered())] {
		t.Errorf("a buffer of %d, with %q", len(r.buf), r.Buffered())
	}
	if head, err := r.Head(limits); head != next || err != nil {
		t.Errorf("%q, %v", head, err)
	}
}
