package resource

import "testing"

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"?", "", false}, {"a?c", "abc", true},
		{`a\*`, "a*", true}, {`a\*`, "ab", false}, {"A", "a", false}, {"**b*", "ab", true}, {`\?`, "?", true},
	} {
		if got := Matches(c.pattern, c.s); got != c.want {
			t.Errorf("Matches(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}
