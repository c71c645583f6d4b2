package records

import "testing"

func TestNamesAreKeptAsRoute53Does(t *testing.T) {
	for in, want := range map[string]string{
		"WWW.Example.com": "www.example.com.", "*.x.": `\052.x.`, `\052.x`: `\052.x.`,
		"a_b-c.x": "a_b-c.x.", "a!b.x": `a\041b.x.`, `a\.b.x`: `a\056b.x.`,
	} {
		if got, err := Name(in); err != nil || got != want {
			t.Errorf("name(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{"", ".x", "a..b", "a b.x", "é.x", `a\9.x`, string(make([]byte, 300))} {
		if got, err := Name(bad); err == nil {
			t.Errorf("name(%q) = %q, want an error", bad, got)
		}
	}
}
