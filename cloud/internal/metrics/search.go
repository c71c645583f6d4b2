package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Search says which metrics a search expression finds
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html).
type Search struct {
	schema []string // the namespace and the names of exactly its dimensions; empty for any
	all    []Search
	any    []Search
	not    *Search
	term   *searchTerm
}

// searchTerm is a word, of a property where it names one. One in quotation marks is the whole of it, others are words of it.
type searchTerm struct {
	property, value string
	exact           bool
}

// ParseSearch reads what is between the quotation marks of SEARCH. Its error says what is wrong.
func ParseSearch(text string) (s Search, err error) {
	p := &searchParser{rest: text}
	p.next()
	if p.token == "{" {
		if s.schema, err = p.schema(); err != nil {
			return s, err
		}
	}
	if p.token == "" {
		return s, p.err
	}
	inner, err := p.alternatives()
	if err == nil && p.token != "" {
		err = fmt.Errorf("%q is not expected in a search", p.token)
	}
	s.all = []Search{inner}
	return s, errors.Join(p.err, err)
}

type searchParser struct {
	rest, token string
	quoted      bool
	err         error
}

// next reads a sign, a word, or a text in quotation marks.
func (p *searchParser) next() {
	p.rest, p.quoted = strings.TrimLeft(p.rest, " \t\r\n"), false
	switch {
	case p.rest == "":
		p.token = ""
	case strings.ContainsRune("{}(),=", rune(p.rest[0])):
		p.token, p.rest = p.rest[:1], p.rest[1:]
	case p.rest[0] == '"':
		text, after, ok := strings.Cut(p.rest[1:], `"`)
		if !ok {
			p.err = errors.New("a search has a quotation mark that nothing closes")
		}
		p.token, p.rest, p.quoted = text, after, true
	default:
		end := strings.IndexAny(p.rest, " \t\r\n{}(),=\"")
		if end < 0 {
			end = len(p.rest)
		}
		p.token, p.rest = p.rest[:end], p.rest[end:]
	}
}

func (p *searchParser) schema() (names []string, err error) {
	for p.next(); p.token != "}"; p.next() {
		if p.token == "" {
			return nil, errors.New(`a search's schema lacks its "}"`)
		}
		if p.token != "," || p.quoted {
			names = append(names, p.token)
		}
	}
	p.next()
	return names, nil
}

func (p *searchParser) alternatives() (s Search, err error) {
	for {
		one, err := p.conjunction()
		if err != nil {
			return s, err
		}
		s.any = append(s.any, one)
		if p.token != "OR" || p.quoted {
			return s, nil
		}
		p.next()
	}
}

// conjunction reads what has to match together: AND may be left out.
func (p *searchParser) conjunction() (s Search, err error) {
	for {
		one, err := p.one()
		if err != nil {
			return s, err
		}
		s.all = append(s.all, one)
		switch {
		case !p.quoted && p.token == "AND":
			p.next()
		case !p.quoted && (p.token == "" || p.token == ")" || p.token == "OR"):
			return s, nil
		}
	}
}

func (p *searchParser) one() (s Search, err error) {
	switch {
	case !p.quoted && p.token == "NOT":
		p.next()
		inner, err := p.one()
		return Search{not: &inner}, err
	case !p.quoted && p.token == "(":
		p.next()
		if s, err = p.alternatives(); err == nil && p.token != ")" {
			err = errors.New(`a search lacks a ")"`)
		}
		p.next()
		return s, err
	case !p.quoted && slices.Contains([]string{"", "{", "}", ")", ",", "=", "AND", "OR"}, p.token):
		return s, fmt.Errorf("%q is not expected in a search", p.token)
	}
	t := searchTerm{value: p.token, exact: p.quoted}
	p.next()
	if p.token == "=" && !p.quoted {
		p.next()
		t = searchTerm{property: t.value, value: p.token, exact: p.quoted}
		if p.token == "" {
			return s, fmt.Errorf("a search for %s lacks its value", t.property)
		}
		if p.token == "(" && !p.quoted {
			return p.several(t.property)
		}
		p.next()
	}
	return Search{term: &t}, nil
}

// several reads the values of a property of which one is enough.
func (p *searchParser) several(property string) (s Search, err error) {
	for p.next(); p.token != ")" || p.quoted; p.next() {
		switch {
		case p.token == "":
			return s, errors.New(`a search lacks a ")"`)
		case p.token != "OR" || p.quoted:
			s.any = append(s.any, Search{term: &searchTerm{property, p.token, p.quoted}})
		}
	}
	p.next()
	return s, nil
}

// Finds tells whether a metric is among what is searched for.
func (s Search) Finds(m Metric) bool {
	finds := func(part Search) bool { return part.Finds(m) }
	switch {
	case len(s.schema) > 0 && !hasSchema(m, s.schema):
		return false
	case s.term != nil:
		return s.term.finds(m)
	case s.not != nil:
		return !s.not.Finds(m)
	case s.any != nil:
		return slices.ContainsFunc(s.any, finds)
	}
	return !slices.ContainsFunc(s.all, func(part Search) bool { return !part.Finds(m) })
}

func hasSchema(m Metric, schema []string) bool {
	if m.Namespace != schema[0] || len(m.Dimensions) != len(schema)-1 {
		return false
	}
	return !slices.ContainsFunc(m.Dimensions, func(d Dimension) bool { return !slices.Contains(schema[1:], d.Name) })
}

func (t searchTerm) finds(m Metric) bool {
	var fields []string
	switch t.property {
	case "":
		fields = append(fields, m.Namespace, m.Name)
		for _, d := range m.Dimensions {
			fields = append(fields, d.Name, d.Value)
		}
	case "MetricName":
		fields = append(fields, m.Name)
	case "Namespace":
		fields = append(fields, m.Namespace)
	default:
		for _, d := range m.Dimensions {
			if d.Name == t.property {
				fields = append(fields, d.Value)
			}
		}
	}
	return slices.ContainsFunc(fields, func(field string) bool {
		if t.exact {
			return field == t.value
		}
		return hasWords(field, t.value)
	})
}

// hasWords tells whether the words of a text follow each other in a name, or its one word is a part of a word there, as Error is of ErrorCount.
func hasWords(name, text string) bool {
	sign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	all, some := strings.FieldsFunc(name, sign), strings.FieldsFunc(text, sign)
	for at := range all {
		if len(some) > 0 && at+len(some) <= len(all) && slices.EqualFunc(all[at:at+len(some)], some, strings.EqualFold) {
			return true
		}
	}
	return len(some) == 1 && slices.ContainsFunc(all, func(word string) bool {
		return slices.ContainsFunc(parts(word), func(part string) bool { return strings.EqualFold(part, some[0]) })
	})
}

// parts are those of a word in CamelCase: one begins with a capital letter that no other precedes or a small one follows, and with a number.
func parts(word string) (all []string) {
	letters, begin := []rune(word), 0
	for at := 1; at < len(letters); at++ {
		before, now := letters[at-1], letters[at]
		camel := unicode.IsUpper(now) && (!unicode.IsUpper(before) || at+1 < len(letters) && unicode.IsLower(letters[at+1]))
		if camel || unicode.IsDigit(now) != unicode.IsDigit(before) {
			all, begin = append(all, string(letters[begin:at])), at
		}
	}
	return append(all, string(letters[begin:]))
}
