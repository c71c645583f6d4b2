package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/discover"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/report"
)

const drillsHelp = `List the drills of the declared stack that ran on this machine, the oldest first: each keeps its
report in the user's state folder.

With --gate, fail if the newest drill left users without service for that much longer than those
before it of the same fault and speed did: the 99th percentile is compared with their median, and
what is within the time from one request of a user to the next is no growth.

Exit codes: 0 they are listed, and the gate is kept; 1 the newest has passed the gate, or a report
cannot be read; 2 a flag or the declaration is wrong.`

func drillsCommand() *cobra.Command {
	var file, record, gate string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "drills", Short: "List the drills so far, and whether they become worse", Long: drillsHelp, Args: cobra.NoArgs,
		Example: `  understudy drills
  understudy drills --gate 20%            # in a pipeline, after a drill
  understudy drills --json | jq '.[].downtime_ms.p99'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			bound, err := percentage(gate)
			if err != nil {
				return misuse(fmt.Errorf("--gate: %w", err))
			}
			name, err := shelfName(file, record)
			if err != nil {
				return misuse(err)
			}
			all, err := shelf(name).All()
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd, reportsOf(all))
			} else {
				err = printDrills(cmd.OutOrStdout(), all)
			}
			if err != nil || gate == "" {
				return err
			}
			return keepGate(cmd.ErrOrStderr(), all, bound)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", understudy.DefaultFile, "the declaration")
	recordFlag(cmd, &record, "list the drills of this `record`")
	cmd.Flags().StringVar(&gate, "gate", "", "fail if the newest drill was worse than those before by more than this `share`: 20%")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the reports as JSON")
	cmd.AddCommand(drillsPageCommand(), drillsVerifyCommand())
	return cmd
}

// shelfName is under what the reports of drills are kept: a stack's name, or a record's.
func shelfName(file, record string) (string, error) {
	if record != "" {
		return discover.PlainName(record), nil
	}
	d, err := understudy.Load(file)
	if err != nil {
		return "", err
	}
	return d.Name, nil
}

// percentage reads 20%; nothing is 0.
func percentage(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !strings.HasSuffix(s, "%") || !(n >= 0) || n > 1e6 {
		return 0, fmt.Errorf("%q is no share, for example 20%%", s)
	}
	return n / 100, nil
}

func reportsOf(all []report.Kept) []*drill.Report {
	reports := make([]*drill.Report, len(all))
	for i, k := range all {
		reports[i] = k.Report
	}
	return reports
}

func printDrills(w io.Writer, all []report.Kept) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no drill was kept yet")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BEGAN\tFAULT\tSPEED\tUSERS\tFAILED\tWITHOUT SERVICE P50\tP99\tMAX\tPREDICTED\tRESULT")
	for _, k := range all {
		fmt.Fprintf(t, "%s\t%s\t%g\t%d\t%d\t%.0f ms\t%.0f ms\t%.0f ms\t%.0f ms\t%s\n", k.Began.UTC().Format(time.RFC3339), k.Fault, k.Speed, k.Clients, k.Failed,
			k.DowntimeMS.P50, k.DowntimeMS.P99, k.DowntimeMS.Max, k.PredictedDowntimeMS, resultOf(k))
	}
	return t.Flush()
}

// resultOf is a drill's result in a word or three.
func resultOf(k report.Kept) string {
	switch {
	case k.Aborted != "":
		return "aborted"
	case k.Unreturned != "":
		return "not seen to return"
	case !k.Predicted():
		return "longer than predicted"
	}
	return "ok"
}

func keepGate(w io.Writer, all []report.Kept, bound float64) error {
	by, ok := report.Grown(all)
	if !ok {
		fmt.Fprintln(w, "understudy: there is no earlier drill to compare the newest with, of the same fault and speed")
		return nil
	}
	if by > bound {
		return exitError{1, fmt.Errorf("users were without service for %.0f %% longer than in the drills before (p99), and %.0f %% is the gate", 100*by, 100*bound)}
	}
	return nil
}

const drillsPageHelp = `Make a drill's page again from its report: a JSON file, or another page.

Exit codes: 0 the page is written; 1 the report cannot be read, or the page not written; 2 a flag
or an argument is wrong.`

func drillsPageCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "page REPORT", Short: "Make a drill's page again from its report", Long: drillsPageHelp, Args: cobra.ExactArgs(1),
		Example: `  understudy drills page report.json -o report.html
  understudy drills page old.html -o new.html`,
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			r, err := report.Read(text)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if out == "-" {
				return report.HTML(cmd.OutOrStdout(), r)
			}
			return writeAs(out, r, report.HTML)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "-", "the page's `file`; - for standard output")
	return cmd
}

const drillsVerifyHelp = `Check that a report is the one that a key has signed ("understudy drill --sign"). Nothing is asked
of any network. OpenSSL does the same:

  openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in report.json -sigfile report.json.sig

Exit codes: 0 it is; 1 it is not, or a file cannot be read; 2 a flag or an argument is wrong.`

func drillsVerifyCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "verify REPORT", Short: "Check a report's signature", Long: drillsVerifyHelp, Args: cobra.ExactArgs(1),
		Example: `  openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out public.pem
  understudy drill --json report.json --sign key.pem
  understudy drills verify report.json --key public.pem`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "" {
				return misuse(errors.New("--key: the public key is not given"))
			}
			var parts [3][]byte
			for i, file := range []string{args[0], args[0] + ".sig", key} {
				b, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				parts[i] = b
			}
			if err := report.Verify(parts[0], parts[1], parts[2]); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is as it was signed\n", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the public `key`, of Ed25519 in PEM")
	return cmd
}
