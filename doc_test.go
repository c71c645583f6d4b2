package understudy

import (
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// documented returns the two declarations that the package's documentation shows: the shortest, and the same
// with every default written out.
func documented(t *testing.T) (shortest, whole string) {
	t.Helper()
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	within := false
	for line := range strings.Lines(string(b)) {
		text, indented := strings.CutPrefix(line, "//\t")
		if indented && !within {
			blocks = append(blocks, "")
		}
		if within = indented; within {
			blocks[len(blocks)-1] += text
		}
	}
	if len(blocks) != 2 {
		t.Fatalf("doc.go shows %d blocks of YAML, want 2", len(blocks))
	}
	// Both have a mapping image: the defaults' keys go before the shortest one's last line, which is of it.
	before, image, ok := strings.Cut(blocks[0], "image:\n")
	first, rest, also := strings.Cut(blocks[1], "image:\n")
	if !ok || !also || strings.Count(image, "\n") != 1 {
		t.Fatalf("doc.go shows something else than this test knows to join:\n%s", strings.Join(blocks, "\n"))
	}
	// So has the mapping regions, with what has no default.
	weights, first, both := strings.Cut(first, "\n")
	shown, _, _ := strings.Cut(weights, "  #")
	if !both || shown != "regions: {primary: {weight: 100}, secondary: {weight: 100}}" || strings.Count(before, "/16}") != len(Sides) {
		t.Fatalf("doc.go shows the regions' defaults as %q", weights)
	}
	before = strings.ReplaceAll(before, "/16}", "/16, weight: 100}")
	return blocks[0], first + before + "image:\n" + image + rest
}

func TestDocumentedDefaultsAreWhatParseGives(t *testing.T) {
	shortest, whole := documented(t)
	without, err := Parse("doc.go", []byte(shortest), nil)
	if err != nil {
		t.Fatal(err)
	}
	with, err := Parse("doc.go", []byte(whole), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, whole)
	}
	if diff := cmp.Diff(with, without, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("documented and real defaults (-documented +real)\n%s", diff)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	_, whole := documented(t)
	r := &reader{file: "doc.go"}
	if _, err := r.declaration(r.parse([]byte(whole)), ".", nil); err != nil {
		t.Fatal(err)
	}
	if len(r.objects) < 10 {
		t.Fatalf("%d mappings read", len(r.objects))
	}
	for _, o := range r.objects {
		for _, key := range o.keys {
			if o.values[key.Name] == nil && !strings.Contains(whole, " "+o.path+key.Name) {
				t.Errorf("doc.go does not show %s%s", o.path, key.Name)
			}
		}
	}
}

// A key is allowed because a getter asked for it, and for no other reason.
func TestKeyThatNoGetterAsksForIsAMistake(t *testing.T) {
	r := &reader{file: "f"}
	o := r.object(r.parse([]byte("a: 1\nb: {c: 2, d: 3}\ne: 4\n")), "")
	o.number("a", 0, 0, 9)
	o.object("b").number("d", 0, 0, 9)
	r.refuseUnread()
	var got []string
	for _, m := range r.mistakes {
		got = append(got, m.Error())
	}
	slices.Sort(got)
	want := []string{`f:2:5: found unknown key "c"; allowed: d`, `f:3:1: found unknown key "e"; allowed: a, b`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What the table tells of keys is of those that are read, and of all of them.
func TestEveryKeyIsToldOf(t *testing.T) {
	left := maps.Clone(about)
	var walk func([]*Key)
	walk = func(keys []*Key) {
		for _, k := range keys {
			if k.About == "" || k.Example == "" && len(k.Keys) == 0 {
				t.Errorf("%s lacks what it is, or an example", k.Path)
			}
			delete(left, k.Path)
			walk(k.Keys)
		}
	}
	walk(Keys())
	if len(left) > 0 || len(about) < 40 {
		t.Errorf("of %d keys told of, nothing reads %v", len(about), slices.Sorted(maps.Keys(left)))
	}
}

func TestFlagIsTrueOrFalseAndNothingElse(t *testing.T) {
	for text, found := range map[string]string{"true": "", "false": "", "{}": "a mapping", "yes": `"yes"`, "1": "1", "": "nothing"} {
		r := &reader{file: "f"}
		fallback := text == "false"
		got := r.object(r.parse([]byte("a: "+text)), "").flag("a", fallback)
		if found == "" {
			if got == fallback || len(r.mistakes) > 0 {
				t.Errorf("%s is read as %v, %v", text, got, r.mistakes)
			}
			continue
		}
		if got != fallback || len(r.mistakes) != 1 || r.mistakes[0].Found != found || r.mistakes[0].Allowed != "true or false" {
			t.Errorf("%q is read as %v, %v", text, got, r.mistakes)
		}
	}
}
