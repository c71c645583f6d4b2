package policy

import "strings"

// glyph is one part of a pattern: a character, or one of the wildcards.
type glyph struct {
	r    rune
	wild bool // r is '*' or '?'
}

// pattern puts a request's values in place of a text's policy variables, such as ${aws:username} and ${aws:username, 'nobody'}.
// What is put in place is taken literally, and so are ${*}, ${?} and ${$} ("IAM policy elements: Variables and tags"). Without a value
// and a default, the text matches nothing: ok is false.
func pattern(text string, context Context, variables bool) (all []glyph, ok bool) {
	for text != "" {
		open := strings.Index(text, "${")
		if open < 0 || !variables {
			return append(all, wild(text)...), true
		}
		all = append(all, wild(text[:open])...)
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			return append(all, wild(text[open:])...), true
		}
		value, ok := variable(text[open+2:open+end], context)
		if !ok {
			return nil, false
		}
		for _, r := range value {
			all = append(all, glyph{r: r})
		}
		text = text[open+end+1:]
	}
	return all, true
}

func variable(name string, context Context) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	name, fallback, has := strings.Cut(name, ",")
	if values := context.get(strings.TrimSpace(name)); len(values) == 1 {
		return values[0], true
	}
	fallback = strings.TrimSpace(fallback)
	if has && len(fallback) >= 2 && fallback[0] == '\'' && fallback[len(fallback)-1] == '\'' {
		return fallback[1 : len(fallback)-1], true
	}
	return "", false
}

func wild(text string) (all []glyph) {
	for _, r := range text {
		all = append(all, glyph{r, r == '*' || r == '?'})
	}
	return all
}

// matches tells whether a text fits a pattern: * is any number of characters, ? is one. It goes back to the last * alone,
// so that it takes no more than the product of the lengths.
func matches(p []glyph, text string) bool {
	t := []rune(text)
	at, i, star, from := 0, 0, -1, 0
	for i < len(t) {
		switch {
		case at < len(p) && p[at].wild && p[at].r == '*':
			star, from = at, i
			at++
		case at < len(p) && (p[at].wild || p[at].r == t[i]):
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	for at < len(p) && p[at].wild && p[at].r == '*' {
		at++
	}
	return at == len(p)
}

// matchesARN compares the six parts of two ARNs, each for itself: no wildcard goes over a colon, but in the last part
// ("IAM JSON policy elements: Resource", and "Amazon Resource Name (ARN) condition operators").
func matchesARN(p []glyph, arn string) bool {
	if len(p) == 1 && p[0] == (glyph{'*', true}) {
		return true
	}
	parts := strings.SplitN(arn, ":", 6)
	want := split(p, len(parts))
	if len(want) != len(parts) {
		return false
	}
	for i, part := range parts {
		if !matches(want[i], part) {
			return false
		}
	}
	return true
}

// split cuts a pattern at its colons into n parts at most.
func split(p []glyph, n int) (parts [][]glyph) {
	from := 0
	for i, g := range p {
		if g.r == ':' && len(parts) < n-1 {
			parts = append(parts, p[from:i])
			from = i + 1
		}
	}
	return append(parts, p[from:])
}
