package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/understudy/understudy/plan"
)

// A plan is shown with one line for each step, which begins with a sign for its action, and below it the
// settings, first desired, then actual. Results go to stdout, everything else to stderr.

var signs = map[plan.Action]string{plan.Create: "+", plan.Change: "~", plan.Wait: "…", plan.Delete: "-"}

// renderPlan writes the steps; with details, the settings of what is created too.
func renderPlan(w io.Writer, p *plan.Plan, details bool) {
	for _, s := range p.Steps {
		fmt.Fprintf(w, "%s %-6s %s\n", signs[s.Action], s.Action, strings.TrimSpace(s.Resource+"  "+s.ID+doubleOf(s)))
		if s.Action == plan.Create && !details || s.Action == plan.Wait {
			continue
		}
		for _, d := range s.Differences {
			fmt.Fprintf(w, "           %-22s %s%s\n", d.Name, d.Desired, was(s.Action, d))
		}
	}
	for _, k := range p.Kept {
		fmt.Fprintf(w, "  keep   %s  %s: %s\n", k.Resource, k.ID, k.Why)
	}
	fmt.Fprintln(w, summary(p))
}

func doubleOf(s plan.Step) string {
	if s.DoubleOf == "" {
		return ""
	}
	return "  (there twice; " + s.DoubleOf + " is in use)"
}

func was(a plan.Action, d plan.Difference) string {
	if a == plan.Create {
		return ""
	}
	return fmt.Sprintf("  (is %s)", orNothing(d.Actual))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// summary counts a plan's steps.
func summary(p *plan.Plan) string {
	if p.Empty() {
		return "nothing to change"
	}
	counts := map[plan.Action]int{}
	for _, s := range p.Steps {
		counts[s.Action]++
	}
	var parts []string
	for _, a := range []plan.Action{plan.Create, plan.Change, plan.Delete, plan.Wait} {
		switch {
		case counts[a] == 0:
		case a == plan.Wait:
			parts = append(parts, fmt.Sprintf("%d to wait for", counts[a]))
		default:
			parts = append(parts, fmt.Sprintf("%d to %s", counts[a], a))
		}
	}
	return strings.Join(parts, ", ")
}
