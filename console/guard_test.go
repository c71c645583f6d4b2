package console

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Who asks by another name, or for another page, is refused: each row is an attack or a friend.
func TestGuard(t *testing.T) {
	h := guard(netip.MustParseAddrPort("127.0.0.1:8088"), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		method, host, headers string
		want                  int
		what                  string
	}{
		{"GET", "127.0.0.1:8088", "", 200, "curl"},
		{"GET", "localhost:8088", "", 200, "by the name of loopback"},
		{"GET", "[::1]:8088", "", 200, "by the other family, forwarded"},
		{"GET", "hello.test:8088", "", 421, "a zone's name, which our own name server leads to loopback"},
		{"GET", "rebind.example:8088", "", 421, "DNS rebinding"},
		{"GET", "127.0.0.1", "", 421, "without the port"},
		{"GET", "127.0.0.1:8089", "", 421, "with another port"},
		{"GET", "127.0.0.2:8088", "", 421, "another loopback address"},
		{"GET", "localhost.:8088", "", 421, "a name that only looks like it"},
		{"GET", "127.0.0.1:8088", "Sec-Fetch-Site: same-origin", 200, "the page itself"},
		{"GET", "127.0.0.1:8088", "Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate", 200, "typed into a browser"},
		{"GET", "127.0.0.1:8088", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate", 200, "the file that leads here"},
		{"GET", "127.0.0.1:8088", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors", 403, "an image or a script of another page"},
		{"GET", "127.0.0.1:8088", "Sec-Fetch-Site: same-site; Sec-Fetch-Mode: cors", 403, "a page of another port of this host"},
		{"POST", "127.0.0.1:8088", "", 200, "curl"},
		{"POST", "127.0.0.1:8088", "Origin: http://127.0.0.1:8088", 200, "the page in an old browser"},
		{"POST", "127.0.0.1:8088", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: cors; Origin: http://evil.example", 403, "another page"},
		{"POST", "127.0.0.1:8088", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Origin: http://evil.example", 403, "another page's form"},
		{"POST", "127.0.0.1:8088", "Origin: http://127.0.0.1:9999", 403, "another port in an old browser"},
		{"POST", "127.0.0.1:8088", "Origin: null", 403, "a file or a sandbox"},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		r.Host = c.host
		for header := range strings.SplitSeq(c.headers, "; ") {
			if name, value, ok := strings.Cut(header, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s %s: %d, want %d: %s", c.method, c.host, c.headers, w.Code, c.want, c.what)
		}
		if w.Header().Get("Content-Security-Policy") != policy || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", c.what, w.Header())
		}
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "[::]:0", "example.com:80", "8088"} {
		if l, err := Listen(address); err == nil {
			l.Close()
			t.Errorf("%q is listened on", address)
		}
	}
}

// client asks a console as curl does.
type client struct {
	*testing.T
	at      string
	cookies []*http.Cookie
}

func (c *client) do(method, path, body string) (int, string, []*http.Cookie) {
	c.Helper()
	r, err := http.NewRequest(method, c.at+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, k := range c.cookies {
		r.AddCookie(k)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		c.Fatal(err)
	}
	return a.StatusCode, string(b), a.Cookies()
}

var keyIn = regexp.MustCompile(`#key=(\w+)`)

// A key is good once, stands in a file that only its owner can read, and leads to a cookie that scripts and other sites cannot use.
func TestKeyIsGoodOnce(t *testing.T) {
	s := newSample(t)
	key := func() string {
		t.Helper()
		b, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		return keyIn.FindStringSubmatch(string(b))[1]
	}
	if info, err := os.Stat(s.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c := &client{T: t, at: s.at}
	for _, path := range []string{"events", "session", "read/resources?region=r&kind=k", "document/x"} {
		if code, _, _ := c.do("GET", path, ""); code != 401 {
			t.Errorf("%s without a session: %d", path, code)
		}
	}
	for _, path := range []string{"start", "stop", "refresh"} {
		if code, _, _ := c.do("POST", path, "{}"); code != 401 {
			t.Errorf("%s without a session: %d", path, code)
		}
	}
	first := key()
	if code, _, _ := c.do("POST", "enter", `{"key":"GUESS"}`); code != 403 {
		t.Errorf("a guess: %d", code)
	}
	code, _, cookies := c.do("POST", "enter", fmt.Sprintf(`{"key":%q}`, first))
	if code != 200 || len(cookies) != 1 || !cookies[0].HttpOnly ||
		cookies[0].SameSite != http.SameSiteStrictMode || !strings.HasPrefix(cookies[0].Name, "understudy-") {
		t.Fatalf("%d, %v", code, cookies)
	}
	if code, _, _ := c.do("POST", "enter", fmt.Sprintf(`{"key":%q}`, first)); code != 403 {
		t.Errorf("the key a second time: %d", code)
	}
	if key() == first {
		t.Error("the file has the used key")
	}
	c.cookies = cookies
	if code, _, _ := c.do("GET", "session", ""); code != 200 {
		t.Errorf("with a session: %d", code)
	}
	for range mostSessions {
		if code, _, _ := (&client{T: t, at: s.at}).do("POST", "enter", fmt.Sprintf(`{"key":%q}`, key())); code != 200 {
			t.Fatalf("a further browser: %d", code)
		}
	}
	if code, _, _ := c.do("GET", "session", ""); code != 401 {
		t.Errorf("the oldest of too many sessions: %d", code)
	}
	s.end(t)
	if _, err := os.Stat(s.file); !os.IsNotExist(err) {
		t.Errorf("the file is left: %v", err)
	}
}

// A page cannot start what no button does: no other command, no other flag, no other value.
func TestOnlyWhatButtonsDoIsStarted(t *testing.T) {
	s := newSample(t)
	cookie, ok := s.sessions.enter(s.sessions.key)
	c := &client{T: t, at: s.at, cookies: []*http.Cookie{cookie}}
	if !ok {
		t.Fatal("the key is not taken")
	}
	for body, want := range map[string]int{
		`{"action":"down"}`: 404,
		`{"action":"drill","options":{"--record":["x"]}}`:               400,
		`{"action":"drill","options":{"--fault":["rm -rf"]}}`:           400,
		`{"action":"drill","options":{"--fault":["invert","isolate"]}}`: 400,
		`{"action":"undo","options":{"--force":["parity"]}}`:            400,
		`{"action":`: 400,
		`{"action":"` + strings.Repeat("x", 5000) + `"}`: 400,
		`{"action":"hold"}`: 200,
	} {
		if code, said, _ := c.do("POST", "start", body); code != want {
			t.Errorf("%.80s: %d, want %d: %s", body, code, want, said)
		}
	}
	r, _ := http.NewRequest("POST", s.at+"start", strings.NewReader(`{"action":"hold"}`))
	r.AddCookie(cookie)
	r.Header.Set("Content-Type", "text/plain") // what another page's form can send
	if a, err := http.DefaultClient.Do(r); err != nil || a.StatusCode != 415 {
		t.Errorf("%v, %v", a, err)
	}
	if code, _, _ := c.do("GET", "start", ""); code != 405 && code != 404 {
		t.Errorf("GET starts: %d", code)
	}
	var all []run
	shown, _ := s.Commands.shown(context.Background())
	b, _ := json.Marshal(shown)
	if err := json.Unmarshal(b, &all); err != nil || len(all) != 1 {
		t.Errorf("%d commands, %v", len(all), err)
	}
}

// All of the page is small enough to be read.
func TestPageIsSmall(t *testing.T) {
	entries, err := files.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, e := range entries {
		b, err := files.ReadFile("page/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		size += len(b)
	}
	if size > 70_000 {
		t.Errorf("the page's files have %d bytes", size)
	}
}
