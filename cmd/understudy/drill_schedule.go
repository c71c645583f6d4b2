package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
)

// A schedule that a simulation has found, played with packets on the local cloud: whether users measure that what must never be is so.

// besideSchedule are the flags of a drill that a schedule has no use for, and why.
var besideSchedule = map[string]string{
	"fault": "the schedule has its faults", "side": "the schedule has its sides",
	"region": "the schedule has its regions", "flaps": "the schedule has its rhythm", "period": "the schedule has its rhythm",
	"abort-after": "what a schedule is to show is that users are without service", "longest": "the schedule has its length", "hold": "the schedule has its length",
	"patience": "the schedule says until when all has settled",
	"html":     "it shows a drill's report, and a schedule has another", "junit": "it shows a drill's report, and a schedule has another",
	"sign": "it signs a drill's report, and a schedule has another",
}

// playChecks are those before a schedule: that its stack has a design fault is what it shows.
var playChecks = []string{checkUp, checkRefresh}

func (f *drillFlags) refuseBesideSchedule(cmd *cobra.Command) error {
	for flag, why := range besideSchedule {
		if cmd.Flags().Changed(flag) {
			return misuse(fmt.Errorf("--%s: with --schedule, %s", flag, why))
		}
	}
	if f.stretch < 0 || f.stretch > 100 {
		return misuse(errors.New("--stretch: above 0 and at most 100"))
	}
	return nil
}

// playing is a schedule that is to be played.
type playing struct {
	*drillFlags
	schedule simulation.Schedule
	by       float64 // how much it was stretched
	likely   float64 // the share of runs in which it breaks that on this cloud
	strokes  []drill.Stroke
}

// drillSchedule plays a schedule on the local cloud.
func drillSchedule(cmd *cobra.Command, on *target, f *drillFlags) error {
	if err := f.refuseBesideSchedule(cmd); err != nil {
		return err
	}
	p, err := readPlay(f)
	if err != nil {
		return misuse(err)
	}
	ctx := cmd.Context()
	if f.record != "" {
		return p.ofRecord(cmd, on)
	}
	stack, err := on.open(ctx)
	if err != nil {
		return err
	}
	if stack.Declaration.Failover.Active() {
		return misuse(fmt.Errorf("failover.routing %s: a schedule is played where a primary has a standby", stack.Declaration.Failover.Routing))
	}
	if err := p.locally(cmd); err != nil {
		return err
	}
	if err := endOtherDrill(cmd, stack, *f); err != nil {
		return err
	}
	play, err := p.prepare(ctx, stack)
	if err != nil {
		return err
	}
	return p.perform(cmd, play)
}

// locally refuses to play anywhere else, and has users ask as often as the short times there need.
func (p *playing) locally(cmd *cobra.Command) error {
	if _, err := localRegions(cmd.Context(), ""); err != nil {
		return fmt.Errorf("a schedule is played on a local cloud alone, never where users are: %w", err)
	}
	if !cmd.Flags().Changed("rate") {
		p.rate = 5 * float64(p.users)
	}
	return nil
}

// readPlay reads a schedule and refuses the faults that cannot be made.
func readPlay(f *drillFlags) (p playing, err error) {
	in, err := readIncident(f.schedule)
	switch {
	case err != nil:
		return p, err
	case in.schedule == nil:
		return p, fmt.Errorf("%s: only a schedule can be played, and not what metrics tell", f.schedule)
	case len(in.faults) == 0:
		return p, fmt.Errorf("%s: it has no fault", f.schedule)
	}
	p = playing{drillFlags: f, schedule: *in.schedule, by: f.stretch}
	for _, one := range p.schedule.Faults {
		if why := refusedStroke(one); why != "" {
			return p, fmt.Errorf("%s: %s: the local cloud cannot make it: %s\n"+
				"hint: `understudy simulate --only region,targets,pages,isolate,blackhole,partition,capacity` searches for what it can",
				f.schedule, one, why)
		}
	}
	return p, nil
}

// stretch has the faults last as long as makes it sure, by AWS's rules, that they break what they break. Where this cloud's time-outs are longer than its
// speed has them (cloud start --least-timeout), they may come to another order of events, in which nothing breaks.
func (p *playing) stretch(o outside) error {
	p.likely = 1
	switch {
	case p.by > 0:
	case p.schedule.Broke == "":
		p.by = 1
	default:
		if p.by = margin * modelOf(p.schedule.System).Surely(p.schedule); p.by == 0 {
			return misuse(fmt.Errorf("%s: whether it breaks %s depends on the moments at which checkers ask, however long its faults are; "+
				"--stretch plays it nevertheless", p.drillFlags.schedule, p.schedule.Broke))
		}
		if p.likely = p.likelyHere(o); p.likely == 0 {
			return misuse(fmt.Errorf("%s: on this cloud, at speed %g with time-outs of at least %s, it does not break %s; "+
				"a cloud with a smaller --speed or --least-timeout shows it\nhint: --stretch plays it nevertheless",
				p.drillFlags.schedule, o.speed, o.least, p.schedule.Broke))
		}
	}
	p.strokes = strokesOf(simulation.Stretched(p.schedule.Faults, p.by))
	return nil
}

// likelyHere is in which share of runs the stretched faults break it on a local cloud, where their times, and the limits, are longer than the speed has them.
func (p *playing) likelyHere(o outside) float64 {
	s := p.schedule
	check := drill.Settings{Interval: time.Duration(s.System.Check.Interval), Threshold: s.System.Check.Threshold, TTL: drill.AliasTTL}
	beyond := o.paced(check, p.users, p.rate).Beyond()
	s.System = s.System.AtLocal(o.speed, o.least)
	s.Faults, s.Limits = simulation.Stretched(s.Faults, p.by*beyond), s.Limits.Stretched(beyond)
	return modelOf(s.System).Likely(s)
}

// margin is by how much more a sequence is stretched than makes it sure: the cloud's own work takes time, and users see no finer than they
// ask.
const margin = 1.25

func refusedStroke(f simulation.Fault) string {
	switch {
	case f.Kind == simulation.FaultInvert && f.Region != simulation.Primary:
		return "a simulation inverts the primary's check alone"
	case f.Kind == simulation.FaultFlap:
		return ""
	case f.Kind == simulation.FaultPartition && f.Share < 1:
		return "a network ACL keeps all checkers from a region"
	}
	if _, err := drill.StrokeKindOf(f.Kind); err != nil {
		return err.Error()
	}
	return ""
}

// strokesOf are the faults as a drill makes them, from the first one on. A flap loses the region again and again.
func strokesOf(faults []simulation.Fault) (all []drill.Stroke) {
	first := faults[0].At
	for _, f := range faults {
		first = min(first, f.At)
	}
	for _, f := range faults {
		kind, times := f.Kind, 1
		if kind == simulation.FaultFlap {
			kind, times = simulation.FaultRegion, max(1, f.Times)
		}
		for n := range times {
			at := f.At - first + simulation.Span(2*n)*f.For
			all = append(all, drill.Stroke{Kind: kind, Side: sideOf[f.Region], At: time.Duration(at), For: time.Duration(f.For)})
		}
	}
	return all
}

// prepare makes a play of a stack.
func (p *playing) prepare(ctx context.Context, stack *plan.Stack) (*drill.Play, error) {
	o, err := readOutside(os.Getenv)
	if err != nil {
		return nil, err
	}
	if err := p.stretch(o); err != nil {
		return nil, err
	}
	d, pair, err := rehearsal(ctx, stack, o, p.users, p.rate)
	if err != nil {
		return nil, err
	}
	d.Journal, d.Marker, d.Owner, d.Lost = journal(stack.Declaration.Name), marker(stack), owner(), understudy.Primary
	d.Before = slices.DeleteFunc(before(stack, stack, pair), func(c drill.Check) bool { return !slices.Contains(playChecks, c.Name) })
	d.Force = p.force
	if err := p.declared(stack.Declaration.Drill); err != nil {
		return nil, err
	}
	d.Users, d.WebSocket, d.OpenLoop = p.parts, p.socket, p.openLoop
	halves := map[understudy.Side]drill.Half{understudy.Primary: pair.Primary, understudy.Secondary: pair.Secondary}
	if d.Fault, err = drill.NewSequence(ctx, p.strokes, func(side understudy.Side) drill.Primary {
		of := primaryOf(lostOf(stack, side), o)
		of.Check, of.Beside, of.Page = halves[side].HealthCheck, halves[side].Beside, d.URL.Path
		return of
	}); err != nil {
		return nil, err
	}
	_, _, ask := o.lookups(pair.NameServer)
	parts, err := stack.Parts(ctx, understudy.Secondary)
	if err != nil {
		return nil, err
	}
	return p.play(drill.Play{
		Drill: d, Ask: ask, Balancers: map[string]string{d.Primary: pair.Primary.LoadBalancer, d.Secondary: pair.Secondary.LoadBalancer},
		Healthy: func(ctx context.Context) (int, error) {
			healthy, _, err := targetsOf(ctx, stack.Accounts[understudy.Secondary], parts.TargetGroup)
			return healthy, err
		},
	}), nil
}

// play adds what the schedule says to one of a service.
func (p *playing) play(of drill.Play) *drill.Play {
	limits := p.schedule.Limits
	of.Longest = lengthOf(p.strokes) + time.Duration(limits.Settle)
	of.Strokes, of.Broke, of.Needs = p.strokes, p.schedule.Broke, p.schedule.System.Carries()
	of.Never = drill.Never{
		Stranded: time.Duration(limits.Stranded), Moves: limits.Moves, Within: time.Duration(limits.Within),
		Bare: time.Duration(limits.Bare), Settle: time.Duration(limits.Settle),
	}
	return &of
}

func lengthOf(strokes []drill.Stroke) (longest time.Duration) {
	for _, s := range strokes {
		longest = max(longest, s.At+s.For)
	}
	return longest
}

// perform plays, and tells what was seen.
func (p *playing) perform(cmd *cobra.Command, play *drill.Play) error {
	view := newDrillView(os.Stderr)
	defer view.close()
	play.Tell = view.tell
	found, err := play.Run(cmd.Context())
	view.close()
	if err != nil {
		return err
	}
	switch p.outputs.json {
	case "-":
		err = writeJSON(cmd, found)
	case "":
		p.print(cmd.OutOrStdout(), found)
	default:
		p.print(cmd.OutOrStdout(), found)
		err = writeReport(p.outputs.json, found)
	}
	if err != nil || len(found.Broken) == 0 {
		return err
	}
	var broken []string
	for _, b := range found.Broken {
		broken = append(broken, b.Broke)
	}
	return exitError{1, fmt.Errorf("seen broken: %s", strings.Join(broken, ", "))}
}

func (p *playing) print(w io.Writer, r *drill.Played) {
	fmt.Fprintf(w, "%s, at speed %g, %d users, %d requests, of which %d failed\n", p.drillFlags.schedule, r.Speed, r.Clients, r.Requests, r.Failed)
	if p.by != 1 {
		fmt.Fprintf(w, "  stretched                %g times, so that it breaks that whenever checkers ask\n", p.by)
	}
	for _, f := range r.Forced {
		fmt.Fprintf(w, "  forced                   %s: %s\n", f.Check, f.Why)
	}
	for _, f := range r.Struck {
		fmt.Fprintf(w, "  %-24s %s, from %.0f to %.0f ms\n", f.Kind, f.Region, f.FromMS, f.ToMS)
	}
	for _, l := range r.Leads {
		if l.MS > 0 {
			fmt.Fprintf(w, "  %-24s %s, from %.0f ms on\n", "the name leads to", l.Region, l.MS)
		}
	}
	for _, b := range r.Broken {
		fmt.Fprintf(w, "  %-24s at %.0f ms: %s\n", b.Broke, b.MS, b.What)
	}
	switch {
	case r.Shown:
		fmt.Fprintf(w, "shown: %s is broken\n", r.Broke)
	case r.Broke != "":
		fmt.Fprintf(w, "not shown: %s was not seen broken\n", r.Broke)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if p.likely < 1 {
		fmt.Fprintf(w, "note: it is to be seen in %.0f %% of all plays: the order of events depends on this cloud's shortest time-out\n", 100*p.likely)
	}
	if p.schedule.System.Watch != nil {
		fmt.Fprintln(w, "note: the schedule was found beside `understudy watch`, which a drill does not start")
	}
}
