package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
)

const drillHelp = `Breaks the primary region while many users send requests, waits until the secondary serves
every one of them, repairs the primary, waits until it serves all of them again, and reports
how long they were without service, beside what the declaration predicts.

What is to be broken is first written to a marker in the account, in the secondary, and to a
journal on this machine. "understudy drill undo" repairs what a killed drill broke, from any
machine; "understudy status" shows it.

With --record NAME no declaration is needed: the region's health checks are inverted, and nothing
else of what others built is touched. What that cannot show, the report says.

With --schedule FILE, what "understudy simulate --save" has found is played on the local cloud, and
users tell whether what must never be is so. Nothing ends that early, so it is refused elsewhere.

Before anything is broken, a drill looks, and does not begin if something is wrong:`

const drillBounds = `

--force NAME[,NAME] runs the drill although these checks find something. A drill with a forced
standby or targets does not watch them either.

The drill repairs the primary at once if the secondary becomes ill, if more than one user in
twenty is without service for longer than predicted and a fifth (or any user for longer than
--abort-after), or if the primary has been broken for --longest.

After the repair, it waits until every user is served by the primary again, for as long as is
predicted at most and --patience. If that is not seen by then, the report says so and why.

Faults:`

const drillExits = `

Exit codes: 0 users were served by the secondary, and by the primary again; 1 the drill was
refused, aborted or failed, or not every user was seen to be served by the primary again, or one
was without service for longer than failover.rto promises, or with --schedule an invariant was seen
broken; 2 a flag, the declaration or the schedule is wrong.`

const drillExample = `  understudy drill                       # the fault with the smallest effect: invert
  understudy drill --fault isolate --users 100 --rate 50 --json report.json
  understudy drill --html report.html --junit report.xml
  understudy drill --fault flap --flaps 5 --period 20s
  understudy drill --force parity        # although the regions are not equal
  understudy drill --record www.example.com --region us-east-1
  understudy drill --clients usual --html report.html
  understudy drill --users 5000 --rate 1000 --open-loop
  understudy drill --schedule broken/ping-pong.json
  understudy drill undo                  # after a drill was killed`

// drillText is the long help: the checks and the faults come from their tables.
func drillText() string {
	var b strings.Builder
	b.WriteString(drillHelp)
	for _, c := range beforeHelp {
		fmt.Fprintf(&b, "\n  %-8s  %s", c.name, c.help)
	}
	b.WriteString(drillBounds)
	for _, k := range drill.Kinds {
		fmt.Fprintf(&b, "\n  %-8s  %s", k.Name, k.Help)
	}
	b.WriteString("\n\nKinds of users:\n")
	for _, k := range drill.UserKinds {
		fmt.Fprintf(&b, "\n  %-9s  %s", k.Name, k.Help)
	}
	return b.String() + drillExits
}

// drillFlags are what a drill is asked to do.
type drillFlags struct {
	fault, path, side   string
	record, region      string
	outputs             drillOutputs
	digest              string
	users               int
	rate                float64
	clients, socket     string
	openLoop            bool
	parts               []drill.Part
	force               []string
	abortAfter, longest time.Duration
	patience            time.Duration
	hold                time.Duration
	flaps               int
	period              time.Duration
	yes                 bool
	schedule            string
	stretch             float64
}

func drillCommand() *cobra.Command {
	var on target
	var f drillFlags
	cmd := &cobra.Command{
		Use: "drill", Short: "Rehearse the loss of the primary and measure how long users are without service",
		Long: drillText(), Example: drillExample, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kind, err := f.check()
			if err != nil {
				return misuse(err)
			}
			if f.schedule != "" {
				return drillSchedule(cmd, &on, &f)
			}
			if cmd.Flags().Changed("stretch") {
				return misuse(errors.New("--stretch: it stretches the faults of a --schedule"))
			}
			if f.record != "" {
				if err := f.refuseBesideRecord(cmd); err != nil {
					return err
				}
				return drillRecord(cmd, &on, &f)
			}
			if f.region != "" {
				return misuse(errNoRegion)
			}
			stack, err := on.open(cmd.Context())
			if err != nil {
				return err
			}
			if f.side != string(understudy.Primary) && !stack.Declaration.Failover.Active() {
				return misuse(errors.New("--side secondary: with failover.routing failover it serves nobody while the primary is well"))
			}
			lost := f.lost(stack)
			question := on.question(f.yes, fmt.Sprintf("Take %s away from its users", lost.Declaration.Regions[understudy.Primary].Name))
			if err := consent(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), question, "drill"); err != nil {
				return err
			}
			f.digest = digest(on.file)
			return runDrill(cmd, stack, lost, kind, f)
		},
	}
	on.flags(cmd)
	f.add(cmd)
	cmd.AddCommand(drillUndoCommand())
	return cmd
}

// defaultFault is the one with the smallest effect.
const defaultFault = "invert"

func (f *drillFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.fault, "fault", defaultFault, "how to break the primary: "+strings.Join(drill.KindNames(), ", "))
	flags.StringVar(&f.side, "side", string(understudy.Primary), "the `side` to break, where both regions serve: primary or secondary")
	recordFlag(cmd, &f.record, "rehearse what is behind this `record`, whoever built it, without a declaration")
	flags.StringVar(&f.region, "region", "", "with --record: the `region` that users are to leave (default: the one that Route 53 asks for first)")
	usersFlags(cmd, &f.users, &f.rate, 40)
	flags.StringVar(&f.clients, "clients", "", "the kinds of users, by their `shares`: cache=80%,pool=20%, or usual (default: drill.clients)")
	completeWords(cmd, "clients", append(clients.Names(), clients.Mix))
	flags.BoolVar(&f.openLoop, "open-loop", false, "users send each request when it is due, also while their last one has not ended")
	flags.StringVar(&f.path, "path", "", "the `path` that users ask for (default: the declared service.health; of a record, what its health check asks for)")
	flags.StringVar(&f.socket, "websocket", "", "the `path` of the page that speaks WebSocket, for users of this kind (default: drill.websocket)")
	flags.StringSliceVar(&f.force, "force", nil, "run although these `checks` find something: "+strings.Join(checkNames(), ", "))
	flags.DurationVar(&f.abortAfter, "abort-after", 0, "repair at once if any user is without service for longer than this")
	flags.DurationVar(&f.longest, "longest", 30*time.Minute, "how long the primary is broken at the most")
	flags.DurationVar(&f.patience, "patience", time.Minute, "how much longer than predicted each wait for the users may take")
	flags.DurationVar(&f.hold, "hold", 3*time.Second, "how long to watch when the users have moved to the secondary")
	flags.IntVar(&f.flaps, "flaps", 3, "flap: how often the primary breaks")
	flags.DurationVar(&f.period, "period", 0, "flap: how long it is broken, and then works (default: what detection takes at most)")
	flags.StringVar(&f.schedule, "schedule", "", "play this `file`'s faults, a schedule that simulate has saved, on the local cloud")
	flags.Float64Var(&f.stretch, "stretch", 0, "with --schedule: how many `times` as long the faults last and lie apart (default: what is sure to break it)")
	f.outputs.add(cmd)
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	completeWords(cmd, "fault", drill.KindNames())
	completeWords(cmd, "force", checkNames())
}

// usersFlags adds the flags that say who the users are.
func usersFlags(cmd *cobra.Command, users *int, rate *float64, requests float64) {
	cmd.Flags().IntVar(users, "users", 40, "number of users")
	cmd.Flags().Float64Var(rate, "rate", requests, "requests a second of all users together, each over a new connection")
}

// completeWords offers these words to the shell as values of a flag, also after a comma.
func completeWords(cmd *cobra.Command, flag string, words []string) {
	cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before, _ := splitLast(typed)
		var all []string
		for _, w := range words {
			if !slices.Contains(strings.Split(before, ","), w) {
				all = append(all, before+w)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	})
}

// splitLast parts a list with commas before its last word.
func splitLast(list string) (before, last string) {
	i := strings.LastIndexByte(list, ',') + 1
	return list[:i], list[i:]
}

// check refuses what no drill can do, before anything is asked.
func (f *drillFlags) check() (drill.Kind, error) {
	kind, err := drill.KindOf(f.fault)
	if err != nil {
		return kind, fmt.Errorf("--fault: %w", err)
	}
	for _, name := range f.force {
		if !slices.Contains(checkNames(), name) {
			return kind, fmt.Errorf("--force: no check is named %q; there are %s", name, strings.Join(checkNames(), ", "))
		}
	}
	switch {
	case !slices.Contains(understudy.Sides, understudy.Side(f.side)):
		return kind, fmt.Errorf("--side: %q is neither primary nor secondary", f.side)
	case f.path != "" && !isPath(f.path):
		return kind, fmt.Errorf("--path: %q is not a path, for example /healthz", f.path)
	case f.socket != "" && !isPath(f.socket):
		return kind, fmt.Errorf("--websocket: %q is not a path, for example /socket", f.socket)
	case f.flaps < 1:
		return kind, errors.New("--flaps: at least 1")
	case f.abortAfter < 0 || f.hold < 0 || f.period < 0 || f.longest <= 0 || f.patience <= 0:
		return kind, errors.New("--abort-after, --hold, --period, --longest and --patience: no negative times, and a longest time and a patience above 0")
	}
	if f.clients != "" {
		if f.parts, err = drill.ParseParts(f.clients); err != nil {
			return kind, fmt.Errorf("--clients: %w", err)
		}
	}
	if err := f.outputs.check(); err != nil {
		return kind, err
	}
	return kind, checkUsers(f.users, f.rate)
}

func isPath(text string) bool {
	u, err := url.Parse(text)
	return err == nil && strings.HasPrefix(text, "/") && u.Host == ""
}

func checkUsers(users int, rate float64) error {
	if users < 1 || !(rate > 0) || rate > 1e6 {
		return errors.New("--users and --rate: at least one user, and a rate above 0")
	}
	return nil
}

// lost is the stack with the side to break as its primary.
func (f *drillFlags) lost(s *plan.Stack) *plan.Stack { return lostOf(s, understudy.Side(f.side)) }

func lostOf(s *plan.Stack, side understudy.Side) *plan.Stack {
	if side == understudy.Secondary {
		return s.Mirrored()
	}
	return s
}

func runDrill(cmd *cobra.Command, stack, lost *plan.Stack, kind drill.Kind, f drillFlags) (err error) {
	ctx := cmd.Context()
	o, err := readOutside(os.Getenv)
	if err != nil {
		return err
	}
	if err := f.declared(stack.Declaration.Drill); err != nil {
		return err
	}
	if err := endOtherDrill(cmd, stack, f); err != nil {
		return err
	}
	shrink, err := growForDrill(ctx, stack, o, f.force, cmd.ErrOrStderr())
	defer func() {
		if shrinking := shrink(); shrinking != nil {
			err = errors.Join(err, fmt.Errorf("%w\nhint: `understudy drill undo` returns the standby to its declared size", shrinking))
		}
	}()
	if err != nil {
		return err
	}
	d, pair, err := rehearsal(ctx, lost, o, f.users, f.rate)
	if err != nil {
		return err
	}
	if err := f.prepare(ctx, d, stack, lost, o, kind, pair); err != nil {
		return err
	}
	return rehearse(cmd, d, stack.Declaration.Name, f.outputs, func(r *drill.Report) {
		r.Digest = f.digest
		foresee(stack.Declaration, understudy.Side(f.side), d, r, o.local)
	})
}

// rehearse runs a drill, and tells and keeps what it finds, with what else is known.
func rehearse(cmd *cobra.Command, d *drill.Drill, name string, to drillOutputs, also func(*drill.Report)) error {
	ctx := cmd.Context()
	view := newDrillView(os.Stderr)
	defer view.close()
	trail := &drillTrail{shelf: shelf(name), drill: d, warn: cmd.ErrOrStderr()}
	d.Tell = func(e drill.Event) {
		view.tell(e)
		trail.tell(e)
	}
	faults := faultsInForce(ctx)
	found, err := d.Run(ctx)
	view.close()
	if err != nil {
		trail.end("", err)
		return err
	}
	found.Faults, found.Tool = both(faults, faultsInForce(ctx)), version()
	also(found)
	file, err := shelf(name).Keep(found)
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "understudy: the report is not kept for `understudy drills`: %v\n", err)
	}
	trail.end(file, err)
	return tellDrill(cmd, found, to)
}

// declared is who users are where no flag says it. Those whose resolver is not installed are refused before anything is changed for them.
func (f *drillFlags) declared(d understudy.Drill) (err error) {
	f.socket = cmp.Or(f.socket, d.WebSocket)
	if f.clients == "" {
		if f.parts, err = drill.ParseParts(d.Clients); err != nil {
			return err
		}
	}
	return drill.Missing(f.parts)
}

// prepare gives a drill what its flags say, and what it looks at.
func (f *drillFlags) prepare(
	ctx context.Context, d *drill.Drill, s, lost *plan.Stack, o outside, kind drill.Kind, pair drill.Pair,
) (err error) {
	d.Journal, d.Marker, d.Owner, d.Lost = journal(s.Declaration.Name), marker(lost), owner(), understudy.Side(f.side)
	d.Before, d.Force = before(s, lost, pair), f.force
	d.Users, d.WebSocket, d.OpenLoop = f.parts, f.socket, f.openLoop
	d.AbortAfter, d.Longest, d.Hold, d.Patience = f.abortAfter, f.longest, f.hold, f.patience
	if f.path != "" {
		u, err := url.Parse(f.path)
		if err != nil {
			return err
		}
		d.URL.Path, d.URL.RawQuery = u.Path, u.RawQuery
	}
	if d.Ill, err = standbyWatch(ctx, lost, pair, f.force); err != nil {
		return err
	}
	p := primaryOf(lost, o)
	p.Check, p.Beside, p.Page, p.Times, p.Period = pair.Primary.HealthCheck, pair.Primary.Beside, d.URL.Path, f.flaps, f.period
	d.Fault, err = kind.New(ctx, p)
	return err
}

// primaryOf is what the faults of a stack's drills work on.
func primaryOf(s *plan.Stack, o outside) drill.Primary {
	return drill.Primary{
		Sides:    func(side understudy.Side) drill.Primary { return primaryOf(lostOf(s, side), o) },
		Settings: o.pace(),
		Account:  s.Accounts[understudy.Primary],
		Parts: func(ctx context.Context) (drill.Parts, error) {
			p, err := s.Parts(ctx, understudy.Primary)
			return drill.Parts(p), err
		},
		Regions: localRegions,
	}
}

// localRegions finds the cloud that this process's API calls go to, or that runs on a folder. Another cloud on this
// machine may have a region of the same name, and must not lose it.
func localRegions(ctx context.Context, folder string) (drill.RegionControl, error) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return nil, errors.New("only a local cloud can lose a whole region, and AWS_ENDPOINT_URL does not name one")
	}
	for _, dir := range []string{folder, cloudDir()} {
		if dir == "" {
			continue
		}
		if c, err := cloud.Attach(ctx, dir); err == nil {
			if s, err := c.Status(ctx); err == nil && s.Endpoint == strings.TrimSuffix(endpoint, "/") {
				return c, nil
			}
		}
	}
	c, err := cloud.AttachEndpoint(ctx, endpoint)
	if err != nil {
		return nil, fmt.Errorf("only a local cloud can lose a whole region: %w\nhint: UNDERSTUDY_HOME names the folder of a cloud", err)
	}
	return c, nil
}

// journal keeps a stack's drill in the user's state folder.
func journal(stack string) drill.Journal {
	return drill.Journal{Path: filepath.Join(cloud.StateDir(), "drill-"+stack+".json")}
}

// marker keeps it in the account: in the region that is not broken, which where both serve may be either.
func marker(s *plan.Stack) drill.Markers {
	m := drill.Markers{drill.Marker{Account: s.Accounts[understudy.Secondary], Stack: s.Declaration.Name}}
	if s.Declaration.Failover.Active() {
		m = append(m, drill.Marker{Account: s.Accounts[understudy.Primary], Stack: s.Declaration.Name})
	}
	return m
}

// owner names who is at work.
func owner() string {
	name, host := "somebody", "a host without a name"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// writeReport writes a report for programs.
func writeReport(path string, report any) error {
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
