package http1

import "strings"

// The names that frame a body.
const (
	transferEncoding = "Transfer-Encoding"
	contentLength    = "Content-Length"
)

// isMasked tells whether some programs would read a name as one that frames a body, while others do not: by its letters it is that name, but
// its words have something else before, between or after them, a letter of another alphabet has the capital of one of its own, or more
// follows after a space.
func isMasked(name, framing string) bool {
	if len(name) < len(framing) || is(name, framing) {
		return false
	}
	rest := skipMarks(name)
	if sameLetter(rest, framing[0]|0x20) == 0 { // as of nearly all
		return false
	}
	first, second, _ := strings.Cut(framing, "-")
	rest, ok := cutWord(rest, first)
	between := skipMarks(rest)
	if !ok || between == rest {
		return false
	}
	rest, ok = cutWord(between, second)
	return ok && (isSpace(rest) || skipMarks(rest) == "")
}

// skipMarks leaves out what is neither a letter nor a digit of ASCII.
func skipMarks(s string) string {
	for s != "" && !isDigit(s[0]) && (s[0]|0x20 < 'a' || s[0]|0x20 > 'z') {
		s = s[1:]
	}
	return s
}

// cutWord cuts a word off, within which there may be space and controls.
func cutWord(s, word string) (rest string, ok bool) {
	for i := range len(word) {
		for i > 0 && s != "" && s[0] <= ' ' {
			s = s[1:]
		}
		n := sameLetter(s, word[i]|0x20)
		if n == 0 {
			return s, false
		}
		s = s[n:]
	}
	return s, true
}

// sameLetter is how long the letter is with which text begins, and 0 if it is another. The long s and the dotless i have the capitals S
// and I.
func sameLetter(s string, letter byte) int {
	switch {
	case s != "" && s[0]|0x20 == letter:
		return 1
	case letter == 's' && strings.HasPrefix(s, "\u017f"), letter == 'i' && strings.HasPrefix(s, "\u0131"):
		return len("\u017f")
	}
	return 0
}
