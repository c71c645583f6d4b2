package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
)

const drillHelp = `Breaks the primary region while many users send requests, waits until the secondary serves
every one of them, repairs the primary, waits until it serves all of them again, and reports
how long they were without service, beside what the declaration predicts.

What is to be broken is first written to a journal. "understudy drill undo" repairs what a
killed drill broke.

Faults:`

// faultHelp lists the kinds of faults.
func faultHelp() string {
	var b strings.Builder
	for _, k := range drill.Kinds {
		fmt.Fprintf(&b, "\n  %-8s %s", k.Name, k.Help)
	}
	return b.String()
}

func drillCommand() *cobra.Command {
	var on target
	var fault, report string
	var clients int
	var sure bool
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse the loss of the primary and measure how long users are without service",
		Long:  drillHelp + faultHelp(),
		Example: `  understudy drill                       # the gentlest fault: invert
  understudy drill --fault isolate --clients 100 --json report.json
  understudy drill undo                  # after a drill was killed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stack, err := on.open(cmd.Context())
			if err != nil {
				return err
			}
			if !sure && on.onAWS() {
				question := fmt.Sprintf("Take %s away from its users in AWS account %s? Type yes: ", stack.Declaration.Regions[understudy.Primary].Name, on.account)
				if err := consent(cmd.InOrStdin(), cmd.ErrOrStderr(), question, "drill"); err != nil {
					return err
				}
			}
			return runDrill(cmd, stack, fault, clients, report)
		},
	}
	on.flags(cmd)
	cmd.Flags().StringVar(&fault, "fault", "invert", "how to break the primary: "+strings.Join(drill.KindNames(), ", "))
	cmd.Flags().IntVar(&clients, "clients", 40, "number of users")
	cmd.Flags().StringVar(&report, "json", "", "write the report to this `file` as JSON; - for standard output")
	cmd.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	cmd.AddCommand(drillUndoCommand())
	return cmd
}

func runDrill(cmd *cobra.Command, stack *plan.Stack, fault string, clients int, report string) error {
	ctx := cmd.Context()
	kind, err := drill.KindOf(fault)
	if err != nil {
		return misuse(fmt.Errorf("--fault: %w", err))
	}
	o, err := readOutside(os.Getenv)
	if err != nil {
		return err
	}
	rehearse, pair, err := rehearsal(ctx, stack, o)
	if err != nil {
		return err
	}
	view := newDrillView(os.Stderr)
	defer view.close()
	rehearse.Clients, rehearse.Journal, rehearse.Tell = clients, journal(stack.Declaration.Name), view.tell
	primary := primaryOf(stack)
	primary.Check = pair.Primary.HealthCheck
	if rehearse.Fault, err = kind.New(ctx, primary); err != nil {
		return err
	}
	faults := faultsInForce(ctx)
	found, err := rehearse.Run(ctx)
	view.close()
	if err != nil {
		return err
	}
	found.Faults = both(faults, faultsInForce(ctx))
	if report == "-" {
		return writeJSON(cmd, found)
	}
	printDrill(cmd.OutOrStdout(), found)
	if report != "" {
		return writeReport(report, found)
	}
	return nil
}

// primaryOf is what the faults of a stack's drills work on.
func primaryOf(stack *plan.Stack) drill.Primary {
	a := stack.Accounts[understudy.Primary]
	return drill.Primary{
		Region: a.Region, EC2: a.EC2, Route53: a.Route53,
		Group: func(ctx context.Context) (string, error) { return stack.InternalGroup(ctx, understudy.Primary) },
		Regions: func(ctx context.Context) (drill.RegionControl, error) {
			running, err := cloud.Attach(ctx, cloudDir())
			if err != nil {
				return nil, fmt.Errorf("only a local cloud can lose a whole region: %w", err)
			}
			return running, nil
		},
	}
}

func drillUndoCommand() *cobra.Command {
	var on target
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Repair what a killed drill left broken",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stack, err := on.open(cmd.Context())
			if err != nil {
				return err
			}
			entry, found, err := drill.Undo(cmd.Context(), journal(stack.Declaration.Name), primaryOf(stack))
			if err != nil {
				return err
			}
			if !found {
				fmt.Fprintln(cmd.OutOrStdout(), "nothing is broken")
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "repaired %s of %s, broken since %s\n", entry.Fault, entry.Stack, entry.Broken.Format("15:04:05"))
			return nil
		},
	}
	on.flags(cmd)
	return cmd
}

// journal keeps a stack's drill in the user's state folder.
func journal(stack string) drill.Journal {
	return drill.Journal{Path: filepath.Join(cloud.StateDir(), "drill-"+stack+".json")}
}

func printDrill(w io.Writer, r *drill.Report) {
	fmt.Fprintf(w, "%s lost by %s, at speed %g, %d users, %d requests\n", r.Primary, r.Fault, r.Speed, r.Clients, r.Requests)
	for _, region := range slices.Sorted(maps.Keys(r.ServedBy)) {
		fmt.Fprintf(w, "  served by %-14s %d\n", region, r.ServedBy[region])
	}
	fmt.Fprintf(w, "  failed                   %d, of which outside of the outage %d\n", r.Failed, r.FailedOutside)
	fmt.Fprintf(w, "  detected after           %.0f ms (predicted at most %.0f)\n", r.DetectMS, r.PredictedDetectMS)
	fmt.Fprintf(w, "  answer changed after     %.0f ms\n", r.AnswerChangedMS)
	fmt.Fprintf(w, "  without service          %.0f ms p50, %.0f p99, %.0f max (predicted at most %.0f)\n",
		r.DowntimeMS.P50, r.DowntimeMS.P99, r.DowntimeMS.Max, r.PredictedDowntimeMS)
	fmt.Fprintf(w, "  back after               %.0f ms\n", r.FailbackMS)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  with the cloud's fault   %s\n", f)
	}
}

// writeReport writes a report for programs.
func writeReport(path string, report any) error {
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
