package understudy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

const secret = good + "egress: nat\ninstance: {environment: {COLOUR: green, N: 7, PASSWORD: {parameter: /hello/password}, " +
	"AGAIN: {parameter: /hello/password}}}\n"

func TestEnvironmentIsTextsAndParameters(t *testing.T) {
	d, err := parse(secret)
	if err != nil {
		t.Fatal(err)
	}
	want := understudy.Environment{"COLOUR": {Text: "green"}, "N": {Text: "7"}, "PASSWORD": {Parameter: "/hello/password"},
		"AGAIN": {Parameter: "/hello/password"}}
	if diff := cmp.Diff(want, d.Instance.Environment); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := d.Instance.Environment.Parameters(); !slices.Equal(got, []string{"/hello/password"}) || !d.RoleMade() || d.ProfileName() != d.RoleName() {
		t.Errorf("parameters %q, role made %v, profile %q", got, d.RoleMade(), d.ProfileName())
	}
	plain, err := parse(good + "instance: {environment: {COLOUR: green}}\n")
	if err != nil || plain.RoleMade() {
		t.Errorf("texts need no role and no egress: %v", err)
	}
}

func TestMistakesInEnvironment(t *testing.T) {
	const (
		of   = "egress: nat\ninstance: {environment: "
		free = "egress: endpoints\ninstance: {environment: {A: {parameter: /a}}}\nsecurity: {internal: {egress: "
	)
	for name, c := range map[string]struct{ add, want string }{
		"no mapping":    {of + "[a]}", `found a list; allowed: a mapping of at most 40: keys of letters, digits and underscores, not a digit first; values of`},
		"a digit first": {of + "{1A: x}}", `found key "1A"; allowed: letters, digits and underscores, not a digit first`},
		"twice":         {of + "{A: x, A: y}}", `found key "A" a second time; allowed: each key once`},
		"a list":        {of + "{A: [x]}}", `found a list; allowed: a text, or a parameter of Parameter Store: {parameter: /hello/password}`},
		"nothing":       {of + "{A: }}", `found nothing; allowed: a text, or a parameter`},
		"another key":   {of + "{A: {secret: x}}}", `found unknown key "secret"; allowed: parameter`},
		"not AWS's":     {of + "{A: {parameter: /aws/reference/secretsmanager/x}}}", `found "/aws/reference/secretsmanager/x"; allowed: the name of`},
		"a version":     {of + "{A: {parameter: '/a:3'}}}", `found "/a:3"; allowed: the name of a parameter`},
		"too many":      {of + "{" + strings.Repeat("A: x, ", 41) + "}}", `found a mapping; allowed: a mapping of at most 40`},
		"too long":      {of + "{A: " + strings.Repeat("x", 16<<10) + "}}", `allowed: 16384 bytes at most, as EC2 takes`},
		"too long names": {of + "{A: {parameter: " + strings.Repeat("a", 1000) + "}, B: {parameter: " + strings.Repeat("b", 1000) + "}, C: {parameter: " +
			strings.Repeat("c", 1000) + "}}}", `characters for; allowed: 10240 with instance.profile.policy: fewer`},
		"no way out":     {"instance: {environment: {A: {parameter: /a}}}", `found parameters, with egress none in the primary; allowed: texts, or egress nat`},
		"not ours":       {of + "{A: {parameter: /a}}, profile: {name: web}}", `with instance.profile.name "web"; allowed: texts, or no name`},
		"shut in":        {free + "[{ports: 80, to: 0.0.0.0/0}]}}", `found parameters, with security.internal.egress that lets nothing out to them`},
		"shut in beside": {free + "[{ports: 443, to: 192.0.2.0/24}]}}", `found parameters, with security.internal.egress that lets nothing out to them`},
	} {
		if _, err := parse(good + c.add + "\n"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	const given = "network: {vpc_tags: {A: b}, public_tags: {Tier: public}, private_tags: {Tier: private}}"
	owners := strings.NewReplacer("cidr: 10.10.0.0/16", given, "cidr: 10.20.0.0/16", given).Replace(good)
	if _, err := parse(owners + "instance: {environment: {A: {parameter: /a}}}\n"); err != nil {
		t.Errorf("in networks with their owner's ways out: %v", err)
	}
	for _, rules := range []string{"[{ports: 400-500, to: 0.0.0.0/0}]", "[{protocol: all, to: 10.0.0.0/8}]"} {
		if _, err := parse(good + free + rules + "}}\n"); err != nil {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

// booted runs the boothook and the run script as cloud-init does, in a folder in the place of /, with programs in the place of curl and the AWS
// CLI, and returns what both print.
func booted(t *testing.T, src string, cli string) string {
	t.Helper()
	d, err := parse(src)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	programs := filepath.Join(root, "programs")
	for _, dir := range []string{programs, root + "/var/lib/cloud"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"aws": cli, "sleep": "exit 0", "curl": "case \"$*\" in *PUT*) echo token ;; *token*) echo eu-north-1 ;; *) exit 22 ;; esac",
	} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mkdir", "rm", "base64", "sed", "grep", "tail", "mv", "chmod", "cat", "sh", "stat", "env"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	within := func(script string) string {
		return strings.NewReplacer("/run/understudy", root+"/run", "/var/lib/cloud", root+"/var/lib/cloud", "/root", root).Replace(script)
	}
	hook, ok := strings.CutPrefix(d.UserData(), "#cloud-boothook\n")
	if !ok {
		t.Fatalf("user data is no boothook:\n%s", d.UserData())
	}
	out := ""
	for _, script := range []string{hook, "set -e\n" + d.Image.Making(), understudy.RunFile} {
		cmd := exec.CommandContext(t.Context(), "/bin/sh")
		cmd.Env = []string{"PATH=" + programs}
		cmd.Stdin = strings.NewReader(within(script))
		said, err := cmd.CombinedOutput()
		out += string(said)
		if err != nil {
			out += "(" + err.Error() + ")\n"
		}
		for _, file := range []string{understudy.RunFile, "/var/lib/cloud/understudy-run"} { // they were in base64
			if b, err := os.ReadFile(within(file)); err == nil && !strings.Contains(string(b), root) {
				if err := os.WriteFile(within(file), []byte(within(string(b))), 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return strings.ReplaceAll(out, root, "")
}

// The run script gets each value to the letter, and nobody else: the file is for root alone.
func TestRunScriptIsCalledWithItsEnvironment(t *testing.T) {
	const run = `|
    printf '[%s]' "$TEXT" "$SECRET" "$EMPTY"
    stat -c %a /run/understudy/environment
instance: {environment: {TEXT: "it's \"$HOME\" \\ # and\n two lines", SECRET: {parameter: /a}, EMPTY: ''}}
egress: endpoints
`
	const cli = `[ "$3 $4 $5 $6 $7" = "--region eu-north-1 --name=/a --with-decryption --query" ] || exit 2
printf '%s\n' "it's \"\$HOME\" \` + "`" + `x\` + "`" + ` \\ 100%
ends in lines

"`
	out := booted(t, strings.Replace(good, "hello &\n", run, 1), cli)
	want := "understudy: environment of the service: EMPTY SECRET TEXT\n" +
		"[it's \"$HOME\" \\ # and\n two lines][it's \"$HOME\" `x` \\ 100%\nends in lines\n\n][]600\n"
	if out != want {
		t.Errorf("%s\nwant %s", out, want)
	}
}

// A service is not started without a variable that it is declared with, and the console says why.
func TestServiceDoesNotRunWithoutItsEnvironment(t *testing.T) {
	const none = "understudy: no environment, so that the service is not started: "
	const denied = "echo >&2; echo 'An error occurred (AccessDeniedException) when calling the GetParameter operation: no' >&2; "
	for name, c := range map[string]struct{ cli, want string }{
		"no CLI": {"", none + "this image has no AWS CLI"},
		"no parameter": {"echo 'An error occurred (ParameterNotFound) when' >&2; exit 254",
			none + "AGAIN: parameter /hello/password: An error occurred (ParameterNotFound)"},
		"denied": {denied + "exit 254", none + "AGAIN: parameter /hello/password: An error occurred (AccessDeniedException)"},
	} {
		out := booted(t, strings.Replace(secret, "hello &", "echo served", 1), c.cli)
		if !strings.HasPrefix(out, c.want) || !strings.Contains(out, "the service is not started: there is no") || strings.Contains(out, "served\n") {
			t.Errorf("%s: %s", name, out)
		}
	}
	again := "[ -e \"$0.asked\" ] || { : >\"$0.asked\"; " + denied + "exit 254; }; echo x"
	if out := booted(t, strings.Replace(secret, "hello &", `echo "served with $PASSWORD"`, 1), again); !strings.HasSuffix(out, "served with x\n") {
		t.Errorf("a permission that comes late: %s", out)
	}
}

// Nothing but the file's names and texts is in user data, and whether there is an environment at all decides what the image is.
func TestImageKnowsOnlyWhetherThereIsAnEnvironment(t *testing.T) {
	one, err := parse(secret)
	if err != nil {
		t.Fatal(err)
	}
	two, err := parse(strings.Replace(secret, "green", "blue", 1))
	if err != nil {
		t.Fatal(err)
	}
	without, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if one.UserData() == two.UserData() || one.UserData() != one.HostUserData() {
		t.Error("another environment is no other user data, or the hosts have another")
	}
	if one.Image.Making() != two.Image.Making() || one.Image.Making() == without.Image.Making() || strings.Contains(without.Image.Making(), "understudy-run") {
		t.Errorf("the image: %s\nand without: %s", one.Image.Making(), without.Image.Making())
	}
}
