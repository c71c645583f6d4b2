package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/console"
	"github.com/understudy/understudy/plan"
)

// On AWS a console changes nothing unless it was started for that.
func TestConsoleShowsOnlyOnAWS(t *testing.T) {
	for _, c := range []struct {
		foreign string
		allowed bool
		refuses bool
	}{{"", false, false}, {"EC2 in us-east-1 is AWS itself", false, true}, {"EC2 in us-east-1 is AWS itself", true, false}} {
		f := &consoleFlags{on: target{foreign: c.foreign, account: "123456789012"}, change: c.allowed}
		if said := f.refusal(); (said != "") != c.refuses || c.refuses && !strings.Contains(said, c.foreign) {
			t.Errorf("%+v: %q", c, said)
		}
	}
}

// A button's command is one that this program has, with flags that it has, on the declaration that the page shows; and only a local cloud loses
// whole regions.
func TestConsoleButtonsRunCommandsThatAreThere(t *testing.T) {
	for _, file := range []string{"../../examples/hello/understudy.yaml", "../../examples/active/understudy.yaml"} {
		d, err := understudy.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &shown{flags: &consoleFlags{on: target{file: file, local: true}}, flagged: true, stack: &plan.Stack{Declaration: d}}
		all := append(s.actions(), s.regionActions("us-east-1")...)
		for _, a := range all {
			args := slices.Clone(a.Command)
			for _, o := range a.Options {
				args = append(args, o.Flag, o.Choices[0].Value)
				if o.Flag == "--fault" && slices.ContainsFunc(o.Choices, func(c console.Choice) bool { return c.Value == "region" }) {
					t.Error("a drill on AWS offers to lose a whole region")
				}
			}
			cmd, rest, err := rootCommand().Find(args)
			if err != nil || cmd.ParseFlags(rest) != nil {
				t.Errorf("%s: %v: %v", a.Name, args, err)
			}
			if changes := a.Name != "lose us-east-1" && a.Name != "bring back us-east-1"; changes && !slices.Contains(args, file) {
				t.Errorf("%s is not for %s: %v", a.Name, file, args)
			}
		}
		if len(all) < 7 {
			t.Errorf("%d actions", len(all))
		}
	}
}

// What files say is read again when one of them changes, comes or goes, and only then; what could not be read is tried again.
func TestMemoReadsWhatChanges(t *testing.T) {
	dir, reads := t.TempDir(), 0
	var m memo[int]
	read := func(want int) {
		t.Helper()
		for range 3 {
			if _, err := m.of(filepath.Join(dir, "*.json"), func() (int, error) { reads++; return reads, nil }); err != nil {
				t.Fatal(err)
			}
		}
		if reads != want {
			t.Errorf("read %d times, want %d", reads, want)
		}
	}
	if _, err := m.of(filepath.Join(dir, "*.json"), func() (int, error) { return 0, fs.ErrPermission }); err == nil {
		t.Error("an error is kept back")
	}
	read(1)
	file := filepath.Join(dir, "a.json")
	if err := os.WriteFile(file, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	read(2)
	if err := os.WriteFile(file, []byte("22"), 0o600); err != nil {
		t.Fatal(err)
	}
	read(3)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	read(4)
}
