package machines

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

func TestDigestNamesTheContentOfAnImage(t *testing.T) {
	base := understudy.Image{Base: understudy.Base{Owners: []string{"amazon"}, Names: []string{"a*", "b*"}}, Install: "i", Run: "r"}
	seen := map[string]string{DigestOf(base, understudy.Origin{Base: base.Base}): "the first"}
	for name, change := range map[string]func(*understudy.Image){
		"install": func(i *understudy.Image) { i.Install = "j" },
		"run":     func(i *understudy.Image) { i.Run = "s" },
		"moved":   func(i *understudy.Image) { i.Install, i.Run = "ir", "" },
		"names":   func(i *understudy.Image) { i.Base.Names = []string{"a*"} },
		"order":   func(i *understudy.Image) { i.Base.Names = []string{"b*", "a*"} },
		"owners":  func(i *understudy.Image) { i.Base.Owners = []string{"amazon", "a*"}; i.Base.Names = []string{"b*"} },
	} {
		other := base
		change(&other)
		if before, ok := seen[DigestOf(other, understudy.Origin{Base: other.Base})]; ok {
			t.Errorf("%s has the digest of %s", name, before)
		}
		seen[DigestOf(other, understudy.Origin{Base: other.Base})] = name
	}
	for _, from := range []understudy.Origin{{ID: "ami-1"}, {Parameter: "ami-1"}, {Parameter: "/golden"}} {
		if before, ok := seen[DigestOf(base, from)]; ok {
			t.Errorf("that of the %s has the digest of %s", from, before)
		}
		seen[DigestOf(base, from)] = from.String()
	}
}

// TestBuilderScript runs the real script in a shell, in another folder than an instance's.
func TestBuilderScript(t *testing.T) {
	run := func(install string) (dir, console string) {
		dir = t.TempDir()
		i := understudy.Image{Install: install, Run: "echo it's \"$1\" `id -u` \\ UNDERSTUDY\nUNDERSTUDY\n"}
		script := strings.ReplaceAll(builderScript(i, DigestOf(i, understudy.Origin{})), "/var/lib/cloud", dir)
		out, _ := exec.Command("sh", "-c", script).CombinedOutput()
		return dir, string(out)
	}
	image := func(install string) string {
		return DigestOf(understudy.Image{Install: install, Run: "echo it's \"$1\" `id -u` \\ UNDERSTUDY\nUNDERSTUDY\n"}, understudy.Origin{})
	}
	dir, console := run("echo installing")
	if ready, err := verdict(console, image("echo installing")); !ready || err != nil || !strings.Contains(console, "installing\n") {
		t.Errorf("ready %v, %v, console:\n%s", ready, err, console)
	}
	b, err := exec.Command("cat", dir+"/scripts/per-boot/understudy").Output()
	if want := "#!/bin/sh -e\necho it's \"$1\" `id -u` \\ UNDERSTUDY\nUNDERSTUDY\n"; string(b) != want || err != nil {
		t.Errorf("the run script became %q, %v", b, err)
	}
	_, console = run("echo before\nfalse\necho after")
	ready, err := verdict(console, image("echo before\nfalse\necho after"))
	if ready || err == nil || !strings.Contains(err.Error(), "before") || strings.Contains(console, "after") {
		t.Errorf("a failed install: ready %v, %v, console:\n%s", ready, err, console)
	}
}

func TestUserDataOfTheLongestScriptsFitsEC2(t *testing.T) {
	i := understudy.Image{Install: strings.Repeat("i", 5632), Run: strings.Repeat("r", 5632)}
	if n := len(builderScript(i, DigestOf(i, understudy.Origin{}))); n > 16<<10 {
		t.Errorf("user data of %d bytes, 16 KiB are allowed", n)
	}
}
