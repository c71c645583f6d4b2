package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"
)

var limits = Limits{Start: 16 << 10, Head: 64 << 10}

// What is compliant means the same to net/http.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"GET http://a/b HTTP/1.1\r\nHost: c\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.0\r\nX: a\r\n b\r\nX_y: \x01\r\n\r\n", "\r\nGET / HTTP/1.1\nHost: a\n\n", "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: x\r\n: y\r\n\r\n",
		"GET /\r\n\r\n", "GET /\xc3\xbc HTTP/1.1 \r\nHost: a\r\nX : \xff\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked;a=b\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := NewReader(bytes.NewReader(raw))
		head, err := r.Head(limits)
		if err != nil {
			return
		}
		if slow, err := NewReader(iotest.OneByteReader(bytes.NewReader(raw))).Head(limits); err != nil || slow != head {
			t.Fatalf("by single bytes the head is %q, %v, and at once %q", slow, err, head)
		}
		var q Request
		if q.Parse(head) != nil {
			return
		}
		if q.Path == "" || q.Path != "*" && q.Path[0] != '/' || hasBreak(q.Path+q.Query+q.Host) {
			t.Fatalf("the path is %q, the query %q, the host %q", q.Path, q.Query, q.Host)
		}
		for _, f := range q.Fields {
			if hasBreak(f.Name+f.Value) || trim(f.Name) == "" {
				t.Fatalf("a target would hear of %q", f)
			}
		}
		if q.Class != Compliant || q.Unsupported {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.TrimLeft(head, "\r\n"))))
		if err != nil {
			if differs(err) {
				return
			}
			t.Fatalf("%q is compliant, and net/http says %v", head, err)
		}
		want := Framing{}
		if len(theirs.TransferEncoding) > 0 {
			want.Kind = Chunked
		} else if theirs.ContentLength > 0 {
			want = Framing{Sized, theirs.ContentLength}
		} else if q.Framing.Kind == Sized {
			want.Kind = Sized // net/http does not tell an empty body from none
		}
		if theirs.Method != q.Method || q.Framing != want || theirs.Close != q.Close {
			t.Fatalf("%q: %s, %v, close %v; net/http reads %s, %v, %v", head, q.Method, q.Framing, q.Close, theirs.Method, want, theirs.Close)
		}
	})
}

// differs tells of what net/http refuses beyond the grammar of messages: it reads targets as URLs and hosts as hosts.
func differs(err error) bool {
	for _, word := range []string{
		"invalid URL", "invalid port", "malformed Host", "parse ", "invalid method", "cannot parse",
		"too many transfer encodings", "unsupported transfer encoding",
	} {
		if strings.Contains(err.Error(), word) {
			return true
		}
	}
	return false
}

// However a body arrives, the same bytes are taken of it, and they mean to net/http what they mean here.
func FuzzChunks(f *testing.F) {
	for _, s := range []string{
		"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nrest", "A;x=\"y\"\r\n0123456789\r\n0\r\nEnd: 1\r\n\r\n", "1\r\nab\r\n", "x\r\n", "3\r\nab", "ffffffffffffffff\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		atOnce, err := takeAll(bytes.NewReader(raw), (*Body).Next)
		slowly, slowErr := takeAll(iotest.OneByteReader(bytes.NewReader(raw)), (*Body).Next)
		if (err == nil) != (slowErr == nil) || err == nil && !bytes.Equal(atOnce, slowly) {
			t.Fatalf("at once %q, %v, by single bytes %q, %v", atOnce, err, slowly, slowErr)
		}
		if !bytes.HasPrefix(raw, atOnce) {
			t.Fatalf("%q is not what came", atOnce)
		}
		if err != nil {
			return
		}
		data, err := takeAll(bytes.NewReader(raw), (*Body).NextData)
		if err != nil {
			t.Fatalf("without frames: %v", err)
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bufio.NewReader(bytes.NewReader(raw))))
		if err != nil && (bytes.Contains(raw, []byte(" ;")) || bytes.Contains(raw, []byte("\t;"))) {
			return // bad whitespace, which is to be taken before an extension (RFC 9112, 7.1.1)
		}
		if err != nil || !bytes.Equal(theirs, data) {
			t.Fatalf("the data is %q; net/http reads %q, %v", data, theirs, err)
		}
	})
}

func takeAll(src io.Reader, next func(*Body) ([]byte, error)) ([]byte, error) {
	b := NewReader(src).NewBody(Framing{Kind: Chunked})
	var all []byte
	for {
		part, err := next(&b)
		all = append(all, part...)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// What an answer is taken for, it is to net/http.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 204 \r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", "HTTP/1.1 000 None\r\n\r\n",
	} {
		f.Add([]byte(s), "GET")
	}
	f.Fuzz(func(t *testing.T, raw []byte, method string) {
		head, err := NewReader(bytes.NewReader(raw)).Head(limits)
		var p Response
		if err != nil || p.Parse(head, method) != nil || !IsToken(method) {
			return
		}
		if p.Status < 100 || p.Status > 999 {
			t.Fatalf("status %d", p.Status)
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.TrimLeft(head, "\r\n"))), &http.Request{Method: method})
		if err != nil || p.Framing.Kind == Empty {
			return
		}
		want := Framing{Sized, theirs.ContentLength}
		switch {
		case len(theirs.TransferEncoding) > 0:
			want = Framing{Kind: Chunked}
		case theirs.ContentLength < 0:
			want = Framing{Kind: UntilClose}
		}
		if p.Status != theirs.StatusCode || p.Framing != want {
			t.Fatalf("%q: %d, %v; net/http reads %d, %v", head, p.Status, p.Framing, theirs.StatusCode, want)
		}
	})
}
