package pages_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// action is what a GitHub action's file says.
type action struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Using string
		Steps []struct {
			Run, Uses, Shell string
			Env, With        map[string]string
		}
	}
}

var (
	input  = regexp.MustCompile(`\$\{\{ inputs\.([a-z]+) \}\}`)
	script = regexp.MustCompile(`\$GITHUB_ACTION_PATH/([a-z/-]+)`)
	pinned = regexp.MustCompile(`@[0-9a-f]{40}$`)
)

// The action uses each of its inputs, and no other; what others wrote is named by digest; and no input is a part of a script, which whoever
// opens a pull request could otherwise write.
func TestActionIsWhole(t *testing.T) {
	text, err := os.ReadFile(checkout + "/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	used, scripts := map[string]bool{}, 0
	for _, step := range a.Runs.Steps {
		if strings.Contains(step.Run, "${{") || step.Run != "" && step.Shell != "bash" {
			t.Errorf("a script with a part from outside, or of another shell: %q", step.Run)
		}
		if step.Uses != "" && !pinned.MatchString(step.Uses) {
			t.Errorf("%s is named by no digest", step.Uses)
		}
		for _, value := range step.Env {
			for _, found := range input.FindAllStringSubmatch(value, -1) {
				used[found[1]] = true
			}
		}
		for _, found := range script.FindAllStringSubmatch(step.Run, -1) {
			scripts++
			if info, err := os.Stat(filepath.Join(checkout, found[1])); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s is no program: %v", found[1], err)
			}
		}
	}
	page, err := os.ReadFile(checkout + "/docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, about := range a.Inputs {
		if !used[name] || about.Description == "" || !strings.Contains(string(page), "| `"+name+"` | `"+about.Default+"` |") {
			t.Errorf("the input %s is not used, or not described, or docs/ci.md does not have it with its default", name)
		}
		delete(used, name)
	}
	if len(used) > 0 || scripts == 0 || a.Runs.Using != "composite" {
		t.Errorf("inputs that are none: %v; %d scripts", used, scripts)
	}
}
