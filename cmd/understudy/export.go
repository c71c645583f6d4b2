package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/export/cloudformation"
	"github.com/understudy/understudy/export/terraform"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/blueprint"
)

const exportHelp = `Write the stack that the declaration means in another language, complete: both regions, and above
them the hosted zone, its failover records, their health checks and the switch. Who leaves takes
this along, and goes on without understudy.

If the stack stands, its ids are read, and what is written takes over what stands. --no-import
reads nothing, and needs no credentials. A declared thing that a language cannot say is an error;
one that it says only in part is told on standard error, and in the files.`

const exportFlagsHelp = `

Files are written to a folder, --out, which is made if need be; --out - prints them. Files of
others in it stay. If a file to be written is there already, and not as an export wrote it,
nothing is written; --force writes all the same. The same declaration gives the same bytes.

Exit codes: 0 it is written; 1 it could not be; 2 the declaration or a flag is wrong.`

const exportTerraformHelp = `Write the stack for Terraform or OpenTofu: a module, used once for each region, and above both
the hosted zone, its records, their checks and the switch. Where the stack stands, imports.tf has an
import block for each resource, so that "terraform plan" begins with what is there.

Terraform bakes no image: the one that "understudy up" has baked is looked up by its name.` + exportFlagsHelp

const exportCloudFormationHelp = `Write the stack for CloudFormation: a template for each region, one of the hosted zone and the
health checks, and one of the records. Parameters of one are outputs of another. Where the stack
stands, the folder import has a template of what CloudFormation can import, and its ids.

CloudFormation bakes no image: the one that "understudy up" has baked is a parameter.` + exportFlagsHelp

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "export", Short: "Write the stack for Terraform or CloudFormation", Long: exportHelp,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(exportTo("terraform", "Write the stack for Terraform or OpenTofu", exportTerraformHelp,
		"  understudy export terraform\n  understudy export terraform --out infrastructure --no-import", terraform.Write),
		exportTo("cloudformation", "Write the stack for CloudFormation", exportCloudFormationHelp,
			"  understudy export cloudformation\n  understudy export cloudformation --out templates --no-import", cloudformation.Write))
	return c
}

// writer writes a stack in a language.
type writer func(*blueprint.Blueprint) (*export.Result, error)

// exportTo is the command for a language.
func exportTo(language, short, long, example string, write writer) *cobra.Command {
	var (
		on              target
		out             string
		noImport, force bool
	)
	c := &cobra.Command{
		Use: language, Short: short, Long: long, Example: example, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := on.refuseLocal(!noImport, "without --no-import"); err != nil {
				return err
			}
			b, err := on.blueprint(c, noImport)
			if err != nil {
				return err
			}
			return put(c, b, write, out, force)
		},
	}
	on.flags(c)
	c.Flags().StringVar(&out, "out", language, "write the files to this `folder`; - prints them")
	c.MarkFlagDirname("out")
	c.Flags().BoolVar(&noImport, "no-import", false, "do not read what stands")
	c.Flags().BoolVar(&force, "force", false, "write over files that no export has written, or that were changed since")
	return c
}

// blueprint draws the stack, with the ids of what stands unless that is not wanted.
func (t *target) blueprint(c *cobra.Command, noImport bool) (*blueprint.Blueprint, error) {
	if noImport {
		d, err := understudy.Load(t.file)
		if err != nil {
			return nil, misuse(t.explain(err))
		}
		stack, err := plan.Open(c.Context(), d)
		if err != nil {
			return nil, err
		}
		return stack.Blueprint()
	}
	stack, err := t.open(c.Context())
	if _, ok := errors.AsType[understudy.AdoptedError](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w\nhint: --no-import asks nobody", err)
	}
	b, err := stack.Standing(c.Context())
	if err != nil {
		return nil, fmt.Errorf("export: %w\nhint: --no-import asks nobody", err)
	}
	return b, nil
}

// put writes a blueprint to where it is wanted.
func put(c *cobra.Command, b *blueprint.Blueprint, write writer, out string, force bool) error {
	r, err := write(b)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if out == "-" {
		_, err := c.OutOrStdout().Write(r.Text())
		return err
	}
	err = r.Write(out, force)
	var foreign *export.ForeignError
	if errors.As(err, &foreign) {
		return misuse(fmt.Errorf("export: %s: %w\nhint: name another folder with --out, or write over them with --force", out, err))
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, one := range r.Remarks {
		fmt.Fprintf(c.ErrOrStderr(), "understudy: note: %s: %s\n", one.Resource, one.Text)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %d files\n", out, len(r.Files))
	return nil
}
