package understudy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Draft returns a declaration with a comment on every key. The values are by the paths of their keys; what has none stands
// there with its default, behind a #.
func Draft(values map[string]any) (string, error) {
	var b strings.Builder
	if err := draft(&b, Keys(), values, "", ""); err != nil {
		return "", err
	}
	return b.String(), nil
}

// draft writes the keys of a mapping; sign is # where the mapping itself has no value.
func draft(b *strings.Builder, keys []*Key, values map[string]any, sign, indent string) error {
	for _, k := range keys {
		if indent == "" {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "%s%s# %s\n", sign, indent, k.About)
		before, within := sign+indent, sign
		if sign == "" && !k.valued(values) {
			before, within = indent+"#", "#"
		}
		if k.Kind == Mapping {
			fmt.Fprintf(b, "%s%s:\n", before, k.Name)
			if err := draft(b, k.Keys, values, within, indent+"  "); err != nil {
				return err
			}
			continue
		}
		text, err := k.written(values, indent)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%s: %s\n", before, k.Name, text)
	}
	return nil
}

// valued tells whether a key, or one within, has a value of its own.
func (k *Key) valued(values map[string]any) bool {
	for path := range values {
		if path == k.Path || strings.HasPrefix(path, k.Path+".") {
			return true
		}
	}
	return false
}

// written returns a key's value as YAML: its own, or its default.
func (k *Key) written(values map[string]any, indent string) (string, error) {
	v, ok := values[k.Path]
	if !ok {
		v = k.Default
	}
	if s, ok := v.(string); ok && strings.Contains(s, "\n") {
		return lines(s, indent+"  "), nil
	}
	switch {
	case v != nil:
	case k.Kind == Mappings:
		return "[]", nil
	case k.Kind == Labels, k.Kind == Document:
		return "{}", nil
	}
	text, err := yaml.MarshalWithOptions(v, yaml.Flow(true))
	if err == nil && strings.Contains(strings.TrimSpace(string(text)), "\n") {
		text, err = inLine(v) // a text of several lines within
	}
	return strings.TrimSpace(string(text)), err
}

// inLine returns a value as JSON, which is YAML.
func inLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// lines returns a text of several lines as YAML: line by line where it can stand so (YAML 1.2, section 8.1), else in quotes. What ends without
// a new line does so there, too.
func lines(s, indent string) string {
	odd := func(c rune) bool { return c != '\n' && !strconv.IsPrint(c) }
	if strings.TrimLeft(s, " \n") != s || strings.HasSuffix(s, "\n\n") || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	chomping := ""
	if !strings.HasSuffix(s, "\n") {
		chomping = "-"
	}
	return "|" + chomping + "\n" + indent + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+indent)
}
