package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/drill"
)

// tellDrill prints a report, writes its files, and fails if the drill was aborted.
func tellDrill(cmd *cobra.Command, r *drill.Report, o drillOutputs) error {
	if o.json == "-" {
		if err := writeJSON(cmd, r); err != nil {
			return err
		}
	} else {
		printDrill(cmd.OutOrStdout(), r)
	}
	if err := o.write(r); err != nil {
		return err
	}
	if r.Aborted != "" {
		return exitError{1, fmt.Errorf("the drill was aborted and the primary repaired: %s", r.Aborted)}
	}
	if err := returned(r); err != nil {
		return err
	}
	if r.Broken() {
		return exitError{1, fmt.Errorf("a user was without service for %.0f ms, and no more than %.0f are promised (failover.rto)",
			r.DowntimeMS.Max, r.PromisedDowntimeMS)}
	}
	return nil
}

// returned fails if the end of the way back was not seen.
func returned(r *drill.Report) error {
	if r.Unreturned == "" {
		return nil
	}
	return exitError{1, fmt.Errorf("the primary is repaired, and the way back was not seen to end: %s", r.Unreturned)}
}

func printDrill(w io.Writer, r *drill.Report) {
	fmt.Fprintf(w, "%s lost by %s, at speed %g, %d users, %d requests for %s, one of each user every %s\n",
		r.Primary, r.Fault, r.Speed, r.Clients, r.Requests, r.Path, grain(r))
	if r.Aborted != "" {
		fmt.Fprintf(w, "  ABORTED                  %s; the primary is repaired\n", r.Aborted)
	}
	for _, f := range r.Forced {
		fmt.Fprintf(w, "  forced                   %s: %s\n", f.Check, f.Why)
	}
	for _, region := range slices.Sorted(maps.Keys(r.ServedBy)) {
		fmt.Fprintf(w, "  served by %-14s %d\n", region, r.ServedBy[region])
	}
	fmt.Fprintf(w, "  failed                   %d, of which outside of the outage %d\n", r.Failed, r.FailedOutside)
	for _, f := range r.Failures {
		fmt.Fprintf(w, "    %-22s %d, of which outside of the outage %d\n", f.How, f.Failed, f.Outside)
	}
	printTimes(w, r)
	printLedger(w, r)
	printUsers(w, r)
	printForecast(w, r)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  with the cloud's fault   %s\n", f)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  note                     %s\n", n)
	}
}

func printTimes(w io.Writer, r *drill.Report) {
	predicted := fmt.Sprintf(" (predicted at most %.0f)", r.PredictedDetectMS)
	if r.Undetected {
		fmt.Fprintf(w, "  detected                 not measured: Route 53 was told\n")
	} else {
		fmt.Fprintf(w, "  detected after           %s%s\n", orNever(r.DetectMS), predicted)
	}
	fmt.Fprintf(w, "  answer changed after     %s\n", orNever(r.AnswerChangedMS))
	fmt.Fprintf(w, "  without service          %.0f ms p50, %.0f p99, %.0f max (predicted at most %.0f), seen to %s\n",
		r.DowntimeMS.P50, r.DowntimeMS.P99, r.DowntimeMS.Max, r.PredictedDowntimeMS, grain(r))
	if r.PromisedDowntimeMS > 0 {
		fmt.Fprintf(w, "  promised at most         %.0f ms (failover.rto, at this speed)\n", r.PromisedDowntimeMS)
	}
	fmt.Fprintf(w, "  changes of region        %.0f p50, %.0f max for each user\n", r.Moves.P50, r.Moves.Max)
	if r.Unreturned != "" {
		fmt.Fprintf(w, "  back after               not seen: %s; the primary is repaired\n", r.Unreturned)
		return
	}
	fmt.Fprintf(w, "  back after               %s\n", orNever(r.FailbackMS))
}

// printLedger says where the users' time without service went.
func printLedger(w io.Writer, r *drill.Report) {
	if r.Decided != "" {
		fmt.Fprintf(w, "  decided by               %s\n", r.Decided)
	}
	printRows(w, r.Ledger)
	switch b := r.Back; {
	case b == nil:
	case b.DowntimeMS.Max == 0:
		fmt.Fprintf(w, "  on the way back          no user was without service\n")
	default:
		fmt.Fprintf(w, "  on the way back          without service %.0f ms p50, %.0f p99, %.0f max\n", b.DowntimeMS.P50, b.DowntimeMS.P99, b.DowntimeMS.Max)
		printRows(w, b.Ledger)
	}
}

func printRows(w io.Writer, rows []drill.Row) {
	for i, row := range rows {
		title := "of it"
		if i > 0 {
			title = ""
		}
		fmt.Fprintf(w, "  %-24s %3.0f %%  %-16s %.0f ms p50, %.0f max\n", title, 100*row.Share, row.Cause, row.Each.P50, row.Each.Max)
	}
}

// printUsers says what users of each kind felt, where there are several.
func printUsers(w io.Writer, r *drill.Report) {
	if len(r.Kinds) < 2 {
		return
	}
	fmt.Fprintf(w, "  %-12s %6s %9s %9s %9s %9s  %s\n", "users", "", "p50", "p95", "max", "predicted", "mostly lost to")
	for _, k := range r.Kinds {
		predicted := "no bound"
		if k.PredictedMS > 0 {
			predicted = fmt.Sprintf("%.0f", k.PredictedMS)
		}
		d := k.DowntimeMS
		fmt.Fprintf(w, "  %-12s %6d %9.0f %9.0f %9.0f %9s  %s\n", k.Kind, k.Clients, d.P50, d.P95, d.Max, predicted, k.Mostly().Cause)
	}
	for _, k := range r.Kinds {
		if k.Resolver != "" {
			fmt.Fprintf(w, "  %-24s asked %s\n", k.Kind, k.Resolver)
		}
	}
}

// printForecast lays what was predicted beside what was measured.
func printForecast(w io.Writer, r *drill.Report) {
	if len(r.Compared) > 0 {
		fmt.Fprintf(w, "  %-24s %-16s %9s %9s\n", "each user, on average", "", "measured", "predicted")
	}
	for _, c := range r.Compared {
		fmt.Fprintf(w, "  %-24s %-16s %9.0f %9.0f\n", "", c.Cause, c.MeasuredMS, c.PredictedMS)
	}
	for _, k := range r.Kinds {
		f, d := k.Forecast, k.DowntimeMS
		if f == nil {
			continue
		}
		if k.Kind == r.Kinds[0].Kind {
			fmt.Fprintf(w, "  %-24s %-16s %9s %9s %9s %9s\n", "without service", "", "p50", "p90", "p99", "max")
		}
		fmt.Fprintf(w, "  %-24s %-16s %9.0f %9.0f %9.0f %9.0f\n", "  "+k.Kind, "measured", d.P50, d.P90, d.P99, d.Max)
		fmt.Fprintf(w, "  %-24s %-16s %9.0f %9.0f %9.0f %9.0f\n", "", "predicted", f.P50, f.P90, f.P99, f.Max)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  finding                  %s\n", f)
	}
}

// grain is the time between two requests of a user: his figures are no finer.
func grain(r *drill.Report) time.Duration {
	return time.Duration(r.GrainMS * float64(time.Millisecond)).Round(time.Millisecond)
}

func orNever(ms float64) string {
	if ms == 0 {
		return "never"
	}
	return fmt.Sprintf("%.0f ms", ms)
}
