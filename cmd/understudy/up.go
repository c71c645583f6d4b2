package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/plan"
	"golang.org/x/term"
)

const upHelp = `Build what is declared in both regions at once, and wait until both serve: load balancers
active, targets healthy, records in sync, health checks passing. What exists already is
found by its tags and changed only where it differs. If up was interrupted, run it again: it
continues.

On AWS the plan is printed, and you are asked for a yes; --yes answers it. With another
endpoint (--local, or AWS_ENDPOINT_URL in the environment) nothing is asked.

Exit codes: 0 everything is as declared; 1 it is not; 2 the declaration or a flag is wrong.`

const upExample = `  understudy up
  understudy up -f examples/hello/understudy.yaml --local
  understudy up --yes`

func upCommand() *cobra.Command {
	var (
		on  target
		yes bool
	)
	c := &cobra.Command{
		Use:     "up",
		Short:   "Build what is declared, in both regions",
		Long:    upHelp,
		Example: upExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if err != nil {
				return err
			}
			p, err := stack.Up(c.Context())
			if err != nil {
				return fmt.Errorf("plan: %w", err)
			}
			return carryOut(c, p, on.question(yes), "up")
		},
	}
	on.flags(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// carryOut prints a plan, asks if it must, and applies that same plan.
func carryOut(c *cobra.Command, p *plan.Plan, question, verb string) error {
	renderPlan(c.OutOrStdout(), p, false)
	if p.Empty() {
		return nil
	}
	if question != "" {
		if err := consent(c.InOrStdin(), c.ErrOrStderr(), question, verb); err != nil {
			return err
		}
	}
	began := time.Now()
	report := newProgress(os.Stderr, len(p.Steps))
	err := p.Apply(c.Context(), report)
	report.close()
	if err != nil {
		return fmt.Errorf("%s: %w\nhint: what was done stays; run `understudy %s` again to go on", verb, err, verb)
	}
	fmt.Fprintf(c.OutOrStdout(), "done in %s\n", short(time.Since(began)))
	return nil
}

// question returns what to ask before anything is changed, or "" if nothing needs to be asked.
func (t *target) question(yes bool) string {
	if yes || !t.onAWS() {
		return ""
	}
	return fmt.Sprintf("Do this in AWS account %s? It may cost money. Type yes: ", t.account)
}

// consent asks for a yes; any other answer is a no.
func consent(in io.Reader, out io.Writer, question, verb string) error {
	if f, ok := in.(*os.File); ok && !term.IsTerminal(int(f.Fd())) {
		return misuse(fmt.Errorf("%s: this would change a real AWS account, and there is no terminal to ask on\n"+
			"hint: --yes answers; --local works on the local cloud", verb))
	}
	fmt.Fprint(out, question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != "yes" {
		return exitError{1, fmt.Errorf("%s: not done, nothing was changed", verb)}
	}
	return nil
}
