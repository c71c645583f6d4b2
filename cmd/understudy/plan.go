package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/plan"
)

const planHelp = `Compare the declaration with what exists and print what up would do, in a possible order.
Nothing is changed. A wrong declaration is refused with all its mistakes, each with its file,
line and column.

Signs: + create, ~ change, - delete, … wait for something that AWS does by itself.
"(known after)" stands for the id of something that does not exist yet.

Exit codes: 0 the plan was made; 1 it could not be made; 2 the declaration or a flag is wrong.`

const planExample = `  understudy plan
  understudy plan -f examples/hello/understudy.yaml --local
  understudy plan --json | jq -r '.steps[].resource'`

func planCommand() *cobra.Command {
	var (
		on     target
		asJSON bool
	)
	c := &cobra.Command{
		Use:     "plan",
		Short:   "Show what up would do",
		Long:    planHelp,
		Example: planExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if err != nil {
				return err
			}
			if err := noticeDrill(c, stack); err != nil {
				return err
			}
			p, err := stack.Up(c.Context())
			if err != nil {
				return fmt.Errorf("plan: %w", err)
			}
			if asJSON {
				return writeJSON(c, planned(p))
			}
			renderPlan(c.OutOrStdout(), p, true)
			return nil
		},
	}
	on.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return c
}

// planJSON is a plan as programs read it.
type planJSON struct {
	Steps []plan.Step `json:"steps"`
}

func planned(p *plan.Plan) planJSON {
	if p.Steps == nil {
		return planJSON{[]plan.Step{}}
	}
	return planJSON{p.Steps}
}

func writeJSON(c *cobra.Command, v any) error {
	e := json.NewEncoder(c.OutOrStdout())
	e.SetIndent("", "  ")
	return e.Encode(v)
}
