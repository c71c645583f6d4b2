package http1

import (
	"iter"
	"strings"
)

// Field is one line of a head. Its Value has no space around it.
type Field struct{ Name, Value string }

// Fields are the lines of a head, in their order.
type Fields []Field

// Values goes through the values of a name, whose case does not matter.
func (f Fields) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, field := range f {
			if is(field.Name, name) && !yield(field.Value) {
				return
			}
		}
	}
}

// Get returns the first value of a name, and whether there is one.
func (f Fields) Get(name string) (string, bool) {
	for i := range f {
		if is(f[i].Name, name) {
			return f[i].Value, true
		}
	}
	return "", false
}

// is compares names, whose case does not matter.
func is(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// tokens goes through the members of the lists that a name has.
func (f Fields) tokens(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for value := range f.Values(name) {
			for member := range strings.SplitSeq(value, ",") {
				if member = trim(member); member != "" && !yield(member) {
					return
				}
			}
		}
	}
}

// Lists tells whether a member is in the lists that a name has.
func (f Fields) Lists(name, member string) bool {
	for token := range f.tokens(name) {
		if strings.EqualFold(token, member) {
			return true
		}
	}
	return false
}

// line is one line of a head as it was found.
type line struct {
	Field
	colon bool // it has one
}

// lines goes through a head's lines after the first.
func lines(head string) iter.Seq[line] {
	return func(yield func(line) bool) {
		for head != "" {
			var text string
			text, head = cutLine(head)
			if text == "" {
				return
			}
			l := line{}
			l.Name, l.Value, l.colon = strings.Cut(text, ":")
			l.Value = trim(l.Value)
			if !yield(l) {
				return
			}
		}
	}
}

// trim leaves the space around a value out.
func trim(s string) string {
	for isSpace(s) {
		s = s[1:]
	}
	return trimRight(s)
}

func trimRight(s string) string {
	for s != "" && isSpace(s[len(s)-1:]) {
		s = s[:len(s)-1]
	}
	return s
}

// hasBreak tells of what no line may have within, since some programs take it for an end.
func hasBreak(s string) bool { return strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, 0) >= 0 }

func isSpace(s string) bool { return s != "" && (s[0] == ' ' || s[0] == '\t') }

// cutLine cuts the first line off, without its end.
func cutLine(s string) (first, rest string) {
	first, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(first, "\r"), rest
}

// IsToken tells whether a name is made of the characters that names may have (RFC 9110, 5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

var tokenBytes = bytesOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

func bytesOf(s string) (is [256]bool) {
	for i := range len(s) {
		is[s[i]] = true
	}
	return is
}

// isText tells whether a value is made of the characters that values may have, those beyond ASCII among them (RFC 9110, 5.5).
func isText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == del {
			return false
		}
	}
	return true
}

// isPlain tells whether text has neither control characters nor others beyond ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c >= del {
			return false
		}
	}
	return true
}
