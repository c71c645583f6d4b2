package balancer

import (
	"bufio"
	"bytes"
	"cmp"
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
	rest   []string      // of the answer, each of which comes five seconds after what is before it
	after  time.Duration // how long nothing more must have come; 0 for a second
	hangUp bool          // after an answer
	brief  bool          // what was heard last is a HEAD, whose answer has no body
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
		if n > 0 && !told {
			s.brief = bytes.HasPrefix(buf[:n], []byte("HEAD "))
		}
		answer, hangUp := s.answer, s.hangUp
		if s.brief {
			answer, _, _ = strings.Cut(answer, "\r\n\r\n")
			answer += "\r\n\r\n"
		}
		s.mu.Unlock()
		if n > 0 {
			told = true
		}
		if os.IsTimeout(err) {
			if told {
				io.WriteString(c, answer)
				for _, part := range s.rest {
					time.Sleep(5 * time.Second)
					io.WriteString(c, part)
				}
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
		{"no host", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: own.example\r\n" + added + "\r\n"},
		{"neither host nor version", "GET /a\r\n\r\n", "GET /a HTTP/1.1\r\nHost: own.example\r\n" + added + "\r\n"},
		{"what is about one connection", get + "Connection: x-own, keep-alive\r\nX-Own: 1\r\nKeep-Alive: 9\r\nTE: trailers\r\n\r\n", get + added + "\r\n"},
		{"no change to HTTP/2", get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", get + added + "\r\n"},
		{"nothing that could change to HTTP/2", get + "Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n\r\n", get + added + "\r\n"},
		{"a change to something else", get + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			get + added + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"a body by its length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhello",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Content-Length: 5\r\n\r\nhello"},
		{"chunks as they are", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nEnd: 1\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Transfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nEnd: 1\r\n\r\n"},
		{"chunks rather than a length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a line that goes on, with a colon", get + "X: a\r\n  b\r\n\r\n", get + "X: a\r\n  b: \r\n" + added + "\r\n"},
		{"a name with a space, as it is", get + "X : a\r\n\r\n", get + "X : a\r\n" + added + "\r\n"},
		{"nothing of a field without a name", get + " : a\r\n\r\n", get + added + "\r\n"},
		{"no coding but the load balancer's own", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked;x=y\r\n\r\n0\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: a\r\n" + added + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
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
		{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 2\r\n\r\nok", false,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", true},
		{"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", false, "502", true},
		{"both framings", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		{"chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", false, "502", true},
		{"chunked before another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", false, "502", true},
		{"a coding that nobody was asked for", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", false, "502", true},
		{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok", true, "502", true},
		{"a coding of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, "502", true},
		{"identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", false,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", true},
		{"a line that goes on", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", false, "502", true},
		{"no colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"CR in a value", "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 9\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"a NUL in a value", "HTTP/1.1 200 OK\r\nX: a\x00\r\nContent-Length: 0\r\n\r\n", false, "502", true},
		{"a length where there is no body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false,
			"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n", true},
		{"two framings of what does not come", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false,
			"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", true},
		{"two lengths of what does not come", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", false,
			"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", true},
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

// Of a connection on which a target may have said more than its answer, or two readers could find other ends of it, nothing more is read.
func TestAnswersThatEndConnectionsToTargets(t *testing.T) {
	for name, x := range map[string]struct {
		answer string
		conns  int // that the next request makes
	}{
		"plain":                   {plainOK, 0},
		"more than its length":    {plainOK + plainOK, 1},
		"a body that must not be": {"HTTP/1.1 204 No Content\r\n\r\nok", 1},
		"both framings":           {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 1},
		"identity":                {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			target := &scripted{answer: x.answer}
			w := target.inFront(t)
			w.ask(get + "\r\n")
			target.take()
			got, _ := w.ask(get + "\r\n")
			if _, conns := target.take(); conns != x.conns {
				t.Errorf("%s: %d more connections for the next request, want %d; got %q", name, conns, x.conns, got)
			}
		})
	}
}

// What a client sends after a request to change the protocol is its next request, which the rules see, unless the target agrees.
func TestChangesOfProtocol(t *testing.T) {
	const asked = get + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
	const agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
	for _, x := range []struct{ name, raw, answer, got, heard string }{
		{"agreed", asked + "13\r\n\r\nbytes",
			agreed + "Upgrade: WebSocket\r\nContent-Length: 7\r\n\r\nmore",
			agreed + "Upgrade: WebSocket\r\n\r\nmore", "\r\n\r\nbytes"},
		{"a version that the target does not speak", asked + "777\r\n\r\n" + get + "\r\n",
			"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n", "426 426", "X-Forwarded-Port"},
		{"a target that knows of no change", asked + "13\r\n\r\n" + get + "\r\n", plainOK, "200 200", "X-Forwarded-Port"},
		{"to another protocol", asked + "13\r\n\r\n", agreed + "Upgrade: h2c\r\n\r\n", "502", ""},
		{"to none", asked + "13\r\n\r\n", agreed + "\r\n", "502", ""},
		{"that was hidden behind another", get + "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n", agreed + "Upgrade: h2c\r\n\r\n", "502", ""},
		{"before all of the request", strings.Replace(asked, "GET", "POST", 1) + "13\r\nContent-Length: 9\r\n\r\nx",
			agreed + "Upgrade: websocket\r\n\r\n", "502", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: x.answer}
				w := target.inFront(t)
				got, _ := w.ask(x.raw)
				if !strings.HasPrefix(x.got, "HTTP/") {
					got = statuses(got)
				}
				heard, _ := target.take()
				requests := strings.Count(heard, " HTTP/1.1\r\n")
				if !strings.HasPrefix(got, x.got) || !strings.Contains(heard, x.heard) || strings.Count(heard, "X-Forwarded-Port") != requests {
					t.Errorf("got %q, want %q\nthe target heard %q", got, x.got, heard)
				}
			})
		})
	}
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

// The idle time is that of what is waited for, not what is left of it after what was waited for before.
func TestEachWaitHasItsIdleTime(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	for name, x := range map[string]struct{ first, next, last, statuses string }{
		"for the head, and for the body": {"POST / HT", head[len("POST / HT"):] + "\r\n", "1\r\nx\r\n0\r\n\r\n", "200"},
		"for the body that was asked for": {
			"POST / HT", head[len("POST / HT"):] + "Expect: 100-continue\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "100 200"},
		"for the body, and for the target": {head + "\r\n", "1\r\nx\r\n1", "\r\ny\r\n0\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &scripted{answer: plainOK, after: 4 * time.Second}
				w := target.inFront(t, func(w *world) { w.idle = 7 * time.Second })
				if got, _ := w.ask(x.first, x.next, x.last); statuses(got) != x.statuses {
					t.Errorf("got %q", got)
				}
			})
		})
	}
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
