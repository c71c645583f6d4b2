package main

import "github.com/spf13/cobra"

const downHelp = `Delete everything that has the stack's tags in both regions and in Route 53, in the reverse of
the order in which it was made, and wait until it is gone. What does not have these tags is
not changed: a hosted zone that existed before stays.

On AWS the list is printed, and you are asked for a yes; --yes answers it. If down was
interrupted, run it again: it continues.

Exit codes: 0 nothing of the stack is left; 1 something is left; 2 the declaration or a flag is
wrong.`

const downExample = `  understudy down
  understudy down --local
  understudy down -f hello.yaml --yes`

func downCommand() *cobra.Command {
	var (
		on target
		do change
	)
	c := &cobra.Command{
		Use:     "down",
		Short:   "Delete everything that up has built",
		Long:    downHelp,
		Example: downExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if err != nil {
				return err
			}
			do.verb, do.plan = "down", stack.Down
			return do.run(c, stack, on.question(do.yes))
		},
	}
	on.flags(c)
	do.flags(c)
	return c
}
