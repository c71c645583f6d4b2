package balancing

import (
	"regexp"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/balancer"
)

// What the values of each kind of condition may be
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html and the pages of its configs).
var (
	methodShape     = regexp.MustCompile(`^[A-Z_-]{1,40}$`)
	headerNameShape = regexp.MustCompile("^[A-Za-z0-9\\\\!#$%&'*+.^_`|~-]{1,40}$")
	hostShape       = regexp.MustCompile(`^[A-Za-z0-9.*?-]+$`)
	pathShape       = regexp.MustCompile(`^([A-Za-z0-9_.$/~"'@:+&*?-]|\\[*?\\])+$`)
	domainShape     = regexp.MustCompile(`\.[A-Za-z]+$`) // of a host: a dot, and letters alone after the last one
	printable       = regexp.MustCompile(`^[ -~]*$`)
)

// maxValueLength is that of patterns and regular expressions.
const maxValueLength = 128

// checkValues refuses values that a condition cannot have.
func checkValues(c balancer.Condition) error {
	if c.Field == "http-header" {
		if err := checkHeaderName(c.Header); err != nil {
			return err
		}
	}
	shape := map[string]*regexp.Regexp{"host-header": hostShape, "path-pattern": pathShape, "http-request-method": methodShape}[c.Field]
	for _, v := range c.Values {
		if err := checkValue(v, shape); err != nil {
			return err
		}
		if c.Field == "host-header" && !domainShape.MatchString(v) {
			return invalid("The host name '%s' must have a '.', and letters alone after the last one", v)
		}
	}
	for _, pair := range c.Query {
		if pair.Key != "" {
			if err := checkValue(pair.Key, nil); err != nil {
				return err
			}
		}
		if err := checkValue(pair.Value, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkValue checks one value; a nil shape is what can be printed.
func checkValue(v string, shape *regexp.Regexp) error {
	if shape == nil {
		shape = printable
	}
	switch {
	case v == "":
		return invalid("A condition value cannot be empty")
	case len(v) > maxValueLength:
		return invalid("Condition value '%s' is longer than %d characters", v, maxValueLength)
	case !shape.MatchString(v):
		return invalid("Condition value '%s' contains a character that is not valid", v) // seen in https://github.com/aws/aws-cli/issues/9792
	}
	return nil
}

func checkHeaderName(name string) error {
	switch {
	case strings.EqualFold(name, "host"):
		return invalid("The Host header cannot be the field of an http-header condition; use a host-header condition")
	case !headerNameShape.MatchString(name):
		return invalid("HTTP header name '%s' is not valid", name)
	}
	return nil
}

// compile reads the regular expressions of a condition, which are RE2's. Host names are compared without case.
func compile(field string, texts []string) (out []*regexp.Regexp, err error) {
	for _, text := range texts {
		if text == "" || len(text) > maxValueLength {
			return nil, invalid("A regular expression has 1 to %d characters", maxValueLength)
		}
		flags := ""
		if field == "host-header" {
			flags = "(?i)"
		}
		x, err := regexp.Compile(flags + text)
		if err != nil {
			return nil, invalid("Condition value '%s' is not a valid regular expression", text)
		}
		out = append(out, x)
	}
	return out, nil
}

// countWildcards counts the characters of a condition's patterns that stand for others.
func countWildcards(c balancer.Condition) (n int) {
	if c.Field == "http-request-method" {
		return 0
	}
	patterns := slices.Clone(c.Values)
	for _, pair := range c.Query {
		patterns = append(patterns, pair.Key, pair.Value)
	}
	for _, p := range patterns {
		n += balancer.Wildcards(p)
	}
	return n
}
