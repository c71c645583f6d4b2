package understudy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader walks a YAML tree and writes down everything in it that is not allowed, so that a person gets
// all faults at once. Its getters return the default where the value is absent or wrong.
type reader struct {
	file   string
	faults Faults
}

// fault writes down what stands at a node.
func (r *reader) fault(n ast.Node, found, allowed string) {
	line, column := position(n)
	r.faults = append(r.faults, Fault{r.file, line, column, found, allowed})
}

// parse reads the text into a tree. A text that is not YAML is one fault: after it nothing is sure.
func (r *reader) parse(src []byte) ast.Node {
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		fault := Fault{File: r.file, Line: 1, Column: 1, Found: "text that is not YAML", Allowed: "a YAML mapping"}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			fault.Found += " (" + syntax.Message + ")"
			if t := syntax.Token; t != nil && t.Position != nil {
				fault.Line, fault.Column = max(1, t.Position.Line), max(1, t.Position.Column)
			}
		}
		r.faults = append(r.faults, fault)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.faults = append(r.faults, Fault{r.file, 1, 1, "an empty file", "a YAML mapping"})
		return nil
	}
	if len(file.Docs) > 1 {
		r.fault(file.Docs[1].Body, "a second document", "one declaration in a file")
	}
	return file.Docs[0].Body
}

// object is a YAML mapping with a closed set of keys.
type object struct {
	r      *reader
	node   ast.Node // where the mapping stands; nil where it is absent
	path   string   // its name, with a dot at its end, or empty for the whole file
	values map[string]ast.Node
}

// object reads a mapping. An absent one (nil) is an empty one.
func (r *reader) object(n ast.Node, path string, keys ...string) object {
	o := object{r: r, node: n, path: path, values: map[string]ast.Node{}}
	pairs, ok := pairsOf(n)
	if !ok {
		r.fault(n, describe(n), "a mapping with "+strings.Join(keys, ", "))
		return o
	}
	for _, pair := range pairs {
		key, ok := pair.Key.(*ast.StringNode)
		switch {
		case !ok || !contains(keys, key.Value):
			r.fault(pair.Key, "unknown key "+describe(pair.Key), strings.Join(keys, ", "))
		case o.values[key.Value] != nil:
			r.fault(pair.Key, "key "+strconv.Quote(key.Value)+" a second time", "each key once")
		default:
			o.values[key.Value] = pair.Value
		}
	}
	return o
}

// object reads a mapping within this one. Where it is absent, what it lacks is a fault of this one.
func (o object) object(key string, keys ...string) object {
	inner := o.r.object(o.values[key], o.path+key+".", keys...)
	if o.values[key] == nil {
		inner.node = o.node
	}
	return inner
}

// fault writes down a fault at a key's value, or where its mapping stands if it has none.
func (o object) fault(key, found, allowed string) {
	if n := o.values[key]; n != nil {
		o.r.fault(n, found, allowed)
		return
	}
	o.r.fault(o.node, found, allowed)
}

// require writes down the absence of a key.
func (o object) require(key, allowed string) bool {
	if n := o.values[key]; n != nil && n.Type() != ast.NullType {
		return true
	}
	o.fault(key, "no "+o.path+key, allowed)
	return false
}

// text reads a string that satisfies the rule.
func (o object) text(key, fallback string, rule rule) string {
	n := o.values[key]
	if n == nil || n.Type() == ast.NullType {
		return fallback
	}
	s, ok := scalar(n)
	if !ok || !rule.holds(s) {
		o.r.fault(n, describe(n), rule.allowed)
		return fallback
	}
	return s
}

// number reads a whole number within bounds, both inclusive.
func (o object) number(key string, fallback, lowest, highest int) int {
	n := o.values[key]
	if n == nil {
		return fallback
	}
	if i, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(fmt.Sprint(i.Value)); err == nil && v >= lowest && v <= highest {
			return v
		}
	}
	o.r.fault(n, describe(n), fmt.Sprintf("a whole number from %d to %d", lowest, highest))
	return fallback
}

// texts reads a list of one or more strings that satisfy the rule.
func (o object) texts(key string, fallback []string, rule rule) []string {
	n := o.values[key]
	if n == nil {
		return fallback
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		o.r.fault(n, describe(n), "a list of one or more: "+rule.allowed)
		return fallback
	}
	var texts []string
	for _, item := range list.Values {
		s, ok := scalar(item)
		if !ok || !rule.holds(s) {
			o.r.fault(item, describe(item), rule.allowed)
			continue
		}
		texts = append(texts, s)
	}
	return texts
}
