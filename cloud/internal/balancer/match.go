package balancer

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Matcher is a set of status codes, as ranges. The empty one holds 200 alone.
type Matcher struct {
	Text string // as declared: "200,202" or "200-299"
}

// ParseMatcher reads a list of codes and ranges; an application load balancer takes 200 to 499
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html).
func ParseMatcher(text string) (Matcher, error) { return parseCodes(text, 200, 499) }

// ParseFlowMatcher is ParseMatcher of a network load balancer, which takes 200 to 599.
func ParseFlowMatcher(text string) (Matcher, error) { return parseCodes(text, 200, 599) }

// ParseGRPCMatcher reads a list of codes of gRPC and ranges of them.
func ParseGRPCMatcher(text string) (Matcher, error) { return parseCodes(text, 0, 99) }

func parseCodes(text string, least, most int) (Matcher, error) {
	for _, part := range strings.Split(text, ",") {
		low, high, ok := codeRange(part)
		if !ok || low < least || high > most || low > high {
			return Matcher{}, fmt.Errorf("status codes %q: not a list of codes and ranges from %d to %d", text, least, most)
		}
	}
	return Matcher{text}, nil
}

func codeRange(part string) (low, high int, ok bool) {
	first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
	low, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false
	}
	if !ranged {
		return low, low, true
	}
	high, err = strconv.Atoi(last)
	return low, high, err == nil
}

// Has tells whether a code passes.
func (m Matcher) Has(code int) bool {
	if m.Text == "" {
		return code == http.StatusOK
	}
	return slices.ContainsFunc(strings.Split(m.Text, ","), func(part string) bool {
		low, high, ok := codeRange(part)
		return ok && low <= code && code <= high
	})
}

// Condition is one test of a request; its Field has the API's name for it. One of the values or regular expressions must match.
type Condition struct {
	Field    string
	Header   string   // http-header: whose values
	Values   []string // patterns with * and ?, or methods
	Regexes  []*regexp.Regexp
	Query    []Pair // query-string
	Prefixes []netip.Prefix
}

// Pair is a pattern for a query parameter; an empty Key stands for any.
type Pair struct{ Key, Value string }

// matches tells whether a request from the given address meets the condition. Paths and methods are
// compared case-sensitively, everything else is not
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html).
func (c *Condition) matches(q *http1.Request, from netip.Addr) bool {
	switch c.Field {
	case "path-pattern":
		return anyPattern(c.Values, q.Path) || anyRegex(c.Regexes, q.Path)
	case "host-header":
		host := hostOf(q.Host)
		return anyFold(c.Values, host) || anyRegex(c.Regexes, host) || anyRegex(c.Regexes, q.Host)
	case "http-request-method":
		return slices.Contains(c.Values, q.Method)
	case "http-header":
		for value := range q.Fields.Values(c.Header) {
			if anyFold(c.Values, value) || anyRegex(c.Regexes, value) {
				return true
			}
		}
	case "query-string":
		return c.matchesQuery(q.Query)
	case "source-ip":
		return slices.ContainsFunc(c.Prefixes, func(p netip.Prefix) bool { return p.Contains(from) })
	}
	return false
}

func (c Condition) matchesQuery(query string) bool {
	pairs, _ := url.ParseQuery(query) // what can be read of it counts
	for key, values := range pairs {
		for _, v := range values {
			for _, want := range c.Query {
				if (want.Key == "" || anyFold([]string{want.Key}, key)) && anyFold([]string{want.Value}, v) {
					return true
				}
			}
		}
	}
	return false
}

// hostOf returns a Host header without its port.
func hostOf(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

func anyPattern(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, s) })
}

func anyFold(patterns []string, s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(strings.ToLower(p), s) })
}

// anyRegex tells whether any part of s matches.
func anyRegex(regexes []*regexp.Regexp, s string) bool {
	return slices.ContainsFunc(regexes, func(x *regexp.Regexp) bool { return x.MatchString(s) })
}

// Wildcards counts the characters of a pattern that stand for others.
func Wildcards(pattern string) (n int) {
	for i := 0; i < len(pattern); i++ {
		switch {
		case isEscape(pattern[i:]):
			i++
		case pattern[i] == '*' || pattern[i] == '?':
			n++
		}
	}
	return n
}

// wildcard matches * (any characters) and ? (any one); after a backslash they stand for themselves. After a mismatch it goes back to the
// last *.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case isEscape(pattern[min(p, len(pattern)):]):
			if pattern[p+1] == s[i] {
				p, i = p+2, i+1
			} else if star >= 0 {
				mark++
				p, i = star+1, mark
			} else {
				return false
			}
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// isEscape tells whether a pattern begins with a character that is meant as it is.
func isEscape(pattern string) bool {
	return len(pattern) > 1 && pattern[0] == '\\' && (pattern[1] == '*' || pattern[1] == '?' || pattern[1] == '\\')
}
