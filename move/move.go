// Package move takes a service's users from one region to the other on purpose, and keeps them there.
//
// A move is a list of steps, each of which is written to a journal when it is done, so that a move that was interrupted goes
// on where it ended. The package knows no cloud: what it needs is given to it as functions. None of what it needs to
// move users may depend on the lost region, or on Route 53's API.
package move

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy"
)

// Check looks for a reason not to move the users.
type Check struct {
	Name string // by which it can be overridden
	// Look returns the reason against the move, and what could not be looked at; each is empty if there is nothing to say.
	Look func(context.Context) (against, unseen string)
}

// Move is one move. The functions that are nil are left out.
type Move struct {
	Stack   string
	Command string // failover or failback
	From    understudy.Side
	To      understudy.Side
	Checks  []Check
	Force   []string // names of checks that do not count
	Journal Journal

	Before  func(context.Context) error                                   // the declared command
	Raise   func(context.Context) (did string, err error)                 // makes the region that users are moved to strong enough
	Turn    func(context.Context) error                                   // sets the switch
	Agreed  func(context.Context) (bool, error)                           // whether the checkers see the switch as it was set
	Answers func(context.Context) (understudy.Side, time.Duration, error) // the side that the name leads to, and the answer's TTL
	After   func(context.Context) error                                   // the declared command
	Lower   func(context.Context) (did string, err error)                 // returns the region that users have left to its declared size

	Every    time.Duration                    // between two looks at the answer
	Patience time.Duration                    // how long the checkers and the answer may take
	Tell     func(format string, args ...any) // is never called by two at once

	telling sync.Mutex
}

func (m *Move) say(format string, args ...any) {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.Tell(format, args...)
}

// RefusedError says why a move was not made.
type RefusedError struct {
	Command string
	Against map[string]string // by check
}

func (e RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: not done, nothing was changed", e.Command)
	var names []string
	for name := range e.Against {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "\n  %s: %s", name, e.Against[name])
	}
	fmt.Fprintf(&b, "\nhint: --force %s does it all the same", strings.Join(names, ","))
	return b.String()
}

// Run makes the move, or goes on with the one that the journal tells of.
func (m *Move) Run(ctx context.Context) error {
	entry, err := m.begin()
	if err != nil {
		return err
	}
	if !entry.did("switch") {
		if err := m.look(ctx, entry); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"before", m.Before}, {"raise", m.raise}, {"switch", m.turn}, {"arrival", m.arrive}, {"after", m.After}, {"lower", m.lower}} {
		if step.do == nil || entry.did(step.name) {
			continue
		}
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %s: %w\nhint: %s; run `understudy %s` again to go on", m.Command, step.name, err, entry.sofar(), m.Command)
		}
		entry.Done = append(entry.Done, step.name)
		if err := m.Journal.Write(*entry); err != nil {
			return err
		}
	}
	return m.Journal.Clear()
}

// begin reads the journal. A move to the other side is given up by this one.
func (m *Move) begin() (*Entry, error) {
	entry, found, err := m.Journal.Read()
	if err != nil {
		return nil, err
	}
	if found && entry.To == m.To && entry.Stack == m.Stack {
		m.say("going on with the move of %s: %s", entry.Began.Local().Format("15:04:05"), entry.sofar())
		return &entry, nil
	}
	if found {
		m.say("the move to the %s of %s is given up: %s", entry.To, entry.Began.Local().Format("15:04:05"), entry.sofar())
	}
	return &Entry{Stack: m.Stack, Command: m.Command, To: m.To, Began: time.Now()}, nil
}

// look asks all checks at once, and refuses the move for the first reasons that are not overridden.
func (m *Move) look(ctx context.Context, entry *Entry) error {
	type said struct{ against, unseen string }
	answers := make([]chan said, len(m.Checks))
	for n, c := range m.Checks {
		answers[n] = make(chan said, 1)
		go func() {
			against, unseen := c.Look(ctx)
			answers[n] <- said{against, unseen}
		}()
	}
	against := map[string]string{}
	for n, c := range m.Checks {
		a := <-answers[n]
		if a.unseen != "" {
			m.say("%s: not looked at: %s", c.Name, a.unseen)
		}
		switch {
		case a.against == "":
		case slices.Contains(m.Force, c.Name):
			m.say("%s: overridden: %s", c.Name, a.against)
		default:
			against[c.Name] = a.against
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(against) > 0 {
		return RefusedError{m.Command, against}
	}
	return m.Journal.Write(*entry)
}

func (m *Move) raise(ctx context.Context) error {
	if m.Raise == nil {
		return nil
	}
	did, err := m.Raise(ctx)
	if did != "" {
		m.say("%s", did)
	}
	return err
}

func (m *Move) lower(ctx context.Context) error {
	if m.Lower == nil {
		return nil
	}
	did, err := m.Lower(ctx)
	if did != "" {
		m.say("%s", did)
	}
	return err
}

func (m *Move) turn(ctx context.Context) error {
	err := m.Turn(ctx)
	if err == nil {
		m.say("the switch is set to the %s", m.To)
	}
	return err
}

// errPatience means that users have not moved in time. The switch stays as it was set.
var errPatience = errors.New("users have not moved in time; the switch stays as it was set")

// arrive waits until the name leads to the other side and old answers have expired in resolvers that keep to the TTL.
// Whether the checkers agree is told beside it, and not waited for: the answer follows them.
func (m *Move) arrive(ctx context.Context) error {
	began := time.Now()
	beside, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		m.agree(beside, began)
	}()
	defer func() {
		stop()
		<-told
	}()
	tick := time.NewTicker(m.Every)
	defer tick.Stop()
	for {
		side, ttl, err := m.Answers(ctx)
		if err == nil && side == m.To {
			m.say("the name leads to the %s after %s; old answers are kept for at most %s", m.To, since(began), ttl)
			return sleep(ctx, ttl)
		}
		if time.Since(began) > m.Patience {
			if err == nil {
				err = fmt.Errorf("the name leads to the %s", side)
			}
			return fmt.Errorf("%w: after %s, %w", errPatience, since(began), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// agree tells when the checkers see the switch as it was set.
func (m *Move) agree(ctx context.Context, began time.Time) {
	tick := time.NewTicker(m.Every)
	defer tick.Stop()
	for {
		yes, err := m.Agreed(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			m.say("what the checkers see of the switch is not looked at: %v", err)
			return
		case yes:
			m.say("the checkers see the switch at the %s after %s", m.To, since(began))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }

func sleep(ctx context.Context, d time.Duration) error {
	end := time.NewTimer(d)
	defer end.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-end.C:
		return nil
	}
}
