package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan"
	"golang.org/x/sync/errgroup"
)

const parityHelp = `Compares the two regions of a declaration as they are now, by meaning and not by id:
a security group rule by the roles of the groups it names, an image by its digest,
a subnet by its zone letter and its part of the network. Nothing is changed.

Exit codes: 0 the regions are equal; 1 they differ or could not be read; 2 the declaration or a
flag is wrong.`

func parityCommand() *cobra.Command {
	var on target
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "parity",
		Short: "Compare the two regions by meaning",
		Long:  parityHelp,
		Example: `  understudy parity
  understudy parity -f hello.yaml --json | jq '.findings[]'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stack, err := on.open(cmd.Context())
			if err != nil {
				return err
			}
			if err := noticeDrill(cmd, stack); err != nil {
				return err
			}
			left, right, err := readRegions(cmd.Context(), stack)
			if err != nil {
				return err
			}
			return reportParity(cmd, left, right, asJSON)
		},
	}
	on.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings and inventories as JSON")
	return cmd
}

// readRegions reads both regions at once.
func readRegions(ctx context.Context, s *plan.Stack) (left, right parity.Region, err error) {
	for _, err := range s.Silent(ctx) {
		return left, right, err
	}
	both, ctx := errgroup.WithContext(ctx)
	read := func(side understudy.Side, into *parity.Region) {
		both.Go(func() (err error) {
			*into, err = parity.Read(ctx, s.Accounts[side], s.Declaration.Name)
			return err
		})
	}
	read(understudy.Primary, &left)
	read(understudy.Secondary, &right)
	err = both.Wait()
	return left, right, err
}

// parityJSON is a comparison as programs read it.
type parityJSON struct {
	Equal     bool                      `json:"equal"`
	Findings  []parity.Finding          `json:"findings"`
	Inventory map[string]map[string]int `json:"inventory"`
}

func reportParity(cmd *cobra.Command, left, right parity.Region, asJSON bool) error {
	findings := parity.Compare(left, right)
	if asJSON {
		report := parityJSON{Equal: len(findings) == 0, Findings: append([]parity.Finding{}, findings...), Inventory: inventories(left, right)}
		if err := writeJSON(cmd, report); err != nil {
			return err
		}
	} else {
		printFindings(cmd.OutOrStdout(), left, right, findings)
	}
	if len(findings) > 0 {
		return exitError{1, fmt.Errorf("parity: %d differences", len(findings))}
	}
	return nil
}

func inventories(regions ...parity.Region) map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, r := range regions {
		all[r.Name] = r.Inventory()
	}
	return all
}

func printFindings(w io.Writer, left, right parity.Region, findings []parity.Finding) {
	if len(findings) == 0 {
		declared := 0
		for _, n := range left.Inventory() {
			declared += n
		}
		fmt.Fprintf(w, "%s and %s are equal: %d resources each\n", left.Name, right.Name, declared)
		return
	}
	for _, f := range findings {
		what := f.Kind + " " + f.Role
		if f.Setting != "" {
			what += ": " + f.Setting
		}
		fmt.Fprintln(w, what)
		for _, s := range []parity.Side{f.Left, f.Right} {
			fmt.Fprintf(w, "  %-16s %s", s.Region, s.Value)
			if s.ID != "" {
				fmt.Fprintf(w, "  (%s)", s.ID)
			}
			fmt.Fprintln(w)
		}
	}
}
