package terraform

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/export/exporttest"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

const root = "../.."

// written writes every declaration, with and without what stands.
func written(t *testing.T, check func(*testing.T, *blueprint.Blueprint, *export.Result)) {
	for file, d := range exporttest.Declarations(t, root) {
		t.Run(path.Base(path.Dir(file))+"/"+path.Base(file), func(t *testing.T) {
			for _, b := range []*blueprint.Blueprint{exporttest.Blueprint(t, d), exporttest.Stands(exporttest.Blueprint(t, d))} {
				r, err := Write(b)
				if err != nil {
					t.Fatal(err)
				}
				check(t, b, r)
			}
		})
	}
}

// folder is a module as Terraform reads it: all files of one folder.
type folder struct {
	blocks []*hclsyntax.Block
	types  map[string]string // of the resources and data sources, by their addresses
}

// parsed reads the files of both modules, "." and that of a region.
func parsed(t *testing.T, r *export.Result) map[string]*folder {
	t.Helper()
	all := map[string]*folder{}
	for name, text := range r.Files {
		if path.Ext(name) != ".tf" {
			continue
		}
		f, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		dir := path.Dir(name)
		if all[dir] == nil {
			all[dir] = &folder{types: map[string]string{}}
		}
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			all[dir].blocks = append(all[dir].blocks, b)
			if address := addressOf(b); address != "" {
				if _, twice := all[dir].types[address]; twice {
					t.Errorf("%s is there twice", address)
				}
				all[dir].types[address] = strings.TrimPrefix(strings.Join([]string{b.Type, b.Labels[0]}, "."), "resource.")
			}
		}
	}
	return all
}

// addressOf returns a resource's address, nothing for other blocks.
func addressOf(b *hclsyntax.Block) string {
	switch b.Type {
	case "resource":
		return strings.Join(b.Labels, ".")
	case "data":
		return "data." + strings.Join(b.Labels, ".")
	}
	return ""
}

// schemas are the oldest and the newest provider whose schemas an export is held against: it is for what they have in common.
var schemas = []string{"testdata/provider-5.100.0.json", "testdata/provider-6.25.0.json"}

// schemaOf is what both providers' schemas have of the types that an export may write.
func schemaOf(t *testing.T) map[string]struct{ arguments, attributes []string } {
	t.Helper()
	old, recent := readSchema(t, schemas[0]), readSchema(t, schemas[1])
	in := func(all []string) func(string) bool {
		return func(one string) bool { return !slices.Contains(all, one) }
	}
	for name, one := range recent {
		one.arguments = slices.DeleteFunc(one.arguments, in(old[name].arguments))
		one.attributes = slices.DeleteFunc(one.attributes, in(slices.Concat(old[name].attributes, old[name].arguments)))
		recent[name] = one
	}
	return recent
}

func readSchema(t *testing.T, file string) map[string]struct{ arguments, attributes []string } {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Types map[string]struct{ Arguments, Attributes string }
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	all := map[string]struct{ arguments, attributes []string }{}
	for name, one := range read.Types {
		all[name] = struct{ arguments, attributes []string }{strings.Fields(one.Arguments), strings.Fields(one.Attributes)}
	}
	return all
}

// Terraform's own arguments of every resource.
var meta = []string{"provider", "depends_on", "lifecycle", "lifecycle.ignore_changes"}

func TestTypesAndArgumentsAreTheProviders(t *testing.T) {
	schema := schemaOf(t)
	written(t, func(t *testing.T, _ *blueprint.Blueprint, r *export.Result) {
		for _, f := range parsed(t, r) {
			for _, b := range f.blocks {
				address := addressOf(b)
				if address == "" {
					continue
				}
				known, ok := schema[f.types[address]]
				if !ok {
					t.Errorf("the provider has no %s", f.types[address])
				}
				for _, name := range argumentsOf(b.Body, "") {
					if !slices.Contains(known.arguments, name) && !slices.Contains(meta, name) {
						t.Errorf("%s has no argument %s", address, name)
					}
				}
				for _, ignored := range ignoredBy(b) {
					if !slices.Contains(known.arguments, ignored) {
						t.Errorf("%s ignores %s, which is no argument", address, ignored)
					}
				}
			}
		}
	})
}

// argumentsOf lists what is set in a block, that of inner blocks with their names before it.
func argumentsOf(body *hclsyntax.Body, before string) (names []string) {
	for name := range body.Attributes {
		names = append(names, before+name)
	}
	for _, b := range body.Blocks {
		names = append(append(names, before+b.Type), argumentsOf(b.Body, before+b.Type+".")...)
	}
	return names
}

func ignoredBy(b *hclsyntax.Block) (names []string) {
	for _, inner := range b.Body.Blocks {
		if inner.Type != "lifecycle" {
			continue
		}
		for _, e := range inner.Body.Attributes["ignore_changes"].Expr.(*hclsyntax.TupleConsExpr).Exprs {
			names = append(names, hcl.ExprAsKeyword(e))
		}
	}
	return names
}

func TestReferencesResolve(t *testing.T) {
	schema := schemaOf(t)
	written(t, func(t *testing.T, _ *blueprint.Blueprint, r *export.Result) {
		all := parsed(t, r)
		if len(all) != 2 && len(all) != 3 {
			t.Fatalf("modules: %v", slices.Collect(maps.Keys(all)))
		}
		for dir, f := range all {
			for _, b := range f.blocks {
				for _, ref := range referencesOf(b) {
					if !resolves(schema, all, dir, ref) {
						t.Errorf("%s in %s %v refers to nothing", ref, b.Type, b.Labels)
					}
				}
			}
		}
		modulesGetTheirVariables(t, all)
	})
}

// referencesOf lists the references in a block. Of the names that Terraform leaves alone, a test of its own knows.
func referencesOf(b *hclsyntax.Block) (refs []string) {
	hclsyntax.VisitAll(b.Body, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
			var parts []string
			for _, step := range e.Traversal {
				switch s := step.(type) {
				case hcl.TraverseRoot:
					parts = append(parts, s.Name)
				case hcl.TraverseAttr:
					parts = append(parts, s.Name)
				}
			}
			refs = append(refs, strings.Join(parts, "."))
		}
		return nil
	})
	ignored := ignoredBy(b)
	return slices.DeleteFunc(refs, func(ref string) bool {
		return slices.Contains(ignored, ref) || b.Type == "variable" && (ref == "string" || ref == "number" || ref == "bool")
	})
}

// resolves tells whether a reference leads to something that is declared, and that has the attribute.
func resolves(schema map[string]struct{ arguments, attributes []string }, all map[string]*folder, dir, ref string) bool {
	steps := strings.Split(ref, ".")
	has := func(dir, kind, name string) bool {
		return slices.ContainsFunc(all[dir].blocks, func(b *hclsyntax.Block) bool { return b.Type == kind && b.Labels[0] == name })
	}
	switch steps[0] {
	case "var":
		return len(steps) == 2 && has(dir, "variable", steps[1])
	case "aws":
		return len(steps) == 2 && slices.ContainsFunc(all[dir].blocks, func(b *hclsyntax.Block) bool {
			return b.Type == "provider" && literalOf(b.Body.Attributes["alias"]) == steps[1]
		})
	case "module":
		switch {
		case !has(dir, "module", steps[1]):
			return false
		case len(steps) == 2:
			return true
		case has(sourceOf(all, steps[1]), "output", steps[2]):
			return len(steps) == 3
		}
		return resolves(schema, all, sourceOf(all, steps[1]), strings.Join(steps[2:], ".")) // of an import
	}
	length := 2
	if steps[0] == "data" {
		length = 3
	}
	if len(steps) < length {
		return false
	}
	kind, ok := all[dir].types[strings.Join(steps[:length], ".")]
	if !ok || len(steps) == length {
		return ok
	}
	known := schema[kind]
	return slices.Contains(known.arguments, steps[length]) || slices.Contains(known.attributes, steps[length])
}

// sourceOf returns the folder of the module that a region is.
func sourceOf(all map[string]*folder, name string) string {
	for _, b := range all["."].blocks {
		if b.Type == "module" && b.Labels[0] == name {
			return path.Clean(literalOf(b.Body.Attributes["source"]))
		}
	}
	return ""
}

func literalOf(a *hclsyntax.Attribute) string {
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		return ""
	}
	return v.AsString()
}

// Nothing waits for a whole module, in which something may wait for it in turn.
func TestNothingWaitsForAWholeModule(t *testing.T) {
	written(t, func(t *testing.T, _ *blueprint.Blueprint, r *export.Result) {
		for _, b := range parsed(t, r)["."].blocks {
			if b.Type != "resource" {
				continue
			}
			for _, ref := range referencesOf(b) {
				if strings.HasPrefix(ref, "module.") && strings.Count(ref, ".") == 1 {
					t.Errorf("%s waits for all of %s", addressOf(b), ref)
				}
			}
		}
	})
}

// What is imported is declared in the spelling in which the provider reads it, or its first plan changes what is the same.
func TestTheProvidersSpellings(t *testing.T) {
	written(t, func(t *testing.T, blueprint *blueprint.Blueprint, r *export.Result) {
		d := blueprint.Declaration
		for name, file := range r.Files {
			if bytes.Contains(file, []byte(`= ["Default"]`)) {
				t.Errorf("%s has AWS's termination policy, which is read back as none", name)
			}
		}
		for _, f := range parsed(t, r) {
			for _, b := range f.blocks {
				names := argumentsOf(b.Body, "")
				has := func(name string) bool { return slices.Contains(names, name) }
				switch address := addressOf(b); f.types[address] {
				case "aws_instance":
					if has("user_data_base64") {
						t.Errorf("%s has user_data_base64, for which an instance is stopped", address)
					}
					if has("user_data") != (d.HostUserData() != "") {
						t.Errorf("%s has user data: %t, for %q", address, has("user_data"), d.HostUserData())
					}
				case "aws_lb_listener":
					one := d.Balancer.Kind == understudy.KindNetwork
					if has("default_action.target_group_arn") != (has("default_action.forward") || one) {
						t.Errorf("%s forwards in %v", address, names)
					}
				case "aws_lb_listener_rule":
					if has("action.target_group_arn") {
						t.Errorf("%s has target_group_arn, which is not read back", address)
					}
				}
			}
		}
	})
}

// modulesGetTheirVariables compares a module's variables with what it is given for each region.
func modulesGetTheirVariables(t *testing.T, all map[string]*folder) {
	t.Helper()
	for _, b := range all["."].blocks {
		if b.Type != "module" {
			continue
		}
		var wants []string
		for _, v := range all[sourceOf(all, b.Labels[0])].blocks {
			if v.Type == "variable" {
				wants = append(wants, v.Labels[0])
			}
		}
		given := slices.Sorted(maps.Keys(b.Body.Attributes))
		given = slices.DeleteFunc(given, func(name string) bool { return name == "source" || name == "providers" })
		if slices.Sort(wants); !slices.Equal(given, wants) {
			t.Errorf("module %s is given %v, and has the variables %v", b.Labels[0], given, wants)
		}
	}
}

func TestEveryPieceIsWritten(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		tr, err := translated(b)
		if err != nil {
			t.Fatal(err)
		}
		tr.apart = !tr.alike()
		all := parsed(t, r)
		for _, p := range b.Pieces {
			dir := "."
			if tr.inModule(p) {
				dir = sourceOf(all, string(p.Side))
			}
			if one := tr.of[p.ID]; one == nil || all[dir].types[one.address()] == "" {
				t.Errorf("%s is not in %s", p.ID, dir)
			}
		}
	})
}

// Regions that are no copies of one another are a module each.
func TestRegionsThatDifferAreModulesOfTheirOwn(t *testing.T) {
	for file, d := range exporttest.Declarations(t, root) {
		if d.GivenNetwork() {
			continue // its ways out are not declared
		}
		other := d.Regions[understudy.Secondary]
		other.Egress = understudy.EgressNAT
		if d.Regions[understudy.Primary].Egress == other.Egress {
			other.Egress = understudy.EgressNone
		}
		d.Regions[understudy.Secondary] = other
		r, err := Write(exporttest.Stands(exporttest.Blueprint(t, d)))
		if err != nil {
			t.Fatal(file, err)
		}
		all, schema := parsed(t, r), schemaOf(t)
		if len(all) != 3 {
			t.Errorf("%s: folders %v", file, slices.Sorted(maps.Keys(all)))
		}
		for dir, f := range all {
			for _, b := range f.blocks {
				for _, ref := range referencesOf(b) {
					if !resolves(schema, all, dir, ref) {
						t.Errorf("%s: %s in %s %v refers to nothing", file, ref, b.Type, b.Labels)
					}
				}
			}
		}
		modulesGetTheirVariables(t, all)
	}
}

func TestSameBytesAndLayoutEachTime(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		again, err := Write(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range r.Files {
			if !bytes.Equal(text, again.Files[name]) {
				t.Errorf("%s is another the second time", name)
			}
			if path.Ext(name) == ".tf" && !bytes.Equal(text, hclwrite.Format(text)) {
				t.Errorf("%s is not formatted", name)
			}
		}
	})
}

// What no translation knows is refused by its name, and so is a setting that none reads.
func TestTheUnknownIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*blueprint.Piece)
		says   string
	}{
		"a kind": {func(p *blueprint.Piece) { p.Kind = "wormhole" }, "primary/vpc: Terraform's export knows no wormhole"},
		"a setting": {func(p *blueprint.Piece) {
			p.Settings = append(p.Settings, resource.Field{Name: "tenancy", Value: "dedicated"})
		}, `primary/vpc: tenancy is "dedicated"`},
		"a missing": {func(p *blueprint.Piece) { p.Settings = p.Settings[1:] }, `primary/vpc: there is no setting "cidr"`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range exporttest.Declarations(t, root) {
				if d.GivenNetwork() {
					continue // its first piece is another
				}
				b := exporttest.Blueprint(t, d)
				c.change(&b.Pieces[0])
				_, err := Write(b)
				if b.Pieces[0].ID != "primary/vpc" || err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v does not say %s", err, c.says)
				}
			}
		})
	}
}

// Where everything stands, everything is imported, each to a resource that is declared.
func TestImports(t *testing.T) {
	for file, d := range exporttest.Declarations(t, root) {
		b := exporttest.Stands(exporttest.Blueprint(t, d))
		r, err := Write(b)
		if err != nil {
			t.Fatal(file, err)
		}
		all, imported := parsed(t, r), map[string]string{}
		for _, one := range all["."].blocks {
			if one.Type == "import" {
				imported[referencesOf(one)[0]] = literalOf(one.Body.Attributes["id"])
			}
		}
		want := map[string]bool{}
		for address := range all["."].types {
			want[address] = true
		}
		for _, side := range understudy.Sides {
			for address := range all[sourceOf(all, string(side))].types {
				want["module."+string(side)+"."+address] = true
			}
		}
		maps.DeleteFunc(want, func(address string, _ bool) bool { return strings.Contains(address, "data.") })
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(imported))); diff != "" {
			t.Errorf("%s: imports (-want +got)\n%s", file, diff)
		}
		for address, want := range map[string]string{
			"module.primary.aws_vpc.main":                          "id-primary-vpc",
			"module.secondary.aws_route.public_default":            "id-secondary-public-routes_0.0.0.0/0",
			"module.primary.aws_route_table_association.private_a": "id-primary-subnet-private-a/id-primary-private-routes",
			"module.secondary.aws_autoscaling_group.main":          "understudy-" + d.Name,
			"aws_route53_record.primary":                           d.Domain + "_" + d.Host() + "_A_understudy-" + d.Name + "-primary",
			"aws_route53_health_check.secondary":                   "id-secondary-health-check",
		} {
			if d.GivenNetwork() && (strings.Contains(address, ".aws_vpc.") || strings.Contains(address, ".aws_route")) {
				continue // of a network that is somebody else's, at least on one side
			}
			if imported[address] != want {
				t.Errorf("%s: %s is imported by %q, not %q", file, address, imported[address], want)
			}
		}
	}
}
