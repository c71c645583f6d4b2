// Package policy reads IAM policies and decides by them, as pure functions: which statements a request meets, and what
// they say together ("Policy evaluation logic" and "IAM JSON policy reference", IAM user guide).
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Document is a policy.
type Document struct {
	Version    string // 2012-10-17, or 2008-10-17, which has no policy variables
	Statements []Statement
}

// Statement allows or denies.
type Statement struct {
	Sid   string
	Allow bool
	// Principals are those of a trust policy; nil in an identity's policy.
	Principals *Principals
	// Actions and Resources say what the statement is about, or, where they are excluded, what it is not about.
	Actions, Resources         []string
	NotActions, NotResources   bool
	Conditions                 []Condition
	hasActions, hasResources   bool
	hasPrincipal, notPrincipal bool
}

// Principals are who a trust policy is about.
type Principals struct {
	Anyone                  bool
	AWS, Service, Federated []string
}

// Condition is one key of one operator.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Malformed is why a text is no policy, in AWS's words.
type Malformed string

// Error implements error.
func (m Malformed) Error() string { return string(m) }

const syntax = Malformed("Syntax errors in policy.")

// Parse reads a policy's JSON.
func Parse(text string) (Document, error) {
	var d Document
	d.Version = "2008-10-17" // the default of the element Version
	fields, err := object([]byte(text))
	if err != nil {
		return d, Malformed("This policy contains invalid Json")
	}
	for _, f := range fields {
		switch f.name {
		case "Version":
			err = json.Unmarshal(f.value, &d.Version)
			if err == nil && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
				err = syntax
			}
		case "Id":
			err = json.Unmarshal(f.value, new(string))
		case "Statement":
			d.Statements, err = parseStatements(f.value)
		default:
			err = syntax
		}
		if err != nil {
			return d, malformed(err)
		}
	}
	if len(d.Statements) == 0 {
		return d, syntax
	}
	return d, nil
}

func malformed(err error) error {
	if m := Malformed(""); errors.As(err, &m) {
		return m
	}
	return syntax
}

// field is one member of a JSON object.
type field struct {
	name  string
	value json.RawMessage
}

// object reads an object's members in their order. encoding/json would take names in any case, and the last of two.
func object(text []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, syntax
	}
	var all []field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		f := field{name: name.(string)}
		if err := d.Decode(&f.value); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(other field) bool { return other.name == f.name }) {
			return nil, fmt.Errorf("%s is there twice", f.name)
		}
		all = append(all, f)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, syntax
	}
	return all, nil
}

// parseStatements reads one statement, or a list of them.
func parseStatements(text json.RawMessage) ([]Statement, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		list = []json.RawMessage{text}
	}
	var all []Statement
	for _, one := range list {
		s, err := parseStatement(one)
		if err != nil {
			return nil, err
		}
		if s.Sid != "" && slices.ContainsFunc(all, func(o Statement) bool { return o.Sid == s.Sid }) {
			return nil, Malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		all = append(all, s)
	}
	return all, nil
}

func parseStatement(text json.RawMessage) (s Statement, err error) {
	fields, err := object(text)
	if err != nil {
		return s, syntax
	}
	effect := ""
	for _, f := range fields {
		switch f.name {
		case "Sid":
			err = json.Unmarshal(f.value, &s.Sid)
		case "Effect":
			err = json.Unmarshal(f.value, &effect)
		case "Action", "NotAction":
			if s.hasActions {
				return s, syntax
			}
			s.hasActions, s.NotActions = true, f.name == "NotAction"
			s.Actions, err = words(f.value)
		case "Resource", "NotResource":
			if s.hasResources {
				return s, syntax
			}
			s.hasResources, s.NotResources = true, f.name == "NotResource"
			s.Resources, err = words(f.value)
		case "Principal", "NotPrincipal":
			s.hasPrincipal, s.notPrincipal = true, f.name == "NotPrincipal"
			s.Principals, err = parsePrincipals(f.value)
		case "Condition":
			s.Conditions, err = parseConditions(f.value)
		default:
			return s, syntax
		}
		if err != nil {
			return s, malformed(err)
		}
	}
	s.Allow = effect == "Allow"
	if effect != "Allow" && effect != "Deny" {
		return s, syntax
	}
	return s, nil
}

// words reads a text or a list of texts.
func words(text json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(text, &one) == nil {
		return []string{one}, nil
	}
	var list []string
	if json.Unmarshal(text, &list) != nil || list == nil {
		return nil, syntax
	}
	return list, nil
}

func parsePrincipals(text json.RawMessage) (*Principals, error) {
	var star string
	if json.Unmarshal(text, &star) == nil {
		if star != "*" {
			return nil, Malformed(fmt.Sprintf("Invalid principal in policy: %q", star))
		}
		return &Principals{Anyone: true}, nil
	}
	fields, err := object(text)
	if err != nil || len(fields) == 0 {
		return nil, syntax
	}
	p := &Principals{}
	for _, f := range fields {
		list, err := words(f.value)
		if err != nil {
			return nil, err
		}
		switch f.name {
		case "AWS":
			p.AWS = list
			p.Anyone = slices.Contains(list, "*")
		case "Service":
			p.Service = list
		case "Federated":
			p.Federated = list
		default:
			return nil, Malformed(fmt.Sprintf("Invalid principal in policy: %q:%q", f.name, strings.Join(list, ",")))
		}
	}
	return p, nil
}

func parseConditions(text json.RawMessage) (all []Condition, err error) {
	operators, err := object(text)
	if err != nil {
		return nil, syntax
	}
	for _, op := range operators {
		if _, known := operatorOf(op.name); !known {
			return nil, Malformed(fmt.Sprintf("Invalid Condition type : %s.", op.name))
		}
		keys, err := object(op.value)
		if err != nil {
			return nil, syntax
		}
		for _, k := range keys {
			values, err := scalars(k.value)
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{Operator: op.name, Key: k.name, Values: values})
		}
	}
	return all, nil
}

// scalars reads a condition's value or values, of which numbers and booleans need no quotes.
func scalars(text json.RawMessage) ([]string, error) {
	var list []any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, syntax
	}
	list, ok := doc.([]any)
	if !ok {
		list = []any{doc}
	}
	var all []string
	for _, v := range list {
		switch v := v.(type) {
		case string, json.Number, bool:
			all = append(all, fmt.Sprint(v))
		default:
			return nil, syntax
		}
	}
	return all, nil
}
