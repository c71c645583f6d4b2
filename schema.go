package understudy

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Schema returns the JSON schema of a declaration, for editors. What it refuses Parse refuses, too; Parse alone holds one key
// against another, reads scripts, and refuses what is YAML and not JSON: a key a second time, an anchor, a second document.
func Schema() ([]byte, error) {
	return document(schemaOf(Keys()), "A declaration for understudy")
}

// document writes a schema as a file of its own.
func document(s map[string]any, title string) ([]byte, error) {
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", title
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return b.Bytes(), err
}

// schemaOf returns the schema of a mapping. An empty one may be written as nothing.
func schemaOf(keys []*Key) map[string]any {
	properties, required := map[string]any{}, []string{}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	for _, k := range keys {
		properties[k.Name] = k.schema()
		if k.Required {
			required = append(required, k.Name)
		}
		if k.Instead != "" {
			s["anyOf"] = []any{map[string]any{"required": []string{k.Name}}, map[string]any{"required": []string{k.Instead}}}
		}
	}
	if len(required) > 0 {
		s["required"] = required
	} else {
		s["type"] = []string{"object", "null"}
	}
	return s
}

// schema returns the schema of a key's value.
func (k *Key) schema() map[string]any {
	var s map[string]any
	switch k.Kind {
	case Mapping:
		s = schemaOf(k.Keys)
	case Mappings:
		s = map[string]any{"type": []string{"array", "null"}, "items": schemaOf(k.Keys)}
	case Labels:
		keys := k.of.schema(false)
		delete(keys, "type")
		s = map[string]any{"type": []string{"object", "null"}, "maxProperties": k.Highest, "propertyNames": keys, "additionalProperties": k.text.schema(false)}
	case Variables:
		s = k.variablesSchema()
	case Texts:
		s = map[string]any{"type": "array", "minItems": k.Lowest, "items": k.text.schema(false)}
	case Document:
		s = map[string]any{"type": []string{"object", "string", "null"}}
	case Flag:
		s = map[string]any{"type": "boolean"}
	case Number:
		s = map[string]any{"type": "integer", "minimum": k.Lowest, "maximum": k.Highest}
		if len(k.Choice) > 0 {
			s = map[string]any{"enum": k.Choice}
		}
	case Text:
		s = k.text.schema(!k.Required && k.Instead == "")
		if k.Keys != nil {
			s = map[string]any{"anyOf": []any{s, schemaOf(k.Keys)}}
		}
	}
	s["description"] = k.About
	if k.Default != nil {
		s["default"] = k.Default
	}
	return s
}

// schema returns the schema of a text, which may be absent or not. A number is a text where its digits satisfy the constraint.
func (c constraint) schema(absent bool) map[string]any {
	if len(c.words) > 0 {
		words := []any{}
		for _, w := range c.words {
			words = append(words, w)
		}
		if absent {
			words = append(words, nil)
		}
		return map[string]any{"enum": words}
	}
	types := []string{"string"}
	if slices.ContainsFunc([]string{"200", "1.5", "123456789012"}, c.holds) {
		types = append(types, "number")
	}
	if absent {
		types = append(types, "null")
	}
	s := map[string]any{"type": types}
	if c.pattern != "" {
		s["pattern"] = "^(" + c.pattern + ")$"
	}
	if c.longest > 0 {
		s["maxLength"] = c.longest
	}
	return s
}
