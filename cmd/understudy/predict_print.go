package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/report"
)

// usualFault is what all kinds of clients are shown for where no fault is chosen.
const usualFault = simulation.FaultRegion

// printPrediction writes one table of faults for each kind of clients that was chosen, and one of all clients for each fault.
func printPrediction(w io.Writer, p predicted, faults, kinds []string) error {
	both := len(faults) > 0 && len(kinds) > 0
	if len(kinds) == 0 {
		kinds = []string{clients.Usual}
	}
	for _, k := range kinds {
		if err := printFalls(w, p.Prediction, k); err != nil {
			return err
		}
	}
	if len(faults) == 0 {
		faults = []string{usualFault}
	}
	for _, f := range p.Faults {
		if both || !slices.Contains(faults, f.Fault) || len(f.Predictions) < 2 {
			continue
		}
		if err := printKinds(w, f); err != nil {
			return err
		}
	}
	if p.Promise != nil {
		printPromise(w, p.Promise)
	}
	if p.Advice != nil {
		printAdvice(w, p.Advice)
	}
	return nil
}

func printFalls(w io.Writer, p *simulation.Prediction, kind string) error {
	fmt.Fprintf(w, "clients of the kind %s, when the primary is broken for %s:\n", kind, p.For)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FAULT\tCHECK FAILS P50\tWORST\tNAME MOVES P50\tWORST\tWITHOUT SERVICE P50\tP90\tP99\tWORST\tLOST P50\tWORST\tMOSTLY")
	for _, f := range p.Faults {
		for _, k := range f.Predictions {
			if k.Kind == kind {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", f.Fault, pairOf(f.Detect, f.Undetected), pairOf(f.Answer, f.Unmoved), outage(k))
			}
		}
	}
	return t.Flush()
}

func printKinds(w io.Writer, f simulation.PredictedFall) error {
	fmt.Fprintf(w, "\nall kinds of clients, fault %s:\n", f.Fault)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CLIENTS\tWITHOUT SERVICE P50\tP90\tP99\tWORST\tLOST P50\tWORST\tMOSTLY")
	for _, k := range f.Predictions {
		fmt.Fprintf(t, "%s\t%s\n", k.Kind, outage(k))
	}
	return t.Flush()
}

// outage is what clients lose, and to what most of it.
func outage(k simulation.PredictedKind) string {
	d := k.Downtime
	worst := brief0(d.Max)
	if k.Stuck > 0 {
		worst += " (to the end)"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%.0f\t%.0f\t%s", brief0(d.P50), brief0(d.P90), brief0(d.P99), worst, k.Lost.P50, k.Lost.Max, mostly(k.Ledger))
}

// mostly is the cause with the largest part.
func mostly(rows []simulation.Row) string {
	if len(rows) == 0 {
		return "-"
	}
	most := slices.MaxFunc(rows, func(a, b simulation.Row) int { return int(1e6*a.Share) - int(1e6*b.Share) })
	return fmt.Sprintf("%s %.0f %%", most.Cause, 100*most.Share)
}

func pairOf(d *simulation.Distribution, missing float64) string {
	switch {
	case d == nil:
		return "never\tnever"
	case missing > 0:
		return fmt.Sprintf("%s\tnever in %.0f %%", brief0(d.P50), 100*missing)
	}
	return brief0(d.P50) + "\t" + brief0(d.Max)
}

// brief0 is a time in milliseconds, in words.
func brief0(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	switch {
	case d == 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 10*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func printPromise(w io.Writer, p *simulation.Promise) {
	fmt.Fprintf(w, "\npromised is %s, judged by the health check alone:\n", p.RTO)
	for _, f := range p.Faults {
		verdict := "kept"
		if !f.Kept {
			verdict = "NOT kept"
		}
		fmt.Fprintf(w, "  %-13s  %s at the most: %s\n", f.Fault, brief0(f.WorstMS), verdict)
	}
}

// drawPrediction draws the downtime of each fault for one kind of clients, or of each kind for the one fault there is.
func drawPrediction(p *simulation.Prediction, kinds []string) []byte {
	kind := clients.Usual
	if len(kinds) > 0 {
		kind = kinds[0]
	}
	title := fmt.Sprintf("How long clients of the kind %s are without service, by fault", kind)
	var bars []report.Bar
	add := func(label string, k simulation.PredictedKind) {
		bars = append(bars, report.Bar{Label: label, P50: k.Downtime.P50, P90: k.Downtime.P90, P99: k.Downtime.P99, Worst: k.Downtime.Max})
	}
	for _, f := range p.Faults {
		for _, k := range f.Predictions {
			switch {
			case len(p.Faults) == 1:
				title = "How long clients are without service, fault " + f.Fault
				add(k.Kind, k)
			case k.Kind == kind:
				add(f.Fault, k)
			}
		}
	}
	return report.Bars(title, bars)
}
