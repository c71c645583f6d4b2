package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/discover"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
	"golang.org/x/term"
)

const drillUndoHelp = `Repairs what a killed drill left broken, and removes its marker from the account and its
journal from this machine. The marker in the account says all that is needed, so that it works
on any machine. Do not run it while the drill itself still runs. A drill of a record has left
nothing in the account but inverted health checks, and its journal on the machine that ran it.

Exit codes: 0 nothing is broken any more; 1 the repair failed, and the marker or the journal
stays; 2 a flag or the declaration is wrong.`

func drillUndoCommand() *cobra.Command {
	var on target
	var record string
	cmd := &cobra.Command{
		Use: "undo", Short: "Repair what a killed drill left broken", Long: drillUndoHelp, Args: cobra.NoArgs,
		Example: `  understudy drill undo
  understudy drill undo -f hello.yaml --local
  understudy drill undo --record www.example.com`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if record != "" {
				home, _, err := on.anywhere(cmd.Context())
				if err != nil {
					return err
				}
				return undoRecordDrill(cmd, home, discover.PlainName(record))
			}
			stack, err := on.open(cmd.Context())
			if err != nil {
				return err
			}
			return undoDrill(cmd, stack)
		},
	}
	on.flags(cmd)
	recordFlag(cmd, &record, "repair what a drill of this `record` left, by its journal on this machine")
	return cmd
}

func undoDrill(cmd *cobra.Command, s *plan.Stack) error {
	o, err := readOutside(os.Getenv)
	if err != nil {
		return err
	}
	entry, found, err := drill.Undo(cmd.Context(), journal(s.Declaration.Name), marker(s),
		func(e drill.Entry) drill.Primary { return primaryOf(lostOf(s, e.Side), o) })
	if err != nil {
		return err
	}
	if now, err := s.Strength(cmd.Context(), understudy.Secondary); err == nil && strings.HasPrefix(now.Grown, drillName+" ") {
		did, err := s.Shrink(cmd.Context())
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), did)
	}
	return tellUndone(cmd, entry, found)
}

func tellUndone(cmd *cobra.Command, entry drill.Entry, found bool) error {
	if !found {
		fmt.Fprintln(cmd.OutOrStdout(), "nothing is broken")
		return nil
	}
	fmt.Fprintf(cmd.OutOrStdout(), "repaired %s of %s, broken since %s\n", entry.Fault, entry.Stack, entry.Broken.Local().Format(time.DateTime))
	return nil
}

// endOtherDrill refuses over another drill's fault, or repairs it first: where that was forced, and where it has expired
// and somebody says yes.
func endOtherDrill(cmd *cobra.Command, s *plan.Stack, f drillFlags) error {
	if slices.Contains(f.force, checkDrill) {
		if _, found, err := inForce(cmd.Context(), s); err != nil || !found {
			return err
		}
		return undoDrill(cmd, s)
	}
	return meetDrill(cmd, s, f.yes)
}

// inForce reads which drill's fault is in force, from the account, and from the journal if that says nothing.
func inForce(ctx context.Context, s *plan.Stack) (drill.Entry, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // a lost region must not keep a command waiting
	defer cancel()
	e, found, unread := marker(s).Read(ctx)
	if found {
		return e, true, nil
	}
	e, found, err := journal(s.Declaration.Name).Read()
	if found || err != nil {
		return e, found, err
	}
	return e, false, unread
}

// meetDrill is for commands that change the stack: they do not work beside a drill. A fault of a drill that has expired is
// repaired first, after asking. A marker that cannot be read is no reason to stop: these commands need the region that it is in
// themselves, and say what is wrong with it.
func meetDrill(cmd *cobra.Command, s *plan.Stack, yes bool) error {
	e, found, _ := inForce(cmd.Context(), s)
	if !found {
		return nil
	}
	return meetThis(cmd, s, e, yes)
}

func meetThis(cmd *cobra.Command, s *plan.Stack, e drill.Entry, yes bool) error {
	refused := fmt.Errorf("%w: %s\nhint: `understudy drill undo` repairs it, if the drill does not run any more", drill.ErrInForce, e)
	if !e.Expired(time.Now()) {
		return exitError{1, refused}
	}
	if !yes && !sayYes(cmd, e) {
		return exitError{1, refused}
	}
	return undoDrill(cmd, s)
}

// noticeDrill is for commands that only read: they tell of a drill, and offer to repair one that has expired.
func noticeDrill(cmd *cobra.Command, s *plan.Stack, e drill.Entry) error {
	if e.Expired(time.Now()) && sayYes(cmd, e) {
		return undoDrill(cmd, s)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "understudy: a drill's fault is in force: %s\n"+
		"hint: `understudy drill undo` repairs it, if the drill does not run any more\n", e)
	return nil
}

// besideDrill reads something of a stack and looks for a drill meanwhile. Where there is one, it is met, and all read again: a
// repair may have changed it.
func besideDrill[T any](
	ctx context.Context, s *plan.Stack, read func(context.Context) (T, error), meet func(drill.Entry) error,
) (found T, err error) {
	type sight struct {
		drill.Entry
		found bool
	}
	seen := make(chan sight, 1)
	go func() {
		e, found, _ := inForce(ctx, s)
		seen <- sight{e, found}
	}()
	first, err := read(ctx)
	now := <-seen
	if !now.found {
		return first, err
	}
	if err := meet(now.Entry); err != nil {
		return found, err
	}
	return read(ctx)
}

// drillJSON is a drill in force as programs read it.
type drillJSON struct {
	drill.Entry
	Expired bool `json:"expired"`
}

// drillNow is for status: the drill whose fault is in force, or nil, and why that could not be read. One that has expired is
// repaired if somebody says yes.
func drillNow(cmd *cobra.Command, s *plan.Stack) (now *drillJSON, unread, err error) {
	e, found, unread := inForce(cmd.Context(), s)
	if !found {
		return nil, unread, nil
	}
	now = &drillJSON{e, e.Expired(time.Now())}
	if now.Expired && sayYes(cmd, e) {
		return nil, nil, undoDrill(cmd, s)
	}
	return now, nil, nil
}

// sayYes asks whether an expired drill is to be repaired. Without a terminal nobody can answer.
func sayYes(cmd *cobra.Command, e drill.Entry) bool {
	f, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "A drill has ended without repairing what it broke: %s.\nRepair it now? Type yes: ", e)
	line, err := bufio.NewReader(f).ReadString('\n')
	return err == nil && strings.TrimSpace(line) == "yes"
}
