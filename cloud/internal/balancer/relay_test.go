package balancer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// multiplexed runs a target that speaks HTTP/2 alone until the test ends, over TLS if it has a certificate, and counts its connections.
func (w *world) multiplexed(address string, certificate *tls.Certificate, h http.HandlerFunc) *atomic.Int64 {
	w.t.Helper()
	l, err := w.Listen("tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	conns := new(atomic.Int64)
	base, server := &http.Server{ErrorLog: quiet}, &http2.Server{}
	_ = http2.ConfigureServer(base, server)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				if certificate != nil {
					secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"h2"}})
					if conn = secured; secured.Handshake() != nil {
						return
					}
				}
				server.ServeConn(conn, &http2.ServeConnOpts{BaseConfig: base, Handler: h})
			}()
		}
	}()
	return conns
}

func versioned(v Version, targets ...Target) Group {
	g := group(targets...)
	g.Version, g.Check.Version = v, v
	if v == GRPC {
		g.Check.Path, g.Check.Matcher = "/AWS.ALB/healthcheck", Matcher{"12"}
	}
	return g
}

// The targets get what those of HTTP/1.1 get, and many requests share a connection.
func TestTargetsThatSpeakHTTP2(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "over TLS": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var got atomic.Pointer[http.Request]
				own := certificate(t, ecKey(t), "whatever")
				with := map[bool]*tls.Certificate{true: &own}[secure]
				conns := w.multiplexed("10.0.1.5:80", with, func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/health" {
						return
					}
					got.Store(r)
					rw.Header().Set("Trailer", "X-After")
					rw.Header().Set("X-Answer", "yes")
					rw.WriteHeader(201)
					_, _ = io.Copy(rw, r.Body)
					rw.Header().Set("X-After", "answer,"+r.Trailer.Get("X-Before"))
				})
				g := versioned(HTTP2, at("10.0.1.5:80"))
				g.Secure, g.Check.Secure = secure, secure
				client := w.speaksHTTP2(g)
				settle()
				w.wantHealth(g, 0, Health{State: Healthy})
				checks := conns.Load()
				large := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
				for range 3 {
					r := request("POST", "/a%2Fb?q=1", unsized{bytes.NewReader(large)})
					r.Header.Set("X-Forwarded-For", "203.0.113.9")
					r.Header.Set("TE", "trailers")
					r.Trailer = http.Header{"X-Before": {"request"}}
					x := w.exchange(client, r)
					if x.StatusCode != 201 || x.body != string(large) || x.Header.Get("X-Answer") != "yes" || x.Trailer.Get("X-After") != "answer,request" {
						t.Errorf("%v, %d bytes, trailer %v", x.Response, len(x.body), x.Trailer)
					}
				}
				r := got.Load()
				if r.Host != "hello.example" || r.RequestURI != "/a%2Fb?q=1" || r.ProtoMajor != 2 || r.Header.Get("Te") != "trailers" {
					t.Errorf("the target got %v", r)
				}
				for name, want := range map[string]string{"X-Forwarded-For": "203.0.113.9, 192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "80"} {
					if v := r.Header.Get(name); v != want {
						t.Errorf("%s: %q, want %q", name, v, want)
					}
				}
				if x := w.exchange(client, request("HEAD", "//x", nil)); x.StatusCode != 201 || got.Load().RequestURI != "//x" {
					t.Errorf("%v of %s", x.Response, got.Load().RequestURI)
				}
				if n := conns.Load() - checks; n != 1 {
					t.Errorf("%d connections for requests one after the other", n)
				}
				if n := w.b.Traffic()["eni-1"].Groups["g"]; n.Requests != 4 || n.Answers[2] != 4 {
					t.Errorf("%+v", n)
				}
			})
		})
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-464-issues
func TestProtocolsThatDoNotGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.multiplexed("10.0.1.5:80", nil, says("two"))
		w.serve(t, "10.0.1.6:80", says("one"))
		for _, c := range []struct {
			version         Version
			proto           int
			method, content string
			want            int
		}{
			{HTTP1, 1, "GET", "", 200}, {HTTP1, 2, "GET", "", 200}, {HTTP1, 2, "POST", "application/grpc", 464}, {HTTP1, 1, "POST", "application/grpc", 200},
			{HTTP1, 2, "POST", "application/grpc-web", 200}, {HTTP2, 1, "GET", "", 464}, {HTTP2, 2, "GET", "", 200},
			{HTTP2, 2, "POST", "application/grpc+proto", 200},
			{GRPC, 1, "POST", "", 464}, {GRPC, 2, "GET", "", 464}, {GRPC, 2, "POST", "", 200}, {GRPC, 2, "POST", "application/grpc", 200},
		} {
			at := map[bool]Target{false: at("10.0.1.6:80"), true: at("10.0.1.5:80")}[c.version != HTTP1]
			var client http.RoundTripper = w.speaksHTTP2(versioned(c.version, at))
			if c.proto == 1 {
				client = &http.Transport{
					TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
					DialContext: w.client.Transport.(*http.Transport).DialContext,
				}
			}
			r := request(c.method, "/", nil)
			r.Header.Set("Content-Type", c.content)
			if x := w.exchange(client, r); x.StatusCode != c.want {
				t.Errorf("%+v: %d", c, x.StatusCode)
			}
			w.b.Close()
			w = &world{memory: w.memory, t: t, b: New(tempo.At(1), w.b.log, func() {}), client: w.client}
		}
		w.b.Close()
	})
}

// Errors of the load balancer are what they are of targets with HTTP/1.1; clients of gRPC get them in their own words.
func TestTargetsOfHTTP2ThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.idle = 20 * time.Second
		w.drop("10.0.1.6:80", true)
		w.multiplexed("10.0.1.5:80", nil, func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/slow":
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			case "/reset":
				panic(http.ErrAbortHandler)
			case "/large":
				rw.Header().Set("X", strings.Repeat("x", maxResponseHeader))
			}
		})
		w.serve(t, "10.0.1.8:80", says("HTTP/1.1"))
		for _, c := range []struct {
			target, path string
			status       int
			after        time.Duration
			grpc         string
		}{
			{"10.0.1.7:80", "/", 502, 0, "14"}, {"10.0.1.6:80", "/", 504, 10 * time.Second, "14"}, {"10.0.1.5:80", "/slow", 504, 20 * time.Second, "14"},
			{"10.0.1.5:80", "/reset", 502, 0, "14"}, {"10.0.1.5:80", "/large", 502, 0, "14"}, {"10.0.1.8:80", "/", 502, 0, "14"}, {"", "/", 503, 0, "14"},
		} {
			g := versioned(GRPC)
			if c.target != "" {
				g = versioned(GRPC, at(c.target))
			}
			client := w.speaksHTTP2(g)
			for content, want := range map[string]string{"": "", "application/grpc": c.grpc} {
				r := request("POST", c.path, strings.NewReader("body"))
				r.Header.Set("Content-Type", content)
				began := time.Now()
				x := w.exchange(client, r)
				if x.StatusCode != c.status || time.Since(began) != c.after || x.Header.Get("Grpc-Status") != want || (x.body == "") != (content != "") {
					t.Errorf("%s%s with %q: %v %q after %v", c.target, c.path, content, x.Response, x.body, time.Since(began))
				}
				if content != "" && (x.Header.Get("Content-Type") != content || x.Header.Get("Grpc-Message") != "unavailable") {
					t.Errorf("%s%s: %v", c.target, c.path, x.Header)
				}
			}
		}
		half, stop := io.Pipe()
		defer stop.Close()
		began := time.Now()
		client := w.speaksHTTP2(versioned(HTTP2, at("10.0.1.5:80")))
		if x := w.exchange(client, request("POST", "/slow", half)); x.StatusCode != 408 || time.Since(began) != w.idle {
			t.Errorf("half a body: %d after %v", x.StatusCode, time.Since(began))
		}
	})
}

// In a call of gRPC both sides talk as they like: the answer begins before the request ends, and each message passes at once. A call that is
// broken off ends at the target, and the target's reset reaches the client.
func TestCallsInBothDirections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ended := make(chan error, 1)
		w.multiplexed("10.0.1.5:80", nil, func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/AWS.ALB/healthcheck" {
				rw.Header().Set("Content-Type", "application/grpc")
				rw.Header().Set("Grpc-Status", "12") // in a head without a body
				return
			}
			rw.Header().Set("Content-Type", "application/grpc")
			rw.Header().Set("Trailer", "Grpc-Status")
			_ = http.NewResponseController(rw).Flush()
			buf := make([]byte, 100)
			for {
				n, err := r.Body.Read(buf)
				if string(buf[:n]) == "break" {
					panic(http.ErrAbortHandler)
				}
				_, _ = rw.Write(bytes.ToUpper(buf[:n]))
				_ = http.NewResponseController(rw).Flush()
				if err != nil {
					if !errors.Is(err, io.EOF) {
						ended <- err
					}
					break
				}
			}
			rw.Header().Set("Grpc-Status", "5")
		})
		g := versioned(GRPC, at("10.0.1.5:80"))
		client := w.speaksHTTP2(g)
		settle()
		w.wantHealth(g, 0, Health{State: Healthy})
		call := func(ctx context.Context) (*io.PipeWriter, *http.Response) {
			from, to := io.Pipe()
			r := request("POST", "/pkg.Service/Method", from).WithContext(ctx)
			r.Header.Set("Content-Type", "application/grpc")
			r.Header.Set("TE", "trailers")
			resp, err := client.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			return to, resp
		}
		say := func(to io.Writer, resp *http.Response, text string) {
			t.Helper()
			_, _ = io.WriteString(to, text)
			buf := make([]byte, len(text))
			if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != strings.ToUpper(text) {
				t.Errorf("%q, %v", buf, err)
			}
		}
		to, resp := call(t.Context())
		for i := range 5 {
			say(to, resp, fmt.Sprint("message ", i))
			time.Sleep(40 * time.Second) // what passes keeps the call
		}
		_ = to.Close()
		if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) != 0 || resp.Trailer.Get("Grpc-Status") != "5" {
			t.Errorf("%q, %v, %v", rest, err, resp.Trailer)
		}

		ctx, cancel := context.WithCancel(t.Context())
		to, resp = call(ctx)
		say(to, resp, "hello")
		cancel()
		if err := <-ended; err == nil {
			t.Error("the target has not heard of the end")
		}
		_ = to.Close()

		to, resp = call(t.Context())
		_, _ = io.WriteString(to, "break")
		if _, err := io.ReadAll(resp.Body); !errors.As(err, new(http2.StreamError)) {
			t.Errorf("a call that the target breaks off ends with %v", err)
		}
		_ = to.Close()

		if calls := w.b.Traffic()["eni-1"].Calls; calls != 3 {
			t.Errorf("%d calls are counted", calls)
		}
		to, resp = call(t.Context())
		began := time.Now()
		if _, err := io.ReadAll(resp.Body); err == nil || time.Since(began) != time.Minute {
			t.Errorf("a silent call ends with %v after %v", err, time.Since(began))
		}
		_ = to.Close()
	})
}

func TestHealthByGRPC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name, matcher string
			answer        func(http.ResponseWriter)
			want          Health
		}{
			{"in the head", "12", func(w http.ResponseWriter) { w.Header().Set("Grpc-Status", "12") }, Health{State: Healthy}},
			{"in the trailer", "0,5-7", func(w http.ResponseWriter) {
				_, _ = w.Write(emptyMessage)
				w.Header().Set(http2.TrailerPrefix+"Grpc-Status", "6")
			}, Health{State: Healthy}},
			{"another", "12", func(w http.ResponseWriter) { w.Header().Set("Grpc-Status", "0") },
				Health{State: Unhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [0]"}},
			{"none", "12", func(w http.ResponseWriter) {}, Health{State: Unhealthy, Reason: "Target.FailedHealthChecks", Description: "Health checks failed"}},
			{"silence", "12", func(w http.ResponseWriter) { time.Sleep(time.Hour) },
				Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"}},
		} {
			w := newWorld(t)
			w.multiplexed("10.0.1.5:80", nil, func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				content := r.Header.Get("Content-Type")
				if r.Method != "POST" || r.URL.Path != "/AWS.ALB/healthcheck" || content != "application/grpc" || !bytes.Equal(body, emptyMessage) {
					t.Errorf("%v with %q", r, body)
				}
				c.answer(rw)
			})
			g := versioned(GRPC, at("10.0.1.5:80"))
			g.Check.Matcher.Text = c.matcher
			w.speaksHTTP2(g)
			time.Sleep(70 * time.Second)
			synctest.Wait()
			t.Log(c.name)
			w.wantHealth(g, 0, c.want)
			w.b.Close()
		}
		time.Sleep(2 * time.Hour) // until the last handler has slept
	})
}

// Requests at a target that drains end well; then its connections are closed, and none is left.
func TestTargetsOfHTTP2Drain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hold := make(chan struct{})
		slow := func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				select {
				case <-hold:
				case <-r.Context().Done():
				}
			}
			_, _ = io.WriteString(rw, "a")
		}
		w.multiplexed("10.0.1.5:80", nil, slow)
		w.multiplexed("10.0.1.6:80", nil, says("b"))
		a, b := at("10.0.1.5:80"), at("10.0.1.6:80")
		client := w.speaksHTTP2(versioned(HTTP2, a))
		settle()
		ask := func() chan string {
			said := make(chan string, 1)
			go func() {
				x := w.exchange(client, request("GET", "/slow", nil))
				said <- fmt.Sprint(x.StatusCode, " ", len(x.body))
			}()
			synctest.Wait()
			return said
		}
		first, second := ask(), ask()
		a.Draining = true
		w.speaksHTTP2(versioned(HTTP2, a, b))
		if x := w.exchange(client, request("GET", "/", nil)); x.body != "b" {
			t.Errorf("a draining target answers %q", x.body)
		}
		hold <- struct{}{}
		synctest.Wait()
		w.speaksHTTP2(versioned(HTTP2, b)) // the delay has elapsed
		if got := []string{<-first, <-second}; !slices.Contains(got, "200 1") || !slices.ContainsFunc(got, func(s string) bool { return s[:3] == "502" }) {
			t.Errorf("%q", got)
		}
		w.speaksHTTP2(versioned(HTTP2))
		synctest.Wait()
		if n := w.b.Traffic()["eni-1"].Active; n != 1 {
			t.Errorf("%d connections beside the client's", n-1)
		}
	})
}
