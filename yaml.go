package understudy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader walks a YAML tree and writes down everything in it that is not allowed, so that a person gets
// all mistakes at once. Its getters return the default where the value is absent or wrong, and are what
// declares a key: a key that no getter asked for is a mistake.
type reader struct {
	file     string
	mistakes Mistakes
	objects  []*object
}

// mistake writes down what stands at a node.
func (r *reader) mistake(n ast.Node, found, allowed string) {
	line, column := position(n)
	r.mistakes = append(r.mistakes, Mistake{r.file, line, column, found, allowed})
}

// parse reads the text into a tree. A text that is not YAML is one mistake: after it nothing is sure.
func (r *reader) parse(src []byte) ast.Node {
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		wrong := Mistake{File: r.file, Line: 1, Column: 1, Found: "text that is not YAML", Allowed: "a YAML mapping"}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			wrong.Found += " (" + syntax.Message + ")"
			if t := syntax.Token; t != nil && t.Position != nil {
				wrong.Line, wrong.Column = max(1, t.Position.Line), max(1, t.Position.Column)
			}
		}
		r.mistakes = append(r.mistakes, wrong)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.mistakes = append(r.mistakes, Mistake{r.file, 1, 1, "an empty file", "a YAML mapping"})
		return nil
	}
	if len(file.Docs) > 1 {
		r.mistake(file.Docs[1].Body, "a second document", "one declaration in a file")
	}
	return file.Docs[0].Body
}

// object is a YAML mapping. Its keys are those that its getters were asked for.
type object struct {
	r      *reader
	node   ast.Node // where the mapping stands; nil where it is absent
	path   string   // its name, with a dot at its end, or empty for the whole file
	pairs  []*ast.MappingValueNode
	values map[string]ast.Node
	keys   []string
	other  bool // something else than a mapping stands there
}

// object reads a mapping. An absent one (nil) is an empty one.
func (r *reader) object(n ast.Node, path string) *object {
	o := &object{r: r, node: n, path: path, values: map[string]ast.Node{}}
	r.objects = append(r.objects, o)
	pairs, ok := pairsOf(n)
	o.pairs, o.other = pairs, !ok
	for _, pair := range pairs {
		if key, ok := pair.Key.(*ast.StringNode); ok && o.values[key.Value] == nil {
			o.values[key.Value] = pair.Value
		}
	}
	return o
}

// refuseUnread writes down what no getter has asked for. It comes after all getters.
func (r *reader) refuseUnread() {
	for _, o := range r.objects {
		allowed := strings.Join(o.keys, ", ")
		if o.other {
			r.mistake(o.node, describe(o.node), "a mapping with "+allowed)
		}
		seen := map[string]bool{}
		for _, pair := range o.pairs {
			key, ok := pair.Key.(*ast.StringNode)
			switch {
			case !ok || !slices.Contains(o.keys, key.Value):
				r.mistake(pair.Key, "unknown key "+describe(pair.Key), allowed)
			case seen[key.Value]:
				r.mistake(pair.Key, "key "+strconv.Quote(key.Value)+" a second time", "each key once")
			default:
				seen[key.Value] = true
			}
		}
	}
}

// get declares a key and returns its value, or nil where there is none.
func (o *object) get(key string) ast.Node {
	if !slices.Contains(o.keys, key) {
		o.keys = append(o.keys, key)
	}
	return o.values[key]
}

// object reads a mapping within this one. What an absent one lacks is a mistake of this one.
func (o *object) object(key string) *object {
	n := o.get(key)
	inner := o.r.object(n, o.path+key+".")
	if n == nil {
		inner.node = o.node
	}
	return inner
}

// mistake writes down a mistake at a key's value, or where its mapping stands if it has none.
func (o *object) mistake(key, found, allowed string) {
	if n := o.values[key]; n != nil {
		o.r.mistake(n, found, allowed)
		return
	}
	o.r.mistake(o.node, found, allowed)
}

// require writes down the absence of a key.
func (o *object) require(key, allowed string) bool {
	if n := o.values[key]; n != nil && n.Type() != ast.NullType {
		return true
	}
	o.mistake(key, "no "+o.path+key, allowed)
	return false
}

// text reads a string that satisfies the constraint.
func (o *object) text(key, fallback string, c constraint) string {
	n := o.get(key)
	if n == nil || n.Type() == ast.NullType {
		return fallback
	}
	s, ok := scalar(n)
	if !ok || !c.holds(s) {
		o.r.mistake(n, describe(n), c.allowed)
		return fallback
	}
	return s
}

// number reads a whole number within bounds, both inclusive.
func (o *object) number(key string, fallback, lowest, highest int) int {
	n := o.get(key)
	if n == nil {
		return fallback
	}
	if i, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(fmt.Sprint(i.Value)); err == nil && v >= lowest && v <= highest {
			return v
		}
	}
	o.r.mistake(n, describe(n), fmt.Sprintf("a whole number from %d to %d", lowest, highest))
	return fallback
}

// texts reads a list of one or more strings that satisfy the constraint.
func (o *object) texts(key string, fallback []string, c constraint) []string {
	n := o.get(key)
	if n == nil {
		return fallback
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		o.r.mistake(n, describe(n), "a list of one or more: "+c.allowed)
		return fallback
	}
	var texts []string
	for _, item := range list.Values {
		s, ok := scalar(item)
		if !ok || !c.holds(s) {
			o.r.mistake(item, describe(item), c.allowed)
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// objects reads a list of mappings.
func (o *object) objects(key string) []*object {
	n := o.get(key)
	if n == nil || n.Type() == ast.NullType {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		o.r.mistake(n, describe(n), "a list of mappings")
		return nil
	}
	var all []*object
	for i, item := range list.Values {
		all = append(all, o.r.object(item, fmt.Sprintf("%s%s[%d].", o.path, key, i)))
	}
	return all
}
