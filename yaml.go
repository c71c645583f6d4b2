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
func (r *reader) mistake(n ast.Node, key, found, allowed string) {
	line, column := position(n)
	r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: line, Column: column, Key: key, Found: found, Allowed: allowed})
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
		r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: 1, Column: 1, Found: "an empty file", Allowed: "a YAML mapping"})
		return nil
	}
	if len(file.Docs) > 1 {
		r.mistake(file.Docs[1].Body, "", "a second document", "one declaration in a file")
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
	keys   []*Key
	needed []string // the keys without which it is not whole
	other  bool     // something else than a mapping stands there
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
		if o.other {
			r.mistake(o.node, strings.TrimSuffix(o.path, "."), describe(o.node), "a mapping with "+strings.Join(o.names(), ", "))
		}
		seen := map[string]bool{}
		for _, pair := range o.pairs {
			key, ok := pair.Key.(*ast.StringNode)
			switch {
			case !ok || !slices.Contains(o.names(), key.Value):
				o.unknown(pair.Key)
			case seen[key.Value]:
				r.mistake(pair.Key, o.path+key.Value, "key "+strconv.Quote(key.Value)+" a second time", "each key once")
			default:
				seen[key.Value] = true
			}
		}
	}
}

// unknown writes down a key that no getter asked for, and the one that is probably meant.
func (o *object) unknown(key ast.MapKeyNode) {
	name, _ := scalar(key)
	o.r.mistake(key, o.path+name, "unknown key "+describe(key), strings.Join(o.names(), ", "))
	o.r.mistakes[len(o.r.mistakes)-1].Meant = nearest(name, o.names())
}

// names lists the keys that may stand in the mapping.
func (o *object) names() []string {
	names := make([]string, len(o.keys))
	for i, k := range o.keys {
		names[i] = k.Name
	}
	return names
}

// get declares a key and returns its value, or nil where there is none.
func (o *object) get(k Key) ast.Node {
	i := slices.IndexFunc(o.keys, func(have *Key) bool { return have.Name == k.Name })
	switch {
	case i < 0:
		o.keys = append(o.keys, &k)
	case k.inner != nil:
		o.keys[i].inner = k.inner // a mapping in place of a word
	}
	return o.values[k.Name]
}

// object reads a mapping within this one. What an absent one lacks is a mistake of this one.
func (o *object) object(key string) *object {
	n := o.values[key]
	inner := o.r.object(n, o.path+key+".")
	o.get(Key{Name: key, Kind: Mapping, inner: inner})
	if n == nil {
		inner.node = o.node
	}
	return inner
}

// mistake writes down a mistake at a key's value, or where its mapping stands if it has none.
func (o *object) mistake(key, found, allowed string) {
	if n := o.values[key]; n != nil {
		o.r.mistake(n, o.path+key, found, allowed)
		return
	}
	o.r.mistake(o.node, o.path+key, found, allowed)
}

// require writes down the absence of a key.
func (o *object) require(key, allowed string) bool {
	o.needed = append(o.needed, key)
	if n := o.values[key]; n != nil && n.Type() != ast.NullType {
		return true
	}
	o.mistake(key, "no "+o.path+key, allowed)
	return false
}

// key is a key that a getter has declared.
func (o *object) key(name string) *Key {
	return o.keys[slices.IndexFunc(o.keys, func(k *Key) bool { return k.Name == name })]
}

// inner is a mapping that was read.
func (o *object) inner(key string) *object { return o.key(key).inner }

// unless tells that a key is required where another is absent.
func (o *object) unless(key, other string) {
	k := o.key(key)
	k.Instead, k.Default = other, nil
}

// text reads a string that satisfies the constraint.
func (o *object) text(key, fallback string, c constraint) string {
	n := o.get(Key{Name: key, Kind: Text, Default: fallback, text: c})
	if n == nil || n.Type() == ast.NullType {
		return fallback
	}
	s, ok := scalar(n)
	if !ok || !c.holds(s) {
		o.r.mistake(n, o.path+key, describe(n), c.allowed)
		return fallback
	}
	return s
}

// number reads a whole number within bounds, both inclusive.
func (o *object) number(key string, fallback, lowest, highest int) int {
	k := Key{Name: key, Kind: Number, Default: fallback, Lowest: lowest, Highest: highest}
	return o.whole(k, fallback, func(v int) bool { return v >= lowest && v <= highest })
}

// choice reads a whole number that is one of a few.
func (o *object) choice(key string, fallback int, of ...int) int {
	return o.whole(Key{Name: key, Kind: Number, Default: fallback, Choice: of}, fallback, func(v int) bool { return slices.Contains(of, v) })
}

func (o *object) whole(k Key, fallback int, holds func(int) bool) int {
	n := o.get(k)
	if n == nil {
		return fallback
	}
	if i, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(fmt.Sprint(i.Value)); err == nil && holds(v) {
			return v
		}
	}
	o.r.mistake(n, o.path+k.Name, describe(n), k.Allowed())
	return fallback
}

// flag reads true or false.
func (o *object) flag(key string, fallback bool) bool {
	k := Key{Name: key, Kind: Flag, Default: fallback}
	n := o.get(k)
	if n == nil {
		return fallback
	}
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value
	}
	o.r.mistake(n, o.path+key, describe(n), k.Allowed())
	return fallback
}

// texts reads a list of strings that satisfy the constraint: of one or more, unless its default has none.
func (o *object) texts(key string, fallback []string, c constraint) []string {
	k := Key{Name: key, Kind: Texts, Default: fallback, Lowest: min(1, len(fallback)), text: c}
	n := o.get(k)
	if n == nil {
		return fallback
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) < k.Lowest {
		o.r.mistake(n, o.path+key, describe(n), k.Allowed())
		return fallback
	}
	texts := []string{}
	for i, item := range list.Values {
		s, ok := scalar(item)
		if !ok || !c.holds(s) {
			o.r.mistake(item, fmt.Sprintf("%s%s[%d]", o.path, key, i), describe(item), c.allowed)
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// objects reads a list of mappings.
func (o *object) objects(key string) []*object {
	k := Key{Name: key, Kind: Mappings}
	n := o.get(k)
	if n == nil || n.Type() == ast.NullType {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		o.r.mistake(n, o.path+key, describe(n), k.Allowed())
		return nil
	}
	var all []*object
	for i, item := range list.Values {
		inner := o.r.object(item, fmt.Sprintf("%s%s[%d].", o.path, key, i))
		o.get(Key{Name: key, inner: inner})
		all = append(all, inner)
	}
	return all
}

// labels reads a mapping of a few texts, whose keys and values satisfy constraints.
func (o *object) labels(key string, most int, keys, values constraint) map[string]string {
	k := Key{Name: key, Kind: Labels, Highest: most, of: keys, text: values}
	n := o.get(k)
	pairs, ok := pairsOf(n)
	if !ok || len(pairs) > most {
		o.r.mistake(n, o.path+key, describe(n), k.Allowed())
		return nil
	}
	var texts map[string]string
	for _, pair := range pairs {
		name, named := scalar(pair.Key)
		value, valued := scalar(pair.Value)
		path := o.path + key + "." + name
		switch _, twice := texts[name]; {
		case !named || !keys.holds(name):
			o.r.mistake(pair.Key, path, "key "+describe(pair.Key), keys.allowed)
		case twice:
			o.r.mistake(pair.Key, path, "key "+strconv.Quote(name)+" a second time", "each key once")
		case !valued || !values.holds(value):
			o.r.mistake(pair.Value, path, describe(pair.Value), values.allowed)
		default:
			if texts == nil {
				texts = map[string]string{}
			}
			texts[name] = value
		}
	}
	return texts
}
