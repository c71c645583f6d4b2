package parity

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// generic adds every field of one of the SDK's structures as a setting, but for those named: a field that AWS adds is
// compared from the day the SDK knows it.
func (c *canon) generic(settings map[string]string, structure any, but ...string) {
	v := reflect.Indirect(reflect.ValueOf(structure))
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || slices.Contains(but, field.Name) {
			continue
		}
		if text := c.text(v.Field(i)); text != "" {
			settings[words(field.Name)] = text
		}
	}
}

// text writes a value as people read it, with what ids mean in their place. What is not set is empty.
func (c *canon) text(v reflect.Value) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return c.translate(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return ""
		}
	}
	var plain any
	b, err := json.Marshal(v.Interface())
	if err != nil || json.Unmarshal(b, &plain) != nil {
		return ""
	}
	plain = bare(plain)
	if plain == nil {
		return ""
	}
	b, _ = json.Marshal(plain)
	return c.translate(string(b))
}

// bare removes what is not set.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if inner = bare(inner); inner == nil {
				delete(v, k)
			} else {
				v[k] = inner
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = bare(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// translate replaces the ids and ARNs in a text by what they mean, and the region's name.
func (c *canon) translate(text string) string {
	text = identifiers.ReplaceAllStringFunc(text, func(id string) string {
		if name, ok := c.names[id]; ok {
			return name
		}
		return id
	})
	if c.Account == nil { // of no region
		return text
	}
	return regexp.MustCompile(`\b`+regexp.QuoteMeta(c.Region)+`([a-z]?)\b`).ReplaceAllString(text, "(region)$1")
}

// identifiers matches the ids of EC2 and ARNs.
var identifiers = regexp.MustCompile(`arn:aws[a-z-]*:[^"\s,]+|\b[a-z]{1,8}-[0-9a-f]{8,17}\b`)

// words writes a field's name in words: HealthCheckPort is "health check port".
func words(field string) string {
	var b strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		after := i > 0 && unicode.IsLower(runes[i-1])
		before := i > 0 && i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(r) && (after || before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
