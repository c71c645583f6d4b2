package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan"
)

const parityHelp = `Compares the two regions of a declaration as they are now, by meaning and not by id, and judges
what differs: a security group rule by the roles of the groups it names, an image by its digest and
its origin, a subnet by the position of its zone and its part of the network. Nothing is changed.

Each finding says how grave it is, what both sides have, which side is wrong (the declaration is
asked first, then AWS's defaults; else the secondary is to be as the primary), why it matters in a
failover, and the commands that heal it. What passes by itself, an instance that starts for one, is
shown apart and does not count. What is known and accepted is listed in the declaration:

  parity:
    ignore:
      - {finding: "listener port 8443*", reason: "the old clients' port, gone by May"}

Severities:
  critical  users would not be served
  high      the standby would serve badly, late, or something else
  medium    the standby behaves otherwise than the primary
  low       nobody would feel it in a failover

With --record NAME no declaration is needed: the load balancers that the record leads to, through
aliases and names of its zone, and all that is around them, are compared, whoever built them. They
are compared in pairs: the primary of failover records with the secondary, and a region that is in
no such pair with the first.

Exit codes: 0 the regions are equal, or differ in what is below --fail-on only; 1 there are
findings; 2 a mistake in the command or the declaration; 3 a region or Route 53 could not be read.`

const parityExample = `  understudy parity
  understudy parity --fail-on high
  understudy parity -f hello.yaml --json | jq -r '.findings[].name'
  understudy parity --sarif > parity.sarif
  understudy parity --record www.example.com`

// parityFlags are what a run is asked for.
type parityFlags struct {
	on     target
	format string
	failOn string
	record string
	tags   bool
	short  map[string]*bool // --json is --format json
}

var parityFormats = []string{"table", "json", "sarif", "junit"}

func parityCommand() *cobra.Command {
	f := &parityFlags{short: map[string]*bool{}}
	cmd := &cobra.Command{
		Use: "parity", Short: "Judge by meaning whether one region can stand in for the other", Long: parityHelp, Example: parityExample,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.on.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "table", "how to print the findings: "+strings.Join(parityFormats, ", "))
	for _, format := range parityFormats[1:] {
		f.short[format] = flags.Bool(format, false, "the same as --format "+format)
	}
	flags.StringVar(&f.failOn, "fail-on", "low", "the mildest severity that makes the exit status 1: "+strings.Join(parity.Severities(), ", "))
	recordFlag(cmd, &f.record, "compare what is behind this record, without a declaration")
	flags.BoolVar(&f.tags, "tags", false, "compare tags, too")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(parityFormats, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(parity.Severities(), cobra.ShellCompDirectiveNoFileComp))
	cmd.MarkFlagsMutuallyExclusive(slices.Concat([]string{"format"}, parityFormats[1:])...)
	return cmd
}

func (f *parityFlags) run(cmd *cobra.Command) error {
	for format, asked := range f.short {
		if *asked {
			f.format = format
		}
	}
	if !slices.Contains(parityFormats, f.format) {
		return misuse(fmt.Errorf("no format %q: there are %s", f.format, strings.Join(parityFormats, ", ")))
	}
	worst, err := parity.SeverityOf(f.failOn)
	if err != nil {
		return misuse(err)
	}
	reports, err := f.audit(cmd)
	if err != nil {
		return err
	}
	file := f.on.file
	if f.record != "" {
		file = "" // there is none that it is about
	}
	if err := writeParity(cmd.OutOrStdout(), f.format, reports, file); err != nil {
		return err
	}
	grave, all := 0, 0
	for _, r := range reports {
		grave, all = grave+len(r.AtLeast(worst)), all+len(r.Findings)
	}
	if grave > 0 {
		return exitError{1, fmt.Errorf("parity: %d of %d findings are %s or graver", grave, all, worst)}
	}
	return nil
}

// audit reads the regions. What fails now is a region that cannot be read, but for mistakes in the declaration.
func (f *parityFlags) audit(cmd *cobra.Command) (reports []*parity.Report, err error) {
	ctx := cmd.Context()
	if f.record != "" {
		reports, err = f.auditRecord(ctx)
	} else {
		reports = make([]*parity.Report, 1)
		reports[0], err = f.auditStack(cmd)
	}
	var coded interface{ ExitCode() int }
	if err != nil && !errors.As(err, &coded) && ctx.Err() == nil {
		err = exitError{3, err}
	}
	return reports, err
}

func (f *parityFlags) auditStack(cmd *cobra.Command) (*parity.Report, error) {
	stack, err := f.on.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	audit := func(ctx context.Context) (*parity.Report, error) {
		return audited(ctx, stack, parity.Options{Tags: f.tags})
	}
	return besideDrill(cmd.Context(), stack, audit, func(e drill.Entry) error { return noticeDrill(cmd, stack, e) })
}

// audited compares a stack's regions, if both answer.
func audited(ctx context.Context, s *plan.Stack, o parity.Options) (*parity.Report, error) {
	return plan.Answered(ctx, s, understudy.Sides, func(ctx context.Context) (*parity.Report, error) {
		return parity.Audit(ctx, s.Declaration, s.Accounts, o)
	})
}

func (f *parityFlags) auditRecord(ctx context.Context) ([]*parity.Report, error) {
	home, open, err := f.on.anywhere(ctx)
	if err != nil {
		return nil, err
	}
	return parity.AuditRecord(ctx, f.record, home, open, parity.Options{Tags: f.tags})
}

// writeParity writes what pairs of regions came to, in one of the formats. File is the declaration that it is about.
func writeParity(w io.Writer, format string, reports []*parity.Report, file string) error {
	switch format {
	case "json":
		return writeParityJSON(w, reports)
	case "sarif":
		return writeSARIF(w, reports, file)
	case "junit":
		return writeJUnit(w, reports)
	}
	for n, r := range reports {
		if n > 0 {
			fmt.Fprintln(w)
		}
		printParity(w, r, colours(w))
	}
	return nil
}
