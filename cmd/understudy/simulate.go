package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/report"
)

const simulateHelp = `Run the declared service through years of random faults in virtual time, and search for the shortest
sequence of faults that breaks what must never break: regions and zones lost, targets ill, slow or cut
off, checkers that cannot reach a region, grey failures, capacity short on failover, slow boots,
control planes lost, wrong clocks.

It reports the availability in nines with its error bars, and what each minute was lost to; and for
each invariant the shortest sequence that breaks it, by trying every single fault, then every two at
the moments at which something changes, and so on. --save keeps such a sequence as a schedule, a JSON
file that "understudy replay" runs again. The same --seed gives the same bytes. docs/simulate.md has
the rates at which faults are drawn: they are assumptions, and not AWS's record.

With --record NAME no declaration is needed: what stands behind the record is read, whoever built
it, with the record's own TTL.

Invariants:`

const simulateExits = `

Exit codes: 0 no sequence of --tolerate faults breaks an invariant; 1 one does, or the record could
not be read; 2 a flag or the declaration is wrong.`

const simulateExample = `  understudy simulate
  understudy simulate --years 10000 --seed 7 --json | jq .years.minutes_a_year
  understudy simulate --faults 2 --save broken
  understudy replay broken/ping-pong.json
  understudy simulate --years 0 --only region,targets,isolate --save broken
  understudy drill --schedule broken/ping-pong.json   # with packets, on the local cloud
  understudy simulate --record www.example.com --years 0 --only region --save broken`

// simulating is what the command's flags ask for.
type simulating struct {
	on       target
	record   string
	seed     uint64
	years    int
	search   simulation.Searched
	tolerate int
	limits   limitFlags
	assume   assumed
	save     string
	svg      string
	asJSON   bool
}

// limitFlags are the invariants' limits.
type limitFlags struct {
	stranded, within, bare, settle time.Duration
	moves                          int
}

func simulateCommand() *cobra.Command {
	var s simulating
	var text strings.Builder
	text.WriteString(simulateHelp)
	for _, i := range simulation.Invariants {
		fmt.Fprintf(&text, "\n  %-9s  %s", i.Name, i.Says)
	}
	c := &cobra.Command{
		Use: "simulate", Short: "Run years of faults, and search for the shortest that breaks the service", Long: text.String() + simulateExits,
		Example: simulateExample, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	s.on.flags(c)
	recordFlag(c, &s.record, "simulate what is behind this record, without a declaration")
	flags := c.Flags()
	flags.Uint64Var(&s.seed, "seed", 1, "of all that is drawn")
	flags.IntVar(&s.years, "years", 1000, "how many years; 0 is only to search")
	flags.IntVar(&s.search.Faults, "faults", 2, "search for sequences of up to so many faults; 0 is not to search")
	flags.IntVar(&s.search.Tries, "tries", 50_000, "of each length, try so many sequences at the most")
	flags.StringSliceVar(&s.search.Only, "only", nil, "search for sequences of these `faults` alone, "+
		"for instance of those that drill --schedule can play (default: all)")
	completeWords(c, "only", searchedFaults())
	flags.IntVar(&s.tolerate, "tolerate", 1, "how many faults the service is to stand")
	s.limits.add(c)
	s.assume.flags(c)
	s.assume.pairFlags(c)
	flags.StringVar(&s.save, "save", "", "write what breaks the service as schedules into this `folder`")
	flags.StringVar(&s.svg, "svg", "", "draw what the minutes were lost to into this `file`")
	flags.BoolVar(&s.asJSON, "json", false, "print all as JSON")
	return c
}

func (l *limitFlags) add(c *cobra.Command) {
	usual := simulation.DefaultLimits()
	flags := c.Flags()
	flags.DurationVar(&l.stranded, "stranded", 0, "the longest that users may be at an ill region while the other is well (default: failover.rto, or 3m)")
	flags.IntVar(&l.moves, "moves", usual.Moves, "how often the name may lead elsewhere, at the most")
	flags.DurationVar(&l.within, "within", time.Duration(usual.Within), "the time in which it may")
	flags.DurationVar(&l.bare, "bare", time.Duration(usual.Bare), "the longest that a standby that is needed may carry too little")
	flags.DurationVar(&l.settle, "settle", time.Duration(usual.Settle), "the time after the last fault in which everybody has to be served")
}

func (l *limitFlags) limits(d *understudy.Declaration) simulation.Limits {
	stranded := simulation.DefaultLimits().Stranded
	switch {
	case l.stranded > 0:
		stranded = simulation.Span(l.stranded)
	case d != nil && d.Failover.RTO > 0:
		stranded = simulation.Span(d.Failover.RTO)
	}
	return simulation.Limits{
		Stranded: stranded, Moves: l.moves, Within: simulation.Span(l.within), Bare: simulation.Span(l.bare), Settle: simulation.Span(l.settle),
	}
}

func searchedFaults() []string { return simulation.FaultNames(simulation.Searches) }

// rarely is at how many percent of garbage it is collected: what a simulation holds is small, and what it throws away is much.
const rarely = 400

// simulated is what a simulation has come to, as programs read it.
type simulated struct {
	Years  *simulation.Report `json:"years,omitempty"`
	Search *simulation.Found  `json:"search,omitempty"`
}

func (s *simulating) run(c *cobra.Command) error {
	const mostYears, mostFaults, mostTries = 1_000_000, 4, 10_000_000
	switch {
	case s.years < 0 || s.years > mostYears || s.search.Faults < 0 || s.search.Faults > mostFaults || s.search.Tries < 1 || s.search.Tries > mostTries:
		return misuse(fmt.Errorf("--years, --faults and --tries: up to %d years, %d faults and %d tries", mostYears, mostFaults, mostTries))
	case slices.ContainsFunc(s.search.Only, func(name string) bool { return !slices.Contains(searchedFaults(), name) }):
		return misuse(fmt.Errorf("--only: a search has the faults %s", strings.Join(searchedFaults(), ", ")))
	case s.tolerate < 0:
		return misuse(errors.New("--tolerate: nothing negative"))
	}
	if err := s.on.refuseLocal(s.record != "", "with --record"); err != nil {
		return err
	}
	if err := s.assume.checkPair(); err != nil {
		return misuse(err)
	}
	m, limits, err := s.model(c)
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(rarely))
	var found simulated
	if s.years > 0 {
		if found.Years, err = m.Simulate(s.seed, s.years, limits); err != nil {
			return misuse(err)
		}
	}
	if s.search.Faults > 0 {
		if found.Search, err = m.Search(s.seed, limits, s.search); err != nil {
			return misuse(err)
		}
	}
	if err := s.write(c, found); err != nil {
		return err
	}
	return found.judge(s.tolerate)
}

// model is of the declaration, or of what stands behind the record, with its limits.
func (s *simulating) model(c *cobra.Command) (*simulation.Model, simulation.Limits, error) {
	if s.record != "" {
		behind, err := s.on.systemBehind(c, s.record, s.assume)
		return modelOf(behind), s.limits.limits(nil), err
	}
	d, err := s.on.load()
	if err != nil {
		return nil, simulation.Limits{}, misuse(err)
	}
	return modelOf(simulatedOf(d, s.assume)), s.limits.limits(d), nil
}

// judge fails where a sequence that the service is to stand breaks it.
func (f simulated) judge(tolerate int) error {
	if f.Search == nil {
		return nil
	}
	var broken []string
	for _, one := range f.Search.Schedules {
		if len(one.Faults) <= tolerate {
			broken = append(broken, one.Broke)
		}
	}
	if len(broken) > 0 {
		return exitError{1, fmt.Errorf("simulate: broken by %d faults or fewer: %s", tolerate, strings.Join(broken, ", "))}
	}
	return nil
}

func (s *simulating) write(c *cobra.Command, f simulated) error {
	if err := s.keep(f); err != nil {
		return err
	}
	if s.svg != "" && f.Years != nil {
		if err := os.WriteFile(s.svg, drawLost(f.Years), 0o644); err != nil {
			return err
		}
	}
	if s.asJSON {
		return writeJSON(c, f)
	}
	w := c.OutOrStdout()
	if f.Years != nil {
		printYears(w, f.Years)
	}
	if f.Search != nil {
		printFound(w, f.Search)
	}
	return nil
}

// keep writes the schedules that were asked to be saved: of the search, and where that found none, of the years.
func (s *simulating) keep(f simulated) error {
	if s.save == "" {
		return nil
	}
	all := map[string]*simulation.Schedule{}
	if f.Years != nil {
		for n := range f.Years.Broken {
			if b := &f.Years.Broken[n]; b.Schedule != nil {
				all[b.Broke] = b.Schedule
			}
		}
	}
	if f.Search != nil {
		for n := range f.Search.Schedules {
			all[f.Search.Schedules[n].Broke] = &f.Search.Schedules[n]
		}
	}
	if err := os.MkdirAll(s.save, 0o755); err != nil {
		return err
	}
	for name, schedule := range all {
		if err := writeReport(filepath.Join(s.save, name+".json"), schedule); err != nil {
			return err
		}
	}
	return nil
}

func printYears(w io.Writer, r *simulation.Report) {
	fmt.Fprintf(w, "%d years, %d faults, %d moves of the name:\n", r.Years, r.Faults, r.Moves)
	fmt.Fprintf(w, "available %.5f %%, with 95 %% between %.5f and %.5f: %.1f nines; %.1f minutes a year, %.0f in the worst\n",
		100*r.Availability, 100*r.Low, 100*r.High, r.Nines, r.MinutesAYear, r.Worst)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LOST TO\tMINUTES A YEAR\tSHARE\t\tBY FAULT\tMINUTES A YEAR\tSHARE")
	cell := func(rows []simulation.Row, n int) string {
		if n >= len(rows) {
			return "\t\t"
		}
		return fmt.Sprintf("%s\t%.2f\t%.0f %%", rows[n].Cause, rows[n].SumMS/60_000/float64(r.Years), 100*rows[n].Share)
	}
	for n := range max(len(r.Ledger), len(r.ByFault)) {
		fmt.Fprintf(t, "%s\t\t%s\n", cell(r.Ledger, n), cell(r.ByFault, n))
	}
	_ = t.Flush() // the writer behind it tells
	for _, b := range r.Broken {
		fmt.Fprintf(w, "%s broke %d times\n", b.Broke, b.Times)
	}
}

func printFound(w io.Writer, f *simulation.Found) {
	for n, tried := range f.Sequences {
		all := "all"
		if !f.Whole[n] {
			all = "drawn,"
		}
		fmt.Fprintf(w, "searched sequences of %d: %s %d\n", n+1, all, tried)
	}
	if len(f.Schedules) == 0 {
		fmt.Fprintln(w, "none breaks an invariant")
	}
	for _, s := range f.Schedules {
		fmt.Fprintf(w, "\n%s is broken; %s\n", s.Broke, s.How)
		for _, one := range s.Faults {
			fmt.Fprintf(w, "  %s\n", one)
		}
	}
}

// drawLost draws the time a year that each fault takes.
func drawLost(r *simulation.Report) []byte {
	var bars []report.Bar
	for _, row := range r.ByFault {
		bars = append(bars, report.Bar{Label: row.Cause, Worst: row.SumMS / float64(r.Years)})
	}
	return report.Lengths("The time without service that each fault takes a year", bars)
}
