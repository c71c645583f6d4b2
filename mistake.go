package understudy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong in a declaration file.
type Mistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1, as editors count
	Column  int    `json:"column"`
	Key     string `json:"key,omitempty"`   // fleet.min; parity.ignore[0].reason
	Found   string `json:"found"`           // what stands there
	Meant   string `json:"meant,omitempty"` // the key that an unknown one is probably meant to be
	Allowed string `json:"allowed"`         // what may stand there
}

// Error renders the mistake in the form that editors and terminals turn into a link.
func (f Mistake) Error() string {
	meant := ""
	if f.Meant != "" {
		meant = fmt.Sprintf("did you mean %q? ", f.Meant)
	}
	return fmt.Sprintf("%s:%d:%d: found %s; %sallowed: %s", f.File, f.Line, f.Column, f.Found, meant, f.Allowed)
}

// Mistakes is all that is wrong in a declaration, in the order of the file.
type Mistakes []Mistake

// Error renders one mistake a line.
func (f Mistakes) Error() string {
	lines := make([]string, len(f))
	for i, mistake := range f {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the mistakes in the order of the file, as an error, or nil where there are none.
func (f Mistakes) sorted() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}

// nearest returns the name that differs from a word by the fewest letters, if these are a third of the word at most; else nothing.
func nearest(word string, names []string) string {
	best, least := "", (len(word)+1)/3+1
	for _, name := range names {
		if len(word) >= len(name)+least {
			continue // it has that many letters to delete
		}
		if d := distance(strings.ToLower(word), name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace, and the pairs of neighbours to swap, between two words: their
// optimal string alignment.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
			case a[i-1] == b[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j], rows[i][j-1], rows[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
