package parity

import (
	"regexp"
	"strings"

	"github.com/understudy/understudy"
)

// ignore is the declared list of what is known and accepted.
type ignore struct {
	rules []understudy.Ignored
	used  []bool
}

func newIgnore(d *understudy.Declaration) *ignore {
	if d == nil {
		return &ignore{}
	}
	return &ignore{d.Parity.Ignore, make([]bool, len(d.Parity.Ignore))}
}

// reason returns why a finding is ignored, "" where it is not.
func (i *ignore) reason(name string) string {
	for n, r := range i.rules {
		if matches(r.Finding, name) {
			i.used[n] = true
			return r.Reason
		}
	}
	return ""
}

// unused notes what matches nothing: it may hide something one day that nobody thinks of any more.
func (i *ignore) unused() []Note {
	var notes []Note
	for n, r := range i.rules {
		if !i.used[n] {
			notes = append(notes, Note{"parity.ignore", "no finding matches " + r.Finding})
		}
	}
	return notes
}

// matches tells whether a name is as a pattern says, in which * stands for any text.
func matches(pattern, name string) bool {
	var b strings.Builder
	for n, part := range strings.Split(pattern, "*") {
		if n > 0 {
			b.WriteString(".*")
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	ok, err := regexp.MatchString(`(?s)\A`+b.String()+`\z`, name)
	return err == nil && ok
}
