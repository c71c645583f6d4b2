// Package pages runs what Markdown pages show, as readers would type it: every fenced block of a page in order, in one shell and one
// folder. What a page shows is therefore what happens, or a test fails with the page's line.
//
// A block of the language console holds commands and what they print:
//
//	$ first line of a command \
//	> and its further lines
//	? 1
//	what it prints, standard error included
//
// The line "? N" is the exit status, where it is not 0. What a page shows are true values; Alike says which of them may be others on
// another day. HTML comments before a block, which no reader of the page sees, say what is special about it:
//
//	<!-- alike: seconds, order -->   kinds of values of this block that differ from run to run
//	<!-- quiet -->                   exit statuses are compared, and what is printed is not shown
//	<!-- file: NAME -->              the block is written to this file in the page's folder
//	<!-- fragment: KEY -->           the block is a part of a declaration, which must be valid with it
//	<!-- from: FILE -->              the block's lines stand so in a file of the checkout, which has tests of its own
//	<!-- not run: REASON -->         why it is not run
//
// A comment that begins with "run" is a block of its own, of commands that prepare or judge what the page shows:
//
//	<!-- run
//	$ command
//	-->
package pages

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Page is a Markdown file, taken apart.
type Page struct {
	File   string
	lines  []string
	Blocks []*Block
}

// A Block is a fenced block, or a comment with commands.
type Block struct {
	Line     int    // of its first line within, from 1
	Language string // the fence's first word; "run" for a comment
	Marks    map[string]string
	Lines    []string
	Commands []*Command // of console and run
}

// A Command is what is typed at one prompt.
type Command struct {
	Line   int
	Text   string
	Status int
	Output []string
	typed  int // index in the page's lines where what is typed ends
	output int // and where its output begins, after a status
}

// Runs tells whether the block has commands, and they are to be run.
func (b *Block) Runs() bool {
	_, left := b.Marks["not run"]
	return len(b.Commands) > 0 && !left
}

// marks are what comments may say of the block that follows.
var marks = []string{"alike", "quiet", "file", "fragment", "from", "not run"}

// plain are languages of what is no example: drawings, and formats in general.
var plain = []string{"text"}

var (
	comment = regexp.MustCompile(`^<!-- ([a-z ]+?)(?:: (.*))? -->$`)
	status  = regexp.MustCompile(`^\? ([1-9][0-9]*)$`)
)

// Read takes a page apart. What it cannot read, or what could be an example that nobody runs, is an error with its line.
func Read(file string) (*Page, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &Page{File: file, lines: strings.Split(string(text), "\n")}
	r := reader{page: p, marks: map[string]string{}}
	for r.next < len(p.lines) {
		if err := r.line(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// reader goes through a page's lines.
type reader struct {
	page  *Page
	next  int
	marks map[string]string // of the block that follows
}

func (r *reader) wrong(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.page.File, line, fmt.Sprintf(format, args...))
}

// line reads one line outside of blocks, or a whole block.
func (r *reader) line() error {
	line := r.page.lines[r.next]
	r.next++
	switch found := comment.FindStringSubmatch(line); {
	case strings.HasPrefix(line, "```"):
		return r.block(strings.TrimPrefix(line, "```"), "```")
	case line == "<!-- run":
		return r.block("run", "-->")
	case found != nil:
		if !slices.Contains(marks, found[1]) {
			return r.wrong(r.next, "no block has the mark %q; allowed: %s", found[1], strings.Join(marks, ", "))
		}
		r.marks[found[1]] = found[2]
	case strings.HasPrefix(line, "    ") && r.next > 1 && r.page.lines[r.next-2] == "":
		return r.wrong(r.next, "an indented block is run by nobody: fence it, and name its language")
	case line != "" && len(r.marks) > 0:
		return r.wrong(r.next, "marks are not followed by a block")
	}
	return nil
}

// block reads a block up to its end.
func (r *reader) block(info, end string) error {
	language, _, _ := strings.Cut(info, " ")
	b := &Block{Line: r.next + 1, Language: language, Marks: r.marks}
	r.marks = map[string]string{}
	for ; ; r.next++ {
		if r.next == len(r.page.lines) {
			return r.wrong(b.Line-1, "the block has no end")
		}
		if r.page.lines[r.next] == end {
			r.next++
			break
		}
		b.Lines = append(b.Lines, r.page.lines[r.next])
	}
	if language == "console" || language == "run" {
		if err := r.commands(b); err != nil {
			return err
		}
	}
	r.page.Blocks = append(r.page.Blocks, b)
	return r.complete(b)
}

// complete says what a block lacks: whatever could be an example is run, written, compared or left out with a reason.
func (r *reader) complete(b *Block) error {
	reason, left := b.Marks["not run"]
	_, written := b.Marks["file"]
	_, part := b.Marks["fragment"]
	_, copied := b.Marks["from"]
	switch {
	case left && len(strings.Fields(reason)) < 3:
		return r.wrong(b.Line, "the block is not run, and does not say why")
	case b.Language == "":
		return r.wrong(b.Line-1, "the block has no language; console is for commands, text for what is no example")
	case len(b.Commands) > 0 || left || written || part || copied || slices.Contains(plain, b.Language):
		return nil
	}
	return r.wrong(b.Line-1, "nobody runs this block of %s, and it does not say why", b.Language)
}

// commands takes a block of commands apart.
func (r *reader) commands(b *Block) error {
	var last *Command
	for n, line := range b.Lines {
		at := b.Line + n
		typed, begins := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line+" ", "> ")
		found := status.FindStringSubmatch(line)
		head := last != nil && last.output == at-1 // nothing has been printed yet
		switch {
		case begins:
			last = &Command{Line: at, Text: typed, typed: at, output: at}
			b.Commands = append(b.Commands, last)
		case last == nil:
			return r.wrong(at, "the block of commands begins with something else than a command")
		case goesOn && head && last.Status == 0:
			last.Text += "\n" + strings.TrimSuffix(more, " ")
			last.typed, last.output = at, at
		case found != nil && head && last.Status == 0:
			last.Status, _ = strconv.Atoi(found[1])
			last.output = at
		default:
			last.Output = append(last.Output, line)
		}
	}
	if last == nil {
		return r.wrong(b.Line-1, "a block of commands has none")
	}
	return nil
}

// Count is how many of a page's blocks are checked, how many commands are run, and which blocks are not run, by their lines.
type Count struct {
	Blocks, Commands int
	Left             map[int]string // reasons
}

// Count counts a page's blocks.
func (p *Page) Count() Count {
	c := Count{Left: map[int]string{}}
	for _, b := range p.Blocks {
		reason, left := b.Marks["not run"]
		switch {
		case left:
			c.Left[b.Line] = reason
		case slices.Contains(plain, b.Language):
		default:
			c.Blocks++
			c.Commands += len(b.Commands)
		}
	}
	return c
}

// Files returns the pages that are for users: the README and the manual.
func Files(checkout string) ([]string, error) {
	manual, err := filepath.Glob(filepath.Join(checkout, "docs", "*.md"))
	return append([]string{filepath.Join(checkout, "README.md")}, manual...), err
}
