package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy/cloud/simulation"
)

const replayHelp = `Run an incident against today's declaration, in virtual time: when its health check would fail, where
the name would lead, how long users would be without service and by what, and what of "understudy
simulate"'s invariants would break.

FILE is one of three:

  a schedule that simulate has saved; with --found it runs on the system that it was found in
  the JSON of "aws cloudwatch get-metric-data"
  a table of comma-separated values, whose first column is "time" (RFC 3339)

Series are named by side and metric: primary_HealthCheckStatus, standby_HealthyHostCount. A side of
which a time has no data point was lost then. docs/simulate.md lists the metrics, and what trouble
each tells.

Exit codes: 0 nothing breaks; 1 an invariant does; 2 the file, a flag or the declaration is wrong.`

const replayExample = `  understudy replay incident.csv
  understudy replay --json metrics.json | jq .lost_ms
  understudy replay broken/ping-pong.json --found`

// replaying is what the command's flags ask for.
type replaying struct {
	on     target
	seed   uint64
	limits limitFlags
	assume assumed
	found  bool
	asJSON bool
}

func replayCommand() *cobra.Command {
	var r replaying
	c := &cobra.Command{
		Use: "replay FILE", Short: "Run an incident again, against today's declaration", Long: replayHelp, Example: replayExample,
		Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error { return r.run(c, args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"json", "csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	r.on.fileFlag(c)
	flags := c.Flags()
	flags.Uint64Var(&r.seed, "seed", 1, "of all that is drawn beside the incident; a schedule has its own")
	flags.BoolVar(&r.found, "found", false, "run a schedule on the system and with the limits that it was found with, without a declaration")
	r.limits.add(c)
	r.assume.flags(c)
	r.assume.pairFlags(c)
	flags.BoolVar(&r.asJSON, "json", false, "print what comes of it as JSON")
	return c
}

// incident is what is to be run again.
type incident struct {
	schedule *simulation.Schedule // nil of one that metrics tell
	faults   []simulation.Fault
	began    time.Time // of the first fault's time, of one that metrics tell
	notes    []string
}

func (r *replaying) run(c *cobra.Command, file string) error {
	if err := r.assume.checkPair(); err != nil {
		return misuse(err)
	}
	in, err := readIncident(file)
	if err != nil {
		return misuse(err)
	}
	m, limits, err := r.model(in)
	if err != nil {
		return misuse(err)
	}
	if err := m.Valid(); err != nil {
		return misuse(err)
	}
	if err := limits.Valid(); err != nil {
		return misuse(err)
	}
	if in.schedule != nil && !c.Flags().Changed("seed") {
		r.seed = in.schedule.Seed
	}
	found := m.Replay(r.seed, in.faults, limits)
	if r.asJSON {
		err = writeJSON(c, found)
	} else {
		printReplay(c.OutOrStdout(), in, found)
	}
	if err == nil && len(found.Broken) > 0 {
		err = exitError{1, fmt.Errorf("replay: %s", found.Broken[0])}
	}
	return err
}

// model is of today's declaration, or of the schedule itself.
func (r *replaying) model(in incident) (*simulation.Model, simulation.Limits, error) {
	if r.found {
		if in.schedule == nil {
			return nil, simulation.Limits{}, fmt.Errorf("--found: only a schedule has a system that it was found in")
		}
		return modelOf(in.schedule.System), in.schedule.Limits, nil
	}
	d, err := r.on.load()
	if err != nil {
		return nil, simulation.Limits{}, err
	}
	return modelOf(simulatedOf(d, r.assume)), r.limits.limits(d), nil
}

// readIncident reads a schedule, or what metrics tell.
func readIncident(file string) (in incident, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return in, err
	}
	var shape struct {
		Faults json.RawMessage `json:"faults"`
	}
	if json.Unmarshal(text, &shape) == nil && shape.Faults != nil {
		s, err := simulation.ReadSchedule(text)
		if err != nil {
			return in, fmt.Errorf("%s: %w", file, err)
		}
		return incident{schedule: &s, faults: s.Faults}, nil
	}
	told, err := simulation.ReadIncident(text)
	if err != nil {
		return in, fmt.Errorf("%s: %w", file, err)
	}
	in = incident{faults: told.Faults, began: told.Began, notes: told.Notes}
	if told.Period > time.Second {
		in.notes = append(in.notes, fmt.Sprintf("a data point stands for %s: no time is more exact than that", told.Period))
	}
	return in, nil
}

func printReplay(w io.Writer, in incident, r *simulation.Replayed) {
	var first simulation.Span
	if len(in.faults) > 0 {
		first = in.faults[0].At
	}
	when := func(at simulation.Span) string {
		if in.began.IsZero() {
			return "+" + time.Duration(at-first).Round(time.Second).String()
		}
		return in.began.Add(time.Duration(at) - simulation.Calm).UTC().Format("2006-01-02 15:04:05")
	}
	for _, f := range in.faults {
		what, _, _ := strings.Cut(strings.TrimPrefix(f.String(), "at "+f.At.String()+" "), " for ")
		fmt.Fprintf(w, "%s  %s, for %s\n", when(f.At), what, f.For)
	}
	for _, m := range r.Moves {
		fmt.Fprintf(w, "%s  the name leads to %s\n", when(m.At), ledTo(m.To))
	}
	fmt.Fprintf(w, "users would be without service for %s on average; for %s if the name had stayed as it was\n", brief0(r.LostMS), brief0(r.UnmovedMS))
	for _, row := range r.Ledger {
		fmt.Fprintf(w, "  %-13s  %s, %.0f %%\n", row.Cause, brief0(row.SumMS), 100*row.Share)
	}
	for _, v := range r.Broken {
		fmt.Fprintf(w, "%s  %s: %s\n", when(v.At), v.Broke, v.What)
	}
	for _, n := range in.notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}

// ledTo says where the name leads.
func ledTo(side simulation.Side) string {
	switch side {
	case "":
		return "nobody"
	case simulation.Both:
		return "both regions"
	}
	return "the " + string(side)
}
