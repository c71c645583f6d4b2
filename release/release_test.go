package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stranger is a small program in the place of the real one: what is tested is what is made of it. It links one module, so that
// bills and notices have something to say.
const stranger = `package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

func main() {
	var g errgroup.Group
	g.Go(func() error { return nil })
	switch g.Wait(); os.Args[1] {
	case "manual":
		os.MkdirAll(os.Args[2], 0o755)
		os.WriteFile(filepath.Join(os.Args[2], "understudy.1"), []byte(".TH UNDERSTUDY 1\n"), 0o644)
	case "completion":
		fmt.Println("complete", os.Args[2])
	}
}
`

// checkout makes a repository with one commit that has all that a release takes.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module github.com/understudy/understudy\n\ngo 1.26.0\n\nrequire golang.org/x/sync v0.24.0\n", "cmd/understudy/main.go": stranger,
		"LICENSE": "licence\n", "README.md": "# readme\n", "CHANGELOG.md": "# changes\n", "SECURITY.md": "# security\n", "understudy.schema.json": "{}\n",
		"adopted.schema.json": "{}\n",
		"docs/a.md":           "# a\n", ".gitignore": ignored(t), "docs/pictures/a.svg": "<svg/>\n", "examples/hello/understudy.yaml": "name: hello\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, unit := range []string{"understudy-watch@.service", "understudy-cloud.service"} {
		text, err := os.ReadFile(filepath.Join("systemd", unit))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "release/systemd", unit), string(text))
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))
	git(t, dir, "init", "--quiet")
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=one")
	return dir
}

// ignored is what the real checkout ignores: dist and its beginnings, which would make it a changed one.
func ignored(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

// TestTwoReleasesOfACommitAreEqual: made in different folders, from checkouts with files of different times, they are the same
// byte for byte, and nothing in them names the machine.
func TestTwoReleasesOfACommitAreEqual(t *testing.T) {
	source := checkout(t)
	first := filepath.Join(source, "dist") // as make does
	if err := release(t.Context(), source, first, []string{"linux/amd64"}, false); err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "elsewhere", "clone")
	git(t, source, "clone", "--quiet", source, clone)
	second := filepath.Join(t.TempDir(), "dist")
	if err := release(t.Context(), clone, second, []string{"linux/amd64"}, false); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(first)
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]bool{}
	for _, n := range names {
		one, err := os.ReadFile(filepath.Join(first, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile(filepath.Join(second, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, other) {
			t.Errorf("%s differs", n.Name())
		}
		if strings.HasSuffix(n.Name(), ".rpm") && !bytes.Contains(one, []byte("localhost\x00")) {
			t.Errorf("%s was built at another host than localhost", n.Name())
		}
		ends[filepath.Ext(n.Name())] = true
	}
	for _, end := range []string{".deb", ".rpm", ".gz", ".json", ""} {
		if !ends[end] && !(end == "" && names[0].Name() == "SHA256SUMS") {
			t.Errorf("nothing ends in %q", end)
		}
	}
}

// TestZipsOfTheSameFilesAreEqual: what Windows gets has neither a file's time nor the machine's in it.
func TestZipsOfTheSameFilesAreEqual(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	var zips [][]byte
	for i := range 2 {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a"), "text")
		if err := os.Chtimes(filepath.Join(dir, "a"), at, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "a.zip")
		if err := writeZip(path, "folder", []file{{filepath.Join(dir, "a"), "understudy.exe", 0o755}}, at); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		zips = append(zips, b)
	}
	if !bytes.Equal(zips[0], zips[1]) || !bytes.Contains(zips[0], []byte("folder/understudy.exe")) {
		t.Errorf("%q and %q", zips[0], zips[1])
	}
}

// TestChangedFilesAreNotReleased: what is in no commit cannot be built again by others.
func TestChangedFilesAreNotReleased(t *testing.T) {
	source, out := checkout(t), filepath.Join(t.TempDir(), "dist")
	write(t, filepath.Join(source, "README.md"), "# changed\n")
	err := release(t.Context(), source, out, nil, false)
	if err == nil || !strings.Contains(err.Error(), "changed") {
		t.Fatalf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLicencesThatDoNotFitAreFound: among them one that nobody meant to link.
func TestLicencesThatDoNotFitAreFound(t *testing.T) {
	const foundation = " as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version."
	if ids, err := licencesIn([]byte("Licensed under the Apache License, Version 2.0 (the \"License\"); you may not use this file except in compliance " +
		"with the License. You may obtain a copy of the License at\n\n   http://www.apache.org/licenses/LICENSE-2.0\n")); err != nil || len(ids) != 1 {
		t.Errorf("%v %v", ids, err)
	}
	for _, gnu := range []string{"General", "Affero General"} {
		text := "This program is free software: you can redistribute it and/or modify it under the terms of the GNU " + gnu + " Public License" + foundation
		if _, err := licencesIn([]byte(text)); err == nil {
			t.Errorf("GNU %s is taken", gnu)
		}
	}
}

// TestProgramsLicencesFit: the modules of the program as it is today.
func TestProgramsLicencesFit(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "./cmd/understudy")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			modules[line] = true
		}
	}
	if len(modules) < 30 {
		t.Fatalf("%d modules", len(modules))
	}
	list := make([]string, 0, len(modules))
	for m := range modules {
		list = append(list, m)
	}
	folders, err := moduleFolders(t.Context(), "..", list)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if err := notice(&bytes.Buffer{}, m, folders[m]); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
}
