package balancer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
)

// speaksHTTP2 configures the world's listener for it, and returns a client of it, which makes another connection only if it must.
func (w *world) speaksHTTP2(groups ...Group) *http2.Transport {
	w.t.Helper()
	w.secure(&TLS{Default: certificate(w.t, ecKey(w.t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}, groups...)
	client := &http2.Transport{DisableCompression: true, StrictMaxConcurrentStreams: true}
	client.DialTLSContext = func(context.Context, string, string, *tls.Config) (net.Conn, error) {
		conn, err := w.shake(&tls.Config{NextProtos: []string{"h2"}})
		if err == nil && conn.ConnectionState().NegotiatedProtocol != "h2" {
			return nil, errors.New("HTTP/2 is not offered")
		}
		return conn, err
	}
	w.t.Cleanup(client.CloseIdleConnections)
	return client
}

// exchanged is an answer with its body read.
type exchanged struct {
	*http.Response
	body string
}

func (w *world) exchange(client http.RoundTripper, r *http.Request) exchanged {
	w.t.Helper()
	resp, err := client.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return exchanged{resp, string(body)}
}

func request(method, path string, body io.Reader) *http.Request {
	r, err := http.NewRequest(method, "https://Hello.Example"+path, body)
	if err != nil {
		panic(err)
	}
	return r
}

// unsized is a body whose length nobody knows.
type unsized struct{ io.Reader }

func TestStreamsAreRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var mu sync.Mutex
		var got *http.Request
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" {
				return
			}
			mu.Lock()
			got = r
			mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			rw.Header().Set("Connection", "close") // about the load balancer's connection alone
			rw.Header().Set("X-Answer", "yes")
			rw.WriteHeader(201)
			_, _ = rw.Write(body)
		})
		client := w.speaksHTTP2(group(at("10.0.1.5:80")))
		settle()
		dials := w.dials
		r := request("POST", "/a%2Fb?q=1", strings.NewReader("the body"))
		r.Header.Set("Cookie", "a=1; b=2")
		x := w.exchange(client, r)
		if x.StatusCode != 201 || x.body != "the body" || x.Header.Get("X-Answer") != "yes" || x.Header.Get("Connection") != "" || x.ProtoMajor != 2 {
			t.Errorf("%v %q", x.Response, x.body)
		}
		if got.Host != "hello.example" || got.RequestURI != "/a%2Fb?q=1" || got.ContentLength != 8 || got.ProtoMajor != 1 {
			t.Errorf("the target got %v", got)
		}
		for name, want := range map[string]string{
			"X-Forwarded-For": "^192.0.2.1$", "X-Forwarded-Proto": "^https$", "X-Forwarded-Port": "^80$", "Cookie": "^a=1; b=2$",
			"X-Amzn-Trace-Id": "^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$",
		} {
			if v := got.Header.Values(name); len(v) != 1 || !regexp.MustCompile(want).MatchString(v[0]) {
				t.Errorf("%s: %q, want %s", name, v, want)
			}
		}
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				want := fmt.Sprint("number ", i)
				if x := w.exchange(client, request("PUT", "/", unsized{strings.NewReader(want)})); x.body != want {
					t.Errorf("%q, want %q", x.body, want)
				}
			})
		}
		all.Wait()
		if targets := w.b.Traffic()["eni-1"].Groups["g"].Requests; targets != 41 {
			t.Errorf("%d requests are counted", targets)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := w.dials - dials - 41; n != 1 { // the target ends each of its connections
			t.Errorf("%d connections of the client", n)
		}
	})
}

// The load balancer's own answers are the same in both protocols.
func TestAnswersOfItsOwnToStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		client := w.speaksHTTP2(group())
		long := strings.Repeat("x", maxLine)
		with := func(name, value string) *http.Request {
			r := request("GET", "/", nil)
			r.Header.Set(name, value)
			return r
		}
		many := with("X-A", "")
		for i := range 40 {
			many.Header.Set(fmt.Sprint("X-", i), long[:maxLine/4])
		}
		for name, c := range map[string]struct {
			r      *http.Request
			status int
			body   string
		}{
			"no target":       {request("GET", "/", nil), 503, "503 Service Temporarily Unavailable"},
			"HEAD":            {request("HEAD", "/", nil), 503, ""},
			"redirect":        {request("GET", "/away", nil), 301, "301 Moved Permanently"},
			"TRACE":           {request("TRACE", "/", nil), 405, "405 Not Allowed"},
			"a long target":   {request("GET", "/"+long, nil), 414, "414 Request-URI Too Large"},
			"a long field":    {with("X-Long", long), 400, "400 Bad Request"},
			"many fields":     {many, 400, "400 Bad Request"},
			"forwarded often": {with("X-Forwarded-For", strings.Repeat("192.0.2.1,", 31)), 463, "463"},
		} {
			x := w.exchange(client, c.r)
			if x.StatusCode != c.status || !strings.Contains(x.body, "<title>"+c.body+"</title>") && c.body != "" || x.Header.Get("Server") != "awselb/2.0" {
				t.Errorf("%s: %d from %q: %q", name, x.StatusCode, x.Header.Get("Server"), x.body)
			}
			if c.status == 301 && x.Header.Get("Location") != "https://Hello.Example:80/there" {
				t.Errorf("location %q", x.Header.Get("Location"))
			}
		}
	})
}

func TestLargeBodiesAndTrailersPassStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Trailer", "X-After")
			_ = http.NewResponseController(rw).EnableFullDuplex()
			_, _ = io.Copy(rw, r.Body)
			rw.Header().Set("X-After", "answer,"+r.Trailer.Get("X-Before"))
		})
		client := w.speaksHTTP2(group(at("10.0.1.5:80")))
		settle()
		large := make([]byte, 5<<20+7)
		random := rand.NewChaCha8([32]byte{1})
		_, _ = random.Read(large)
		for name, body := range map[string]io.Reader{"sized": bytes.NewReader(large), "unsized": unsized{bytes.NewReader(large)}} {
			r := request("POST", "/", body)
			want := "answer,"
			if name == "unsized" { // HTTP/1.1 has no trailer otherwise
				r.Trailer = http.Header{"X-Before": {"request"}}
				want += "request"
			}
			x := w.exchange(client, r)
			if x.body != string(large) {
				t.Errorf("%s: %d bytes came back, want the %d that were sent", name, len(x.body), len(large))
			}
			if got := x.Trailer.Get("X-After"); got != want {
				t.Errorf("%s: trailer %q, want %q", name, got, want)
			}
		}
		if counted := w.b.Traffic()["eni-1"].Bytes; counted < 4*uint64(len(large)) {
			t.Errorf("%d bytes are counted", counted)
		}
	})
}

// A part of an answer is not held back, an answer that breaks off is not taken for a whole one, and a request whose client no longer wants
// the answer ends at the target too.
func TestStreamsPassAtOnceAndEndEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ended := make(chan string, 1)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/break":
				rw.Header().Set("Content-Length", "10")
				_, _ = io.WriteString(rw, "one ")
				_ = http.NewResponseController(rw).Flush()
				panic(http.ErrAbortHandler)
			case "/part", "/silent":
				if r.URL.Path == "/part" {
					_, _ = io.WriteString(rw, "one ")
					_ = http.NewResponseController(rw).Flush()
				}
				<-r.Context().Done()
				ended <- r.URL.Path
			}
		})
		client := w.speaksHTTP2(group(at("10.0.1.5:80")))
		settle()
		if resp, err := client.RoundTrip(request("GET", "/break", nil)); err != nil {
			t.Error(err)
		} else if _, err := io.ReadAll(resp.Body); err == nil {
			t.Error("an answer that breaks off has an end")
		}
		resp, err := client.RoundTrip(request("GET", "/part", nil))
		if err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 4)
		if _, err := io.ReadFull(resp.Body, part); err != nil || string(part) != "one " {
			t.Errorf("%q, %v", part, err)
		}
		_ = resp.Body.Close()
		if path := <-ended; path != "/part" {
			t.Error(path)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		if _, err := client.RoundTrip(request("GET", "/silent", nil).WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if path := <-ended; path != "/silent" || time.Since(began) > 2*time.Second {
			t.Errorf("%s after %v", path, time.Since(began))
		}
		synctest.Wait()
		if own := w.b.Traffic()["eni-1"].Own; own[statusClientGone] != 1 {
			t.Errorf("own answers: %v", own)
		}
	})
}

func TestStreamsAreNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.idle = 20 * time.Second
		endless := unsized{neverEnding('x')}
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/slow":
				<-r.Context().Done()
			case "/take":
				_, _ = io.Copy(io.Discard, r.Body)
			case "/give":
				_, _ = io.Copy(rw, endless)
			}
		})
		client := w.speaksHTTP2(group(at("10.0.1.5:80")))
		settle()
		began := time.Now()
		if x := w.exchange(client, request("GET", "/slow", nil)); x.StatusCode != 504 || time.Since(began) != w.idle {
			t.Errorf("a silent target: %d after %v", x.StatusCode, time.Since(began))
		}
		began = time.Now()
		half, stop := io.Pipe()
		go func() { _, _ = io.WriteString(stop, "half") }()
		if x := w.exchange(client, request("POST", "/take", half)); x.StatusCode != 408 || time.Since(began) != w.idle {
			t.Errorf("half a body: %d after %v", x.StatusCode, time.Since(began))
		}
		_ = stop.Close()
		resp, err := client.RoundTrip(request("GET", "/give", nil))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(w.idle + time.Second) // in which nothing is taken of what fills all windows
		if _, err := io.Copy(io.Discard, resp.Body); !errors.As(err, new(http2.StreamError)) {
			t.Errorf("who takes nothing gets %v", err)
		}
	})
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func TestHTTP2IsOfferedAsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := &TLS{Default: certificate(t, ecKey(t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}
		for _, c := range []struct {
			http1Only bool
			offer     []string
			want      string
		}{
			{false, []string{"h2", "http/1.1"}, "h2"}, {false, []string{"http/1.1"}, "http/1.1"}, {false, nil, ""},
			{true, []string{"h2", "http/1.1"}, "http/1.1"}, {true, nil, ""},
		} {
			w.http1Only = c.http1Only
			w.secure(s, group())
			conn, err := w.shake(&tls.Config{NextProtos: c.offer})
			if err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().NegotiatedProtocol; got != c.want {
				t.Errorf("%v of %q: %q", c.http1Only, c.offer, got)
			}
			conn.Close()
		}
	})
}

// The logs tell of streams by their protocol, and by the one connection that they have in common.
func TestLogsOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		client := w.speaksHTTP2(group())
		var access, connections lines
		s := &TLS{Default: certificate(t, ecKey(t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}
		w.logging(Logs{Access: &access, Connections: &connections},
			Listener{TLS: s, Rules: []Rule{{Action: Action{Fixed: &FixedResponse{Status: 202, Body: "four"}}}}})
		for range 2 {
			w.exchange(client, request("GET", "/a?b=c", nil))
		}
		synctest.Wait()
		all, made := access.take(), connections.take()
		if len(all) != 2 || len(made) != 1 {
			t.Fatalf("%q, %q", all, made)
		}
		for _, line := range all {
			got := readEntry(t, line)
			for name, want := range map[string]string{
				"type": "h2", "verb": "GET", "url": "https://Hello.Example:80/a?b=c", "proto": "HTTP/2.0", "elb_status": "202", "protocol": "TLSv1.3",
				"class": "-", "reason": "-", "actions": "fixed-response",
			} {
				if got[name] != want {
					t.Errorf("%s: %q, want %q", name, got[name], want)
				}
			}
			if conn := got["conn"]; !strings.HasPrefix(conn, "TID_") || !strings.Contains(made[0], conn) {
				t.Errorf("%s in %s", conn, made[0])
			}
		}
	})
}
