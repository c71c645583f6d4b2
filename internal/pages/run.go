package pages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Run is where and how pages are run.
type Run struct {
	Folder      string // where files are written, and commands begin
	Environment []string
	Limit       time.Duration                                                   // ends a command that hangs
	Update      bool                                                            // writes statuses and what is printed into the page
	Done        func(file string, line int, command string, took time.Duration) // if set, is told of every command
}

// Do runs a page, up to its first command that does something else than the page shows.
func (r Run) Do(ctx context.Context, p *Page) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := newShell(ctx, r.Folder, r.Environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	hang := time.AfterFunc(r.Limit, cancel)
	defer hang.Stop()
	for _, b := range p.Blocks {
		if name, ok := b.Marks["file"]; ok {
			if err := os.WriteFile(filepath.Join(r.Folder, name), []byte(strings.Join(b.Lines, "\n")+"\n"), 0o644); err != nil {
				return err
			}
		}
		if !b.Runs() {
			continue
		}
		for _, c := range b.Commands {
			hang.Reset(r.Limit)
			if err := r.command(s, p, b, c); err != nil {
				return err
			}
		}
	}
	if r.Update {
		return p.write()
	}
	return nil
}

// command runs one command and compares.
func (r Run) command(s *shell, p *Page, b *Block, c *Command) error {
	like, err := likenessOf(b)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", p.File, b.Line, err)
	}
	began := time.Now()
	printed, status, err := s.run(c.Text)
	if err != nil {
		return fmt.Errorf("%s:%d: %s\n%w\n%s", p.File, c.Line, c.Text, err, strings.Join(printed, "\n"))
	}
	if r.Done != nil {
		r.Done(p.File, c.Line, c.Text, time.Since(began))
	}
	if r.Update {
		c.Output, c.Status = like.renewed(c.Output, printed), status
		if _, quiet := b.Marks["quiet"]; quiet {
			c.Output = nil
		}
		return nil
	}
	if status != c.Status {
		return fmt.Errorf("%s:%d: %s\nends with %d, and the page says %d:\n%s", p.File, c.Line, c.Text, status, c.Status, strings.Join(printed, "\n"))
	}
	if _, quiet := b.Marks["quiet"]; quiet {
		return nil
	}
	if different := like.difference(c.Output, printed); different != "" {
		return fmt.Errorf("%s:%d: %s\nprints something else than the page shows (-page +printed); -update writes it:\n%s", p.File, c.Line, c.Text, different)
	}
	return nil
}

// write writes the page with the statuses and outputs of its commands.
func (p *Page) write() error {
	var lines []string
	at := 0
	for _, b := range p.Blocks {
		if !b.Runs() {
			continue
		}
		for n, c := range b.Commands {
			end := b.Line - 1 + len(b.Lines)
			if n+1 < len(b.Commands) {
				end = b.Commands[n+1].Line - 1
			}
			lines = append(lines, p.lines[at:c.typed]...)
			if c.Status != 0 {
				lines = append(lines, fmt.Sprintf("? %d", c.Status))
			}
			lines, at = append(lines, c.Output...), end
		}
	}
	lines = append(lines, p.lines[at:]...)
	if slices.Equal(lines, p.lines) {
		return nil
	}
	return os.WriteFile(p.File, []byte(strings.Join(lines, "\n")), 0o644)
}
