package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Terraform itself builds what testdata/terraform declares, finds nothing to change, changes what the variable changed decides, finds nothing to change
// again, reads the same twice, and removes all of it.
func TestTerraformBuildsChangesAndRemoves(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	folders, err := filepath.Glob("testdata/terraform/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d configurations: %v", len(folders), err)
	}
	for _, from := range folders {
		t.Run(filepath.Base(from), func(t *testing.T) {
			s := start(t, "--record=") // what Debian's botocore, which judges recorded calls, is too old for
			tf := &terraforming{stage: s, folder: filepath.Join(t.TempDir(), "configuration")}
			if err := os.CopyFS(tf.folder, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			tf.init()
			for _, changed := range []string{"changed=false", "changed=true"} {
				set := []string{"-input=false", "-no-color", "-parallelism=8", "-var", changed}
				tf.must(append([]string{"apply", "-auto-approve"}, set...)...)
				tf.must(append([]string{"plan", "-detailed-exitcode"}, set...)...)
			}
			// The provider keeps an absent value as it was declared, and as nothing once it is read: the first reading may differ in that.
			again := []string{"-refresh-only", "-input=false", "-no-color", "-parallelism=8", "-var", "changed=true"}
			tf.must(append([]string{"apply", "-auto-approve"}, again...)...)
			if out := tf.must(append([]string{"plan"}, again...)...); !strings.Contains(out, "No changes.") {
				t.Errorf("what is there reads otherwise the second time:\n%s", out)
			}
			t.Logf("of kinds: %s", strings.Join(tf.kinds(), " "))
			tf.must("destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=8", "-var", "changed=true")
			s.nothingIsLeft()
		})
	}
}

// kinds are the types of the resources in a configuration's state.
func (tf *terraforming) kinds() (kinds []string) {
	tf.t.Helper()
	b, err := os.ReadFile(filepath.Join(tf.folder, "terraform.tfstate"))
	if err != nil {
		tf.t.Fatal(err)
	}
	var state struct{ Resources []struct{ Mode, Type string } }
	if err := json.Unmarshal(b, &state); err != nil {
		tf.t.Fatal(err)
	}
	for _, r := range state.Resources {
		if r.Mode == "managed" {
			kinds = append(kinds, r.Type)
		} else {
			kinds = append(kinds, "data."+r.Type)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
