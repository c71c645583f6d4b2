package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"golang.org/x/term"
)

const initHelp = `Write a declaration to begin with. It has every key with a comment: those that you give a
value, and the others with their defaults, behind a #. It passes "understudy validate".

On a terminal you are asked for what no flag says; an empty answer takes what stands in
brackets. Elsewhere nothing is asked. Without --run, the service is a placeholder: Python's
own web server, with a page in /srv/www, on an image that the local cloud and AWS have.

With --from NAME the values are those of what stands behind a record, whoever built it, and nothing
is asked: a declaration that builds another such stack. Of a stack of understudy's own it is the
declaration that the stack was built by: its exports are the same. What no key says is listed, in the
file and on standard error, with the keys that nothing in an account tells: of what an image was baked,
and what is for the commands alone.

A file that is there already is left alone, unless --force.

Exit codes: 0 the file is written; 1 it could not be; 2 a value or a flag is wrong, or the file
is there already.`

const initExample = `  understudy init
  understudy init --name shop --domain shop.example --primary eu-west-1 --secondary eu-north-1
  understudy init -f shop/understudy.yaml --run file:run.sh --port 3000 --health /up
  understudy init --from www.example.com --name shop
  understudy init && understudy plan --local`

const initHead = `# A declaration for understudy: one service, in two regions that are the same.
# "understudy validate" checks it, "understudy plan" shows what it makes.
# An editor explains it if "understudy schema > understudy.schema.json" was run, and this is the first line:
# yaml-language-server: $schema=understudy.schema.json
`

// asked are the keys that init has a flag and a question for, and what an empty value means.
var asked = []struct{ flag, key, fallback, empty string }{
	{"name", "name", "hello", ""},
	{"domain", "domain", "hello.test", ""},
	{"record", "record", "", "none"},
	{"primary", "regions.primary.name", "us-east-1", ""},
	{"primary-cidr", "regions.primary.cidr", "10.10.0.0/16", ""},
	{"secondary", "regions.secondary.name", "us-west-2", ""},
	{"secondary-cidr", "regions.secondary.cidr", "10.20.0.0/16", ""},
	{"port", "service.port", "8080", ""},
	{"health", "service.health", "/", ""},
	{"run", "image.run", "", "a placeholder"},
}

func initCommand() *cobra.Command {
	var on target
	var force bool
	var from string
	given := make([]string, len(asked))
	c := &cobra.Command{
		Use: "init", Short: "Write a declaration to begin with", Long: initHelp, Example: initExample, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := on.refuseLocal(from != "", "with --from"); err != nil {
				return err
			}
			if _, err := os.Lstat(on.file); err == nil && !force {
				return misuse(there(on.file))
			}
			for i, a := range asked {
				if !c.Flags().Changed(a.flag) {
					given[i] = a.fallback
				}
			}
			text, err := on.beginFrom(c, from, given)
			if err != nil {
				return err
			}
			if err := write(on.file, text, force); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is written\n", on.file)
			return nil
		},
	}
	on.fileFlag(c)
	about := described(understudy.Keys())
	for i, a := range asked {
		what := strings.TrimSuffix(about[a.key], ".")
		c.Flags().StringVar(&given[i], a.flag, a.fallback, strings.ToLower(what[:1])+what[1:])
		c.RegisterFlagCompletionFunc(a.flag, cobra.NoFileCompletions)
	}
	c.Flags().StringVar(&from, "from", "", "describe what stands behind this record")
	c.RegisterFlagCompletionFunc("from", cobra.NoFileCompletions)
	c.Flags().BoolVar(&on.local, "local", false, "with --from: look in the local cloud that is running")
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there already")
	return c
}

func there(file string) error {
	return fmt.Errorf("init: %s is there already\nhint: --force writes over it, -f FILE writes another", file)
}

// described returns what is told of each key.
func described(keys []*understudy.Key) map[string]string {
	all := map[string]string{}
	for _, k := range keys {
		all[k.Path] = k.About
		for path, about := range described(k.Keys) {
			all[path] = about
		}
	}
	return all
}

// beginFrom makes the declaration of what stands behind a record, or else of the values given.
func (t *target) beginFrom(c *cobra.Command, from string, given []string) (string, error) {
	if from != "" {
		return t.describe(c, from, given)
	}
	return t.begin(c, given)
}

// begin makes the declaration of the values given, and of answers where there is a terminal.
func (t *target) begin(c *cobra.Command, given []string) (string, error) {
	in, ok := c.InOrStdin().(*os.File)
	if ok && term.IsTerminal(int(in.Fd())) {
		open := func(i int) bool { return !c.Flags().Changed(asked[i].flag) }
		if err := t.ask(c.Context(), in, c.ErrOrStderr(), given, open); err != nil {
			return "", err
		}
	}
	text, err := drafted(given)
	if err != nil {
		return "", err
	}
	if _, err := understudy.Parse(t.file, []byte(text), os.ReadFile); err != nil {
		var mistakes understudy.Mistakes
		errors.As(err, &mistakes)
		return "", misuse(fmt.Errorf("init: %s", refusal(mistakes)))
	}
	return text, nil
}

// refusal says what is wrong with values that are in no file yet.
func refusal(mistakes understudy.Mistakes) string {
	var lines []string
	for _, m := range mistakes {
		lines = append(lines, fmt.Sprintf("%s: found %s; allowed: %s", m.Key, m.Found, m.Allowed))
	}
	return strings.Join(lines, "\n")
}

// ask asks for each value that is open until the answer is right.
func (t *target) ask(ctx context.Context, in io.Reader, out io.Writer, given []string, open func(int) bool) error {
	lines, about := bufio.NewReader(in), described(understudy.Keys())
	for i := range asked {
		for fallback := given[i]; open(i); {
			fmt.Fprintf(out, "%s\n%s [%s]: ", about[asked[i].key], asked[i].key, cmp.Or(fallback, asked[i].empty))
			answer, err := readAnswer(ctx, lines)
			if err != nil {
				return fmt.Errorf("init: no answer, nothing was written: %w", err)
			}
			given[i] = fallback
			if answer = strings.TrimSpace(answer); answer != "" {
				given[i] = answer
			}
			text, err := drafted(given)
			if err != nil {
				return err
			}
			wrong := mistakesAt(t.file, text, asked[i].key)
			if len(wrong) == 0 {
				break
			}
			fmt.Fprintln(out, refusal(wrong))
		}
	}
	return nil
}

// readAnswer reads a line, or ends when the program is interrupted.
func readAnswer(ctx context.Context, from *bufio.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := from.ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case l := <-read:
		return l.text, l.err
	}
}

// mistakesAt returns what is wrong at one key.
func mistakesAt(file, text, key string) understudy.Mistakes {
	var mistakes understudy.Mistakes
	if _, err := understudy.Parse(file, []byte(text), os.ReadFile); !errors.As(err, &mistakes) {
		return nil
	}
	return slices.DeleteFunc(mistakes, func(m understudy.Mistake) bool { return m.Key != key })
}

// drafted returns the declaration's text with these values of the keys that are asked for.
func drafted(given []string) (string, error) {
	values := map[string]any{
		"image.base.owners": []string{"amazon", "self"},
		"image.base.names":  []string{"understudy-host-*", "al2023-ami-2023.*-x86_64"}, // the local cloud's, and AWS's
	}
	for i, a := range asked {
		values[a.key] = given[i]
	}
	port := values["service.port"].(string)
	if n, err := strconv.Atoi(port); err == nil {
		values["service.port"] = n
	}
	if values["record"] == "" {
		delete(values, "record")
	}
	if values["image.run"] == "" {
		values["image.install"] = "mkdir -p /srv/www\necho \"served by understudy's placeholder\" > /srv/www/index.html\n"
		values["image.run"] = "cd /srv/www\npython3 -m http.server " + port + " > /var/log/service.log 2>&1 &\n"
	}
	text, err := understudy.Draft(values)
	return initHead + text, err
}

// write writes the file; without force, only if there is none.
func write(file, text string, force bool) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return misuse(there(file))
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
