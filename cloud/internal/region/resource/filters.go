package resource

import (
	"slices"
	"strconv"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Fields tells for each filter name the values a row has.
type Fields[T any] map[string]func(T) []string

// One makes a filter on a single value; a row without it has the empty string and matches nothing but "" and "*".
func One[T any](f func(T) string) func(T) []string {
	return func(t T) []string { return []string{f(t)} }
}

// Boolean is One for true and false.
func Boolean[T any](f func(T) bool) func(T) []string {
	return func(t T) []string { return []string{strconv.FormatBool(f(t))} }
}

// maxFilterValues is how many values all filters of a call may have together (error code FilterLimitExceeded of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
const maxFilterValues = 200

// Filter keeps the rows that every filter matches with at least one of its values
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html).
func Filter[T any](g *Registry, rows []T, filters []ec2types.Filter, id func(T) string, known Fields[T]) ([]T, error) {
	total := 0
	for _, f := range filters {
		if total += len(f.Values); total > maxFilterValues {
			return nil, wire.Errorf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		name := room.Deref(f.Name)
		values, ok := known[name]
		switch {
		case isTagFilter(name):
			values = func(row T) []string { return g.tagValues(id(row), name) }
		case !ok:
			return nil, wire.Errorf("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(row T) bool {
			return !slices.ContainsFunc(values(row), func(v string) bool { return matchesAny(f.Values, v) })
		})
	}
	return rows, nil
}

// tagValues returns what a tag filter looks at.
func (g *Registry) tagValues(id, name string) []string {
	tags := g.TagMap(id)
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		if v, ok := tags[key]; ok {
			return []string{v}
		}
		return nil
	}
	var values []string
	for k, v := range tags {
		switch name {
		case "tag-key":
			values = append(values, k)
		case "tag-value":
			values = append(values, v)
		}
	}
	return values
}

func isTagFilter(name string) bool {
	return strings.HasPrefix(name, "tag:") || name == "tag-key" || name == "tag-value"
}

func matchesAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Matches(p, value) })
}

// Matches matches case-sensitively: * any run of characters, ? any one, a backslash the next one literally.
func Matches(pattern, s string) bool {
	for pattern != "" {
		switch c := pattern[0]; {
		case c == '*':
			pattern = strings.TrimLeft(pattern, "*")
			for i := 0; i <= len(s); i++ {
				if Matches(pattern, s[i:]) {
					return true
				}
			}
			return false
		case s == "":
			return false
		case c == '?':
		case c == '\\' && len(pattern) > 1:
			if pattern = pattern[1:]; pattern[0] != s[0] {
				return false
			}
		case c != s[0]:
			return false
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}
