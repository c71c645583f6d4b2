package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/tool.md anew")

const referenceBefore = `# The commands

What ` + "`understudy help COMMAND`" + ` says of each command, in one page, and the fields of what they write for programs. The packages bring the same
as manual pages. Results are on standard output, everything else on standard error with the program's name in front.

| exit code | means |
| --- | --- |
| 0 | success; nothing is different; everybody was served |
| 1 | failure, a difference, a finding |
| 2 | a mistake in the command or in the declaration: nothing was asked or changed |
| 3 | not all could be read, so that nobody knows |
| 130 | interrupted |

A command that has codes of its own says so below.

This page is written by ` + "`go test ./cmd/understudy -run Reference -update`" + `; do not edit it. Another test reads every example below as the program would.
`

// The page of commands is what they say of themselves.
func TestReferenceOfTheCommandsIsCurrent(t *testing.T) {
	b := bytes.NewBufferString(referenceBefore)
	each(rootCommand(), func(cmd *cobra.Command) {
		if cmd.HasParent() {
			reference(b, cmd)
		}
	})
	fmt.Fprint(b, "\n# What programs read\n")
	for _, f := range []struct{ title, folder, name string }{
		{"A drill's report: `drill --json`, `drills`", "../../drill", "Report"},
		{"A comparison: `parity --json`", ".", "parityJSON"},
		{"A finding of `parity --json`", "../../parity", "Finding"},
		{"A finding of `doctor --json`", "../../doctor", "Finding"},
		{"A prediction: `predict --json`", "../../cloud/simulation", "Prediction"},
		{"A schedule that was played: `drill --schedule --json`", "../../drill", "Played"},
		{"Simulated years: `simulate --json`", "../../cloud/simulation", "Report"},
	} {
		fmt.Fprintf(b, "\n## %s\n\n| field | value | what it is |\n| --- | --- | --- |\n", f.title)
		structures(t, f.folder).rows(t, b, f.name, "", map[string]string{})
	}
	const file = "../../docs/tool.md"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/tool.md is not current (%v): `go test ./cmd/understudy -run Reference -update` writes it anew", err)
	}
}

// each goes through the commands that people see.
func each(cmd *cobra.Command, do func(*cobra.Command)) {
	if cmd.Hidden || cmd.Name() == "help" {
		return
	}
	do(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, do)
	}
}

// reference writes a command's section.
func reference(w io.Writer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	about := strings.TrimRight(cmp.Or(cmd.Long, cmd.Short), "\n")
	fmt.Fprintf(w, "\n## %s\n\n%s: `%s`\n\n```text\n%s\n```\n", cmd.CommandPath(), cmd.Short, cmd.UseLine(), about)
	if cmd.Example != "" {
		fmt.Fprintf(w, "\n```text\n%s\n```\n", strings.Trim(cmd.Example, "\n"))
	}
	rows := ""
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		if fallback := f.DefValue; fallback != "" && fallback != "false" && fallback != "[]" && fallback != "0" && fallback != "0s" {
			usage += " (default `" + fallback + "`)"
		}
		rows += fmt.Sprintf("| `%s` | %s |\n", strings.TrimSpace(name+" "+value), strings.ReplaceAll(usage, "|", `\|`))
	})
	if rows != "" {
		fmt.Fprintf(w, "\n| flag | |\n| --- | --- |\n%s", rows)
	}
}

// structs are the structures of a package by their names.
type structs map[string]*ast.StructType

func structures(t *testing.T, folder string) structs {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := structs{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					found[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	return found
}

// rows writes the fields of a structure, and of those of its package that they hold, each where it is first met.
func (s structs) rows(t *testing.T, w io.Writer, name, path string, met map[string]string) {
	t.Helper()
	if s[name] == nil {
		t.Fatalf("there is no structure %s", name)
	}
	for _, f := range s[name].Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		key, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if key == "" || key == "-" {
			continue
		}
		value, inner := valueOf(t, f.Type)
		if s[inner] == nil {
			value = strings.Replace(value, "object", "text", 1) // a name for texts
		}
		first, again := met[inner]
		if again {
			value += ", as `" + first + "`"
		}
		if strings.Contains(options, "omitempty") {
			value += ", or absent"
		}
		about := strings.Join(strings.Fields(strings.ReplaceAll(f.Doc.Text()+f.Comment.Text(), "|", `\|`)), " ")
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", path+key, value, about)
		if s[inner] != nil && !again {
			met[inner] = path + key
			s.rows(t, w, inner, path+key+".", met)
		}
	}
}

// valueOf says in words what a field's JSON is, and names the structure in it.
func valueOf(t *testing.T, of ast.Expr) (words, inner string) {
	t.Helper()
	switch of := of.(type) {
	case *ast.StarExpr:
		return valueOf(t, of.X)
	case *ast.ArrayType:
		each, inner := valueOf(t, of.Elt)
		return "list of " + each, inner
	case *ast.MapType:
		each, inner := valueOf(t, of.Value)
		return each + " by name", inner
	case *ast.Ident:
		switch of.Name {
		case "string":
			return "text", ""
		case "int", "int64", "uint64", "float64":
			return "number", ""
		case "bool":
			return "true or false", ""
		case "Span":
			return "text such as `1m30s`", ""
		}
		return "object", of.Name
	}
	var b strings.Builder
	if err := printer.Fprint(&b, token.NewFileSet(), of); err != nil {
		t.Fatal(err)
	}
	others := map[string]string{"time.Time": "time", "understudy.Side": "text", "parity.Finding": "finding, as below", "parity.Note": "note: `about`, `text`"}
	if others[b.String()] == "" {
		t.Fatalf("nothing says what a %s is in JSON", b.String())
	}
	return others[b.String()], ""
}

// typedIn is between commands: ends of lines with their comments, and what a shell does with commands.
var typedIn = regexp.MustCompile(`#[^\n]*|\n|&&|;|\||>`)

// Whoever types an example of a help text is understood.
func TestExamplesOfHelpAreReadAsTheyStand(t *testing.T) {
	read := 0
	each(rootCommand(), func(cmd *cobra.Command) {
		for _, typed := range typedIn.Split(cmd.Example, -1) {
			words := strings.Fields(strings.NewReplacer(`"`, "", `'`, "").Replace(typed))
			if len(words) == 0 || words[0] != "understudy" {
				continue
			}
			read++
			found, rest, err := rootCommand().Find(words[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil && found.Args != nil {
				err = found.Args(found, found.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), typed, err)
			}
		}
	})
	if read < 60 {
		t.Errorf("%d examples are read", read)
	}
}
