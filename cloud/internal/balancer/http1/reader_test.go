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
