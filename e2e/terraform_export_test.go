package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// terraformPlugins names the folder that Terraform's plugins are installed from (`terraform providers mirror`), with hashicorp/aws in it. Without it,
// nothing here is run: Terraform would fetch its provider from the network.
const terraformPlugins = "UNDERSTUDY_TERRAFORM_PLUGINS"

func needTerraform(t *testing.T) {
	t.Helper()
	if os.Getenv(terraformPlugins) == "" {
		t.Skip("Terraform's plugins are needed: make terraform PLUGINS=folder")
	}
}

// terraforming is a folder of Terraform's files, and the stage whose cloud they are for.
type terraforming struct {
	*stage
	folder string
}

// terraform runs Terraform in the folder, without the configuration of whoever runs the test.
func (tf *terraforming) terraform(args ...string) result {
	tf.t.Helper()
	command := append([]string{"-u", "TF_CLI_CONFIG_FILE", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "terraform", "-chdir=" + tf.folder}, args...)
	return tf.runWithin(terraformPatience, "/usr/bin/env", command...)
}

// terraformPatience is for what hangs: a whole stack is made in minutes, of which the provider waits most by its own clock.
const terraformPatience = time.Hour

func (tf *terraforming) must(args ...string) string {
	tf.t.Helper()
	r := tf.terraform(args...)
	if r.code != 0 {
		tf.t.Fatalf("terraform %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// init has Terraform install the plugins of the folder that is named for it.
func (tf *terraforming) init() {
	tf.t.Helper()
	plugins, err := filepath.Abs(os.Getenv(terraformPlugins))
	if err != nil {
		tf.t.Fatal(err)
	}
	tf.must("init", "-no-color", "-input=false", "-plugin-dir="+plugins)
}

// exported writes a declaration for Terraform, has that take it for well-formed and valid, and returns where.
func (s *stage) exported(declared string, flags ...string) *terraforming {
	s.t.Helper()
	tf := &terraforming{stage: s, folder: filepath.Join(s.t.TempDir(), "terraform")}
	s.must(append([]string{"export", "terraform", "-f", declared, "--out", tf.folder}, flags...)...)
	if unformatted := tf.must("fmt", "-check", "-recursive", "-diff"); unformatted != "" {
		s.t.Errorf("terraform fmt would write otherwise:\n%s", unformatted)
	}
	tf.init()
	var valid struct {
		Diagnostics []struct{ Severity, Summary, Detail string }
	}
	if err := json.Unmarshal([]byte(tf.must("validate", "-json")), &valid); err != nil {
		s.t.Fatal(err)
	}
	if len(valid.Diagnostics) > 0 {
		s.t.Errorf("terraform validate of %s says %v", declared, valid.Diagnostics)
	}
	return tf
}

// change is what Terraform plans for one resource.
type change struct {
	Address, Type string
	Change        struct {
		Actions       []string
		Before, After map[string]any
		Importing     *struct{ ID string }
	}
}

// planned returns what Terraform would do, and keeps its plan in the file plan.
func (tf *terraforming) planned() (changes []change) {
	tf.t.Helper()
	tf.must("plan", "-no-color", "-input=false", "-out=plan")
	var plan struct {
		Changes []change `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(tf.must("show", "-json", "plan")), &plan); err != nil {
		tf.t.Fatal(err)
	}
	return plan.Changes
}

// ofTerraform are arguments that AWS knows nothing of, or that the provider knows in two spellings of which it reads both: of what is imported they
// are the only ones that Terraform may want to change. Nothing in AWS is another by that.
var ofTerraform = map[string][]string{
	"aws_autoscaling_group":    {"instance_refresh", "force_delete", "force_delete_warm_pool", "ignore_failed_scaling_activities", "wait_for_capacity_timeout"},
	"aws_launch_template":      {"update_default_version", "default_version"},
	"aws_lb_listener_rule":     {"action"},
	"aws_lb_listener":          {"default_action"}, // behind a network load balancer
	"aws_instance":             {"user_data_replace_on_change"},
	"aws_route53_health_check": {"triggers"},
}

// onlyImports holds that everything is imported, and nothing else done to it than what Terraform keeps for itself.
func (tf *terraforming) onlyImports(changes []change) {
	tf.t.Helper()
	for _, c := range changes {
		if c.Change.Importing == nil || !slices.Contains([]string{"no-op", "update"}, strings.Join(c.Change.Actions, " ")) {
			tf.t.Errorf("%s is no mere import: %v", c.Address, c.Change.Actions)
			continue
		}
		for _, argument := range differing(c.Change.Before, c.Change.After) {
			if !slices.Contains(ofTerraform[c.Type], argument) {
				tf.t.Errorf("%s: %s would be %v in place of %v", c.Address, argument, c.Change.After[argument], c.Change.Before[argument])
			}
		}
	}
}

// differing returns the arguments of which a plan has two values.
func differing(before, after map[string]any) (arguments []string) {
	for argument, was := range before {
		is, known := after[argument]
		if text(is) != text(was) || !known {
			arguments = append(arguments, argument)
		}
	}
	slices.Sort(arguments)
	return arguments
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// settled holds that Terraform has nothing to do.
func (tf *terraforming) settled() {
	tf.t.Helper()
	if r := tf.terraform("plan", "-no-color", "-input=false", "-detailed-exitcode"); r.code != 0 {
		tf.t.Errorf("terraform would do more: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// takesOver exports a stack that stands, has Terraform import it, and holds that nothing is otherwise than declared after that.
func (s *stage) takesOver(declared string) *terraforming {
	s.t.Helper()
	tf := s.exported(declared)
	tf.onlyImports(tf.planned())
	tf.must("apply", "-no-color", "-input=false", "plan")
	tf.settled()
	s.asDeclared(declared)
	s.must("parity", "-f", declared)
	return tf
}

// terraformStacks are declarations that Terraform takes over, and what they name and do not make.
func terraformStacks(t *testing.T) map[string]func(*stage) string {
	t.Helper()
	all := map[string]func(*stage) string{}
	files, err := filepath.Glob("testdata/fields/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("../examples/*/understudy.yaml")
	if err != nil || len(files) == 0 || len(examples) == 0 {
		t.Fatalf("%d sets and %d examples: %v", len(files), len(examples), err)
	}
	for _, file := range slices.Concat(files, examples) {
		name := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(file, "testdata/fields/"), "../examples/"), "/", ".")
		all[name] = func(s *stage) string {
			set, _, _ := strings.Cut(name, ".")
			s.prepare(set)
			declared, _ := s.certifiedIfNamed(file)
			return declared
		}
	}
	return all
}

// What stands of any declaration is taken over by Terraform as it stands.
func TestTerraformTakesOverWhatStands(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	for name, prepare := range terraformStacks(t) {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			declared := prepare(s)
			s.must("up", "-f", declared, "--yes", "--bake", "1s")
			s.takesOver(declared)
		})
	}
}

// What stands in networks of somebody else's is taken over without them.
func TestTerraformTakesOverAGuest(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	s := start(t, "--default-vpc=false")
	vpc, public, private := s.lay(primary, "10.31")
	s.lay(secondary, "10.32")
	declared := filepath.Join(t.TempDir(), "understudy.yaml")
	if err := os.WriteFile(declared, []byte(guest(vpc, public, private, "Tier: public", "")), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-f", declared, "--yes")
	before := map[string]string{primary: s.laid(primary), secondary: s.laid(secondary)}
	s.takesOver(declared)
	for region, was := range before {
		if now := s.laid(region); now != was {
			t.Errorf("the networks of %s are otherwise:\n%s", region, differentLines(was, now))
		}
	}
}

// baked are the commands that list what Terraform neither makes nor removes.
var baked = []string{"describe-images", "describe-snapshots"}

// A stack that Terraform has removed is built by it from nothing but its image, serves users, is as declared, and is removed again.
func TestTerraformBuildsFromNothing(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	s := start(t)
	s.must("up", "-f", example, "--yes")
	tf := s.takesOver(example)
	tf.must("destroy", "-no-color", "-input=false", "-auto-approve")
	s.nothingIsLeftBut(baked...)

	tf = s.exported(example, "--no-import")
	tf.must("apply", "-no-color", "-input=false", "-auto-approve")
	tf.settled()
	s.until("the published page is the primary's", func() bool { return strings.Contains(s.page(s.dig("hello.test")), primary) })
	s.must("parity", "-f", example)
	s.must("parity", "--record", "hello.test")
	s.must("doctor", "--record", "hello.test")
	tf.must("destroy", "-no-color", "-input=false", "-auto-approve")
	s.nothingIsLeftBut(baked...)
	s.must("down", "-f", example, "--yes", "--zone")
	s.nothingIsLeft()
}
