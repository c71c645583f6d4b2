package balancer

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a target that keeps every byte it hears and answers what it is told to, when the end of a request is there.
type scripted struct {
	mu     sync.Mutex
	heard  bytes.Buffer
	conns  int
	answer string        // each time
	after  time.Duration // how long nothing more must have come; 0 for a second
	hangUp bool          // after an answer
}

func (s *scripted) serve(t *testing.T, m *memory, address string) {
	t.Helper()
	l, err := m.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
}

// talk answers each time something was heard and nothing more comes for a time.
func (s *scripted) talk(c net.Conn) {
	defer c.Close()
	first, told := true, false
	buf := make([]byte, 64<<10)
	for {
		c.SetReadDeadline(time.Now().Add(cmp.Or(s.after, time.Second)))
		n, err := c.Read(buf)
		s.mu.Lock()
		if n > 0 && bytes.Contains(buf[:n], []byte("ELB-HealthChecker")) {
			s.mu.Unlock()
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		}
		if n > 0 && first {
			s.conns++
			first = false
		}
		s.heard.Write(buf[:n])
		answer, hangUp := s.answer, s.hangUp
		s.mu.Unlock()
		if n > 0 {
			told = true
		}
		if os.IsTimeout(err) {
			if told {
				io.WriteString(c, answer)
				if told = false; hangUp {
					return
				}
			}
			continue
		}
		if err != nil {
			return
		}
	}
}

func (s *scripted) take() (heard string, conns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard, conns = s.heard.String(), s.conns
	s.heard.Reset()
	s.conns = 0
	return heard, conns
}

// inFront makes a load balancer in front of the target, with whose first checks it is through. adjust may change it before.
func (s *scripted) inFront(t *testing.T, adjust ...func(*world)) *world {
	t.Helper()
	w := newWorld(t)
	s.serve(t, w.memory, "10.0.1.5:80")
	for _, f := range adjust {
		f(w)
	}
	w.configure([]Group{group(at("10.0.1.5:80"))})
	settle()
	return w
}

const plainOK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// ask sends bytes on a new connection and returns what comes back until nothing more comes for two minutes, longer than the idle time,
// or the load balancer ends the connection, which stays tells.
func (w *world) ask(raw string, then ...string) (got string, stays bool) {
	w.t.Helper()
	c, err := w.DialContext(w.t.Context(), "tcp", entry)
	if err != nil {
		w.t.Fatal(err)
	}
	over := make(chan struct{})
	defer close(over)
	defer c.Close()
	go func() {
		io.WriteString(c, raw)
		for _, more := range then {
			select {
			case <-time.After(5 * time.Second):
				io.WriteString(c, more)
			case <-over:
			}
		}
	}()
	var out bytes.Buffer
	buf := make([]byte, 4096)
	for {
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := c.Read(buf)
		out.Write(buf[:n])
		if err != nil {
			return out.String(), os.IsTimeout(err)
		}
	}
}

// statuses are those of the answers in what a client got.
func statuses(got string) string {
	var all []string
	for _, answer := range strings.Split(got, "HTTP/1.1 ")[1:] {
		all = append(all, answer[:3])
	}
	return strings.Join(all, " ")
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n"

// hostile are requests that two programs could read differently, or that are none, as AWS's load balancers treat them: what the client
// gets, whether its connection stays, and whether the target hears of it.
var hostile = []struct {
	name, raw string
	status    string
	stays     bool
	reaches   bool
}{
	{"plain", get + "\r\n", "200", true, true},
	{"two at once", get + "\r\n" + get + "\r\n", "200 200", true, true},
	{"empty lines first", "\r\n\r\n" + get + "\r\n", "200", true, true},
	{"lines that end in LF", "GET / HTTP/1.1\nHost: a\n\n", "200", true, true},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "200", false, true},
	{"HTTP/1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200", true, true},
	{"closed by the client's wish", get + "Connection: close\r\n\r\n", "200", false, true},

	{"zero length of a GET", get + "Content-Length: 0\r\n\r\n", "200", true, true},
	{"a name with an underscore", get + "X_Y: 1\r\n\r\n", "200", true, true},
	{"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "200", true, true},
	{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "200", true, true},

	{"both framings", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200", false, true},
	{"the same length twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "200", false, true},
	{"a GET with a body", get + "Content-Length: 1\r\n\r\nx", "200", false, true},
	{"a GET with chunks", get + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200", false, true},
	{"a name nearly that of a framing", "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 1\r\nContent-Length: 1\r\n\r\nx", "200", false, true},
	{"a folded framing", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "200", false, true},
	{"a field without a name", get + ": x\r\n\r\n", "200", false, true},
	{"a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "200", false, true},
	{"HTTP/1.0 with chunks", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200", false, true},
	{"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", "200", true, true},

	{"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "400", false, false},
	{"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400", false, false},
	{"a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", "400", false, false},
	{"an endless length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400", false, false},
	{"chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", false, false},
	{"an unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400", false, false},
	{"a known coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501", false, false},
	{"space before the colon", get + "X : 1\r\n\r\n", "400", false, false},
	{"no colon", get + "nonsense\r\n\r\n", "400", false, false},
	{"a NUL in a value", get + "X: a\x00b\r\n\r\n", "400", false, false},
	{"no host", "GET / HTTP/1.1\r\n\r\n", "400", false, false},
	{"two hosts", get + "Host: b\r\n\r\n", "400", false, false},
	{"no version", "GET /\r\n\r\n", "400", false, false},
	{"another protocol", "GET / SPDY/3\r\n\r\n", "400", false, false},
	{"HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", false, false},
	{"a way through", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "400", false, false},
	{"a method that is none", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400", false, false},
	{"a target that is none", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", "400", false, false},
	{"an echo", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405", true, false},
	{"a long line", "GET /" + strings.Repeat("x", 16<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "414", false, false},
	{"a long field", get + "X: " + strings.Repeat("x", 16<<10) + "\r\n\r\n", "400", false, false},
	{"a long head", get + strings.Repeat("X: "+strings.Repeat("x", 8<<10)+"\r\n", 8) + "\r\n", "400", false, false},
	{"many hops", get + "X-Forwarded-For: " + strings.Repeat("192.0.2.9, ", 30) + "192.0.2.9\r\n\r\n", "463", true, false},

	{"a size that is none", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400", false, false},
	{"a size with a sign", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400", false, false},
	{"a size that overflows", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", "400", false, false},
	{"a chunk longer than its size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n", "400", false, false},
	{"half a head", "GET / HTTP/1.1\r\nHost:", "", true, false},
	{"the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "200", true, true},
	{"a whole target", "GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "200", true, true},
}

func TestHostileRequests(t *testing.T) {
	for _, x := range hostile {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: plainOK}
				w := target.inFront(t)
				got, stays := w.ask(x.raw)
				heard, _ := target.take()
				if statuses(got) != x.status || stays != x.stays || (heard != "") != x.reaches {
					t.Errorf("got %q, stays %v, want %s, %v\nthe target heard %q", got, stays, x.status, x.stays, heard)
				}
				if status := statuses(got); status != "" && status[0] != '2' && !strings.Contains(got, "\r\nServer: awselb/2.0\r\n") {
					t.Errorf("whose answer is %q", got)
				}
			})
		})
	}
}

// What a target hears of a request, byte by byte.
func TestWhatTheTargetHears(t *testing.T) {
	const added = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\nX-Amzn-Trace-Id: TRACE\r\n"
	for _, x := range []struct{ name, raw, want string }{
		{"fields in their order and case", "GET /%7Ea?b=1;c HTTP/1.1\r\nHost: A.example:8080\r\nx-B: 1\r\nAccept:  a , b \r\nx-b: 2\r\n\r\n",
			"GET /%7Ea?b=1;c HTTP/1.1\r\nHost: a.example\r\nx-B: 1\r\nAccept: a , b\r\nx-b: 2\r\n" + added + "\r\n"},
		{"an empty query", "GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /? HTTP/1.1\r\nHost: a\r\n" + added + "\r\n"},
		{"a whole target", "GET http://b:80/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c?d HTTP/1.1\r\nHost: b\r\n" + added + "\r\n"},
		{"a space", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: a\r\n" + added + "\r\n"},
		{"the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n" + added + "\r\n"},
		{"no host", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: 10.0.1.5:80\r\n" + added + "\r\n"},
		{"what is about one connection", get + "Connection: x-own, keep-alive\r\nX-Own: 1\r\nKeep-Alive: 9\r\nTE: trailers\r\n\r\n", get + added + "\r\n"},
		{"no change to HTTP/2", get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", get + added + "\r\n"},
		{"a change to something else", get + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			get + added + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"a body by its length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhello",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Content-Length: 5\r\n\r\nhello"},
		{"chunks as they are", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nEnd: 1\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Transfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nEnd: 1\r\n\r\n"},
		{"chunks rather than a length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"folded", get + "X: a\r\n  b\r\n\r\n", get + "X: a b\r\n" + added + "\r\n"},
		{"one trace id of its own only", get + "X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678\r\n\r\n", get + added + "\r\n"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: plainOK}
				w := target.inFront(t)
				w.ask(x.raw)
				heard, _ := target.take()
				if before, after, ok := strings.Cut(heard, "X-Amzn-Trace-Id: Root=1-"); ok {
					heard = before + "X-Amzn-Trace-Id: TRACE" + after[strings.Index(after, "\r\n"):]
				}
				if heard != x.want {
					t.Errorf("heard\n%q, want\n%q", heard, x.want)
				}
			})
		})
	}
}

// What becomes of targets' answers.
func TestHostileAnswers(t *testing.T) {
	for _, x := range []struct {
		name, answer string
		hangUp       bool
		want         string // what the client gets; a number for the load balancer's own page
		stays        bool
	}{
		{"plain", plainOK, false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", true},
		{"no content type is invented", "HTTP/1.1 200 Fine, thanks\r\nX-a: 1\r\nContent-Length: 3\r\n\r\n<b>", false,
			"HTTP/1.1 200 Fine, thanks\r\nX-a: 1\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n<b>", true},
		{"no reason", "HTTP/1.1 204 \r\n\r\n", false, "HTTP/1.1 204 \r\nConnection: keep-alive\r\n\r\n", true},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		{"until the target closes", "HTTP/1.1 200 OK\r\n\r\nok", true,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		{"until an HTTP/1.0 target closes", "HTTP/1.0 200 OK\r\n\r\nok", true,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		{"one that goes before", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + plainOK, false,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", true},
		{"what is about one connection", "HTTP/1.1 200 OK\r\nConnection: close, X-Own\r\nX-Own: 1\r\nKeep-Alive: 5\r\nContent-Length: 0\r\n\r\n", true,
			"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},

		{"status 000", "HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"status of two digits", "HTTP/1.1 99 None\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", true, "502", true},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", false, "502", true},
		{"nothing", "", true, "502", true},
		{"half a head", "HTTP/1.1 200 OK\r\nX: ", true, "502", true},
		{"a broken name", "HTTP/1.1 200 OK\r\nX y: 1\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", false, "502", true},
		{"a broken first chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n", false, "502", true},
		{"a large head", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 32<<10) + "\r\n\r\n", false, "502", true},
		{"a change that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", false, "502", true},
		{"less than its length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", true,
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nok", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: x.answer, hangUp: x.hangUp}
				w := target.inFront(t)
				got, stays := w.ask(get + "\r\n")
				if len(x.want) == 3 {
					got = statuses(got)
				}
				if got != x.want || stays != x.stays {
					t.Errorf("got %q, stays %v, want %q, %v", got, stays, x.want, x.stays)
				}
			})
		})
	}
}

// The modes differ in what they refuse, and in whether connections are used again.
func TestDesyncModes(t *testing.T) {
	requests := map[string]string{
		"acceptable": get + "Content-Length: 0\r\n\r\n", "ambiguous": get + "Content-Length: 1\r\n\r\nx",
		"severe": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
	}
	want := map[Desync]map[string]string{
		Monitor:   {"acceptable": "200 true", "ambiguous": "200 true", "severe": "200 true"},
		Defensive: {"acceptable": "200 true", "ambiguous": "200 false", "severe": "400 false"},
		Strictest: {"acceptable": "400 false", "ambiguous": "400 false", "severe": "400 false"},
	}
	for mode, results := range want {
		synctest.Test(t, func(t *testing.T) {
			target := &scripted{answer: plainOK}
			w := target.inFront(t, func(w *world) { w.headers.Desync = mode })
			for class, raw := range requests {
				got, stays := w.ask(raw)
				if outcome := fmt.Sprint(statuses(got), " ", stays); outcome != results[class] {
					t.Errorf("%s, %s: %s, want %s", mode, class, outcome, results[class])
				}
			}
		})
	}
}

// After an ambiguous request the target's connection is not used again, after others it is.
func TestConnectionsToTargetsAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{answer: plainOK}
		w := target.inFront(t)
		w.ask(get + "\r\n")
		w.ask(get + "\r\n")
		if _, conns := target.take(); conns != 1 {
			t.Errorf("%d connections for two plain requests", conns)
		}
		w.ask(get + "Content-Length: 1\r\n\r\nx")
		w.ask(get + "\r\n")
		if _, conns := target.take(); conns != 1 {
			t.Errorf("%d more connections after an ambiguous request, want one", conns)
		}
	})
}

func TestClientsAreNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{answer: plainOK, after: 15 * time.Second}
		w := target.inFront(t, func(w *world) { w.idle = 10 * time.Second })
		for name, x := range map[string]struct{ raw, status string }{
			"a silent client": {"", ""}, "half a head": {"GET / HTTP/1.1\r\n", "408"},
			"half a body":  {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx", "408"},
			"half a chunk": {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", "408"},
		} {
			if got, stays := w.ask(x.raw); statuses(got) != x.status || stays {
				t.Errorf("%s: %q, stays %v", name, got, stays)
			}
		}
		// The new idle time holds for those who are connected.
		c, err := w.DialContext(t.Context(), "tcp", entry)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		w.idle = 20 * time.Second
		w.configure([]Group{group(at("10.0.1.5:80"))})
		r := bufio.NewReader(c)
		io.WriteString(c, get+"\r\n")
		for range 4 {
			r.ReadString('\n')
		}
		io.ReadFull(r, make([]byte, 2))
		began := time.Now()
		if _, err := r.ReadByte(); err == nil || time.Since(began) != 20*time.Second {
			t.Errorf("after the answer the connection ended in %v: %v", time.Since(began), err)
		}
	})
}

func TestBodyIsAskedForAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{answer: plainOK, after: 8 * time.Second}
		w := target.inFront(t)
		got, _ := w.ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", "x")
		heard, _ := target.take()
		if statuses(got) != "100 200" || strings.Contains(heard, "Expect") || !strings.HasSuffix(heard, "\r\n\r\nx") {
			t.Errorf("got %q, the target heard %q", got, heard)
		}
		w.configure([]Group{group()})
		if got, stays := w.ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"); statuses(got) != "503" || stays {
			t.Errorf("without a target: %q, stays %v", got, stays)
		}
	})
}

// A client that has used a connection for as long as it may is told that this answer is the last.
func TestConnectionsEndAfterTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{answer: plainOK}
		w := target.inFront(t, func(w *world) { w.keep = 12 * time.Second })
		got, stays := w.ask(get+"\r\n", get+"\r\n", get+"\r\n", get+"\r\n")
		if statuses(got) != "200 200 200 200" || stays || strings.Count(got, "Connection: close") != 1 {
			t.Errorf("got %q, stays %v", got, stays)
		}
	})
}
