package main

import (
	"fmt"
	"strings"

	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/resource"
)

// A plan is shown with one line for each step, which begins with a sign for its action, and below it the
// settings, first desired, then actual. Results go to stdout, everything else to stderr.

var signs = map[plan.Action]string{plan.Create: "+", plan.Change: "~", plan.Wait: "…", plan.Delete: "-"}

// renderPlan writes the steps; with details, the settings of what is created too.
func renderPlan(on page, p *plan.Plan, details bool) {
	for _, s := range p.Steps {
		sign, verb, replaces := signs[s.Action], string(s.Action), s.Replaces()
		if replaces != "" {
			sign, verb = "±", "replace"
		}
		on.line(s.Action, "%s %-6s %s", sign, verb, s.Resource+"  "+s.ID+doubleOf(s))
		if replaces != "" {
			on.line("", "           replaces %s", replaces)
		}
		if reason := s.Reason(); reason != "" {
			on.line("", "           %s", reason)
		}
		if s.Action == plan.Create && !details || s.Action == plan.Wait {
			continue
		}
		for _, d := range s.Differences {
			on.line("", "           %-22s %s%s", d.Name, d.Desired, was(s.Action, d))
		}
	}
	for _, k := range p.Kept {
		on.line("", "  keep   %s  %s: %s", k.Resource, k.ID, k.Why)
	}
	for _, r := range p.Remarks {
		on.line("", "  note   %s  %s: %s", r.Resource, r.ID, r.Text)
	}
	on.line("", "%s", summary(p))
}

// renderPrice writes what a stack costs.
func renderPrice(on page, p plan.Price) {
	on.line("", "about %s a month, of which the primary has %s and the standby alone %s;", p.All, p.Primary, p.Secondary)
	on.line("", "by %s, without %s", p.Of, strings.Join(p.Without, ", "))
}

func doubleOf(s plan.Step) string {
	if s.DoubleOf == "" {
		return ""
	}
	return "  (there twice; " + s.DoubleOf + " is in use)"
}

func was(a plan.Action, d resource.Difference) string {
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
	counts, replaced := map[plan.Action]int{}, 0
	for _, s := range p.Steps {
		if s.Replaces() != "" {
			replaced++
			continue
		}
		counts[s.Action]++
	}
	var parts []string
	if replaced > 0 {
		parts = append(parts, fmt.Sprintf("%d to replace", replaced))
	}
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
