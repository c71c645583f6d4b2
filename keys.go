package understudy

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what stands at a key.
type Kind string

// The kinds of values.
const (
	Text     Kind = "text"
	Number   Kind = "whole number"
	Flag     Kind = "flag"
	Texts    Kind = "list of texts"
	Mapping  Kind = "mapping"
	Mappings Kind = "list of mappings"
	Labels   Kind = "mapping of texts"
	Document Kind = "policy document"
	// Variables are texts, or mappings that name a parameter.
	Variables Kind = "mapping of variables"
)

// Key is a key of a declaration, as the getter that reads it declares it.
type Key struct {
	Name, Path      string // port; service.port. The items of a list are NAME[]
	About, Example  string
	Kind            Kind
	Default         any    // of texts, numbers and flags
	Lowest, Highest int    // of numbers; of labels and texts, how many there may be
	Choice          []int  // the numbers that are allowed, where these are few
	Required        bool   // the declaration is not whole without it
	Instead         string // the key in whose absence it is required
	Keys            []*Key // of a mapping, of each in a list of mappings, or of a mapping that may stand in place of a text

	text  constraint
	of    constraint // the keys of labels
	inner *object
}

// Allowed says what may stand at a key.
func (k *Key) Allowed() string {
	switch k.Kind {
	case Number:
		if len(k.Choice) > 0 {
			return strings.ReplaceAll(strings.Trim(fmt.Sprint(k.Choice), "[]"), " ", " or ")
		}
		return fmt.Sprintf("a whole number from %d to %d", k.Lowest, k.Highest)
	case Flag:
		return "true or false"
	case Document:
		return "an IAM policy as a mapping, or as a text of YAML or JSON, in place or as file:PATH"
	case Texts:
		if k.Lowest == 0 {
			return "a list of any number of: " + k.text.allowed
		}
		return "a list of one or more: " + k.text.allowed
	case Mappings:
		return "a list of mappings"
	case Mapping:
		return "a mapping"
	case Variables:
		return fmt.Sprintf("a mapping of at most %d: keys of %s; values of %s", k.Highest, k.of.allowed, k.text.allowed)
	case Labels:
		return fmt.Sprintf("a mapping of at most %d: keys of %s; values of %s", k.Highest, k.of.allowed, k.text.allowed)
	}
	return k.text.allowed
}

// specimen is a declaration in which every getter is called. Numbers that bound others are as low as they can be.
const specimen = `regions: {primary: {}, secondary: {fleet: {min: 0, desired: 0, max: 1}}}
fleet: {min: 1, desired: 1, scheduled: [{}]}
failover: {failback: {after: 10m}, checks: [{}]}
parity: {ignore: [{}]}
rules: [{}]
hosts: {ingress: [{}]}
security: {public_facing: {ingress: [{}]}, internal: {ingress: [{}], egress: [{}]}}
listeners: [{rules: [{}]}]
target_groups: [{}]
alarms: {on: [{}]}
`

// Keys returns all that a declaration may hold, in the order in which it is read.
func Keys() []*Key {
	r := &reader{file: DefaultFile}
	_, _ = r.declaration(r.parse([]byte(specimen)), "", nil) // it lacks much, and is read for its keys alone
	return r.objects[0].described()
}

// told returns what is told of a key. What stands in several places is told once, of rules and of `target`.
func told(path string) (what, example string) {
	if a, ok := about[path]; ok {
		return a.what, a.example
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "listeners[]."), "target_groups[].")
	if a, ok := about[rest]; ok {
		return a.what, a.example
	}
	a := about["rules[]."+rest]
	return a.what, a.example
}

// described returns the keys of a mapping, with what is told of them.
func (o *object) described() []*Key {
	for _, k := range o.keys {
		k.Path = strings.ReplaceAll(o.path, "[0]", "[]") + k.Name
		k.About, k.Example = told(k.Path)
		if k.inner != nil {
			k.Keys = k.inner.described()
		}
		k.Required = slices.Contains(o.needed, k.Name) || k.Kind == Mapping && slices.ContainsFunc(k.Keys, func(k *Key) bool { return k.Required })
		if k.Required {
			k.Default = nil
		}
	}
	return o.keys
}
