package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy/doctor"
	"github.com/understudy/understudy/plan"
)

// examineFirst says what the doctor finds before a region is built for the first time. What is certain to fail is not begun, unless a person
// is asked next.
func (t *target) examineFirst(ctx context.Context, c *cobra.Command, s *plan.Stack, p *plan.Plan, asked bool) error {
	if !p.First() {
		return nil
	}
	e := examination{on: *t}
	o, err := e.options()
	if err != nil {
		return err
	}
	stops := sayBefore(c.ErrOrStderr(), doctor.Examine(ctx, s, o))
	if stops == 0 || asked {
		return nil
	}
	return exitError{1, fmt.Errorf("up: it would fail for what the doctor finds; nothing was changed\n" +
		"hint: heal it, or try all the same with --no-doctor; `understudy doctor` says more")}
}

// sayBefore prints the findings that matter to whoever builds, and returns how many are certain to stop it.
func sayBefore(w io.Writer, findings []doctor.Finding) (stops int) {
	for _, f := range findings {
		if !f.Severity.AtLeast(doctor.Warning) {
			continue
		}
		fmt.Fprintf(w, "understudy: %s, %s, %s: %s\n", f.Severity, f.Check, f.Side, f.What)
		if f.Heal != "" {
			fmt.Fprintf(w, "  heal: %s\n", f.Heal)
		}
		if f.Stops() {
			stops++
		}
	}
	return stops
}
