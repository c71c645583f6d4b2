package main

import (
	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
)

const schemaHelp = `Print the JSON schema (draft 2020-12) of a declaration. An editor with a YAML language server
completes, explains and checks a declaration by it, if this is the declaration's first line:

  # yaml-language-server: $schema=understudy.schema.json

With --adopted it is the schema of the file that "understudy adopt" writes.

"understudy validate" finds more: it holds one key against another, and reads the scripts.

Exit codes: 0 the schema is printed; 1 it could not be; 2 a flag is wrong.`

func schemaCommand() *cobra.Command {
	var adopted bool
	c := &cobra.Command{
		Use: "schema", Short: "Print the JSON schema of a declaration, for editors", Long: schemaHelp, Args: cobra.NoArgs,
		Example: "  understudy schema > understudy.schema.json",
		RunE: func(c *cobra.Command, _ []string) error {
			of := understudy.Schema
			if adopted {
				of = understudy.AdoptedSchema
			}
			schema, err := of()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(schema)
			return err
		},
	}
	c.Flags().BoolVar(&adopted, "adopted", false, "that of the file of an adopted stack")
	return c
}
