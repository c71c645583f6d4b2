package cloudformation

import (
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// list is a list of texts.
func list(texts []string) (all []any) {
	for _, t := range texts {
		all = append(all, t)
	}
	return all
}

// tree is a structure, in the order of its writing. Its values are strings, numbers, truths, lists, structures, and references.
type tree []entry

type entry struct {
	name  string
	value any
}

func (t *tree) set(name string, value any) *tree {
	*t = append(*t, entry{name, value})
	return t
}

// ref is what a piece is known by, or an attribute of its resource.
type ref struct {
	blueprint.Ref
	attribute string // as CloudFormation calls it; empty for what the reference means
}

// joined is a text of several values.
type joined []any

func refs(all []blueprint.Ref) (list []any) {
	for _, r := range all {
		list = append(list, ref{Ref: r})
	}
	return list
}

// sent writes what is sent to the API: CloudFormation has the same names.
func (t *translation) sent(v any) any {
	switch v := v.(type) {
	case []export.Named:
		var all tree
		for _, f := range v {
			all.set(f.Name, t.sent(f.Value))
		}
		return all
	case []any:
		var all []any
		for _, one := range v {
			all = append(all, t.sent(one))
		}
		return all
	case string:
		if r, ok := blueprint.ParseRef(v); ok && t.pieces[r.Piece].ID != "" {
			return ref{Ref: r}
		}
	}
	return v
}

// structure writes a structure of the SDK's.
func (t *translation) structure(s *export.Settings, sent any) tree {
	named, err := export.Plain(sent)
	if err != nil {
		s.Refuse("%v", err)
	}
	all, _ := t.sent(named).(tree)
	return all
}

// tags are a piece's, in the order of their keys.
func tags(s *export.Settings) (list []any) {
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		list = append(list, tree{{"Key", k}, {"Value", s.Tags[k]}})
	}
	return list
}

// write makes YAML of a value whose references are resolved.
func write(v any) ([]byte, error) {
	return yaml.MarshalWithOptions(plainly(v), yaml.Indent(2), yaml.IndentSequence(true))
}

func plainly(v any) any {
	switch v := v.(type) {
	case tree:
		all := yaml.MapSlice{}
		for _, e := range v {
			all = append(all, yaml.MapItem{Key: e.name, Value: plainly(e.value)})
		}
		return all
	case []any:
		all := []any{}
		for _, one := range v {
			all = append(all, plainly(one))
		}
		return all
	}
	return v
}
