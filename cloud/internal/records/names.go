package records

import (
	"fmt"
	"slices"
	"strings"
)

// Name parses a domain name as clients write it and returns it as Route 53 keeps it: lower-case, with a
// dot at its end, and every octet but a-z 0-9 - _ as a three-digit octal escape. The error is Route 53's
// own wording. (Developer guide, "DNS domain name format".)
func Name(s string) (string, error) {
	labels, err := labelsOf(s)
	if err != nil {
		return "", err
	}
	if len(labels) == 0 {
		return ".", nil
	}
	octets := 1
	var b strings.Builder
	for _, l := range labels {
		octets += len(l) + 1
		b.WriteString(escape(l))
		b.WriteByte('.')
	}
	if octets > 255 {
		return "", fatal("DomainNameTooLong", "Domain name is too long", s)
	}
	return b.String(), nil
}

// fatal returns an error in Route 53's words.
func fatal(code, text, value string) error {
	return fmt.Errorf("FATAL problem: %s (%s) encountered with '%s'", code, text, value)
}

// labelsOf splits a name at its unescaped dots and resolves its escapes.
func labelsOf(s string) ([]string, error) {
	if s == "" {
		return nil, fatal("DomainNameEmpty", "Domain name is empty", s)
	}
	if s == "." {
		return nil, nil
	}
	var labels []string
	var label []byte
	end := func() error {
		switch {
		case len(label) == 0:
			return fatal("DomainLabelEmpty", "Domain label is empty", s)
		case len(label) > 63:
			return fatal("DomainLabelTooLong", "Domain label is too long", s)
		}
		labels, label = append(labels, string(label)), nil
		return nil
	}
	for i := 0; i < len(s); {
		if s[i] == '.' {
			if err := end(); err != nil {
				return nil, err
			}
			i++
			continue
		}
		c, n := octet(s[i:])
		if n == 0 {
			return nil, fatal("UnsupportedCharacter", "Value contains unsupported characters", s)
		}
		label = append(label, lower(c))
		i += n
	}
	if s[len(s)-1] == '.' && len(label) == 0 {
		return labels, nil
	}
	return labels, end()
}

// octet reads one octet, escaped or not, and returns how many characters it took; 0 where it is none.
// Blanks, control characters and octets above ASCII must be escaped.
func octet(s string) (byte, int) {
	if s[0] != '\\' {
		if s[0] <= ' ' || s[0] >= 0x7f {
			return 0, 0
		}
		return s[0], 1
	}
	if len(s) >= 4 && isOctal(s[1:4]) {
		return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'), 4
	}
	if len(s) >= 2 && s[1] > ' ' && s[1] < 0x7f && (s[1] < '0' || s[1] > '9') {
		return s[1], 2
	}
	return 0, 0
}

func isOctal(s string) bool {
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7'
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func escape(label string) string {
	var b strings.Builder
	for i := range len(label) {
		c := label[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return b.String()
}

// Reversed returns a stored name with its labels in reverse order, com.example.www., by which listings are
// sorted.
func Reversed(kept string) string {
	labels := strings.Split(strings.TrimSuffix(kept, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}

// Within tells whether a stored name is the zone's name or below it.
func Within(kept, zone string) bool {
	return kept == zone || zone == "." || strings.HasSuffix(kept, "."+zone)
}

// Presentation replaces a stored name's octal escapes by those of RFC 1035, which are decimal.
func Presentation(kept string) string {
	labels, err := labelsOf(kept)
	if err != nil {
		return kept
	}
	var b strings.Builder
	for _, l := range labels {
		for i := range len(l) {
			switch c := l[i]; {
			case c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';' || c == '@' || c == '$':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c <= ' ' || c >= 0x7f:
				fmt.Fprintf(&b, `\%03d`, c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('.')
	}
	return b.String()
}
