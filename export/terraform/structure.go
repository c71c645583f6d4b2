package terraform

import (
	"strings"
	"unicode"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// structure writes what is sent to the API: Terraform has the API's names, in its own spelling, but for those that are given.
func (t *translation) structure(s *export.Settings, b *block, sent any, names map[string]string) {
	fields, err := export.Plain(sent)
	if err != nil {
		s.Refuse("%v", err)
	}
	t.fields(b, fields, names)
}

func (t *translation) fields(b *block, fields []export.Named, names map[string]string) {
	for _, f := range fields {
		name, ok := names[f.Name]
		if !ok {
			name = snake(f.Name)
		}
		switch v := f.Value.(type) {
		case []export.Named:
			t.fields(b.within(name), v, names)
		case []any:
			t.several(b, name, v, names)
		default:
			b.set(name, t.scalarOf(v))
		}
	}
}

// several writes a list of structures as so many blocks, and one of anything else as a list.
func (t *translation) several(b *block, name string, all []any, names map[string]string) {
	var values list
	for _, one := range all {
		if fields, ok := one.([]export.Named); ok {
			t.fields(b.within(name), fields, names)
			continue
		}
		values = append(values, t.scalarOf(one))
	}
	if values != nil {
		b.set(name, values)
	}
}

func (t *translation) scalarOf(v any) value {
	switch v := v.(type) {
	case int:
		return num(v)
	case bool:
		return truth(v)
	case float64:
		return fraction(v)
	case string:
		if r, ok := blueprint.ParseRef(v); ok && t.pieces[r.Piece].ID != "" {
			return ref{Ref: r}
		}
		return text(v)
	}
	panic("export: Plain gives no such value")
}

// snake spells a name of the API's as Terraform does: HttpTokens is http_tokens.
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
