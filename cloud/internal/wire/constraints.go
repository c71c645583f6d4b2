package wire

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// constraints are a model's constraints of a shape's values. Services written with Coral, AWS's framework, check them
// before their own code gets a request, and answer in the framework's words (recorded from CloudWatch and from
// Route 53's tag calls, November 2026).
type constraints struct {
	min, max string // numbers, "" where there is none
	pattern  string // a Java regular expression, which the whole text must match
	enum     []string
}

func parseConstraints(f []string) constraints {
	if len(f) != 4 {
		return constraints{}
	}
	c := constraints{min: f[0], max: f[1], pattern: f[2]}
	if f[3] != "" {
		c.enum = strings.Split(f[3], "|")
	}
	return c
}

// recordedEnums are the orders in which AWS was seen to list an enum's words, by shape. The rule behind them is not
// known; the others are in the model's order.
var recordedEnums = map[string][]string{
	"StateValue": {"INSUFFICIENT_DATA", "ALARM", "OK"}, // CloudWatch, November 2026
}

// checks tells whether an operation's constraints are checked before its handler. EC2 has its own messages. Of Route
// 53 only the tag calls were seen to answer in the framework's words. Its other operations have their own error
// codes (InvalidDomainName, InvalidChangeBatch), which their handlers return and which a check before them would hide.
func (s *Service) checks(op *operation) bool {
	return s.checksAll() || s == Route53 && strings.Contains(op.name, "TagsForResource")
}

// checksAll tells whether every operation of a service is checked, including required members, so that decoding
// need not check these.
func (s *Service) checksAll() bool {
	return s == ELBv2 || s == AutoScaling || s == CloudWatch || s == IAM || s == STS || s == SSM || s == ServiceQuotas || s == ACM ||
		s == ZonalShift
}

// check refuses an input that breaks its model's constraints.
func (s *Service) check(op *operation, in reflect.Value) error {
	if s == EC2 {
		return s.checkEnums(op, in)
	}
	if !s.checks(op) {
		return nil
	}
	c := checker{s: s}
	c.structure(s.table.shape(op.input), in, "")
	if len(c.broken) == 0 {
		return nil
	}
	noun := "errors"
	if len(c.broken) == 1 {
		noun = "error"
	}
	code := "ValidationError"
	switch s.protocol {
	case restXML:
		code = "InvalidInput"
	case json11, restJSON:
		code = "ValidationException"
	}
	return Errorf(code, "%d validation %s detected: %s", len(c.broken), noun, strings.Join(c.broken, "; "))
}

type checker struct {
	s      *Service
	broken []string
}

func (c *checker) structure(sh *shape, v reflect.Value, path string) {
	for i := range v.NumField() {
		m, ok := sh.members[v.Type().Field(i).Name]
		if !ok {
			continue
		}
		at := join(path, lowerFirst(m.name))
		switch {
		case worded[c.s.SigningName+" "+at]:
		case !unset(v.Field(i)):
			c.value(c.s.table.shape(m.shape), reflect.Indirect(v.Field(i)), at)
		case m.required:
			c.broken = append(c.broken, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", at))
		}
	}
}

func (c *checker) value(sh *shape, v reflect.Value, path string) {
	if _, ok := v.Interface().(time.Time); ok {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		c.structure(sh, v, path)
		return
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			c.list(sh, v, path)
			return
		}
	}
	for _, rule := range sh.limits.rules(v, true) {
		c.refuse(text(v), path, rule)
	}
}

func (c *checker) refuse(value, path, rule string) {
	c.broken = append(c.broken, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", value, path, rule))
}

// list checks a list's length and its elements. Elements that are no structures are refused with the whole list.
func (c *checker) list(sh *shape, v reflect.Value, path string) {
	for _, rule := range sh.limits.rules(v, true) {
		c.refuse(text(v), path, rule)
	}
	element := c.s.table.shape(sh.element.shape)
	for i := range v.Len() {
		item := reflect.Indirect(v.Index(i))
		if item.Kind() == reflect.Struct {
			c.value(element, item, fmt.Sprintf("%s.%d.member", path, i+1))
		} else if len(element.limits.rules(item, true)) > 0 {
			c.refuse(text(v), path, "Member must satisfy constraint: ["+strings.Join(element.limits.rules(item, false), ", ")+"]")
			return
		}
	}
}

// rules are the constraints, or only those that a value breaks.
func (c constraints) rules(v reflect.Value, broken bool) []string {
	var rules []string
	add := func(ok bool, format string, args ...any) {
		if !ok || !broken {
			rules = append(rules, fmt.Sprintf(format, args...))
		}
	}
	what, size := "length", 0.0
	switch {
	case v.Kind() == reflect.String:
		size = float64(utf8.RuneCountInString(v.String()))
	case v.Kind() == reflect.Slice:
		size = float64(v.Len())
	case v.CanInt():
		what, size = "value", float64(v.Int())
	case v.CanFloat():
		what, size = "value", v.Float()
	default:
		return nil
	}
	if most, err := strconv.ParseFloat(c.max, 64); err == nil {
		add(size <= most, "Member must have %s less than or equal to %s", what, c.max)
	}
	if least, err := strconv.ParseFloat(c.min, 64); err == nil {
		add(size >= least, "Member must have %s greater than or equal to %s", what, c.min)
	}
	if v.Kind() == reflect.String && c.pattern != "" {
		re := javaPattern(c.pattern)
		add(re == nil || re.MatchString(v.String()), "Member must satisfy regular expression pattern: %s", c.pattern)
	}
	if v.Kind() == reflect.String && len(c.enum) > 0 {
		add(slices.Contains(c.enum, v.String()), "Member must satisfy enum value set: [%s]", strings.Join(c.enum, ", "))
	}
	return rules
}

// text is a value as Java prints it.
func text(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	items := make([]string, v.Len())
	for i := range items {
		item := reflect.Indirect(v.Index(i))
		if item.Kind() == reflect.Struct {
			items[i] = item.Type().Name() // Java's text of a structure tells nothing that a client could use
			continue
		}
		items[i] = text(item)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

var javaPatterns sync.Map // Java's text -> *regexp.Regexp, nil where Go cannot take it

// javaPattern is a model's pattern in Go's syntax, or nil if that cannot express it (TestPatterns lists these).
func javaPattern(java string) *regexp.Regexp {
	if re, ok := javaPatterns.Load(java); ok {
		return re.(*regexp.Regexp)
	}
	re, _ := regexp.Compile(`\A(?:` + javaUnicode.ReplaceAllString(javaSyntax.Replace(java), `\x{$1}`) + `)\z`)
	javaPatterns.Store(java, re)
	return re
}

var (
	javaUnicode = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	// In Java a pair of surrogates is one code point.
	javaSyntax = strings.NewReplacer(`\uD800\uDC00-\uDBFF\uDFFF`, `\x{10000}-\x{10FFFF}`, `\p{ASCII}`, `[\x00-\x7F]`)
)

// worded are the members that a service checks itself, with its own codes or messages, although its model constrains them.
var worded = map[string]bool{
	// PutMetricData answers InvalidParameterValue and InvalidParameterCombination with the data's places, in its own
	// words, "The parameters MetricData.member.1.Value and ..." (recorded from AWS, November 2026).
	"monitoring metricData": true,
	// Errors in CreateLoadBalancer's reference: InvalidScheme.
	"elasticloadbalancing scheme": true,
	// "Value ( 0 ) for parameter PageSize is invalid. Expecting a value between 1 and 400."
	"elasticloadbalancing pageSize": true,
}
