package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/understudy/understudy/parity"
	"golang.org/x/term"
)

// What a finding looks like: one line with its severity and name, then what each side has with the wrong one marked, why it
// matters, and what heals it.

// palette is how a severity stands out on a terminal. It is empty elsewhere.
type palette map[parity.Severity]string

func colours(w io.Writer) palette {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return palette{parity.Critical: "\x1b[1;31m", parity.High: "\x1b[31m", parity.Medium: "\x1b[33m", parity.Low: "\x1b[36m"}
}

func (p palette) paint(s parity.Severity, text string) string {
	if p == nil {
		return text
	}
	return p[s] + text + "\x1b[0m"
}

func printParity(w io.Writer, r *parity.Report, p palette) {
	for _, f := range r.Findings {
		printFinding(w, f, p)
	}
	if len(r.Passing) > 0 {
		fmt.Fprintln(w, "passing by itself:")
		for _, f := range r.Passing {
			fmt.Fprintf(w, "  %s: %s\n", f.Name, f.Passing)
		}
	}
	if len(r.Ignored) > 0 {
		fmt.Fprintln(w, "ignored, as declared:")
		for _, f := range r.Ignored {
			fmt.Fprintf(w, "  %-8s %s: %s\n", f.Severity, f.Name, f.Ignored)
		}
	}
	for _, n := range joinNotes(r.Notes) {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	fmt.Fprintln(w, paritySummary(r))
}

func printFinding(w io.Writer, f parity.Finding, p palette) {
	fmt.Fprintf(w, "%s %s\n", p.paint(f.Severity, fmt.Sprintf("%-8s", f.Severity)), f.Name)
	width := 0
	for _, s := range f.Evidence {
		width = max(width, len(s.Region))
	}
	for _, s := range f.Evidence {
		fmt.Fprintf(w, "  %s %-*s  %s%s\n", markWrong(f, s), width, s.Region, s.Value, inBrackets(s.ID))
	}
	if f.Expected != "" {
		fmt.Fprintf(w, "    expected: %s\n", f.Expected)
	}
	fmt.Fprintf(w, "    why: %s\n", f.Why)
	for _, c := range f.Heal {
		fmt.Fprintf(w, "    heal: %s\n", c)
	}
	if len(f.Consequences) > 0 {
		fmt.Fprintf(w, "    with it: %s\n", strings.Join(f.Consequences, "; "))
	}
}

// markWrong marks the wrong side: ✗ by what is declared, ? where it is presumed.
func markWrong(f parity.Finding, s parity.Side) string {
	for _, region := range f.Wrong {
		if region == s.Region && f.Presumed {
			return "?"
		} else if region == s.Region {
			return "✗"
		}
	}
	return " "
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "  (" + s + ")"
}

// joinNotes puts notes that say the same of several things on one line.
func joinNotes(notes []parity.Note) []string {
	var order []string
	about := map[string][]string{}
	for _, n := range notes {
		if about[n.Text] == nil {
			order = append(order, n.Text)
		}
		about[n.Text] = append(about[n.Text], n.About)
	}
	var lines []string
	for _, text := range order {
		lines = append(lines, strings.Join(about[text], ", ")+": "+text)
	}
	return lines
}

// paritySummary counts the findings by severity.
func paritySummary(r *parity.Report) string {
	if len(r.Findings) == 0 {
		declared := 0
		for _, n := range r.Left.Inventory() {
			declared += n
		}
		return fmt.Sprintf("%s and %s are equal: %d resources each", r.Left.Name, r.Right.Name, declared)
	}
	counts := map[parity.Severity]int{}
	for _, f := range r.Findings {
		counts[f.Severity]++
	}
	var parts []string
	for s := parity.Critical; s >= parity.Low; s-- {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return fmt.Sprintf("%s and %s differ: %s", r.Left.Name, r.Right.Name, strings.Join(parts, ", "))
}
