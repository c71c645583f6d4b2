package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// recordFlag adds the flag of commands that work without a declaration on what stands behind a record.
func recordFlag(c *cobra.Command, record *string, what string) {
	c.Flags().StringVar(record, "record", "", what)
	c.RegisterFlagCompletionFunc("record", cobra.NoFileCompletions)
	c.MarkFlagsMutuallyExclusive("record", "file")
}

// anywhere points this process at the cloud to work on, and returns an account for Route 53, and what makes those of regions that
// are found.
func (t *target) anywhere(ctx context.Context) (home *account.Account, open discover.Open, err error) {
	if t.local {
		if err := useLocalCloud(); err != nil {
			return nil, nil, err
		}
	}
	// Route 53's API is at one place for all regions; the SDK wants one all the same.
	if home, err = account.Open(ctx, "us-east-1"); err != nil {
		return nil, nil, err
	}
	return home, func(region string) (*account.Account, error) { return account.Open(ctx, region) }, nil
}
