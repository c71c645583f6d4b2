package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

// moduleFolder is the module that both regions are.
const moduleFolder = "modules/region/"

// provider is what the resources above both regions are reached by: Terraform then needs the primary's region for them no more than a
// failover does.
const provider = "aws.secondary"

// variable is something in which the regions differ.
type variable struct {
	name, typ string
	of        string                     // the argument
	values    map[understudy.Side]string // expressions, of the root
}

// output is an attribute of the module's that the root refers to.
type output struct{ name, expression string }

// lay writes all files.
func (t *translation) lay() error {
	files := map[string]*strings.Builder{}
	to := func(name string) *strings.Builder {
		if files[name] == nil {
			files[name] = &strings.Builder{}
			fmt.Fprintf(files[name], "# Written by `understudy export terraform` from the declaration of %s.\n", t.blueprint.Declaration.Name)
		}
		return files[name]
	}
	t.order()
	if err := t.layModule(to); err != nil {
		return err
	}
	for _, r := range t.resources {
		if !t.inModule(r.piece) {
			t.layAbove(to(r.file), r)
		}
	}
	t.layRoot(to)
	for name, b := range files {
		formatted := hclwrite.Format([]byte(b.String()))
		if _, diags := hclwrite.ParseConfig(formatted, name, hcl.InitialPos); diags.HasErrors() {
			return fmt.Errorf("export: %w", diags)
		}
		t.files[name] = formatted
	}
	return nil
}

// layAbove writes a resource of the root.
func (t *translation) layAbove(b *strings.Builder, r *resource) {
	by := provider
	if !slices.Contains(worldwide, r.piece.Kind) {
		by = "aws." + string(r.piece.Side)
	}
	r.body = slices.Insert(r.body, 0, item{argument: "provider", value: verbatim(by)})
	t.layResource(b, r, t.above)
}

func (t *translation) layResource(b *strings.Builder, r *resource, at refer) {
	r.name, r.labels = "resource", []string{r.typ, r.label}
	if r.data {
		r.name = "data"
	}
	b.WriteString("\n")
	r.write(b, at)
}

// above refers to something from the root.
func (t *translation) above(of plan.Ref, attribute string) string {
	r, name := t.of[of.Piece], t.attribute(of, attribute)
	if !t.inModule(r.piece) {
		return r.address() + "." + name
	}
	out := output{name: strings.ReplaceAll(string(r.piece.Kind), " ", "_") + "_" + name, expression: r.address() + "." + name}
	if r.label != "main" {
		out.name = label(string(r.piece.Kind), "") + "_" + r.label + "_" + name
	}
	if !slices.Contains(t.outputs, out) {
		t.outputs = append(t.outputs, out)
	}
	return "module." + string(r.piece.Side) + "." + out.name
}

// inside refers to something from within the module of a side. What is not in it comes by a variable.
func (t *translation) inside(side understudy.Side) refer {
	return func(of plan.Ref, attribute string) string {
		r, name := t.of[of.Piece], t.attribute(of, attribute)
		if t.inModule(r.piece) && r.piece.Side == side {
			return r.address() + "." + name
		}
		v := label(string(r.piece.Kind)+" "+r.label+" "+name, "")
		return "var." + t.vary(v, "string", name+" of "+r.address(), map[understudy.Side]string{side: t.above(of, attribute)})
	}
}

// vary adds a variable, or a side's value to one.
func (t *translation) vary(name, typ, of string, values map[understudy.Side]string) string {
	for _, v := range t.variables {
		if v.name == name {
			for side, value := range values {
				v.values[side] = value
			}
			return name
		}
	}
	t.variables = append(t.variables, &variable{name, typ, of, values})
	return name
}

// layModule writes the primary's resources, with a variable where the secondary's differ.
func (t *translation) layModule(to func(string) *strings.Builder) error {
	var sides [2][]*resource
	for i, side := range understudy.Sides {
		for _, r := range t.resources {
			if t.inModule(r.piece) && r.piece.Side == side {
				sides[i] = append(sides[i], r)
			}
		}
	}
	if len(sides[0]) != len(sides[1]) {
		return fmt.Errorf("export: the regions have %d and %d resources", len(sides[0]), len(sides[1]))
	}
	for i, r := range sides[0] {
		n := slices.IndexFunc(sides[1], func(o *resource) bool { return o.address() == r.address() })
		if n < 0 {
			return fmt.Errorf("export: the secondary has no %s", r.address())
		}
		if err := t.vari(&r.block, &sides[1][n].block, r); err != nil {
			return err
		}
		if i == 0 {
			t.layZones(to(moduleFolder + r.file))
		}
		t.layResource(to(moduleFolder+r.file), r, t.inside(understudy.Primary))
		t.layResource(&strings.Builder{}, sides[1][n], t.inside(understudy.Secondary)) // for its variables
	}
	return nil
}

// layZones writes where subnets are: in the zones that take every instance type, as the plan chooses them.
func (t *translation) layZones(b *strings.Builder) {
	zones := &block{name: "data", labels: []string{"aws_availability_zones", "available"}}
	zones.set("state", text("available"))
	zones.within("filter").set("name", text("zone-type")).set("values", list{text("availability-zone")})
	b.WriteString("\n")
	zones.write(b, nil)
}

// vari replaces the values in which two blocks differ by variables.
func (t *translation) vari(a, b *block, of *resource) error {
	if len(a.body) != len(b.body) {
		return fmt.Errorf("export: %s is not alike in both regions", of.address())
	}
	for i := range a.body {
		x, y := &a.body[i], &b.body[i]
		switch {
		case x.argument != y.argument || (x.block == nil) != (y.block == nil):
			return fmt.Errorf("export: %s is not alike in both regions", of.address())
		case x.block != nil:
			if err := t.vari(x.block, y.block, of); err != nil {
				return err
			}
		case x.value != nil:
			p, s := x.value.text(t.inside(understudy.Primary)), y.value.text(t.inside(understudy.Secondary))
			if p != s {
				v := verbatim("var." + t.name(x, y, of))
				x.value, y.value = v, v
			}
		}
	}
	return nil
}

// name returns the variable for an argument that differs: of its name, or with its resource's where another has that.
func (t *translation) name(x, y *item, of *resource) string {
	values := map[understudy.Side]string{understudy.Primary: x.value.text(t.above), understudy.Secondary: y.value.text(t.above)}
	name := x.argument
	if slices.ContainsFunc(t.variables, func(v *variable) bool {
		return v.name == name && (v.values[understudy.Primary] != values[understudy.Primary] || v.values[understudy.Secondary] != values[understudy.Secondary])
	}) {
		name = label(strings.TrimPrefix(of.typ, "aws_")+" "+of.label+" "+x.argument, "")
	}
	return t.vary(name, typeOf(x.value), x.argument+" of "+of.address(), values)
}

func typeOf(v value) string {
	if l, ok := v.(literal); ok {
		return l.v.Type().FriendlyName()
	}
	return "any"
}
