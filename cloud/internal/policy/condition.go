package policy

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Context has a request's condition keys, in lower case, and their values.
type Context map[string][]string

// Set sets a key, whose case does not matter; without values it is absent.
func (c Context) Set(key string, values ...string) {
	if len(values) > 0 {
		c[strings.ToLower(key)] = values
	}
}

func (c Context) get(key string) []string { return c[strings.ToLower(key)] }

// operator is a condition operator ("IAM JSON policy elements: Condition operators").
type operator struct {
	compare  func(want []glyph, got string) bool
	negated  bool
	ifExists bool
	null     bool
	forAll   bool
	forAny   bool
}

type comparison struct {
	compare func(want []glyph, got string) bool
	negated bool
}

var comparisons = map[string]comparison{
	"StringEquals":              {equal, false},
	"StringNotEquals":           {equal, true},
	"StringEqualsIgnoreCase":    {equalFold, false},
	"StringNotEqualsIgnoreCase": {equalFold, true},
	"StringLike":                {matches, false},
	"StringNotLike":             {matches, true},
	"ArnEquals":                 {matchesARN, false}, // "ArnEquals and ArnLike behave identically"
	"ArnLike":                   {matchesARN, false},
	"ArnNotEquals":              {matchesARN, true},
	"ArnNotLike":                {matchesARN, true},
	"NumericEquals":             {numbers(func(c int) bool { return c == 0 }), false},
	"NumericNotEquals":          {numbers(func(c int) bool { return c == 0 }), true},
	"NumericLessThan":           {numbers(func(c int) bool { return c < 0 }), false},
	"NumericLessThanEquals":     {numbers(func(c int) bool { return c <= 0 }), false},
	"NumericGreaterThan":        {numbers(func(c int) bool { return c > 0 }), false},
	"NumericGreaterThanEquals":  {numbers(func(c int) bool { return c >= 0 }), false},
	"DateEquals":                {dates(func(c int) bool { return c == 0 }), false},
	"DateNotEquals":             {dates(func(c int) bool { return c == 0 }), true},
	"DateLessThan":              {dates(func(c int) bool { return c < 0 }), false},
	"DateLessThanEquals":        {dates(func(c int) bool { return c <= 0 }), false},
	"DateGreaterThan":           {dates(func(c int) bool { return c > 0 }), false},
	"DateGreaterThanEquals":     {dates(func(c int) bool { return c >= 0 }), false},
	"Bool":                      {equalFold, false},
	"BinaryEquals":              {equalBinary, false},
	"IpAddress":                 {inNetwork, false},
	"NotIpAddress":              {inNetwork, true},
}

// operatorOf reads an operator's name with its prefix and suffix.
func operatorOf(name string) (op operator, known bool) {
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		name, op.forAll = rest, true
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		name, op.forAny = rest, true
	}
	name, op.ifExists = strings.CutSuffix(name, "IfExists")
	if name == "Null" {
		op.null = true
		return op, !op.ifExists && !op.forAll && !op.forAny
	}
	c, known := comparisons[name]
	op.compare, op.negated = c.compare, c.negated
	return op, known
}

// holds tells whether a request meets a condition.
func (c Condition) holds(context Context, variables bool) bool {
	op, known := operatorOf(c.Operator)
	if !known {
		return false
	}
	got := context.get(c.Key)
	if op.null {
		return len(c.Values) > 0 && strings.EqualFold(c.Values[0], strconv.FormatBool(len(got) == 0))
	}
	if len(got) == 0 {
		// A key that is absent matches nothing: so a negated operator holds, and so does ForAllValues.
		return op.ifExists || op.forAll || op.negated && !op.forAny
	}
	meets := func(value string) bool { return c.among(op, value, context, variables) != op.negated }
	for _, value := range got {
		if meets(value) != op.quantifiesAll() {
			return !op.quantifiesAll()
		}
	}
	return op.quantifiesAll()
}

// quantifiesAll tells that every value of the request must meet the operator, as those of ForAllValues, and of a negated
// operator without a quantifier, must: it holds where nothing matches.
func (op operator) quantifiesAll() bool { return op.forAll || op.negated && !op.forAny }

// among tells whether one of the condition's values matches.
func (c Condition) among(op operator, got string, context Context, variables bool) bool {
	for _, want := range c.Values {
		if p, ok := pattern(want, context, variables); ok && op.compare(p, got) {
			return true
		}
	}
	return false
}

func plain(p []glyph) string {
	var b strings.Builder
	for _, g := range p {
		b.WriteRune(g.r)
	}
	return b.String()
}

func equal(want []glyph, got string) bool     { return plain(want) == got }
func equalFold(want []glyph, got string) bool { return strings.EqualFold(plain(want), got) }

func equalBinary(want []glyph, got string) bool {
	a, err := base64.StdEncoding.DecodeString(plain(want))
	b, err2 := base64.StdEncoding.DecodeString(got)
	return err == nil && err2 == nil && bytes.Equal(a, b)
}

// numbers compares the request's number with the policy's; what is no number matches nothing.
func numbers(fits func(int) bool) func([]glyph, string) bool {
	return func(want []glyph, got string) bool {
		w, err := strconv.ParseFloat(plain(want), 64)
		g, err2 := strconv.ParseFloat(got, 64)
		return err == nil && err2 == nil && fits(order(g, w))
	}
}

func dates(fits func(int) bool) func([]glyph, string) bool {
	return func(want []glyph, got string) bool {
		w, ok := date(plain(want))
		g, ok2 := date(got)
		return ok && ok2 && fits(order(g, w))
	}
}

func order(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// date reads ISO 8601 or seconds since 1970.
func date(text string) (seconds float64, ok bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(form, text); err == nil {
			return float64(t.UnixNano()) / 1e9, true
		}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	return seconds, err == nil
}

func inNetwork(want []glyph, got string) bool {
	a, err := netip.ParseAddr(got)
	if err != nil {
		return false
	}
	text := plain(want)
	if one, err := netip.ParseAddr(text); err == nil {
		return one == a
	}
	network, err := netip.ParsePrefix(text)
	return err == nil && network.Contains(a)
}
