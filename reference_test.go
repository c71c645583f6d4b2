package understudy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/understudy/understudy"
)

const referenceBefore = `# The declaration

All keys of ` + "`understudy.yaml`" + `. The package's documentation (` + "`go doc github.com/understudy/understudy`" + `) shows them in one piece,
` + "`understudy init`" + ` writes a declaration to begin with, and ` + "`understudy validate`" + ` checks one without a cloud.

An editor with a YAML language server completes, explains and checks a declaration by the JSON schema that
` + "`understudy schema`" + ` prints, [understudy.schema.json](../understudy.schema.json), if the first line names it:
` + "`# yaml-language-server: $schema=understudy.schema.json`" + `.

The schema does not hold one key against another, as that the regions' networks do not overlap, and reads no script:
` + "`validate`" + ` does. Texts may be written as numbers where their digits are right, such as ` + "`matcher: 200`" + `.

This page is written by ` + "`go test . -update`" + `; do not edit it.

| Key | Value | Default | What it is | Example |
|---|---|---|---|---|
`

func TestReferenceIsCurrent(t *testing.T) {
	var b strings.Builder
	b.WriteString(referenceBefore)
	var rows func([]*understudy.Key)
	rows = func(keys []*understudy.Key) {
		for _, k := range keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.Path, value(k), fallback(t, k), k.About, quoted(k.Example))
			rows(k.Keys)
		}
	}
	rows(understudy.Keys())
	current(t, "docs/declaration.md", []byte(b.String()))
}

// value says what may stand at a key.
func value(k *understudy.Key) string {
	switch k.Kind {
	case understudy.Mapping, understudy.Mappings, understudy.Number, understudy.Flag, understudy.Document, understudy.Texts,
		understudy.Labels, understudy.Variables:
		return k.Allowed()
	}
	return "a text: " + k.Allowed()
}

// fallback says what a key's absence means.
func fallback(t *testing.T, k *understudy.Key) string {
	t.Helper()
	switch {
	case k.Required:
		return "required"
	case k.Instead != "":
		return "required without `" + k.Instead + "`"
	case k.Default == nil:
		return ""
	}
	b, err := yaml.MarshalWithOptions(k.Default, yaml.Flow(true))
	if err != nil {
		t.Fatal(err)
	}
	return quoted(strings.TrimSpace(string(b)))
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
