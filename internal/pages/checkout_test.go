package pages_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/pages"
)

// checkout is what the pages of users are in.
const checkout = "../.."

// all reads the README and the manual.
func all(t *testing.T) []*pages.Page {
	t.Helper()
	files, err := pages.Files(checkout)
	if err != nil {
		t.Fatal(err)
	}
	var read []*pages.Page
	for _, f := range files {
		p, err := pages.Read(f)
		if err != nil {
			t.Error(err)
			continue
		}
		read = append(read, p)
	}
	return read
}

// Every example of every page is run, read or compared, or says why not: reading a page says what is neither.
func TestEveryExampleIsExecutedOrSaysWhyNot(t *testing.T) {
	var blocks, commands, left int
	tests := allTests(t)
	for _, p := range all(t) {
		c := p.Count()
		blocks, commands, left = blocks+c.Blocks, commands+c.Commands, left+len(c.Left)
		for _, line := range slices.Sorted(maps.Keys(c.Left)) {
			t.Logf("%s:%d is not run: %s", strings.TrimPrefix(p.File, checkout+"/"), line, c.Left[line])
			for _, name := range test.FindAllString(c.Left[line], -1) {
				if !slices.Contains(tests, name) {
					t.Errorf("%s:%d: there is no test %s", p.File, line, name)
				}
			}
		}
	}
	t.Logf("%d blocks with %d commands are executed, %d blocks are not", blocks, commands, left)
	if left*2 > blocks {
		t.Errorf("%d of %d blocks are not run", left, blocks+left)
	}
}

var test = regexp.MustCompile(`\bTest[A-Z]\w+`)

// allTests are the names of the checkout's tests, by which a reason may say what is tested instead.
func allTests(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(checkout, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, found := range testFunction.FindAllStringSubmatch(string(text), -1) {
			names = append(names, found[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// A part of a declaration that a page shows is valid in the place of the example's.
func TestFragmentsOfDeclarationsAreValid(t *testing.T) {
	example, err := os.ReadFile(checkout + "/examples/hello/understudy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all(t) {
		for _, b := range p.Blocks {
			of, ok := b.Marks["fragment"]
			if !ok {
				continue
			}
			var whole, part map[string]any
			if err := yaml.Unmarshal(example, &whole); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(strings.Join(b.Lines, "\n")), &part); err != nil {
				t.Errorf("%s:%d: %v", p.File, b.Line, err)
				continue
			}
			if part[of] == nil {
				t.Errorf("%s:%d: the part has no key %s", p.File, b.Line, of)
			}
			text, err := yaml.Marshal(merged(whole, part))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := understudy.Parse(p.File, text, nil); err != nil {
				t.Errorf("%s:%d: %v\n%s", p.File, b.Line, err, text)
			}
		}
	}
}

// merged lays mappings over mappings, and other values in the place of others.
func merged(under, over map[string]any) map[string]any {
	if over["network"] != nil {
		delete(under, "cidr") // one stands in the other's place
	}
	out := maps.Clone(under)
	for k, v := range over {
		inner, ok := v.(map[string]any)
		below, also := out[k].(map[string]any)
		if ok && also {
			v = merged(below, inner)
		}
		out[k] = v
	}
	return out
}

// A block that is shown from a file stands there, line by line, whatever its indentation.
func TestBlocksOfFilesStandInThem(t *testing.T) {
	for _, p := range all(t) {
		for _, b := range p.Blocks {
			name, ok := b.Marks["from"]
			if !ok {
				continue
			}
			text, err := os.ReadFile(filepath.Join(checkout, name))
			if err != nil {
				t.Errorf("%s:%d: %v", p.File, b.Line, err)
				continue
			}
			there := strings.Split(string(text), "\n")
			for n, line := range there {
				there[n] = strings.TrimSpace(line)
			}
			for n, line := range b.Lines {
				at := slices.Index(there, strings.TrimSpace(line))
				if at < 0 {
					t.Errorf("%s:%d: %s has no line %q, or has it earlier", p.File, b.Line+n, name, line)
					break
				}
				there = there[at+1:]
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)#: ]*)(#[^)]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unnamed = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors are the names of a page's headings, as GitHub makes them.
func anchors(text string) (names []string) {
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		name := unnamed.ReplaceAllString(strings.ToLower(h[1]), "")
		names = append(names, "#"+strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// Links to files of the checkout, and to headings in them, lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for _, p := range all(t) {
		text, err := os.ReadFile(p.File)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			links++
			target := p.File
			if l[1] != "" {
				target = filepath.Join(filepath.Dir(p.File), l[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", p.File, l[1], err)
				continue
			}
			there, _ := os.ReadFile(target) // a folder has no headings
			if l[2] != "" && !slices.Contains(anchors(string(there)), l[2]) {
				t.Errorf("%s links to %s, which has no heading %s", p.File, target, l[2])
			}
		}
	}
	if links < 50 {
		t.Errorf("%d links", links)
	}
}
