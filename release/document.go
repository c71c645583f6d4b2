package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// file is a file of an archive: where it is, where it goes, with which permissions.
type file struct {
	from, to string
	mode     os.FileMode
}

// completions are the shells that the program completes in, and what each calls the file.
var completions = map[string]string{"bash": "understudy", "zsh": "_understudy", "fish": "understudy.fish"}

// document gathers what the archives of all systems hold beside the program.
func (r *run) document(ctx context.Context, program string) error {
	made := filepath.Join(r.work, "made")
	if err := os.MkdirAll(filepath.Join(made, "completions"), 0o755); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, program, "manual", filepath.Join(made, "man")).CombinedOutput(); err != nil {
		return fmt.Errorf("manual: %w: %s", err, out)
	}
	for shell, name := range completions {
		script, err := exec.CommandContext(ctx, program, "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("completion %s: %w", shell, err)
		}
		if err := os.WriteFile(filepath.Join(made, "completions", name), script, 0o644); err != nil {
			return err
		}
	}
	return r.gather(made)
}

// gather lists the documents: those that were made, and those of the checkout.
func (r *run) gather(made string) error {
	for _, pattern := range []string{"man/*.1", "completions/*"} {
		if err := r.add(made, pattern); err != nil {
			return err
		}
	}
	for _, pattern := range []string{
		"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "understudy.schema.json",
		"adopted.schema.json", "docs/*.md", "docs/pictures/*", "examples/*/understudy.yaml",
	} {
		if err := r.add(r.source, pattern); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) add(root, pattern string) error {
	found, err := filepath.Glob(filepath.Join(root, pattern)) // sorted
	if err != nil || len(found) == 0 {
		return fmt.Errorf("%s: no such files: %v", pattern, err)
	}
	for _, from := range found {
		to, err := filepath.Rel(root, from)
		if err != nil {
			return err
		}
		r.documents = append(r.documents, file{from, filepath.ToSlash(to), 0o644})
	}
	return nil
}
