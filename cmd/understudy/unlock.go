package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

const unlockHelp = `Remove the lock of a run that has ended without giving it up. Only one run at a time
changes a stack: up and down hold a lock in the account while they work, a launch template
in the secondary region from which nothing is launched. It ends within two minutes if its run
does not renew it, and at once if its process ran on this machine and is gone; so unlock is
seldom needed. If the run is still at work, it stops when it notices.

You are asked for a yes, unless every service's endpoint is a local cloud on this machine; --yes
answers it.

Exit codes: 0 nobody holds the lock now; 1 failure, or the answer was no; 2 the declaration or a flag is wrong.`

const unlockExample = `  understudy unlock
  understudy unlock -f hello.yaml --yes`

func unlockCommand() *cobra.Command {
	var (
		on  = target{adopts: true}
		yes bool
	)
	c := &cobra.Command{
		Use:     "unlock",
		Short:   "Remove the lock of a run that has ended",
		Long:    unlockHelp,
		Example: unlockExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if err != nil {
				return err
			}
			held, err := stack.Holder(c.Context())
			if err != nil {
				return err
			}
			if held == nil {
				fmt.Fprintln(c.OutOrStdout(), "nobody holds the lock")
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "held by %s\n", held)
			question := on.question(yes, "If this run is at work, it will stop. Remove its lock")
			if err := consent(c.Context(), c.InOrStdin(), c.ErrOrStderr(), question, "unlock"); err != nil {
				return err
			}
			if err := stack.Unlock(c.Context(), held); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "removed")
			return nil
		},
	}
	on.flags(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
