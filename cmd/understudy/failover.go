package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/move"
	"github.com/understudy/understudy/plan/balancing"
)

const moveNeeds = `

Nothing of it needs the region that users leave or Route 53's API: what can be learnt from them only is
looked at as far as they answer, and said where they do not.

Exit codes: 0 users have moved; 1 they have not, or not yet; 2 the declaration or a flag is wrong.`

const failoverHelp = `Move the users to the standby and keep them there until failback.

First it looks: the standby is healthy by its load balancer, by Route 53's checkers and by a request
of our own (healthy), the regions do not differ in what users would feel (parity), the standby may
have as many instances as serve in the primary (capacity), and neither up, down nor a drill is at
work (busy). What speaks against the move refuses it, unless --force names it. Then it runs the declared failover.before,
gives the standby the instances it needs, sets the switch, waits until the name leads to the
standby and old answers have expired, and runs failover.after. A run that was interrupted
is continued by the next one.

Where both regions serve (failover.routing weighted or latency), it takes the users of the other
region to one alone, the secondary or the one that --to names, and gives that one as many
instances as serve in both.` + moveNeeds

const failbackHelp = `Move the users back to the primary: what failover does, the other way. From then on health
decides again who serves. Where both regions serve, the one that was taken from its users
gets its share again.` + moveNeeds

const holdHelp = `Keep the users where they are now. After an automatic failover they stay at the standby, also when
the primary is healthy again, until failback. While they are at the primary, only its health
keeps them there. Where both regions serve, there is something to keep only while one of them is ill.

It needs neither the primary's region nor Route 53's API.

Exit codes: 0 the switch is set; 1 it is not; 2 the declaration or a flag is wrong.`

// moving is what the commands that move users share.
type moving struct {
	on       target
	sure     bool
	force    []string
	patience time.Duration
	to       string
}

// The checks before a move, by the names that --force takes.
var moveChecks = []string{"healthy", "parity", "capacity", "busy"}

func (m *moving) command(name, short, long, example string, run func(*cobra.Command, *scene) error) *cobra.Command {
	c := &cobra.Command{
		Use: name, Short: short, Long: long, Example: example, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, f := range m.force {
				if !slices.Contains(moveChecks, f) {
					return misuse(fmt.Errorf("--force: there is no check %q; there are %s", f, strings.Join(moveChecks, ", ")))
				}
			}
			s, err := m.open(c.Context(), understudy.Secondary)
			if err != nil {
				return err
			}
			question := m.on.question(m.sure, fmt.Sprintf("%s of %s", name, s.stack.Declaration.Host()))
			if err := consent(c.Context(), c.InOrStdin(), c.ErrOrStderr(), question, name); err != nil {
				return err
			}
			return run(c, s)
		},
	}
	m.on.flags(c)
	c.Flags().BoolVarP(&m.sure, "yes", "y", false, "do not ask")
	return c
}

func (m *moving) moveFlags(c *cobra.Command) *cobra.Command {
	c.Flags().StringSliceVar(&m.force, "force", nil, "move although these `checks` speak against it: "+strings.Join(moveChecks, ", "))
	c.Flags().DurationVar(&m.patience, "patience", 5*time.Minute, "how long the answer may take to change")
	_ = c.RegisterFlagCompletionFunc("force", cobra.FixedCompletions(moveChecks, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func failoverCommand() *cobra.Command {
	m := &moving{}
	c := m.moveFlags(m.command("failover", "Move the users to the standby, and keep them there", failoverHelp,
		"  understudy failover\n  understudy failover --force parity,capacity --yes\n  understudy failover --to primary",
		func(c *cobra.Command, s *scene) error { return m.failover(c, s) }))
	c.Flags().StringVar(&m.to, "to", string(understudy.Secondary), "the `side` that is to serve alone, where both regions serve: primary or secondary")
	completeWords(c, "to", []string{string(understudy.Primary), string(understudy.Secondary)})
	return c
}

func failbackCommand() *cobra.Command {
	m := &moving{}
	return m.moveFlags(m.command("failback", "Move the users back to the primary", failbackHelp,
		"  understudy failback\n  understudy failback --force parity",
		func(c *cobra.Command, s *scene) error { return m.failback(c, s) }))
}

func holdCommand() *cobra.Command {
	m := &moving{}
	return m.command("hold", "Keep the users where they are now", holdHelp, "  understudy hold\n  understudy hold --local",
		func(c *cobra.Command, s *scene) error {
			if s.stack.Declaration.Failover.Active() {
				return s.holdOne(c)
			}
			side, _, err := s.answers(c.Context())
			if err != nil {
				return fmt.Errorf("hold: where users are now cannot be told: %w", err)
			}
			if err := s.stack.Turn(c.Context(), s.standby, side, "hold"); err != nil {
				return fmt.Errorf("hold: %w", err)
			}
			fmt.Fprintf(c.OutOrStdout(), "the name leads to the %s, and the switch is set to it\n", side)
			if side == understudy.Primary {
				fmt.Fprintln(c.ErrOrStderr(), "hint: if the primary falls ill, users still move: no switch keeps them in a lost region")
			}
			return nil
		})
}

// open reads the declaration and asks one region only, which must answer soon. Where both serve, either does: the other may be lost.
func (m *moving) open(ctx context.Context, at understudy.Side) (*scene, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	stack, err := m.on.openSide(ctx, at)
	if d, wrong := understudy.Load(m.on.file); err != nil && wrong == nil && d.Failover.Active() {
		stack, err = m.on.openSide(ctx, at.Other())
	}
	if err != nil {
		return nil, err
	}
	s := &scene{stack: stack}
	if s.outside, err = readOutside(os.Getenv); err != nil || stack.Declaration.Failover.Active() {
		return s, err // which region's switch it is depends on the command
	}
	s.standby, err = stack.Standby(ctx, at)
	return s, err
}

// way is how users are moved, and how it is known that they have.
type way struct {
	command  string
	from, to understudy.Side
	there    func(context.Context) bool // whether they were moved already
	turn     func(context.Context) error
	answers  func(context.Context) (understudy.Side, time.Duration, error)
	at       string // where users are then
}

func (m *moving) failover(c *cobra.Command, s *scene) error {
	to := understudy.Side(m.to)
	switch active := s.stack.Declaration.Failover.Active(); {
	case !slices.Contains(understudy.Sides, to):
		return misuse(fmt.Errorf("--to %s: there are primary and secondary", m.to))
	case active:
		return m.alone(c, s, to)
	case to == understudy.Primary:
		return misuse(errors.New("--to primary: with failover.routing failover, `understudy failback` moves users to the primary"))
	}
	return m.move(c, s, s.between("failover", understudy.Secondary))
}

func (m *moving) failback(c *cobra.Command, s *scene) error {
	if s.stack.Declaration.Failover.Active() {
		return m.together(c, s)
	}
	return m.move(c, s, s.between("failback", understudy.Primary))
}

// between is the way from one region to the other, where one serves.
func (s *scene) between(command string, to understudy.Side) way {
	return way{
		command: command, from: to.Other(), to: to, at: fmt.Sprintf("the %s, %s", to, s.stack.Declaration.Regions[to].Name),
		there: func(ctx context.Context) bool {
			if s.standby.Switch.Position != to {
				return false
			}
			now, _, err := s.answers(ctx)
			return err == nil && now == to && s.settled(ctx, to)
		},
		turn:    func(ctx context.Context) error { return s.stack.Turn(ctx, s.standby, to, command) },
		answers: s.answers,
	}
}

// move makes a move, unless users are there already.
func (m *moving) move(c *cobra.Command, s *scene, w way) error {
	name, from, to := w.command, w.from, w.to
	d, say := s.stack.Declaration, teller(c.ErrOrStderr())
	journal := move.Journal{Path: filepath.Join(cloud.StateDir(), "move-"+d.Name+".json")}
	if _, found, err := journal.Read(); err == nil && !found && w.there(c.Context()) {
		fmt.Fprintf(c.OutOrStdout(), "users are at %s already: %s\n", w.at, s.describe(s.standby.Switch))
		return nil
	}
	mv := &move.Move{
		Stack: d.Name, Command: name, From: from, To: to, Journal: journal, Force: m.force, Checks: s.checks(c.Context(), from, to),
		Raise: func(ctx context.Context) (string, error) {
			return s.raise(ctx, to, slices.Contains(m.force, "capacity"), say)
		},
		Turn:    w.turn,
		Agreed:  func(ctx context.Context) (bool, error) { return s.agreed(ctx, to) },
		Answers: w.answers,
		Every:   time.Duration(float64(time.Second) / max(1, min(s.outside.speed, 10))), Patience: m.patience, Tell: say,
	}
	if to == understudy.Primary && !d.Failover.Active() {
		mv.Lower = s.stack.Shrink
	}
	mv.Before, mv.After = s.hook(c.ErrOrStderr(), d.Failover.Before, name, from, to), s.hook(c.ErrOrStderr(), d.Failover.After, name, from, to)
	if err := mv.Run(c.Context()); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "users are at %s\n", w.at)
	return nil
}

// hook is a declared command, or nil where there is none.
func (s *scene) hook(out io.Writer, command, name string, from, to understudy.Side) func(context.Context) error {
	d := s.stack.Declaration
	if command == "" {
		return nil
	}
	env := map[string]string{"UNDERSTUDY_MOVE": name, "UNDERSTUDY_FROM": d.Regions[from].Name, "UNDERSTUDY_TO": d.Regions[to].Name}
	return func(ctx context.Context) error { return move.Hook(ctx, command, d.Failover.HookTimeout, env, out) }
}

// teller prints what happens with the time since the beginning.
func teller(w io.Writer) func(string, ...any) {
	began := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// describe says where the switch stands.
func (s *scene) describe(state balancing.SwitchState) string {
	return describeSwitch(s.standby.At, s.stack.Declaration.Failover.Routing, state)
}

// describeSwitch says where a region's switch stands, and who has set it.
func describeSwitch(at understudy.Side, routing understudy.Routing, s balancing.SwitchState) string {
	text := "health decides who serves"
	switch {
	case s.Position == at && routing == understudy.RoutingFailover:
		text = "the standby serves, while it is healthy"
	case s.Position == at:
		text = fmt.Sprintf("the %s alone serves, while it is healthy", at)
	case s.Position == "":
		text = "its answer says nothing: `understudy up` mends it"
	}
	if s.By != "" {
		text += fmt.Sprintf(" (set by %s at %s)", s.By, s.Since.Local().Format("2006-01-02 15:04:05"))
	}
	return text
}

var errNotAsked = errors.New("set UNDERSTUDY_RESOLVER to the name server of this endpoint, HOST:PORT")
