package terraform

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/understudy/understudy/plan/blueprint"
)

// value is the right side of an argument.
type value interface {
	// text writes it as an expression, with references as a place has them.
	text(refer) string
}

// refer writes a reference to an attribute of a resource.
type refer func(of blueprint.Ref, attribute string) string

// literal is a string, a number or a truth.
type literal struct{ v cty.Value }

func text(s string) value      { return literal{cty.StringVal(s)} }
func num(n int) value          { return literal{cty.NumberIntVal(int64(n))} }
func truth(b bool) value       { return literal{cty.BoolVal(b)} }
func fraction(f float64) value { return literal{cty.NumberFloatVal(f)} }

func (l literal) text(refer) string { return string(hclwrite.TokensForValue(l.v).Bytes()) }

// ref is an attribute of a piece; empty is the one by which others know it.
type ref struct {
	blueprint.Ref
	attribute string
}

func (r ref) text(at refer) string { return at(r.Ref, r.attribute) }

// list is a list, on a line of its own for each entry where there are several.
type list []value

func (l list) text(at refer) string {
	if len(l) == 1 {
		return "[" + l[0].text(at) + "]"
	}
	var b strings.Builder
	b.WriteString("[\n")
	for _, v := range l {
		b.WriteString(v.text(at) + ",\n")
	}
	return b.String() + "]"
}

func refs(all []blueprint.Ref) value {
	var l list
	for _, r := range all {
		l = append(l, ref{Ref: r})
	}
	return l
}

func texts(all []string) value {
	var l list
	for _, s := range all {
		l = append(l, text(s))
	}
	return l
}

// object is a map.
type object []entry

type entry struct {
	name  string
	value value
}

func (o object) text(at refer) string {
	var b strings.Builder
	b.WriteString("{\n")
	for _, e := range o {
		b.WriteString(key(e.name) + " = " + e.value.text(at) + "\n")
	}
	return b.String() + "}"
}

// key writes the name of a map's entry: in quotes where it is no identifier.
func key(name string) string {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return text(name).text(nil)
		}
	}
	return name
}

// call is a function of others.
type call struct {
	function  string
	arguments []value
}

func (c call) text(at refer) string {
	var all []string
	for _, a := range c.arguments {
		all = append(all, a.text(at))
	}
	return c.function + "(" + strings.Join(all, ", ") + ")"
}

// verbatim is an expression as it is written.
type verbatim string

func (v verbatim) text(refer) string { return string(v) }

// joined is a string of literals and references.
type joined []value

func (j joined) text(at refer) string {
	var b strings.Builder
	for _, v := range j {
		one := v.text(at)
		if _, ok := v.(literal); ok {
			b.WriteString(strings.TrimSuffix(strings.TrimPrefix(one, `"`), `"`))
			continue
		}
		fmt.Fprintf(&b, "${%s}", one)
	}
	return `"` + b.String() + `"`
}

// block is a block and what stands in it.
type block struct {
	name   string
	labels []string
	body   []item
}

// item is an argument, a block, or a remark on its own line.
type item struct {
	argument string
	value    value
	block    *block
	remark   string
}

func (b *block) set(name string, v value) *block {
	b.body = append(b.body, item{argument: name, value: v})
	return b
}

// within adds a block, and returns it.
func (b *block) within(name string) *block {
	inner := &block{name: name}
	b.body = append(b.body, item{block: inner})
	return inner
}

func (b *block) remark(format string, args ...any) *block {
	b.body = append(b.body, item{remark: fmt.Sprintf(format, args...)})
	return b
}

// write writes a block. Its layout is hclwrite's to make.
func (b *block) write(out *strings.Builder, at refer) {
	out.WriteString(b.name)
	for _, l := range b.labels {
		fmt.Fprintf(out, " %q", l)
	}
	out.WriteString(" {\n")
	for i, it := range b.body {
		switch {
		case it.remark != "":
			out.WriteString("# " + it.remark + "\n")
		case it.block != nil:
			if i > 0 && b.body[i-1].remark == "" {
				out.WriteString("\n")
			}
			it.block.write(out, at)
		default:
			if i > 0 && b.body[i-1].block != nil {
				out.WriteString("\n")
			}
			out.WriteString(it.argument + " = " + it.value.text(at) + "\n")
		}
	}
	out.WriteString("}\n")
}
