package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const manualHelp = `Write the manual pages, one for each command, into a folder: its help in the form that man shows.
The packages have them already; this is for those who build the program themselves.

Exit codes: 0; 1 the folder cannot be written; 2 an argument is wrong.`

func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use: "manual FOLDER", Short: "Write the manual pages", Long: manualHelp, Args: cobra.ExactArgs(1),
		Example: "  understudy manual ~/.local/share/man/man1\n  man understudy-drill",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeManual(args[0], cmd.Root())
		},
	}
}

// writeManual writes the page of a command and those of its subcommands.
func writeManual(folder string, cmd *cobra.Command) error {
	var b bytes.Buffer
	manualPage(&b, cmd)
	if err := os.WriteFile(filepath.Join(folder, pageName(cmd)+".1"), b.Bytes(), 0o644); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if sub.Hidden || sub.Name() == "help" {
			continue
		}
		if err := writeManual(folder, sub); err != nil {
			return err
		}
	}
	return nil
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manualPage writes the help of a command in man(7). The help is plain text, not Markdown, so what converts Markdown would read
// its stars and underscores as marks.
func manualPage(w io.Writer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	fmt.Fprintf(w, ".TH %s 1 \"\" understudy \"understudy manual\"\n", strings.ToUpper(roff(pageName(cmd))))
	fmt.Fprintf(w, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	about, codes, _ := strings.Cut(cmp.Or(cmd.Long, cmd.Short), "\nExit codes: ")
	fmt.Fprint(w, ".SH DESCRIPTION\n")
	roffText(w, about)
	options(w, "OPTIONS", cmd.NonInheritedFlags())
	options(w, "OPTIONS OF ALL SUBCOMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		fmt.Fprint(w, ".SH EXAMPLES\n")
		roffText(w, cmd.Example)
	}
	if codes != "" {
		fmt.Fprint(w, ".SH EXIT STATUS\n")
		roffText(w, codes)
	}
	seeAlso(w, cmd)
}

// roffText writes paragraphs; indented lines stay as they are.
func roffText(w io.Writer, text string) {
	fixed := false
	fix := func(want bool) {
		if want != fixed {
			fmt.Fprintln(w, map[bool]string{true: ".PP\n.RS\n.nf", false: ".fi\n.RE"}[want])
		}
		fixed = want
	}
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		line = strings.TrimRight(line, "\n")
		fix(strings.HasPrefix(line, "  "))
		if line == "" {
			fmt.Fprintln(w, ".PP")
			continue
		}
		fmt.Fprintln(w, roff(strings.TrimPrefix(line, "  ")))
	}
	fix(false)
}

func options(w io.Writer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(w, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(w, ".TP\n.B %s", roff(name))
		if value != "" {
			fmt.Fprintf(w, " %s", roff(value))
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "\n%s\n", roff(usage))
	})
}

func seeAlso(w io.Writer, cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, pageName(cmd.Parent()))
	}
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			pages = append(pages, pageName(sub))
		}
	}
	if len(pages) == 0 {
		return
	}
	fmt.Fprintln(w, ".SH SEE ALSO")
	for i, p := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		fmt.Fprintf(w, ".BR %s (1)%s\n", roff(p), end)
	}
}

// special are the characters that roff would take for marks: a backslash and, as hyphens, minus signs.
var special = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// leading is what begins a line that roff would read as a request.
var leading = regexp.MustCompile(`(?m)^([.'])`)

// foreign are the characters that groff knows by their code points alone.
var foreign = regexp.MustCompile(`[^\x00-\x7f]`)

func roff(text string) string {
	text = leading.ReplaceAllString(special.Replace(text), `\&$1`)
	return foreign.ReplaceAllStringFunc(text, func(c string) string { return fmt.Sprintf(`\[u%04X]`, []rune(c)[0]) })
}
