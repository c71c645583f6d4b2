package balancer

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is a client of HTTP/2 that writes what it likes.
type frames struct {
	*http2.Framer
	t      *testing.T
	conn   *tls.Conn
	block  bytes.Buffer
	header *hpack.Encoder
}

func (w *world) frames() *frames {
	w.t.Helper()
	conn, err := w.shake(&tls.Config{NextProtos: []string{"h2"}})
	if err != nil {
		w.t.Fatal(err)
	}
	f := &frames{Framer: http2.NewFramer(conn, conn), t: w.t, conn: conn}
	f.header = hpack.NewEncoder(&f.block)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_, _ = conn.Write([]byte(http2.ClientPreface))
	_ = f.WriteSettings()
	return f
}

// fields compresses the head of a request: what is given in place of the usual, and beside it.
func (f *frames) fields(given ...string) []byte {
	f.block.Reset()
	usual := map[string]string{":method": "GET", ":scheme": "https", ":authority": "a", ":path": "/"}
	var more []string
	for i := 0; i < len(given); i += 2 {
		if _, ok := usual[given[i]]; ok {
			usual[given[i]] = given[i+1]
		} else {
			more = append(more, given[i], given[i+1])
		}
	}
	for _, name := range []string{":method", ":scheme", ":authority", ":path"} {
		_ = f.header.WriteField(hpack.HeaderField{Name: name, Value: usual[name]})
	}
	for i := 0; i < len(more); i += 2 {
		_ = f.header.WriteField(hpack.HeaderField{Name: more[i], Value: more[i+1]})
	}
	return f.block.Bytes()
}

// ask sends a request in HEADERS and, where there is one, DATA.
func (f *frames) ask(id uint32, body string, given ...string) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: f.fields(given...), EndStream: body == "", EndHeaders: true})
	if body != "" {
		_ = f.WriteData(id, true, []byte(body))
	}
}

// hear reads until the connection or the stream ends, and tells how: the status of an answer, RST_STREAM or GOAWAY with its code, or the
// end of the connection.
func (f *frames) hear(id uint32) string {
	status := ""
	for {
		_ = f.conn.SetReadDeadline(time.Now().Add(5 * time.Minute))
		frame, err := f.ReadFrame()
		if err != nil {
			return cmp.Or(status, "end")
		}
		switch x := frame.(type) {
		case *http2.MetaHeadersFrame:
			if status = x.PseudoValue("status"); x.StreamID == id && x.StreamEnded() {
				return status
			}
		case *http2.DataFrame:
			if x.StreamID == id && x.StreamEnded() {
				return status
			}
		case *http2.RSTStreamFrame:
			if x.StreamID == id {
				return cmp.Or(status, "RST_STREAM "+x.ErrCode.String())
			}
		case *http2.GoAwayFrame:
			return cmp.Or(status, "GOAWAY "+x.ErrCode.String())
		}
	}
}

// reach is whether a target hears of a request. Of a body that turns out to be wrong, it may have heard the head.
type reach int

const (
	never reach = iota
	always
	perhaps
)

// Requests that are none, or that a reader of HTTP/1.1 behind the load balancer could read as others (RFC 9113, 8.1.1, 8.2, 8.3 and 10).
func TestHostileStreams(t *testing.T) {
	long := strings.Repeat("x", 10<<10)
	one := func(body string, given ...string) func(*frames) { return func(f *frames) { f.ask(1, body, given...) } }
	protocolError := "RST_STREAM PROTOCOL_ERROR"
	for _, x := range []struct {
		name    string
		ask     func(*frames)
		want    string
		reaches reach
	}{
		{"plain", one(""), "200", always},
		{"a body of the length", one("ab", ":method", "POST", "content-length", "2"), "200", always},
		{"TE of trailers", one("", "te", "trailers"), "200", always},
		{"no authority but a host", one("", ":authority", "", "host", "a"), "200", always},

		{"connection", one("", "connection", "x-a"), "400", never}, {"keep-alive", one("", "keep-alive", "1"), "400", never},
		{"proxy-connection", one("", "proxy-connection", "close"), "400", never}, {"upgrade", one("", "upgrade", "websocket"), "400", never},
		{"transfer-encoding", one("0\r\n\r\nGET / HTTP/1.1\r\n\r\n", ":method", "POST", "transfer-encoding", "chunked"), "400", never},
		{"TE of another", one("", "te", "gzip"), "400", never},
		{"a body longer than its length", one("abc", ":method", "POST", "content-length", "1"), protocolError, perhaps},
		{"a body shorter than its length", one("a", ":method", "POST", "content-length", "9"), "400", always},
		{"a length without a body", one("", ":method", "POST", "content-length", "9"), "400", never},
		{"two lengths", one("ab", ":method", "POST", "content-length", "2", "content-length", "3"), "400", never},
		{"the same length twice", one("ab", ":method", "POST", "content-length", "2", "content-length", "2"), "200", always},
		{"a list of lengths", one("ab", ":method", "POST", "content-length", "2, 2"), "400 or " + protocolError, never},
		{"a masked coding", one("", ":method", "POST", "transfer_encoding", "x"), "200", always},
		{"a length that is none", one("ab", ":method", "POST", "content-length", "+2"), "400 or " + protocolError, never},
		{"a name in capitals", one("", "X-A", "1"), protocolError, never}, {"a name with a space", one("", "x a", "1"), protocolError, never},
		{"a name with a line", one("", "a: b\r\nc", "1"), protocolError, never}, {"a value with a line", one("", "x", "a\r\nhost: b"), protocolError, never},
		{"a value with a zero", one("", "x", "a\x00"), protocolError, never},
		{"a path with a line", one("", ":path", "/ HTTP/1.1\r\nx: y"), protocolError, never},
		{"a method with a space", one("", ":method", "GET / HTTP/1.1"), "400", never}, {"no method", one("", ":method", ""), protocolError, never},
		{"a path with a space", one("", ":path", "/ HTTP/1.1"), "400", never}, {"a path with a tab", one("", ":path", "/\tHTTP/1.1"), protocolError, never},
		{"a path with a fragment", one("", ":path", "/a#b"), "200", always}, {"a path that is none", one("", ":path", "a"), protocolError, never},
		{"the server as a whole", one("", ":method", "OPTIONS", ":path", "*"), "200", always}, {"a star that is no path", one("", ":path", "*"), "400", never},
		{"a path with a line's end alone", one("", ":path", "/\rx"), protocolError, never}, {"a whole target", one("", ":path", "http://b/"), protocolError, never},
		{"no path", one("", ":path", ""), protocolError, never}, {"another scheme", one("", ":scheme", "ftp"), protocolError, never},
		{"an authority with a user", one("", ":authority", "u@a"), protocolError, never},
		{"an authority with a space", one("", ":authority", "a b"), "400", never}, {"an authority with a path", one("", ":authority", "a/b"), "400", never},
		{"an authority with a line", one("", ":authority", "a\r\nx: y"), protocolError, never},
		{"the host beside the authority", one("", "host", "A"), "200", always}, {"another host beside the authority", one("", "host", "b"), "400", never},
		{"two hosts without an authority", one("", ":authority", "", "host", "a", "host", "b"), "400", never},
		{"CONNECT", func(f *frames) {
			f.block.Reset()
			_ = f.header.WriteField(hpack.HeaderField{Name: ":method", Value: "CONNECT"})
			_ = f.header.WriteField(hpack.HeaderField{Name: ":authority", Value: "a:443"})
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block.Bytes(), EndHeaders: true, EndStream: true})
		}, "400", never},

		{"a list of 80 KiB", one("", "a", long, "b", long, "c", long, "d", long, "e", long, "f", long, "g", long, "h", long), "400", never},
		{"continuations without an end", func(f *frames) { // CVE-2023-45288
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.fields(), EndStream: true})
			for range 10_000 {
				f.block.Reset()
				_ = f.header.WriteField(hpack.HeaderField{Name: "x", Value: long, Sensitive: true})
				if f.WriteContinuation(1, false, f.block.Bytes()) != nil {
					return
				}
			}
		}, "GOAWAY PROTOCOL_ERROR", never},
		{"resets without an end", func(f *frames) { // CVE-2023-44487
			for id := uint32(1); id < 100_000; id += 2 {
				if f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: f.fields(":path", "/slow"), EndStream: true, EndHeaders: true}) != nil {
					return
				}
				if id == 1 {
					time.Sleep(time.Millisecond) // of the bubble: until the target has the first
				}
				_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
			}
		}, "GOAWAY", always},
		{"a frame of 2 MiB", func(f *frames) { _ = f.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 2<<20)) }, "GOAWAY FRAME_SIZE_ERROR", never},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: plainOK}
				w := newWorld(t)
				target.serve(t, w.memory, "10.0.1.5:80")
				w.speaksHTTP2(group(at("10.0.1.5:80")))
				settle()
				f := w.frames()
				defer f.conn.Close()
				go x.ask(f)
				got := f.hear(1)
				if !slices.ContainsFunc(strings.Split(x.want, " or "), func(want string) bool { return strings.HasPrefix(got, want) }) {
					t.Errorf("%q, want %q", got, x.want)
				}
				f.conn.Close()
				synctest.Wait()
				if heard, _ := target.take(); x.reaches != perhaps && (heard != "") != (x.reaches == always) {
					t.Errorf("the target heard %q", heard)
				}
			})
		})
	}
}

// goaway reads until the connection is about to end, and tells how many requests were answered before that word, which comes before the
// last answer, and how many may be under way at once.
func (f *frames) goaway() (answers int, atOnce uint32) {
	f.t.Helper()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			f.t.Fatal("the connection ended without a word: ", err)
		}
		switch x := frame.(type) {
		case *http2.SettingsFrame:
			if n, ok := x.Value(http2.SettingMaxConcurrentStreams); ok {
				atOnce = n
			}
		case *http2.MetaHeadersFrame:
			answers++
		case *http2.GoAwayFrame:
			if x.ErrCode != http2.ErrCodeNo {
				f.t.Errorf("GOAWAY with %v", x.ErrCode)
			}
			return answers, atOnce
		}
	}
}

// A connection ends with GOAWAY: without requests after the idle time, which PING does not extend, with the first answer after its time,
// and after 10,000 requests.
func TestConnectionsOfStreamsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		ask     func(*frames)
		answers int
		after   time.Duration
	}{
		"idle": {func(f *frames) {
			f.ask(1, "")
			time.Sleep(30 * time.Second)
			_ = f.WritePing(false, [8]byte{})
		}, 1, time.Minute},
		"old": {func(f *frames) {
			for id := uint32(1); id < 8; id += 2 {
				f.ask(id, "")
				time.Sleep(40 * time.Second)
			}
		}, 3, 2 * time.Minute},
		"many requests": {func(f *frames) {
			for id := uint32(1); id < 2*maxRequests+20; id += 2 {
				f.ask(id, "", ":method", "HEAD") // whose answers take nothing of a window
				synctest.Wait()
			}
		}, maxRequests - 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.keep = 2 * time.Minute
				w.speaksHTTP2(group())
				f := w.frames()
				defer f.conn.Close()
				began := time.Now()
				var asking sync.WaitGroup
				asking.Go(func() { c.ask(f) })
				answers, atOnce := f.goaway()
				if answers != c.answers || atOnce != 128 || time.Since(began) != c.after {
					t.Errorf("%d answers, %d at once, after %v; want %d, 128 and %v", answers, atOnce, time.Since(began), c.answers, c.after)
				}
				f.conn.Close()
				asking.Wait()
			})
		})
	}
}
