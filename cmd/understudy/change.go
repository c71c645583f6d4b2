package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/lock"
	"github.com/understudy/understudy/plan/resource"
)

// change is how up and down change a stack: the plan is printed, asked about where that is needed, and applied while
// the stack's lock keeps other runs out.
type change struct {
	verb string
	plan func(context.Context) (*plan.Plan, error)
	yes  bool
	wait time.Duration
	// look looks at a plan that was printed, before anybody is asked and anything done; nil looks at none.
	look func(context.Context, *plan.Plan) error

	confirmed *[]plan.Step // what a person has seen; nil where nobody has seen anything yet
}

func (do *change) flags(c *cobra.Command) {
	c.Flags().BoolVarP(&do.yes, "yes", "y", false, "do not ask")
	c.Flags().DurationVar(&do.wait, "wait", 0, "wait so long for another run to end")
}

// run asks before anything is changed, the lock included. Another run may change the account while a person reads, so
// the plan is made again under the lock, and applied only if it is the one that was confirmed.
func (do *change) run(c *cobra.Command, stack *plan.Stack, question string) error {
	if question != "" {
		if empty, err := do.confirm(c, stack, question); err != nil || empty {
			return err
		}
	}
	waiting := func(h lock.Holder) { fmt.Fprintf(c.ErrOrStderr(), "understudy: waiting for another run: %s\n", h) }
	return stack.Alone(c.Context(), do.verb, do.wait, waiting, func(ctx context.Context) error {
		// A drill looks for this lock after it has left its marker, so of the two at least one stops.
		p, err := besideDrill(ctx, stack, do.planned, func(e drill.Entry) error { return meetThis(c, stack, e, false) })
		if err != nil {
			return err
		}
		if question == "" {
			if err := do.show(ctx, c, p); err != nil {
				return err
			}
		}
		return do.apply(ctx, c, p)
	})
}

// planned makes a plan, which must be the one that was confirmed or saved, if there is one.
func (do *change) planned(ctx context.Context) (*plan.Plan, error) {
	p, err := do.plan(ctx)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if do.confirmed == nil {
		return p, nil
	}
	if changed := plan.Changed(*do.confirmed, p.Steps); len(changed) > 0 {
		return nil, fmt.Errorf("%s: the account has changed since the plan was made; nothing was done\n  %s\nhint: look at a new plan",
			do.verb, strings.Join(changed, "\n  "))
	}
	return p, nil
}

// confirm prints the plan and asks. It tells whether there is nothing to do.
func (do *change) confirm(c *cobra.Command, stack *plan.Stack, question string) (empty bool, err error) {
	held, err := stack.Holder(c.Context())
	if err != nil {
		return false, err
	}
	if held != nil && held.Ended == "" && do.wait == 0 {
		return false, lock.HeldError{Stack: stack.Declaration.Name, Holder: *held}
	}
	p, err := do.planned(c.Context())
	if err != nil {
		return false, err
	}
	if err := do.show(c.Context(), c, p); err != nil || p.Empty() {
		return true, err
	}
	do.confirmed = &p.Steps
	return false, consent(c.Context(), c.InOrStdin(), c.ErrOrStderr(), question, do.verb)
}

// show prints a plan, and what is to be said of it.
func (do *change) show(ctx context.Context, c *cobra.Command, p *plan.Plan) error {
	renderPlan(newPage(c.OutOrStdout()), p, false)
	if do.look == nil {
		return nil
	}
	return do.look(ctx, p)
}

// apply carries out a plan and reports on it.
func (do *change) apply(ctx context.Context, c *cobra.Command, p *plan.Plan) error {
	if p.Empty() {
		return nil
	}
	began := time.Now()
	report := newProgress(os.Stderr, len(p.Steps))
	err := p.Apply(ctx, report)
	report.close()
	var ill *resource.NotServing
	if errors.As(err, &plan.LeftError{}) {
		return fmt.Errorf("%s: %w\nhint: see to that and run `understudy %s` again", do.verb, err, do.verb)
	}
	if errors.As(err, &ill) {
		return fmt.Errorf("%s: %w\nhint: correct the declaration, or what is said above, and run `understudy %s` again", do.verb, err, do.verb)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\nhint: what was done stays; run `understudy %s` again to go on", do.verb, err, do.verb)
	}
	fmt.Fprintf(c.OutOrStdout(), "done in %s\n", short(time.Since(began)))
	return nil
}
