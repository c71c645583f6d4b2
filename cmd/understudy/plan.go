package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/resource"
)

const planHelp = `Compare the declaration with what exists and print what up would do, in a possible order.
Nothing is changed. A wrong declaration is refused with all its mistakes, each with its file,
line and column.

Signs: + create, ~ change, ± replace, - delete, … wait for something that AWS does by itself.
"(known after)" stands for the id of something that does not exist yet. On a terminal, long ids
are shortened so that no line wraps, and lines have colours unless NO_COLOR is set. A line "note"
tells of what was seen and is left alone, such as a security group of somebody else's in the VPC.

Last comes what the declared stack costs a month: each region, the standby alone, and both with what they
share, with the fleets at their declared size, at list prices, without traffic. What has a price that is not
known is named.

--out FILE saves the plan: "understudy up FILE" applies it, and refuses if the declaration or
the account has changed since.

Exit codes: 0 the plan was made; 1 it could not be made; 2 the declaration or a flag is wrong.
With --detailed-exitcode: 0 there is nothing to change, 2 there is, 1 everything else. Waits
alone are no change.`

const planExample = `  understudy plan
  understudy plan -f examples/hello/understudy.yaml --local
  understudy plan --out change.plan && understudy up change.plan
  understudy plan --detailed-exitcode
  understudy plan --json | jq -r '.steps[].resource'`

func planCommand() *cobra.Command {
	var (
		on               = target{adopts: true}
		asJSON, detailed bool
		out              string
	)
	c := &cobra.Command{
		Use:     "plan",
		Short:   "Show what up would do",
		Long:    planHelp,
		Example: planExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := on.show(c, asJSON, out)
			if err != nil && detailed {
				return exitError{1, err} // 2 has another meaning
			}
			if err == nil && detailed && p.Changes() {
				return exitError{2, errors.New("plan: there is something to change")}
			}
			return err
		},
	}
	on.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	c.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 if there is something to change, with 0 only if not")
	c.Flags().StringVar(&out, "out", "", "save the plan in this `file`, for up")
	c.MarkFlagFilename("out")
	return c
}

// show makes a plan, prints it and saves it.
func (t *target) show(c *cobra.Command, asJSON bool, out string) (*plan.Plan, error) {
	stack, err := t.open(c.Context())
	if err != nil {
		return nil, err
	}
	if stack.Adopted() && out != "" {
		return nil, misuse(errors.New("plan: --out saves plans of declared stacks alone, and this one is adopted"))
	}
	p, err := besideDrill(c.Context(), stack, stack.Up, func(e drill.Entry) error { return noticeDrill(c, stack, e) })
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if out != "" {
		if err := t.save(stack, p, out); err != nil {
			return nil, err
		}
	}
	if asJSON {
		shown := planned(p)
		if !stack.Adopted() {
			shown.Price = stack.Price()
		}
		return p, writeJSON(c, shown)
	}
	renderPlan(newPage(c.OutOrStdout()), p, true)
	if stack.Adopted() {
		return p, nil // what it costs depends on what is not held, too
	}
	renderPrice(newPage(c.OutOrStdout()), stack.Price())
	return p, nil
}

// save writes a plan to a file.
func (t *target) save(stack *plan.Stack, p *plan.Plan, out string) error {
	file, err := filepath.Abs(t.file)
	if err != nil {
		return err
	}
	saved, err := stack.Save(p, t.account, file)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(saved, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o600)
}

// readSaved reads a saved plan.
func readSaved(file string) (*plan.Saved, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, misuse(err)
	}
	saved := &plan.Saved{}
	if err := json.Unmarshal(text, saved); err != nil || saved.Format == 0 {
		return nil, misuse(fmt.Errorf("%s is not a plan that `understudy plan --out` has saved", file))
	}
	return saved, nil
}

// planJSON is a plan as programs read it.
type planJSON struct {
	Steps   []stepJSON        `json:"steps"`
	Remarks []resource.Remark `json:"remarks,omitempty"` // what was seen and is left alone
	Price   plan.Price        `json:"price"`             // of what is declared
}

type stepJSON struct {
	plan.Step
	Replaces string `json:"replaces,omitempty"`
	Reason   string `json:"reason,omitempty"` // of a wait
}

func planned(p *plan.Plan) planJSON {
	steps := []stepJSON{}
	for _, s := range p.Steps {
		steps = append(steps, stepJSON{s, s.Replaces(), s.Reason()})
	}
	return planJSON{Steps: steps, Remarks: p.Remarks}
}

func writeJSON(c *cobra.Command, v any) error {
	e := json.NewEncoder(c.OutOrStdout())
	e.SetIndent("", "  ")
	return e.Encode(v)
}
