package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

const cloudCallsHelp = `List the calls of the API that the cloud has let in since its start, in the order of their
arrival, with who made them by which program, the status of the answer, the time that it took,
and the faults that struck them. A call that has no answer yet, or never got one, has no status.

The last 5,000 are kept, at least.`

func cloudCallsCommand() *cobra.Command {
	var asJSON, forget bool
	cmd := &cobra.Command{
		Use: "calls", Short: "List the calls of the API", Long: cloudCallsHelp, Args: cobra.NoArgs,
		Example: `  understudy cloud calls --forget >/dev/null; understudy up; understudy cloud calls
  understudy cloud calls --json | jq -r '.[].operation' | sort | uniq -c`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := runningCloud(cmd.Context())
			if err != nil {
				return err
			}
			all, err := c.Calls(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd, all)
			} else {
				err = printCalls(cmd.OutOrStdout(), all)
			}
			if err != nil || !forget {
				return err
			}
			return c.ForgetCalls(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	cmd.Flags().BoolVar(&forget, "forget", false, "empty the list afterwards")
	return cmd
}

func printCalls(w io.Writer, all []cloud.Call) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "call\tservice\toperation\tregion\tstatus\tms\twho\twith\tfaults")
	for i, c := range all {
		region, status := c.Region, "-"
		if region == "" {
			region = "-"
		}
		if c.Status != 0 {
			status = fmt.Sprint(c.Status)
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\t%s\n",
			i+1, c.Service, c.Operation, region, status, float64(c.Took)/float64(time.Millisecond), who(c.Caller), c.Agent, strings.Join(c.Faults, " "))
	}
	return t.Flush()
}

// who is the last part of a caller's ARN: root, user/NAME, assumed-role/ROLE/SESSION.
func who(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
