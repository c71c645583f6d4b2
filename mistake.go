package understudy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong in a declaration file.
type Mistake struct {
	File         string
	Line, Column int    // from 1, as editors count
	Found        string // what stands there
	Allowed      string // what may stand there
}

// Error renders the mistake in the form that editors and terminals turn into a link.
func (f Mistake) Error() string {
	return fmt.Sprintf("%s:%d:%d: found %s; allowed: %s", f.File, f.Line, f.Column, f.Found, f.Allowed)
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
