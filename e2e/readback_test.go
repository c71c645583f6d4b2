package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/understudy/understudy"
)

// notTold are the keys that `init --from` may say it cannot tell of a stack of ours.
var notTold = []string{"failover.rto", "failover.standby", "failover.before", "failover.after", "failover.hook_timeout", "failover.failback",
	"image.rebake", "image.base", "image.parameter", "image.install", "image.run", "regions.primary.image", "regions.secondary.image",
	"regions.primary.network", "regions.secondary.network", "fleet.refresh", "alarms", "parity", "drill"}

// readsBack has what stands described from its record alone, as a declaration that means the same as the one that it was built by: the
// exports of both are the same bytes. What the description says that it cannot tell is taken from it for both.
func (s *stage) readsBack(declared string) {
	s.t.Helper()
	d, err := understudy.Load(declared)
	if err != nil {
		s.t.Fatal(err)
	}
	described := filepath.Join(s.t.TempDir(), "described.yaml")
	r := s.run(binary, "init", "--from", d.Host(), "-f", described)
	if r.code != 0 {
		s.t.Errorf("init --from %s: exit %d\n%s", d.Host(), r.code, r.stderr)
		return
	}
	alike := filepath.Join(s.t.TempDir(), "alike.yaml")
	if err := os.WriteFile(alike, s.withUntold(declared, described, untoldKeys(s, r.stderr)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	for _, language := range []string{"terraform", "cloudformation"} {
		want := s.must("export", language, "-f", alike, "--no-import", "--out", "-")
		got := s.must("export", language, "-f", described, "--no-import", "--out", "-")
		if got != want {
			s.t.Errorf("%s is read back otherwise than declared, in %s:\n%s\nit cannot tell:\n%s", declared, language, differentLines(want, got), r.stderr)
		}
	}
}

var untoldLine = regexp.MustCompile(`(?m)^understudy: not declared: ([a-z_.]+(?:, [a-z_.]+)*): `)

// untoldKeys returns the keys that a description cannot tell of, and fails for any beside those that it need not.
func untoldKeys(s *stage, said string) (keys []string) {
	for _, line := range untoldLine.FindAllStringSubmatch(said, -1) {
		keys = append(keys, strings.Split(line[1], ", ")...)
	}
	for _, key := range keys {
		if !slices.Contains(notTold, key) {
			s.t.Errorf("%s is not read back", key)
		}
	}
	return keys
}

// withUntold returns a declaration with the values that another one has at these keys.
func (s *stage) withUntold(declared, described string, keys []string) []byte {
	var to, from map[string]any
	for file, values := range map[string]*map[string]any{declared: &to, described: &from} {
		b, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(b, values)
		}
		if err != nil {
			s.t.Fatalf("%s: %v", file, err)
		}
	}
	for _, key := range keys {
		take(to, from, strings.Split(key, "."))
	}
	b, err := yaml.Marshal(to)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// take gives one mapping another's value at a path, or none.
func take(to, from map[string]any, path []string) {
	key := path[0]
	if len(path) == 1 {
		if value, ok := from[key]; ok {
			to[key] = value
		} else {
			delete(to, key)
		}
		return
	}
	inner, _ := to[key].(map[string]any)
	other, _ := from[key].(map[string]any)
	if inner == nil && other == nil {
		return
	}
	inner = maps.Clone(inner)
	if inner == nil {
		inner = map[string]any{}
	}
	take(inner, other, path[1:])
	to[key] = inner
	if len(inner) == 0 {
		delete(to, key)
	}
}

// differentLines returns the lines that only one of two texts has.
func differentLines(want, got string) string {
	var b strings.Builder
	for sign, texts := range map[string][2]string{"-": {want, got}, "+": {got, want}} {
		other := strings.Split(texts[1], "\n")
		for line := range strings.SplitSeq(texts[0], "\n") {
			if !slices.Contains(other, line) {
				b.WriteString(sign + line + "\n")
			}
		}
	}
	return b.String()
}
