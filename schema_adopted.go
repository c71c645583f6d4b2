package understudy

import (
	"maps"
	"reflect"
	"strings"
)

// AdoptedSchema returns the JSON schema of an adopted stack's file, for editors: of the Go types, with what they say of each key.
func AdoptedSchema() ([]byte, error) {
	return document(typeSchema(reflect.TypeFor[Adopted](), ""), "A stack that others built, as understudy holds it")
}

// adoptedKey is what no type says of a key: what it is, what its values are, and whether it may be left out.
type adoptedKey struct {
	says     string
	more     map[string]any
	optional bool
}

// adoptedAbout has them by the keys' paths.
var adoptedAbout = map[string]adoptedKey{
	"name": {says: "The name of the lock of `understudy up`; no resource has it.",
		more: map[string]any{"pattern": "^(?:" + stackName.pattern + ")$"}},
	"adopt":                  {says: "What of the stack is held."},
	"adopt.record":           {says: "The record from which all was found.", more: map[string]any{"minLength": 1}},
	"adopt.regions":          {says: "The primary and the secondary.", more: map[string]any{"minItems": 2, "maxItems": 2, "uniqueItems": true}},
	"adopt.resources":        {says: "The resources that are held. One that is taken out is left alone.", optional: true},
	"adopt.resources.region": {says: "One of `adopt.regions`: records and health checks have the primary."},
	"adopt.resources.kind":   {says: "What it is.", more: map[string]any{"enum": AdoptedKinds}},
	"adopt.resources.id": {says: "The ARN of what has one, the name of an Auto Scaling group, the zone, name, type and identifier of a record, or " +
		"else the id.", more: map[string]any{"minLength": 1}},
	"adopt.resources.name":     {says: "What plans call it.", more: map[string]any{"minLength": 1}},
	"adopt.resources.settings": {says: "What is held of it, by the settings' names (docs/adopt.md). One that is taken out is left alone.", optional: true},
}

// typeSchema returns the schema of a type that stands at a path of keys.
func typeSchema(t reflect.Type, path string) map[string]any {
	switch t.Kind() {
	case reflect.Slice:
		return map[string]any{"type": "array", "items": typeSchema(t.Elem(), path)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	case reflect.String:
		return map[string]any{"type": "string"}
	}
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		below := strings.TrimPrefix(path+"."+key, ".")
		of, about := typeSchema(t.Field(i).Type, below), adoptedAbout[below]
		of["description"] = about.says
		maps.Copy(of, about.more)
		if properties[key] = of; !about.optional {
			required = append(required, key)
		}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
}
