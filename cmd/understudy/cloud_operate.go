package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

func cloudStopCommand() *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "Stop the cloud; its folder keeps its state", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			return c.Stop(cmd.Context())
		},
	}
}

func cloudStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show the cloud's processes and addresses", Long: cloudStatusHelp, Args: cobra.NoArgs,
		Example: `  understudy cloud status
  kill -9 "$(understudy cloud status --json | jq '.processes[] | select(.name=="us-east-1").pid')"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd, s)
			} else {
				err = printStatus(cmd.OutOrStdout(), s)
			}
			if err != nil {
				return err
			}
			return allUp(s)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	return cmd
}

const cloudStatusHelp = `Show the cloud's addresses, and its own processes with their memory. For a process that is
down it shows how it ended, and for one that is refused what is wrong with its state. The faults
in force are at the end.

Exit codes: 0 all processes are up; 1 one is down or refused, or no cloud runs.`

// allUp is an error that names the processes that are down.
func allUp(s cloud.Status) error {
	var down []string
	for _, p := range s.Processes {
		switch p.State {
		case "up":
		case "refused":
			return exitError{1, refused(p)}
		default:
			down = append(down, p.Name)
		}
	}
	if len(down) == 0 {
		return nil
	}
	hint := "its cloud starts it again by itself"
	if lost := slices.IndexFunc(down, func(name string) bool { return slices.Contains(s.Regions, name) }); lost >= 0 {
		hint = "`understudy cloud region start " + down[lost] + "` brings a region back"
	}
	return exitError{1, fmt.Errorf("down: %s\nhint: %s", strings.Join(down, ", "), hint)}
}

// refused is the message about a process whose state is refused: what is wrong, and what to do.
func refused(p cloud.Process) error {
	err := fmt.Errorf("%s: %s", p.Name, p.Reason)
	if p.Hint != "" {
		err = fmt.Errorf("%w\nhint: %s", err, p.Hint)
	}
	return err
}

func printStatus(w io.Writer, s cloud.Status) error {
	fmt.Fprintf(w, "API       %s\nDNS       %s\nfolder    %s\naccount   %s\nspeed     %g\n\n", s.Endpoint, s.Resolver, s.Dir, s.Account, s.Speed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "process\tstate\tpid\tmemory (PSS)\t")
	var total int64
	for _, p := range s.Processes {
		pid := "-"
		if p.PID != 0 {
			pid = fmt.Sprint(p.PID)
		}
		total += p.PSS
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.State, pid, megabytes(p.PSS), p.Reason)
	}
	fmt.Fprintf(t, "together\t\t\t%s\t\n", megabytes(total))
	if err := t.Flush(); err != nil || len(s.Faults) == 0 {
		return err
	}
	fmt.Fprintln(w)
	return printFaults(w, s.Faults)
}

func megabytes(b int64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(b)/1e6)
}

const cloudEnvHelp = `Print shell commands that point AWS clients, and understudy itself, at the cloud, and unset
variables that would point them elsewhere.

The AWS CLI before 2.13 and boto3 before 1.28 do not know AWS_ENDPOINT_URL and would call AWS:
give them --endpoint-url, or endpoint_url.`

func cloudEnvCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "env", Short: "Print the environment that points AWS clients at the cloud", Long: cloudEnvHelp, Args: cobra.NoArgs,
		Example: `  eval "$(understudy cloud env)"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			env, err := c.Env(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, env)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "unset AWS_SESSION_TOKEN AWS_PROFILE AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
			for _, name := range slices.Sorted(maps.Keys(env)) {
				fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", name, quoted(env[name]))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

// quoted quotes a text as one word for a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func cloudRegionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "region", Short: "Lose a region, or bring it back or to the cloud", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		regionCommand("stop", "Lose a region at once: SIGKILL of its process and all in it", nil, func(cmd *cobra.Command, c *cloud.Attached, name string) error {
			return c.KillRegion(cmd.Context(), name)
		}),
		regionCommand("start", "Bring a region back, or another of AWS's to the cloud", cloud.RegionNames(),
			func(cmd *cobra.Command, c *cloud.Attached, name string) error {
				return c.StartRegion(cmd.Context(), name)
			}),
	)
	return cmd
}

// regionCommand makes a command for one of the cloud's regions, or one of others.
func regionCommand(verb, short string, others []string, do func(*cobra.Command, *cloud.Attached, string) error) *cobra.Command {
	return &cobra.Command{
		Use: verb + " REGION", Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: completeRegion,
		Example: "  understudy cloud region " + verb + " us-east-1",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if !slices.Contains(s.Regions, args[0]) && !slices.Contains(others, args[0]) {
				return misuse(fmt.Errorf("region %q is not of this cloud, which has %s", args[0], strings.Join(s.Regions, ", ")))
			}
			return do(cmd, c, args[0])
		},
	}
}

// completeRegion offers the running cloud's regions to the shell.
func completeRegion(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := runningCloud(context.Background())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, err := c.Status(context.Background())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return s.Regions, cobra.ShellCompDirectiveNoFileComp
}
