package pages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/pages"
	"github.com/understudy/understudy/internal/patience"
)

// page writes a page; a tick stands for each of a fence's backquotes.
func page(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "'''", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// do runs a page in a folder of its own.
func do(t *testing.T, file string, update bool) error {
	t.Helper()
	p, err := pages.Read(file)
	if err != nil {
		return err
	}
	r := pages.Run{Folder: t.TempDir(), Environment: []string{"PATH=" + os.Getenv("PATH")}, Limit: patience.Limit, Update: update}
	return r.Do(t.Context(), p)
}

const good = `# A page

<!-- run
$ hidden=prepared
-->

'''console
$ name=$hidden; echo "$name \
> and more"
prepared and more
$ cat <<END
> first
>
> last
> END
first

last
$ echo wrong >&2; (exit 3)
? 3
wrong
$ cd / && pwd
/
'''

It stays there.

<!-- file: made.txt -->
'''yaml
key: value
'''

'''console
$ pwd; cat "$OLDPWD/made.txt"
/
key: value
$ printf 'without an end'
without an end
$ read -r line; echo "nothing is typed: '$line'"
nothing is typed: ''
'''

<!-- alike: seconds, order -->
'''console
$ echo subnet-0123456789abcdef0 in 2.5 s; echo vpc-0123456789abcdef0 in 12 ms
vpc-ffffffffffffffff0 in   9 s
subnet-ffffffffffffffff0 in 1m2.5s
'''

<!-- alike: machine -->
'''console
$ echo '{"zone":"us-east-1b","instance":"i-0123456789abcdef0","address":"10.1.144.4","requests":1,"uptime":"2s"}'
{"zone":"us-east-1a","instance":"i-ffffffffffffffff0","address":"10.1.128.4","requests":30,"uptime":"1m2s"}
'''

<!-- quiet -->
'''console
$ date; false
? 1
'''

<!-- not run: nobody has this program here -->
'''console
$ no-such-program
'''

'''text
a drawing
'''
`

func TestPageThatTellsTheTruth(t *testing.T) {
	file := page(t, good)
	if err := do(t, file, false); err != nil {
		t.Error(err)
	}
	p, err := pages.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	want := pages.Count{Blocks: 7, Commands: 11, Left: map[int]string{64: "nobody has this program here"}}
	if diff := cmp.Diff(want, p.Count()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := do(t, file, true); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != strings.ReplaceAll(good, "'''", "```") {
		t.Errorf("%v; a page that tells the truth has become\n%s", err, after)
	}
}

// A page that does not tell the truth fails at its line, with what is different.
func TestPageThatDoesNotTellTheTruth(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		says []string
	}{
		"another output":   {"'''console\n$ echo one\n$ echo two; echo three\none\n'''\n", []string{"page.md:2: echo one", `"one"`}},
		"no output":        {"'''console\n$ true\nsomething\n'''\n", []string{"page.md:2: true", `"something"`}},
		"another status":   {"'''console\n$ echo all; false\nall\n'''\n", []string{"page.md:2:", "ends with 1, and the page says 0", "all"}},
		"no failure":       {"'''console\n$ true\n? 2\n'''\n", []string{"page.md:2:", "ends with 0, and the page says 2"}},
		"another region":   {"'''console\n$ echo 127.3.2.9\n127.1.1.7\n'''\n", []string{"127.CLOUD.1.HOST", "127.CLOUD.2.HOST"}},
		"another kind":     {"'''console\n$ echo vpc-0123456789abcdef0\nsg-0123456789abcdef0\n'''\n", []string{"vpc-ID", "sg-ID"}},
		"the wrong order":  {"'''console\n$ echo a; echo b\nb\na\n'''\n", []string{"page.md:2:"}},
		"other seconds":    {"'''console\n$ echo 2 s\n3 s\n'''\n", []string{"page.md:2:"}},
		"shell that ends":  {"'''console\n$ echo last; exit 0\n'''\n", []string{"page.md:2: echo last; exit 0", "the shell has ended", "last"}},
		"status, quietly":  {"<!-- quiet -->\n'''console\n$ echo why; false\n'''\n", []string{"page.md:3:", "ends with 1", "why"}},
		"kind of nothing":  {"<!-- alike: everything -->\n'''console\n$ true\n'''\n", []string{"page.md:3:", `"everything"`}},
		"unknown mark":     {"<!-- skip -->\n'''console\n$ true\n'''\n", []string{"page.md:1:", `"skip"`}},
		"no reason":        {"<!-- not run -->\n'''console\n$ true\n'''\n", []string{"page.md:3:", "does not say why"}},
		"short reason":     {"<!-- not run: it fails -->\n'''console\n$ true\n'''\n", []string{"page.md:3:", "does not say why"}},
		"mark of no block": {"<!-- quiet -->\n\nwords\n", []string{"page.md:3:", "not followed by a block"}},
		"no language":      {"'''\n$ true\n'''\n", []string{"page.md:1:", "no language"}},
		"other language":   {"'''sh\ntrue\n'''\n", []string{"page.md:1:", "nobody runs"}},
		"indented":         {"words:\n\n    true\n", []string{"page.md:3:", "indented block"}},
		"no end":           {"'''console\n$ true\n", []string{"page.md:1:", "no end"}},
		"no command":       {"'''console\n'''\n", []string{"page.md:1:", "has none"}},
		"output first":     {"'''console\nfirst\n$ true\n'''\n", []string{"page.md:2:", "something else than a command"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := do(t, page(t, c.text), false)
			if err == nil {
				t.Fatal("nothing is wrong with it")
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not said:\n%v", part, err)
				}
			}
		})
	}
}

func TestUpdateWritesWhatIsPrintedWhereItHasTo(t *testing.T) {
	file := page(t, "before\n\n'''console\n$ echo vpc-0123456789abcdef0; "+
		"echo two\nvpc-ffffffffffffffff0\n$ echo three > f\n$ cat f\n? 1\nold\nold\n$ false\n'''\n\nafter\n")
	if err := do(t, file, true); err != nil {
		t.Fatal(err)
	}
	want := "before\n\n```console\n$ echo vpc-0123456789abcdef0; " +
		"echo two\nvpc-ffffffffffffffff0\ntwo\n$ echo three > f\n$ cat f\nthree\n$ false\n? 1\n```\n\nafter\n"
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%v; the page is\n%s", err, got)
	}
	if err := do(t, file, false); err != nil {
		t.Error(err)
	}
}

// A command that hangs is ended, and what the page has started before it.
func TestHangingCommandIsEnded(t *testing.T) {
	p, err := pages.Read(page(t, "'''console\n$ sleep 1000 &\n$ sleep 1000\n'''\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := pages.Run{Folder: t.TempDir(), Environment: os.Environ(), Limit: 10 * time.Millisecond}
	if err := r.Do(t.Context(), p); err == nil {
		t.Error("it has not been ended")
	}
}
