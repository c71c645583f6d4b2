package resource

import (
	"slices"
	"strconv"
	"strings"
)

// Unknown stands for the id of something that does not exist yet.
const Unknown = "(known after)"

// Field is one setting of a resource, as text that a person can read and that compares exactly.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Fixed bool   `json:"-"` // AWS cannot change it once the thing is made
}

// Difference is a setting that is not as declared.
type Difference struct {
	Name    string `json:"name"`
	Desired string `json:"desired"`
	Actual  string `json:"actual"`
	Fixed   bool   `json:"fixed,omitempty"`
}

// Compare returns the desired settings that differ in the actual ones, in the order of the desired ones.
// Actual settings that are not among the desired ones are ignored.
func Compare(desired, actual []Field) []Difference {
	have := map[string]string{}
	for _, f := range actual {
		have[f.Name] = f.Value
	}
	var differences []Difference
	for _, f := range desired {
		if have[f.Name] != f.Value {
			differences = append(differences, Difference{f.Name, f.Value, have[f.Name], f.Fixed})
		}
	}
	return differences
}

// Differs tells whether a setting of this name is among the differences.
func Differs(differences []Difference, name string) bool {
	return slices.ContainsFunc(differences, func(d Difference) bool { return d.Name == name })
}

// Known returns the id, or Unknown where there is none yet.
func Known(id string) string {
	if id == "" {
		return Unknown
	}
	return id
}

// Set renders texts, sorted, whose order has no meaning.
func Set(texts ...string) string {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ", ")
}

// Number renders a number.
func Number[T ~int | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// Yes renders whether something is so.
func Yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
