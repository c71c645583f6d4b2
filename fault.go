package understudy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong in a declaration file.
type Fault struct {
	File         string
	Line, Column int    // from 1, as editors count
	Found        string // what stands there
	Allowed      string // what may stand there
}

// Error renders the fault in the form that editors and terminals turn into a link.
func (f Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: found %s; allowed: %s", f.File, f.Line, f.Column, f.Found, f.Allowed)
}

// Faults is every fault of a declaration, in the order of the file.
type Faults []Fault

// Error renders one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the faults in the order of the file, as an error, or nil where there are none.
func (f Faults) sorted() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}
