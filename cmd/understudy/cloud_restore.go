package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

const cloudRestoreHelp = `Restores the last good copy of a state that ` + "`cloud start` or `cloud status`" + ` shows as
refused: damaged, lost, or older than it was. A copy is made at each start and stop, and
while the cloud runs a minute after a change. Changes that came after the copy are lost;
the refused file is kept beside it. If the cloud runs, the part that was refused is started.

With --empty the part starts with no state instead, as at the first start.`

func cloudRestoreCommand() *cobra.Command {
	var empty bool
	cmd := &cobra.Command{
		Use: "restore REGION|route53", Short: "Restore the last good copy of a damaged state", Long: cloudRestoreHelp,
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeRegion,
		Example: `  understudy cloud restore us-east-1
  understudy cloud restore route53`,
		RunE: func(cmd *cobra.Command, args []string) error {
			done, err := cloud.Restore(cmd.Context(), cloudDir(), args[0], empty)
			printRestored(cmd.OutOrStdout(), done, time.Now())
			return err
		},
	}
	cmd.Flags().BoolVar(&empty, "empty", false, "start with no state")
	return cmd
}

func printRestored(w io.Writer, done []cloud.Restored, now time.Time) {
	for _, r := range done {
		if r.Taken.IsZero() {
			fmt.Fprintf(w, "%s begins with nothing\n", r.Path)
		} else {
			fmt.Fprintf(w, "%s is what it was %s ago, at %s\n", r.Path, now.Sub(r.Taken).Round(time.Second), r.Taken.UTC().Format(time.DateTime+" MST"))
		}
		if r.Aside != "" {
			fmt.Fprintf(w, "what was refused is %s\n", r.Aside)
		}
	}
}
