package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
)

// folder is the module that a region is: the same for both, unless they are no copies of one another.
func (t *translation) folder(side understudy.Side) string {
	if t.apart {
		return "modules/" + string(side) + "/"
	}
	return "modules/region/"
}

// provider is what the resources above both regions are reached by: Terraform then needs the primary's region for them no more than a
// failover does.
const provider = "aws.secondary"

// variable is something in which the regions differ.
type variable struct {
	name, typ string
	of        string                     // the argument
	values    map[understudy.Side]string // expressions, of the root
}

// output is an attribute of a module's that the root refers to.
type output struct{ folder, name, expression string }

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
	t.apart = !t.alike()
	t.order()
	t.layModules(to)
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
func (t *translation) layAbove(b *strings.Builder, r *resourceBlock) {
	by := provider
	if !slices.Contains(worldwide, r.piece.Kind) {
		by = "aws." + string(r.piece.Side)
	}
	r.body = slices.Insert(r.body, 0, item{argument: "provider", value: verbatim(by)})
	t.layResource(b, r, t.above)
}

func (t *translation) layResource(b *strings.Builder, r *resourceBlock, at refer) {
	r.name, r.labels = "resource", []string{r.typ, r.label}
	if r.data {
		r.name = "data"
	}
	b.WriteString("\n")
	r.write(b, at)
}

// above refers to something from the root.
func (t *translation) above(of blueprint.Ref, attribute string) string {
	r, name := t.of[of.Piece], t.attribute(of, attribute)
	if !t.inModule(r.piece) {
		return r.address() + "." + name
	}
	out := output{folder: t.folder(r.piece.Side), name: strings.ReplaceAll(string(r.piece.Kind), " ", "_") + "_" + name, expression: r.address() + "." + name}
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
	return func(of blueprint.Ref, attribute string) string {
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

// regional returns a side's resources that are in a module.
func (t *translation) regional(side understudy.Side) (all []*resourceBlock) {
	for _, r := range t.resources {
		if t.inModule(r.piece) && r.piece.Side == side {
			all = append(all, r)
		}
	}
	return all
}

// alike tells whether the regions are copies of one another, but for what the standby alone has for the switch.
func (t *translation) alike() bool {
	for _, r := range t.resources {
		if r.piece.Kind != blueprint.KindRule && r.piece.Kind != blueprint.KindSwitch && !slices.Contains(worldwide, r.piece.Kind) && !t.inModule(r.piece) {
			return false
		}
	}
	primary, secondary := t.regional(understudy.Primary), t.regional(understudy.Secondary)
	return len(primary) == len(secondary) && !slices.ContainsFunc(primary, func(r *resourceBlock) bool {
		other := counterpart(r, secondary)
		return other == nil || !sameShape(&r.block, &other.block)
	})
}

// counterpart returns the resource with the same address, nil for none.
func counterpart(r *resourceBlock, among []*resourceBlock) *resourceBlock {
	for _, o := range among {
		if o.address() == r.address() {
			return o
		}
	}
	return nil
}

func sameShape(a, b *block) bool {
	return slices.EqualFunc(a.body, b.body, func(x, y item) bool {
		return x.argument == y.argument && x.remark == y.remark && (x.block == nil) == (y.block == nil) &&
			(x.block == nil || x.block.name == y.block.name && sameShape(x.block, y.block))
	})
}

// layModules writes the primary's resources, with a variable where the secondary's differ; or those of each region.
func (t *translation) layModules(to func(string) *strings.Builder) {
	primary, secondary := t.regional(understudy.Primary), t.regional(understudy.Secondary)
	if t.apart {
		t.layModule(to, understudy.Primary, primary)
		t.layModule(to, understudy.Secondary, secondary)
		return
	}
	for _, r := range primary {
		t.vari(&r.block, &counterpart(r, secondary).block, r)
	}
	t.layModule(to, understudy.Primary, primary)
	t.layModule(func(string) *strings.Builder { return &strings.Builder{} }, understudy.Secondary, secondary) // for its variables
}

func (t *translation) layModule(to func(string) *strings.Builder, side understudy.Side, all []*resourceBlock) {
	if len(all) > 0 {
		t.layZones(to(t.folder(side) + all[0].file))
	}
	if slices.ContainsFunc(all, func(r *resourceBlock) bool { return r.piece.Kind == blueprint.KindEndpoint }) {
		write(to(t.folder(side)+all[0].file), &block{name: "data", labels: []string{"aws_region", "current"}})
	}
	for _, r := range all {
		t.layResource(to(t.folder(side)+r.file), r, t.inside(side))
	}
}

// layZones writes where subnets are: in the zones that take every instance type, as the plan chooses them.
func (t *translation) layZones(b *strings.Builder) {
	zones := &block{name: "data", labels: []string{"aws_availability_zones", "available"}}
	zones.set("state", text("available"))
	zones.within("filter").set("name", text("zone-type")).set("values", list{text("availability-zone")})
	b.WriteString("\n")
	zones.write(b, nil)
}

// vari replaces the values in which two blocks of one shape differ by variables.
func (t *translation) vari(a, b *block, of *resourceBlock) {
	for i := range a.body {
		x, y := &a.body[i], &b.body[i]
		switch {
		case x.block != nil:
			t.vari(x.block, y.block, of)
		case x.value != nil:
			if x.value.text(t.inside(understudy.Primary)) != y.value.text(t.inside(understudy.Secondary)) {
				v := verbatim("var." + t.name(x, y, of))
				x.value, y.value = v, v
			}
		}
	}
}

// name returns the variable for an argument that differs: of its name, or with its resource's where another has that, or where it says nothing.
func (t *translation) name(x, y *item, of *resourceBlock) string {
	values := map[understudy.Side]string{understudy.Primary: x.value.text(t.above), understudy.Secondary: y.value.text(t.above)}
	name := x.argument
	if name == "id" || slices.ContainsFunc(t.variables, func(v *variable) bool {
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
	if l, ok := v.(list); ok && len(l) > 0 {
		return "list(" + typeOf(l[0]) + ")"
	}
	return "any"
}
