package balancer

import (
	"net/netip"
	"regexp"
	"testing"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

func TestConditions(t *testing.T) {
	var q http1.Request
	if err := q.Parse("GET /api/v1/Users?Version=V1&x=2 HTTP/1.1\r\nHost: WWW.example.com:8080\r\nUser-Agent: Mozilla/5.0 Chrome\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	from := netip.MustParseAddr("203.0.113.7")
	for _, c := range []struct {
		name string
		c    Condition
		want bool
	}{
		{"path", Condition{Field: "path-pattern", Values: []string{"/img/*", "/api/*"}}, true},
		{"path is told apart by case", Condition{Field: "path-pattern", Values: []string{"/api/*/users"}}, false},
		{"path without its query", Condition{Field: "path-pattern", Values: []string{"*x=2"}}, false},
		{"question mark", Condition{Field: "path-pattern", Values: []string{"/api/v?/Users"}}, true},
		{"whole path", Condition{Field: "path-pattern", Values: []string{"/api"}}, false},
		{"host", Condition{Field: "host-header", Values: []string{"*.Example.com"}}, true},
		{"escaped", Condition{Field: "path-pattern", Values: []string{`/api/\*/Users`}}, false},
		{"regex of a path's part", Condition{Field: "path-pattern", Regexes: regexes("^/api/v[0-9]+/")}, true},
		{"regex by case", Condition{Field: "path-pattern", Regexes: regexes("users$")}, false},
		{"regex of a host", Condition{Field: "host-header", Regexes: regexes("^(?i)www\\.[a-z]+\\.com$")}, true},
		{"regex of a host with its port", Condition{Field: "host-header", Regexes: regexes("com:8080$")}, true},
		{"regex of a header", Condition{Field: "http-header", Header: "User-Agent", Regexes: regexes("Safari", "Chrome$")}, true},
		{"query without case", Condition{Field: "query-string", Query: []Pair{{"VERSION", "v?"}}}, true},
		{"other host", Condition{Field: "host-header", Values: []string{"example.com"}}, false},
		{"method", Condition{Field: "http-request-method", Values: []string{"POST", "GET"}}, true},
		{"method by case", Condition{Field: "http-request-method", Values: []string{"get"}}, false},
		{"header", Condition{Field: "http-header", Header: "user-agent", Values: []string{"*chrome*"}}, true},
		{"query", Condition{Field: "query-string", Query: []Pair{{"version", "v1"}}}, true},
		{"query of any key", Condition{Field: "query-string", Query: []Pair{{"", "2"}}}, true},
		{"query of another value", Condition{Field: "query-string", Query: []Pair{{"x", "v1"}}}, false},
		{"source", Condition{Field: "source-ip", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}, true},
		{"other source", Condition{Field: "source-ip", Prefixes: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}, false},
	} {
		if got := c.c.matches(&q, from); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func regexes(texts ...string) (out []*regexp.Regexp) {
	for _, text := range texts {
		out = append(out, regexp.MustCompile(text))
	}
	return out
}

// An escaped wildcard matches itself alone, and is none.
func TestEscapedWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		matches    bool
		wildcards  int
	}{
		{`/a\*`, "/a*", true, 0}, {`/a\*`, "/ab", false, 0}, {`/a\**`, "/a*b", true, 1}, {`/\?*`, "/?x", true, 1},
		{`a\\*`, `a\x`, true, 1}, {"*?", "", false, 2},
	} {
		if got := wildcard(c.pattern, c.s); got != c.matches {
			t.Errorf("%s matches %s: %v", c.pattern, c.s, got)
		}
		if n := Wildcards(c.pattern); n != c.wildcards {
			t.Errorf("%s has %d wildcards", c.pattern, n)
		}
	}
}

func TestMatcher(t *testing.T) {
	for text, codes := range map[string]map[int]bool{
		"200": {200: true, 201: false}, "200,302": {302: true, 301: false}, "200-299,404": {250: true, 404: true, 300: false},
	} {
		m, err := ParseMatcher(text)
		if err != nil {
			t.Fatal(err)
		}
		for code, want := range codes {
			if m.Has(code) != want {
				t.Errorf("%s has %d: %v", text, code, !want)
			}
		}
	}
	for _, bad := range []string{"", "ok", "200-", "199", "500", "299-200", "200,,201", "1e2"} {
		if _, err := ParseMatcher(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestRedirectLocation(t *testing.T) {
	q := http1.Request{Path: "/a%20b", Query: "q=1", Host: "hello.example"}
	for want, d := range map[string]Redirect{
		"https://hello.example:443/a%20b?q=1": {Protocol: "HTTPS", Port: "443"},
		"http://other:80/x/a%20b?q=1":         {Host: "other", Path: "/x/#{path}"},
		"http://hello.example:80/?r=1&q=1":    {Path: "/", Query: "r=1&#{query}"},
	} {
		if got := d.location(&q, "http", "80"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*b", "axxb")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		got := wildcard(pattern, s)
		if want := slowWildcard(pattern, s); len(pattern) < 12 && len(s) < 12 && got != want {
			t.Errorf("%q matches %q: %v", pattern, s, got)
		}
	})
}

// slowWildcard is the definition.
func slowWildcard(p, s string) bool {
	if p == "" {
		return s == ""
	}
	if p[0] == '*' {
		return slowWildcard(p[1:], s) || s != "" && slowWildcard(p, s[1:])
	}
	if isEscape(p) {
		return s != "" && p[1] == s[0] && slowWildcard(p[2:], s[1:])
	}
	return s != "" && (p[0] == '?' || p[0] == s[0]) && slowWildcard(p[1:], s[1:])
}

// What is looked at before a rule's conditions never keeps a rule from matching that would.
func TestPrefixOfRules(t *testing.T) {
	path := func(values ...string) Condition { return Condition{Field: "path-pattern", Values: values} }
	for _, c := range []struct {
		want       string
		conditions []Condition
	}{
		{"", nil},
		{"/img/", []Condition{path("/img/*")}},
		{"/img/a", []Condition{{Field: "http-request-method", Values: []string{"GET"}}, path("/img/a?c*")}},
		{"/a", []Condition{path(`/a\*b`)}},
		{"", []Condition{path("/img/*", "/css/*")}},
		{"", []Condition{{Field: "path-pattern", Values: []string{"/a"}, Regexes: regexes("^/b")}}},
		{"", []Condition{{Field: "host-header", Values: []string{"a.example"}}}},
	} {
		if got := (&Rule{Conditions: c.conditions}).prefix(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.conditions, got, c.want)
		}
	}
}
