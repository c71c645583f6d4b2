package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

const validateHelp = `Check a declaration without a cloud. Every mistake is printed on a line of its own, with its
file, line and column, what was found, and what is allowed; of an unknown key also the one
that is probably meant. The scripts that it names as file:PATH are read too.

It finds what plan and up would refuse before they ask AWS. What only AWS knows, such as whether
an image is there, "understudy doctor" tells. "understudy schema" is for editors, which find
most mistakes while you type.

Exit codes: 0 there is no mistake; 2 there is one, the file cannot be read, or a flag is wrong.`

const validateExample = `  understudy validate
  understudy validate -f examples/hello/understudy.yaml
  understudy validate --json | jq -r '.mistakes[].key'`

func validateCommand() *cobra.Command {
	var on target
	var asJSON bool
	c := &cobra.Command{
		Use: "validate", Short: "Check a declaration, without a cloud", Long: validateHelp, Example: validateExample, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return on.validate(c, asJSON) },
	}
	on.fileFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the mistakes as JSON")
	return c
}

// validated is what is wrong in a declaration, as programs read it.
type validated struct {
	File     string              `json:"file"`
	Mistakes understudy.Mistakes `json:"mistakes"`
}

// validate prints what is wrong in the declaration.
func (t *target) validate(c *cobra.Command, asJSON bool) error {
	found := validated{t.file, understudy.Mistakes{}}
	var others understudy.AdoptedError
	if _, err := understudy.Load(t.file); errors.As(err, &others) {
		if err := new(plan.Stack).Adopt(others.Stack); err != nil {
			return misuse(fmt.Errorf("%s: %w", t.file, err))
		}
	} else if err != nil && !errors.As(err, &found.Mistakes) {
		return misuse(t.explain(err))
	}
	n := len(found.Mistakes)
	switch {
	case asJSON:
		if err := writeJSON(c, found); err != nil {
			return err
		}
	case n > 0:
		fmt.Fprintln(c.OutOrStdout(), found.Mistakes)
	default:
		fmt.Fprintf(c.OutOrStdout(), "%s: no mistakes\n", t.file)
	}
	if n > 0 {
		return misuse(fmt.Errorf("validate: mistakes in %s: %d", t.file, n))
	}
	return nil
}
