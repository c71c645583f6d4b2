package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/understudy/understudy/internal/judge"
)

// TestManualHasEveryCommandAndFlag: a page of each command tells every flag, and what roff would read as marks is escaped.
func TestManualHasEveryCommandAndFlag(t *testing.T) {
	dir := t.TempDir()
	root := rootCommand()
	if err := writeManual(dir, root); err != nil {
		t.Fatal(err)
	}
	pages := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		pages++
		b, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Fatal(err)
		}
		page := string(b)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(page, roff("--"+f.Name)) {
				t.Errorf("%s lacks --%s", pageName(cmd), f.Name)
			}
		})
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "'") || strings.ContainsFunc(line, func(r rune) bool { return r > 0x7f }) {
				t.Errorf("%s has a line that roff misreads: %q", pageName(cmd), line)
			}
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(root)
	if pages < 40 {
		t.Errorf("%d pages", pages)
	}
}

// TestManualIsReadByGroff: groff finds nothing to warn of.
func TestManualIsReadByGroff(t *testing.T) {
	groff := judge.Need(t, "groff")
	dir := t.TempDir()
	if err := writeManual(dir, rootCommand()); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	out, err := exec.Command(groff, append([]string{"-man", "-ww", "-z", "-Tutf8"}, pages...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
