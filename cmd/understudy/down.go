package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

const downHelp = `Delete everything that has the stack's tags in both regions and in Route 53, in the reverse of
the order in which it was made, and wait until it is gone. What does not have these tags is
not changed: a hosted zone that existed before stays.

The hosted zone that up has made stays too, without the stack's records: a new one would have
other name servers, and the domain's delegation to them takes days to be known everywhere.
--zone deletes it.

What cannot be deleted does not keep down from deleting the rest. At the end it lists what is
left, why (deletion protection, records that are not the stack's, what others still use), and
about what that costs a month.

The list is printed, and you are asked for a yes, unless every service's endpoint is a local
cloud on this machine; --yes answers it. If down was interrupted, run it again: it continues.

Exit codes: 0 nothing of the stack is left but what is said above; 1 something is left; 2 the
declaration or a flag is wrong.`

const downExample = `  understudy down
  understudy down --local
  understudy down -f hello.yaml --yes
  understudy down --zone`

func downCommand() *cobra.Command {
	var (
		on   target
		do   change
		zone bool
	)
	c := &cobra.Command{
		Use:     "down",
		Short:   "Delete everything that up has built",
		Long:    downHelp,
		Example: downExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if others, ok := errors.AsType[understudy.AdoptedError](err); ok {
				return plan.Stays(others.Stack.Name) // nobody has to be asked for that
			}
			if err != nil {
				return err
			}
			if err := meetDrill(c, stack, do.yes || !on.onAWS()); err != nil {
				return err
			}
			do.verb = "down"
			do.plan = func(ctx context.Context) (*plan.Plan, error) { return stack.Down(ctx, zone) }
			return do.run(c, stack, on.question(do.yes, doThis))
		},
	}
	on.flags(c)
	do.flags(c)
	c.Flags().BoolVar(&zone, "zone", false, "delete the hosted zone too")
	return c
}
