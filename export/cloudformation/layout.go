package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
)

// template is what a template has beside its resources.
type template struct {
	parameters []parameter
	outputs    tree
}

type parameter struct{ name, typ, usual, description string }

func (t *translation) in(name string) *template {
	if t.templates[name] == nil {
		t.templates[name] = &template{}
	}
	return t.templates[name]
}

// parameter adds a parameter to a template, once, and returns what stands for it.
func (t *translation) parameter(template, name, typ, usual, description string) tree {
	one := t.in(template)
	if !slices.ContainsFunc(one.parameters, func(p parameter) bool { return p.name == name }) {
		one.parameters = append(one.parameters, parameter{name, typ, usual, description})
	}
	return tree{{"Ref", name}}
}

// meanings are the attributes that a blueprint refers to.
var meanings = map[string]string{blueprint.DNSName: "DNSName", blueprint.AliasZone: "CanonicalHostedZoneID"}

// resolved puts what stands for them in a template in the place of references.
func (t *translation) resolved(template string, v any) any {
	switch v := v.(type) {
	case ref:
		return t.refer(template, v)
	case joined:
		parts := []any{}
		for _, one := range v {
			parts = append(parts, t.resolved(template, one))
		}
		return tree{{"Fn::Join", []any{"", parts}}}
	case tree:
		var all tree
		for _, e := range v {
			all.set(e.name, t.resolved(template, e.value))
		}
		return all
	case []any:
		all := []any{}
		for _, one := range v {
			all = append(all, t.resolved(template, one))
		}
		return all
	}
	return v
}

// refer returns what stands for a reference in a template: a resource of it, or a parameter, whose value is another template's output.
func (t *translation) refer(template string, r ref) tree {
	p := t.pieces[r.Piece]
	switch {
	case (p.Kind == blueprint.KindImage || p.Kind == blueprint.KindUsedImage) && r.Attribute == blueprint.RootDevice:
		return t.parameter(template, rootParameter, "String", "/dev/xvda", "The root device of the image")
	case p.Kind == blueprint.KindGivenVPC || p.Kind == blueprint.KindGivenSubnet:
		return tree{{"Ref", givenParameter(p)}}
	case p.Kind == blueprint.KindHostImage:
		return tree{{"Ref", hostImageParameter}}
	case p.Kind == blueprint.KindImage || p.Kind == blueprint.KindUsedImage:
		return tree{{"Ref", imageParameter}}
	case t.of[p.ID] == nil: // somebody else's zone
		return t.parameter(template, zoneParameter, "AWS::Route53::HostedZone::Id", p.Standing, "The hosted zone of "+p.Name)
	}
	to, attribute := t.of[p.ID], r.attribute
	if attribute == "" {
		attribute = meanings[r.Attribute]
	}
	if attribute == "" && p.Kind == blueprint.KindGroup {
		attribute = "GroupId"
	}
	value := tree{{"Ref", to.id}}
	if attribute != "" {
		value = tree{{"Fn::GetAtt", []any{to.id, attribute}}}
	}
	if home(p) == template {
		return value
	}
	output, name := to.id+attribute, to.id+attribute
	if home(p) == string(p.Side) {
		name = logical(string(p.Side)) + name
	}
	one := t.in(home(p))
	if !slices.ContainsFunc(one.outputs, func(e entry) bool { return e.name == output }) {
		one.outputs.set(output, tree{{"Value", value}})
	}
	return t.parameter(template, name, "String", "", "The output "+output+" of the stack of "+home(p)+".yaml")
}

// lay writes all templates, and what CloudFormation imports by them.
func (t *translation) lay() error {
	t.order()
	all := map[string]tree{}
	for _, r := range t.resources {
		name := home(r.piece)
		body := tree{{"Type", r.typ}}
		body = append(body, r.more...)
		body.set("DeletionPolicy", r.policy).set("UpdateReplacePolicy", r.policy).set("Properties", t.resolved(name, r.properties))
		resources := all[name]
		resources.set(r.id, body)
		all[name] = resources
	}
	for name := range all {
		if err := t.layTemplate(name+".yaml", name, all[name], t.in(name).outputs); err != nil {
			return err
		}
		if err := t.layImport(name, all[name]); err != nil {
			return err
		}
	}
	return nil
}

// places say what a template is of, and where its stack is to be.
func (t *translation) describes(name string) string {
	d := t.blueprint.Declaration
	switch name {
	case namesTemplate:
		return "the hosted zone and the health checks of " + d.Name + ", in whatever region"
	case recordsTemplate:
		return "the failover records of " + d.Name + ", in whatever region"
	case rolesTemplate:
		return "the role of the instances of " + d.Name + ", in whatever region, before those of the regions; it needs CAPABILITY_NAMED_IAM"
	}
	return "the " + name + " of " + d.Name + ", in " + d.Regions[understudy.Side(name)].Name
}

func (t *translation) layTemplate(file, name string, resources, outputs tree) error {
	whole := tree{{"AWSTemplateFormatVersion", "2010-09-09"}, {"Description", "understudy: " + t.describes(name)}}
	var parameters tree
	for _, p := range t.in(name).parameters {
		one := tree{{"Type", p.typ}, {"Description", p.description}}
		if p.usual != "" {
			one.set("Default", p.usual)
		}
		parameters.set(p.name, one)
	}
	if parameters != nil {
		whole.set("Parameters", parameters)
	}
	whole.set("Resources", resources)
	if outputs != nil {
		whole.set("Outputs", outputs)
	}
	text, err := write(whole)
	if err != nil {
		return fmt.Errorf("export: %s: %w", file, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Written by `understudy export cloudformation` from the declaration of %s.\n", t.blueprint.Declaration.Name)
	for _, r := range slices.Concat(t.blueprint.Remarks, t.remarks) {
		if t.templateOf(r.Resource) == name {
			b.WriteString("# " + r.Resource + ": " + r.Text + "\n")
		}
	}
	b.Write(text)
	t.files[file] = b.Bytes()
	return nil
}

// templateOf returns the template that a remark is about.
func (t *translation) templateOf(piece string) string {
	if p, ok := t.pieces[piece]; ok {
		return home(p)
	}
	return string(understudy.Primary)
}

// layImport writes what stands of a template's resources: a template of these alone, without outputs, which an import may not add ("Import
// existing resources" in the CloudFormation User Guide), and a list of their ids.
func (t *translation) layImport(name string, resources tree) error {
	var list []map[string]any
	stands := map[string]bool{}
	for _, r := range t.resources {
		if home(r.piece) != name || r.imported == nil || r.piece.Standing == "" {
			continue
		}
		by := map[string]string{}
		for _, e := range r.imported {
			by[e.name] = t.standing(e.value)
		}
		if slices.Contains(slices.Collect(maps.Values(by)), "") {
			continue
		}
		stands[r.id] = true
		list = append(list, map[string]any{"ResourceType": r.typ, "LogicalResourceId": r.id, "ResourceIdentifier": by})
	}
	if list == nil {
		return nil
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	t.files["import/"+name+".json"] = append(text, '\n')
	kept := slices.DeleteFunc(slices.Clone(resources), func(e entry) bool { return !stands[e.name] })
	return t.layTemplate("import/"+name+".yaml", name, kept, nil)
}

func (t *translation) standing(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case ref:
		return t.pieces[v.Piece].Standing
	}
	return ""
}

// order tells each resource what it has to wait for beyond what it refers to, of its own template.
func (t *translation) order() {
	for _, p := range t.blueprint.Pieces {
		r := t.of[p.ID]
		if r == nil {
			continue
		}
		before := t.closure(p.ID)
		var waits []any
		for _, need := range p.Needs {
			if before[need] || home(t.pieces[need]) != home(p) {
				continue
			}
			for _, one := range t.resources {
				if one.piece.ID == need {
					waits = append(waits, one.id)
				}
			}
		}
		if waits != nil {
			r.more = slices.Insert(r.more, 0, entry{"DependsOn", waits})
		}
	}
}

// closure returns the pieces that are made before one in any case.
func (t *translation) closure(id string) map[string]bool {
	before := map[string]bool{}
	var follow func(id string)
	follow = func(id string) {
		for _, r := range t.resources {
			if r.piece.ID != id {
				continue
			}
			for _, ref := range refsOf(r.properties) {
				if !before[ref.Piece] {
					before[ref.Piece] = true
					follow(ref.Piece)
				}
			}
		}
	}
	follow(id)
	return before
}

func refsOf(v any) (all []blueprint.Ref) {
	switch v := v.(type) {
	case ref:
		return []blueprint.Ref{v.Ref}
	case joined:
		return refsOf([]any(v))
	case []any:
		for _, one := range v {
			all = append(all, refsOf(one)...)
		}
	case tree:
		for _, e := range v {
			all = append(all, refsOf(e.value)...)
		}
	}
	return all
}
