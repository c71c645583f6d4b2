// Package judge finds the programs that tests judge by and that this project did not write. Which they are, and the
// Debian package of each, stands in judges.txt; scripts/test installs them from there.
package judge

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

//go:embed judges.txt
var table string

// debianPython is Debian's Python, which has the modules that Debian packages; another one earlier in PATH has not.
const debianPython = "/usr/bin/python3"

// Need returns the path of a judge, named as in judges.txt; of a Python module, it returns the path of the Python that has
// it. Where the judge is not installed the test skips and says which package has it; in CI (the variable CI is set),
// which installs them all, the test fails. A judge that judges.txt lacks fails the test everywhere.
func Need(t testing.TB, name string) string {
	t.Helper()
	pkg, ok := packages()[name]
	if !ok {
		t.Fatalf("internal/judge/judges.txt does not list %s", name)
		return ""
	}
	path, err := find(name)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%s is missing in CI (Debian package %s): %v", name, pkg, err)
	default:
		t.Skipf("%s is not installed (Debian package %s; scripts/test installs it): %v", name, pkg, err)
	}
	return path
}

// NeedIn is Need of every judge that a script runs, for scripts that run where the test does not see them fail: in an instance, whose programs are
// the host's.
func NeedIn(t testing.TB, script string) {
	t.Helper()
	for name := range packages() {
		if runs(script, name) {
			Need(t, name)
		}
	}
}

// runs tells whether a script has a judge's name as a word, or imports it.
func runs(script, name string) bool {
	word := `(^|[\s;&|(])(/usr/bin/)?` + regexp.QuoteMeta(filepath.Base(name)) + `(\s|$)`
	if module, ok := strings.CutPrefix(name, "python3:"); ok {
		word = `\bimport ` + regexp.QuoteMeta(module) + `\b`
	}
	return regexp.MustCompile(`(?m)` + word).MatchString(script)
}

// Look is Need for who has no test to skip: it returns an error that names the package of a judge that is missing.
func Look(name string) (string, error) {
	path, err := find(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed (Debian package %s; scripts/test installs it): %w", name, packages()[name], err)
	}
	return path, nil
}

func find(name string) (string, error) {
	module, ok := strings.CutPrefix(name, "python3:")
	if !ok {
		return lookPath(name)
	}
	imported, _ := imports.LoadOrStore(module, sync.OnceValue(func() error {
		return exec.Command(debianPython, "-c", "import "+module).Run()
	}))
	return debianPython, imported.(func() error)()
}

// imports keeps of each Python module whether it is there: a start of Python takes a tenth of a second and more.
var imports sync.Map // of functions

// lookPath also looks where Debian keeps servers, which an unprivileged user's PATH leaves out.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil && !strings.Contains(name, "/") {
		if system, err := exec.LookPath("/usr/sbin/" + name); err == nil {
			return system, nil
		}
	}
	return path, err
}

// packages maps each judge to its Debian package.
func packages() map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] != "#" {
			found[fields[0]] = fields[1]
		}
	}
	return found
}
