package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/plan"
	"golang.org/x/term"
)

const upHelp = `Build what is declared in both regions at once, and wait until both serve: load balancers
active, targets healthy, records in sync, health checks passing. What exists already is
found by its tags and changed only where it differs. If up was interrupted, run it again: it
continues.

A change to what serves reaches one region after the other: first the secondary, or, if the
primary's health check fails and the secondary's passes, the primary. The instances are
replaced by an instance refresh. The other region follows when every instance runs the new
version, is healthy, and was so for the time --bake. If instances do not come to serve, up
stops, says what Auto Scaling, the load balancer and the console say of them, and rolls the
region back. Regions that serve nothing yet are built at once. Another service port takes another
target group and another fleet, which serve before the old ones go. Another network takes another
VPC with all that lies in it: when that serves, the failover record moves, and the earlier one
goes after the time --linger.

The fleet's "desired" counts for its creation only; after that, its capacity is left to
scaling, or to you, within "min" and "max".

An image that was baked stays as it is while the declaration does. image.rebake has one that is
older than a week or a month baked anew when another image is selected as its base by then, and
--rebake one of any age.

The plan is printed, and you are asked for a yes; --yes answers it. Nothing is asked only where
every service's endpoint is a local cloud on this machine (--local, or "understudy cloud env").

up FILE works on a plan that "understudy plan --out FILE" has saved, with its declaration. It
makes the plan anew, and refuses, saying what is different, if the declaration or the account
has changed since.

Before a region is built for the first time, the account is examined as "understudy doctor" does,
and what may go wrong is said. If it is certain that up would fail, it does nothing, unless you
are asked and say yes, or --no-doctor.

Only one run at a time changes a stack. A second one says who is at work since when, and
changes nothing, or waits with --wait. See "understudy unlock".

Exit codes: 0 everything is as declared; 1 it is not, or another run is at work; 2 the
declaration or a flag is wrong.`

const upExample = `  understudy up
  understudy up -f examples/hello/understudy.yaml --local
  understudy up --only secondary --bake 10m
  understudy up --yes --wait 10m
  understudy up change.plan`

func upCommand() *cobra.Command {
	var (
		on   = target{adopts: true}
		do   change
		roll rollout
		dare bool
	)
	c := &cobra.Command{
		Use:     "up [FILE]",
		Short:   "Build what is declared, in both regions",
		Long:    upHelp,
		Example: upExample,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			stack, err := on.openSaved(c, args, &do)
			if err != nil {
				return err
			}
			if stack.Rollout, err = roll.read(); err != nil {
				return err
			}
			for _, flag := range []string{"only", "bake", "linger", "rebake"} {
				if stack.Adopted() && c.Flags().Changed(flag) {
					return misuse(fmt.Errorf("up: --%s is of rollouts, and an adopted stack has none", flag))
				}
			}
			if err := meetDrill(c, stack, do.yes || !on.onAWS()); err != nil {
				return err
			}
			do.verb, do.plan = "up", stack.Up
			question := on.question(do.yes, doThis)
			if !dare {
				do.look = func(ctx context.Context, p *plan.Plan) error {
					return on.examineFirst(ctx, c, stack, p, question != "")
				}
			}
			return do.run(c, stack, question)
		},
	}
	on.flags(c)
	do.flags(c)
	roll.flags(c)
	c.Flags().BoolVar(&dare, "no-doctor", false, "build without examining the account first")
	return c
}

// openSaved opens what a command works on: a saved plan's declaration and account, if one is named.
func (t *target) openSaved(c *cobra.Command, args []string, do *change) (*plan.Stack, error) {
	if len(args) == 0 {
		return t.open(c.Context())
	}
	saved, err := readSaved(args[0])
	if err != nil {
		return nil, err
	}
	if !c.Flags().Changed("file") {
		t.file = saved.File
	}
	stack, err := t.open(c.Context())
	if err != nil {
		return nil, err
	}
	if err := stack.Fits(*saved, t.account); err != nil {
		return nil, fmt.Errorf("up: %s cannot be applied: %w\nhint: make a new one with `understudy plan --out`", args[0], err)
	}
	do.confirmed = &saved.Steps
	return stack, nil
}

const doThis = "This may cost money. Do it"

// question returns what to ask before something is done, with why it may be a real account, or "" if nothing needs to be asked.
func (t *target) question(yes bool, does string) string {
	if yes || !t.onAWS() {
		return ""
	}
	return fmt.Sprintf("%s in AWS account %s (%s)? Type yes: ", does, t.account, t.foreign)
}

// consent asks for a yes; any other answer is a no, and an interruption ends the wait for one. Where there is no question, it is a yes.
func consent(ctx context.Context, in io.Reader, out io.Writer, question, verb string) error {
	if question == "" {
		return nil
	}
	if f, ok := in.(*os.File); ok && !term.IsTerminal(int(f.Fd())) {
		return misuse(fmt.Errorf("%s: this would change a real AWS account, and there is no terminal to ask on\n"+
			"hint: --yes answers; --local works on the local cloud", verb))
	}
	fmt.Fprint(out, question)
	line, err := readAnswer(ctx, bufio.NewReader(in))
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: no answer, nothing was changed: %w", verb, err)
	}
	if strings.TrimSpace(line) != "yes" {
		return exitError{1, fmt.Errorf("%s: not done, nothing was changed", verb)}
	}
	return nil
}
