package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

const statusHelp = `Show what exists of the stack: each region's resources with their ids, the health of each
target, how many of Route 53's checkers find the region healthy, and the region that the
failover name resolves to now. If an up or down is at work, it says whose, since when; if a drill's
fault is not repaired, whose, since when and until when.

The zone's own name servers are asked for the name, or UNDERSTUDY_RESOLVER (HOST:PORT).

What cannot be read, since an API fails, is named at the end, and all else is shown.

Exit codes: 0 everything exists and is healthy; 1 something is missing, different or unhealthy;
2 the declaration or a flag is wrong; 3 nothing of that was seen, but not all could be read.`

const statusExample = `  understudy status
  understudy status --local
  understudy status --json | jq '.answer'`

func statusCommand() *cobra.Command {
	var (
		on     target
		asJSON bool
	)
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show what exists, its health, and which region serves",
		Long:    statusHelp,
		Example: statusExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stack, err := on.open(c.Context())
			if err != nil {
				return err
			}
			rehearsed, unread, err := drillNow(c, stack)
			if err != nil {
				return err
			}
			s, err := stack.Status(c.Context())
			if err != nil {
				return fmt.Errorf("status: %w", err)
			}
			if unread != nil && !isSilent(s, understudy.Secondary) { // else that is said
				s.Unread = append(s.Unread, plan.Unread{What: "drill", Why: unread.Error()})
			}
			now := statusJSON{Status: s, Answer: answerNow(c.Context(), s), Drill: rehearsed, Faults: faultsInForce(c.Context())}
			if asJSON {
				err = writeJSON(c, now)
			} else {
				renderStatus(c.OutOrStdout(), now)
			}
			if err != nil {
				return err
			}
			return verdictOf(now)
		},
	}
	on.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	return c
}

func isSilent(s *plan.Status, side understudy.Side) bool {
	return slices.ContainsFunc(s.Regions, func(r plan.RegionStatus) bool { return r.Side == side && r.Silent != "" })
}

// verdictOf returns the error of a status that is not all well.
func verdictOf(s statusJSON) error {
	switch {
	case s.Wrong() || s.Drill != nil:
		return exitError{1, errors.New("status: not all is there and well")}
	case !s.Whole():
		return exitError{3, errors.New("status: not all could be read")}
	}
	return nil
}

// statusJSON is a status as programs read it.
type statusJSON struct {
	*plan.Status
	Answer answer     `json:"answer"`
	Drill  *drillJSON `json:"drill,omitempty"`  // whose fault is in force
	Faults []string   `json:"faults,omitempty"` // of a local cloud, in words
}

// answer is what the failover name resolves to.
type answer struct {
	Side      understudy.Side         `json:"side,omitempty"`  // empty where the addresses are of neither region, or of both
	Sides     map[understudy.Side]int `json:"sides,omitempty"` // where both regions serve: how often each was the answer
	Times     int                     `json:"times,omitempty"` // of how many
	Addresses []string                `json:"addresses"`
	Error     string                  `json:"error,omitempty"`
}

// answerNow resolves the name. The name servers of a zone behind another endpoint than AWS's are not on the
// real internet, so they are not asked.
func answerNow(ctx context.Context, s *plan.Status) answer {
	resolver := os.Getenv("UNDERSTUDY_RESOLVER")
	if resolver == "" && os.Getenv("AWS_ENDPOINT_URL") != "" {
		return answer{Addresses: []string{}, Error: "set UNDERSTUDY_RESOLVER to the name server of this endpoint, HOST:PORT"}
	}
	found, err := s.Answering(ctx, resolver)
	a := answer{Addresses: []string{}}
	for _, addr := range found.Addresses {
		a.Addresses = append(a.Addresses, addr.String())
	}
	for side := range found.Sides {
		if len(found.Sides) == 1 {
			a.Side = side
		}
	}
	if s.Routing != understudy.RoutingFailover {
		a.Sides, a.Times = found.Sides, found.Times
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func renderStatus(w io.Writer, s statusJSON) {
	fmt.Fprintf(w, "%s: %s answers %s\n", s.Stack, s.Host, s.Answer)
	if s.Drill != nil {
		fmt.Fprintf(w, "drill: %s; `understudy drill undo` repairs it, if the drill does not run any more\n", s.Drill.Entry)
	}
	if s.Switch != nil {
		fmt.Fprintf(w, "switch: %s\n", describeSwitch(understudy.Secondary, s.Routing, *s.Switch))
	}
	if s.Opposite != nil {
		fmt.Fprintf(w, "switch of the primary: %s\n", describeSwitch(understudy.Primary, s.Routing, *s.Opposite))
	}
	for _, r := range s.Regions {
		fmt.Fprintf(w, "\n%s %s: health check %s\n", r.Side, r.Region, checked(r))
		if r.Silent != "" {
			fmt.Fprintf(w, "  %s\n", r.Silent)
		}
		for _, c := range r.Checks {
			fmt.Fprintf(w, "  %-20s %s  %d of %d checkers report success\n", c.Name, c.ID, c.Healthy, c.Checkers)
		}
		renderResources(w, r.Resources)
		for _, t := range r.Targets {
			fmt.Fprintf(w, "  %-20s %s %s %s\n", "target", t.ID, t.State, t.Reason)
		}
	}
	fmt.Fprintln(w, "\nof no region:")
	renderResources(w, s.Resources)
	if s.Lock != nil {
		fmt.Fprintf(w, "\nlock: %s\n", s.Lock)
	}
	if len(s.Missing) > 0 {
		fmt.Fprintf(w, "\nmissing: %s\n", strings.Join(s.Missing, ", "))
	}
	for _, d := range s.Doubles {
		fate := "up removes it"
		if len(d.Holds) > 0 {
			fate = "holds " + strings.Join(d.Holds, ", ")
		}
		fmt.Fprintf(w, "\ntwice: %s  %s (in use is %s): %s\n", d.Resource, d.ID, orNothing(d.Of), fate)
	}
	for _, u := range s.Unread {
		fmt.Fprintf(w, "\nnot read: %s: %s\n", u.What, u.Why)
	}
}

func renderResources(w io.Writer, resources []plan.ResourceStatus) {
	for _, r := range resources {
		fmt.Fprintf(w, "  %-20s %s\n", r.Resource, r.ID)
		for _, d := range r.Differences {
			fmt.Fprintf(w, "    ~ %-20s is %s, declared %s\n", d.Name, orNothing(d.Actual), d.Desired)
		}
	}
}

// String describes the answer in a few words.
func (a answer) String() string {
	switch {
	case a.Error != "":
		return "unknown (" + a.Error + ")"
	case len(a.Addresses) == 0:
		return "nothing"
	case len(a.Sides) > 1:
		return fmt.Sprintf("%s (the primary %d times of %d, the secondary %d)", strings.Join(a.Addresses, " "),
			a.Sides[understudy.Primary], a.Times, a.Sides[understudy.Secondary])
	case a.Side == "":
		return strings.Join(a.Addresses, " ") + " (neither region's)"
	}
	return fmt.Sprintf("%s (the %s)", strings.Join(a.Addresses, " "), a.Side)
}

func checked(r plan.RegionStatus) string {
	if r.Unchecked {
		return "unknown"
	}
	if r.Dark && !r.Passing {
		return "does not pass: there is no instance until it is to serve, as declared"
	}
	is := "passes"
	if !r.Passing {
		is = "does not pass"
	}
	if len(r.Checks) > 0 {
		n := 0
		for _, c := range r.Checks {
			if c.Passing {
				n++
			}
		}
		return fmt.Sprintf("%s, %d of %d checks are well and %d have to be", is, n, len(r.Checks), r.Needed)
	}
	return fmt.Sprintf("%s, %d of %d checkers report success", is, r.Check.Healthy, r.Check.Checkers)
}
