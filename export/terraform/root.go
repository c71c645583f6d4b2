package terraform

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
)

// versions: import blocks came with Terraform 1.5; the arguments are those that both generations of the provider have (testdata).
const (
	terraformVersion = ">= 1.5"
	providerVersion  = ">= 5.100, < 7.0"
)

// layRoot writes what stands beside the resources.
func (t *translation) layRoot(to func(string) *strings.Builder) {
	t.layVersions(to("versions.tf"))
	for _, side := range understudy.Sides[:t.modules()] {
		t.layVersions(to(t.folder(side) + "versions.tf"))
	}
	t.layProviders(to("providers.tf"))
	t.layOutputs(to("outputs.tf"))
	t.layCalls(to("main.tf"))
	slices.SortFunc(t.outputs, func(a, b output) int { return cmp.Compare(a.name, b.name) })
	for _, o := range t.outputs {
		write(to(o.folder+"outputs.tf"), (&block{name: "output", labels: []string{o.name}}).set("value", verbatim(o.expression)))
	}
	for _, v := range t.variables {
		for _, side := range understudy.Sides[:t.modules()] {
			if v.values[side] != "" {
				write(to(t.folder(side)+"variables.tf"), (&block{name: "variable", labels: []string{v.name}}).
					set("description", text(v.of+v.why())).set("type", verbatim(v.typ)))
			}
		}
	}
	for _, r := range t.resources {
		if id := t.importID(r.imported); id != "" && !r.data && r.piece.Standing != "" {
			address := r.address()
			if t.inModule(r.piece) {
				address = "module." + string(r.piece.Side) + "." + address
			}
			write(to("imports.tf"), (&block{name: "import"}).set("to", verbatim(address)).set("id", text(id)))
		}
	}
}

// why says why something is no constant of the module.
func (v *variable) why() string {
	if v.values[understudy.Primary] == v.values[understudy.Secondary] {
		return ", which is above both regions"
	}
	return ", which differs between the regions"
}

func write(to *strings.Builder, b *block) {
	to.WriteString("\n")
	b.write(to, nil)
}

func (t *translation) layVersions(to *strings.Builder) {
	b := (&block{name: "terraform"}).set("required_version", text(terraformVersion))
	b.within("required_providers").set("aws", object{{"source", text("hashicorp/aws")}, {"version", text(providerVersion)}})
	write(to, b)
}

func (t *translation) layProviders(to *strings.Builder) {
	common := object{}
	all := t.commonTags()
	for _, k := range slices.Sorted(maps.Keys(all)) {
		common = append(common, entry{k, text(all[k])})
	}
	for _, side := range understudy.Sides {
		b := (&block{name: "provider", labels: []string{"aws"}}).set("alias", text(string(side)))
		b.set("region", text(t.blueprint.Declaration.Regions[side].Name))
		b.within("default_tags").set("tags", common)
		write(to, b)
	}
}

// modules is how many modules there are.
func (t *translation) modules() int {
	if t.apart {
		return 2
	}
	return 1
}

// layCalls begins with what the files say only in part, for whoever reads them first.
func (t *translation) layCalls(to *strings.Builder) {
	for _, r := range slices.Concat(t.blueprint.Remarks, t.remarks) {
		to.WriteString("#\n" + comment(r.Resource+": "+r.Text))
	}
	for _, side := range understudy.Sides {
		b := (&block{name: "module", labels: []string{string(side)}}).set("source", text("./"+strings.TrimSuffix(t.folder(side), "/")))
		b.set("providers", object{{"aws", verbatim("aws." + string(side))}})
		for _, v := range t.variables {
			if v.values[side] != "" {
				b.set(v.name, verbatim(v.values[side]))
			}
		}
		write(to, b)
	}
}

// comment breaks a text into lines of comments.
func comment(text string) string {
	const width = 110
	var b, line strings.Builder
	for word := range strings.FieldsSeq(text) {
		if line.Len() > 0 && line.Len()+1+len(word) > width {
			b.WriteString("#" + line.String() + "\n")
			line.Reset()
		}
		line.WriteString(" " + word)
	}
	return b.String() + "#" + line.String() + "\n"
}

// layOutputs tells where the service is.
func (t *translation) layOutputs(to *strings.Builder) {
	d := t.blueprint.Declaration
	scheme, _ := d.Entry()
	write(to, (&block{name: "output", labels: []string{"url"}}).set("value", text(scheme+"://"+d.Host())))
	for _, p := range t.blueprint.Pieces {
		if p.Kind == blueprint.KindZone {
			write(to, (&block{name: "output", labels: []string{"name_servers"}}).
				set("value", verbatim(t.above(blueprint.Ref{Piece: p.ID}, "name_servers"))))
		}
	}
}

// importID returns what a resource is imported by, empty where some of it does not stand.
func (t *translation) importID(v value) string {
	switch v := v.(type) {
	case literal:
		if v.v.Type() == cty.String {
			return v.v.AsString()
		}
	case ref:
		return t.pieces[v.Piece].Standing
	case joined:
		var whole strings.Builder
		for _, one := range v {
			part := t.importID(one)
			if part == "" {
				return ""
			}
			whole.WriteString(part)
		}
		return whole.String()
	}
	return ""
}
