package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

const cloudFaultHelp = `Make calls of the cloud's API go wrong on purpose, to see what a client makes of it. A fault
is in force until it is removed or the cloud stops. "cloud status" shows those in force, and
understudy's other commands name them.`

func cloudFaultCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "fault", Short: "Make calls of the API go wrong", Long: cloudFaultHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(faultAddCommand(), faultListCommand(), faultRemoveCommand())
	return cmd
}

const faultAddHelp = `Add a fault: which calls go wrong, and how. Without --service, --operation and --region it
is for all calls. Its id, and the seed that --share draws from, are printed: with the same
seed the same calls in the same order go wrong.

How a call goes wrong, one of:

  --error     it is refused: throttling, 500 or 503 in the words of its service, or any code
  --delay     it is carried out later
  --lose      it is carried out, and the connection is closed without an answer
  --hang      it never returns, until the client gives up or the fault is removed
  --unseen    other calls do not see what it has made for this time (eventual consistency)
  --kill      a process is killed by SIGKILL when the call is asked, done or answered

All times are real ones, whatever the cloud's speed. Faults see a call in the order in which
they were added; one that refuses it is the last that does. An API for the whole world, such
as Route 53, has no region.

Exit codes: 0 the fault is in force; 1 no cloud runs; 2 the fault makes no sense.`

const faultAddExample = `  understudy cloud fault add --service ec2 --operation 'Describe*' --share 0.2 --error throttling
  understudy cloud fault add --delay 150ms
  understudy cloud fault add --service ec2 --operation RunInstances --nth 2 --lose
  understudy cloud fault add --service ec2 --region us-west-2 --unseen 2s
  understudy cloud fault add --service elasticloadbalancing --error TargetGroupNotFound --status 400 --first 1
  understudy cloud fault add --service route53 --error 503`

func faultAddCommand() *cobra.Command {
	var f cloud.Fault
	var when string
	cmd := &cobra.Command{
		Use: "add", Short: "Add a fault", Long: faultAddHelp, Example: faultAddExample, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.When = cloud.When(when)
			if err := givenAsZero(cmd); err != nil {
				return misuse(err)
			}
			return addFault(cmd, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Service, "service", "", "the `service`, as in credential scopes: ec2, elasticloadbalancing (default any)")
	flags.StringVar(&f.Operation, "operation", "", "the `operation`, exact or with *: RunInstances, 'Describe*' (default any)")
	flags.StringVar(&f.Region, "region", "", "the `region` (default any, and none)")
	flags.Float64Var(&f.Share, "share", 1, "the share of these calls, a `number` above 0 and up to 1")
	flags.IntVar(&f.First, "first", 0, "only the first `N` of these calls")
	flags.IntVar(&f.Nth, "nth", 0, "only the `N`th of these calls")
	flags.Uint64Var(&f.Seed, "seed", 0, "what --share draws from, a `number` (default drawn and printed)")
	flags.StringVar(&f.Error, "error", "", "refuse the call with throttling, 500, 503 or a `code` as AWS spells it")
	flags.IntVar(&f.Status, "status", 0, "the HTTP `status` of --error with a code (default 400)")
	flags.StringVar(&f.Message, "message", "", "the `text` of --error (default the service's)")
	flags.DurationVar(&f.Delay, "delay", 0, "carry the call out this `duration` later")
	flags.BoolVar(&f.Lose, "lose", false, "carry the call out, and lose its answer")
	flags.BoolVar(&f.Hang, "hang", false, "never return")
	flags.DurationVar(&f.Unseen, "unseen", 0, "let other calls not see what was made for this `duration`")
	flags.IntVar(&f.Kill, "kill", 0, "kill the process of this `id`")
	flags.StringVar(&when, "when", "", "how `far` the call has come at --kill: asked, done or answered (default answered)")
	completeFault(cmd)
	return cmd
}

// givenAsZero refuses a value that is what stands for none, since it was given.
func givenAsZero(cmd *cobra.Command) error {
	for _, name := range []string{"share", "first", "nth", "status", "delay", "unseen", "kill"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && strings.Trim(flag.Value.String(), "-0.s") == "" {
			return fmt.Errorf("--%s %s: want more than nothing", name, flag.Value)
		}
	}
	return nil
}

func addFault(cmd *cobra.Command, f cloud.Fault) error {
	c, err := runningCloud(cmd.Context())
	if err != nil {
		return err
	}
	s, err := c.Status(cmd.Context())
	if err != nil {
		return err
	}
	if err := f.Check(slices.Concat(s.Regions, cloud.RegionNames())); err != nil {
		return misuse(err)
	}
	if f, err = c.AddFault(cmd.Context(), f); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), f)
	return nil
}

func faultListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the faults in force, with what they have met", Args: cobra.NoArgs,
		Example: `  understudy cloud fault list
  understudy cloud fault list --json | jq '.[].seed'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			all, err := c.Faults(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, all)
			}
			if len(all) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "no faults are in force")
				return nil
			}
			return printFaults(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	return cmd
}

func printFaults(w io.Writer, all []cloud.InForce) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\tcalls\twhat happens\tmatched\tstruck")
	for _, f := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\n", f.ID, f.Calls(), f.Effect(), f.Matched, f.Struck)
	}
	return t.Flush()
}

func faultRemoveCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "remove {ID ... | --all}", Short: "Remove faults", ValidArgsFunction: completeFaultID,
		Long: "Remove faults. Calls that they hold up go on, and what they hide is seen.",
		Example: `  understudy cloud fault remove fault-1
  understudy cloud fault remove --all`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return misuse(fmt.Errorf("want ids or --all\nhint: `understudy cloud fault list` shows them"))
			}
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			if all {
				ids = faultIDs(cmd.Context(), c)
			}
			return c.RemoveFaults(cmd.Context(), ids...)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove all faults")
	return cmd
}

func faultIDs(ctx context.Context, c *cloud.Attached) (ids []string) {
	all, _ := c.Faults(ctx)
	for _, f := range all {
		ids = append(ids, f.ID)
	}
	return ids
}

// completeFault offers the values of a fault's flags to the shell.
func completeFault(cmd *cobra.Command) {
	offer := func(flag string, values func() []string) {
		err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // no such flag
		}
	}
	offer("service", cloud.FaultServices)
	offer("operation", func() []string { return cloud.FaultOperations(cmd.Flag("service").Value.String()) })
	offer("region", func() []string {
		regions, _ := completeRegion(cmd, nil, "")
		return regions
	})
	offer("error", func() []string { return []string{cloud.Throttling, cloud.Internal, cloud.Unavailable} })
	offer("when", func() []string { return []string{string(cloud.Asked), string(cloud.Done), string(cloud.Answered)} })
	for _, flag := range []string{"share", "first", "nth", "seed", "status", "message", "delay", "unseen", "kill"} {
		offer(flag, func() []string { return nil })
	}
}

// completeFaultID offers the ids of the faults in force.
func completeFaultID(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := runningCloud(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return faultIDs(cmd.Context(), c), cobra.ShellCompDirectiveNoFileComp
}
