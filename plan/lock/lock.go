// Package lock keeps all but one run from changing a stack.
package lock

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync"
	"time"

	"github.com/understudy/understudy/account"
)

// One run at a time may change a stack: two at once both find a thing missing, and make it twice. The lock is a claim
// (account/claim.go) in the secondary region, which must answer for any change: a launch template, whose name
// EC2 allows once. If that region is silent, up and down refuse before they ask for the lock.
//
// It is a lease. It ends unless its holder renews it, so that a run that was killed blocks no other for longer than a lease.
// Why no two runs ever work at once:
//   - Two that find no lock both create it. The name is unique, so one of them is refused.
//   - Two that find an ended lock both delete it, each by the id of the template that it has read, and then both create it.
//     An id is never used again: whoever deletes second deletes nothing, not the lock that the first has made since.
//   - All times in a lock are by the clock of AWS, from the Date header of its answers, so that no machine's clock matters.
//     A holder counts its lease from before it asked for the time, and by both its clocks, of which one goes on while the
//     machine sleeps. It stops sending calls leaseMargin before the lease ends (account.Guarded), and never renews a
//     lease after that: what has ended for one reader has ended for good. Calls under way have that margin to arrive.
//   - A renewal names the template's id. If somebody has broken the lock, it fails, and its holder stops.
//
// A killed run on this machine is recognised without waiting: its process is gone.
const (
	lockName    = "up"
	lease       = 2 * time.Minute
	leaseMargin = 20 * time.Second
	renewEvery  = 25 * time.Second
)

// Holder is the run that holds a stack's lock.
type Holder struct {
	Owner   string    `json:"owner"`   // user@host
	Command string    `json:"command"` // up, down
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`           // unless it is renewed
	Ended   string    `json:"ended,omitempty"` // why the run is known to have ended; the next run takes the lock over
	id      string
}

// HeldError means that another run holds the lock.
type HeldError struct {
	Stack string
	Holder
}

func (e HeldError) Error() string {
	return fmt.Sprintf("%s is being changed by another run: %s\nhint: --wait 10m waits for it; "+
		"if it has ended without giving up its lock, `understudy unlock` removes that",
		e.Stack, e.Holder)
}

// String says who it is, since when and until when.
func (h Holder) String() string {
	who := cmp.Or(h.Owner, "somebody who is not named") + " since " + clock(h.Since)
	if h.Command != "" {
		who = fmt.Sprintf("%s, process %d (understudy %s), since %s", cmp.Or(h.Owner, "somebody"), h.PID, h.Command, clock(h.Since))
	}
	if h.Ended != "" {
		return who + "; " + h.Ended
	}
	return who + "; its lock ends at " + clock(h.Until) + " unless it is renewed"
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// claims is what a lock needs of an account.
type claims interface {
	Claim(ctx context.Context, stack, what string, c account.Claim) error
	Claimed(ctx context.Context, stack, what string) (account.Claim, bool, error)
	Renew(ctx context.Context, c account.Claim, expires time.Time) error
	Unclaim(ctx context.Context, stack, what, id string) error
}

// run is what a lock's body says of its holder.
type run struct {
	Command string `json:"command"`
	process
}

// HeldBy returns who holds a stack's lock, or nil. It only reads.
func HeldBy(ctx context.Context, in claims, stack string) (*Holder, error) {
	c, found, err := in.Claimed(ctx, stack, lockName)
	if err != nil || !found {
		return nil, err
	}
	return holderOf(c), nil
}

// holderOf reads a claim. One that was not written by this program says too little to be known to have ended.
func holderOf(c account.Claim) *Holder {
	h := &Holder{Owner: c.Owner, Since: c.Since, Until: c.Expires, id: c.ID}
	var r run
	if json.Unmarshal(c.Body, &r) == nil {
		h.Command, h.PID = r.Command, r.PID
	}
	switch {
	case c.Expires.IsZero():
	case c.Seen.After(c.Expires):
		h.Ended = "its lock ended at " + clock(c.Expires)
	case r.process.gone():
		h.Ended = "its process is gone"
	}
	return h
}

// Break removes the lock of this holder, and no other.
func Break(ctx context.Context, in claims, stack string, h *Holder) error {
	return in.Unclaim(ctx, stack, lockName, h.id)
}

// Alone does work while it holds a stack's lock.
func Alone(
	ctx context.Context, in claims, stack, command string, wait time.Duration, waiting func(Holder), work func(context.Context) error,
) (err error) {
	l := newLock(in, stack, command)
	if err := l.await(ctx, wait, waiting); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(account.Guarded(ctx, l.valid))
	var renewal sync.WaitGroup
	renewal.Go(func() { l.keep(ctx, stop) })
	defer func() {
		cause := context.Cause(ctx)
		stop(nil)
		renewal.Wait()
		if lost := (lostError{}); errors.As(cause, &lost) {
			err = errors.Join(lost, err)
		}
		err = errors.Join(err, l.release())
	}()
	return work(ctx)
}

// lock is one run's attempt at the lock.
type lock struct {
	in      claims
	stack   string
	id      string // of this attempt alone
	owner   string
	body    []byte
	now     func() time.Time
	mu      sync.Mutex
	counted time.Time // the lease runs from here
}

func newLock(in claims, stack, command string) *lock {
	body, _ := json.Marshal(run{command, thisProcess()})
	return &lock{in: in, stack: stack, id: rand.Text(), owner: owner(), body: body, now: time.Now}
}

// owner names the user and the host.
func owner() string {
	name, host := "somebody", "an unknown host"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// await takes the lock, and waits for it if another run has it.
func (l *lock) await(ctx context.Context, wait time.Duration, waiting func(Holder)) error {
	ends, told := l.now().Add(wait), false
	for {
		err := l.take(ctx)
		held := HeldError{}
		if !errors.As(err, &held) || !l.now().Before(ends) {
			return err
		}
		if !told && waiting != nil {
			waiting(held.Holder)
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(time.Second, ends.Sub(l.now()))):
		}
	}
}

// take takes the lock if it is free or ended.
func (l *lock) take(ctx context.Context) error {
	const most = 3 // others may take it between our calls
	held := &Holder{}
	for range most {
		began := l.now()
		seen, found, err := l.in.Claimed(ctx, l.stack, lockName)
		if err != nil {
			return fmt.Errorf("look for another run: %w", err)
		}
		if found {
			if held = holderOf(seen); held.Ended == "" {
				break
			}
			if err := l.in.Unclaim(ctx, l.stack, lockName, held.id); err != nil {
				return fmt.Errorf("take over from %s: %w", held, err)
			}
		}
		err = l.in.Claim(ctx, l.stack, lockName, account.Claim{
			ID: l.id, Owner: l.owner, Since: seen.Seen, Expires: seen.Seen.Add(lease), Body: l.body,
		})
		if err == nil {
			l.count(began)
			return nil
		}
		if !errors.Is(err, account.ErrClaimed) {
			return fmt.Errorf("keep other runs out: %w", err)
		}
		held = &Holder{} // who was faster: the next look tells
	}
	return HeldError{l.stack, *held}
}

func (l *lock) count(from time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counted = from
}

// lostError means that the lock is no longer this run's.
type lostError struct{ why string }

func (e lostError) Error() string {
	return "this run has stopped, since its lock is no longer its own: " + e.why + "; what it has done so far stays"
}

// valid returns an error if the lease has ended, or will before a call that is sent now has surely arrived.
func (l *lock) valid() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if awake, all := now.Sub(l.counted), now.Round(0).Sub(l.counted.Round(0)); max(awake, all) > lease-leaseMargin {
		return lostError{"it could not be renewed in time"}
	}
	return nil
}

// keep renews the lock until the context ends. If it is lost, keep stops what is under way.
func (l *lock) keep(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// An error of the network is not the end: there is time for more attempts.
		err := l.renew(ctx)
		if late := l.valid(); late != nil {
			err = late
		}
		if lost := (lostError{}); errors.As(err, &lost) {
			stop(lost)
			return
		}
	}
}

// renew begins the lease again.
func (l *lock) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaseMargin)
	defer cancel()
	began := l.now()
	c, found, err := l.in.Claimed(ctx, l.stack, lockName)
	if err != nil {
		return err
	}
	if !found || c.ID != l.id {
		return lostError{"somebody has removed it"}
	}
	if err := l.valid(); err != nil {
		return err
	}
	err = l.in.Renew(ctx, c, c.Seen.Add(lease))
	if account.IsNotFound(err) {
		return lostError{"somebody has removed it"}
	}
	if err == nil {
		l.count(began)
	}
	return err
}

// release gives the lock up, also after the run's context has ended.
func (l *lock) release() error {
	ctx, cancel := context.WithTimeout(context.Background(), leaseMargin)
	defer cancel()
	if err := l.in.Unclaim(ctx, l.stack, lockName, l.id); err != nil {
		return fmt.Errorf("give up the lock, which ends by itself within %v: %w", lease, err)
	}
	return nil
}
