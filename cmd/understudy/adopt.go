package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
	"github.com/understudy/understudy/plan/adopted"
)

const adoptHelp = `Write a file that holds a stack as others built it: load balancers' attributes, target groups' health
checks and attributes, the bounds of Auto Scaling groups, and the rules of security groups, in the two
regions that the record leads to, each resource by its id. What cannot be held is listed in the file and
on standard error.

Nothing is changed, and nothing is tagged, now or later. "understudy plan" shows what has drifted
from the file since, "understudy up" changes it back, the secondary's before the primary's. A setting
that is taken out of the file is left alone; another value is what up sets. "understudy down"
refuses: nothing adopted is ever deleted, and what is gone is not made again.

Exit codes: 0 the file is written; 1 what stands could not be read; 2 a flag is wrong, or the file
is there already.`

const adoptExample = `  understudy adopt --record www.example.com
  understudy adopt --record www.example.com --out shop.yaml && understudy plan -f shop.yaml`

func adoptCommand() *cobra.Command {
	var on target
	var record string
	var force bool
	c := &cobra.Command{
		Use: "adopt", Short: "Hold a stack that others built as it stands", Long: adoptHelp, Example: adoptExample, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := os.Lstat(on.file); err == nil && !force {
				return misuse(fmt.Errorf("adopt: %s is there already\nhint: --force writes over it, --out FILE writes another", on.file))
			}
			text, err := on.adopt(c, record)
			if err != nil {
				return fmt.Errorf("adopt: %w", err)
			}
			if err := write(on.file, text, force); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is written\n", on.file)
			return nil
		},
	}
	c.Flags().StringVar(&on.file, "out", understudy.DefaultFile, "write this `file`")
	c.MarkFlagFilename("out", "yaml", "yml")
	c.Flags().StringVar(&record, "record", "", "hold what is behind this record")
	c.RegisterFlagCompletionFunc("record", cobra.NoFileCompletions)
	c.MarkFlagRequired("record")
	c.Flags().BoolVar(&on.local, "local", false, "look in the local cloud that is running")
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there already")
	return c
}

// adopt reads what stands behind a record, and returns the file that holds it.
func (t *target) adopt(c *cobra.Command, record string) (string, error) {
	home, open, err := t.anywhere(c.Context())
	if err != nil {
		return "", err
	}
	found, err := discover.Find(c.Context(), record, home, open)
	if err != nil {
		return "", err
	}
	h, err := found.Hold()
	if err != nil {
		return "", err
	}
	a := &understudy.Adopted{Name: stackName(found.Tree.Host, found.Zone.Name)}
	a.Adopt = understudy.Adoption{Record: found.Tree.Host, Regions: h.Regions}
	unsaid, err := fill(c.Context(), a, h, open)
	if err != nil {
		return "", err
	}
	text, err := a.Text()
	if err != nil {
		return "", err
	}
	for _, u := range unsaid {
		fmt.Fprintln(c.ErrOrStderr(), "understudy: not held:", u)
	}
	return adoptedHead(a, unsaid) + text, nil
}

// fill reads the settings of what can be held, and returns all that is not.
func fill(ctx context.Context, a *understudy.Adopted, h *discover.Held, open discover.Open) ([]string, error) {
	accounts := map[string]*account.Account{}
	for _, region := range h.Regions {
		one, err := open(region)
		if err != nil {
			return nil, err
		}
		accounts[region] = one
	}
	held, more, err := adopted.Read(ctx, accounts, h.Resources)
	a.Adopt.Resources = held
	return slices.Concat(h.Unsaid, more), err
}

// adoptedHead says what the file is of, and what it does not hold.
func adoptedHead(a *understudy.Adopted, unsaid []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What stood behind %s in %s when this was written.\n", a.Adopt.Record, strings.Join(a.Adopt.Regions, " and "))
	b.WriteString("# `understudy plan` shows what is otherwise by now, and `understudy up` changes it back. What is taken out of here is left alone.\n")
	if len(unsaid) > 0 {
		b.WriteString("#\n# Not held:\n")
	}
	for _, u := range unsaid {
		b.WriteString("#   " + strings.ReplaceAll(u, "\n", " ") + "\n")
	}
	return b.String()
}
