package lock

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/internal/chance"
)

// world schedules runs at one lock, one atomic call of AWS at a time.
type world struct {
	now     time.Time
	held    *account.Claim
	working string // the run that worked last
	worked  map[string]bool
	broken  string // how two runs worked at once
}

// view is the account as one run sees it. Before each atomic call, others may go on; after a run was killed it
// can do nothing.
type view struct {
	*world
	pause func() (alive bool)
}

var errKilled = errors.New("killed")

func (v view) Claimed(context.Context, string, string) (account.Claim, bool, error) {
	if !v.pause() {
		return account.Claim{}, false, errKilled
	}
	if v.held == nil {
		return account.Claim{Seen: v.now}, false, nil
	}
	c := *v.held
	c.Seen = v.now
	return c, true, nil
}

func (v view) Claim(_ context.Context, _, _ string, c account.Claim) error {
	switch {
	case !v.pause():
		return errKilled
	case v.held != nil:
		return account.ErrClaimed
	}
	v.held = &c
	return nil
}

func (v view) Renew(_ context.Context, c account.Claim, expires time.Time) error {
	switch {
	case !v.pause():
		return errKilled
	case v.held == nil || v.held.ID != c.ID:
		return lostError{"somebody has removed it"}
	}
	v.held.Expires = expires
	return nil
}

// Unclaim is two calls, as the real one is: a look, and the deletion of the template that was seen.
func (v view) Unclaim(ctx context.Context, stack, what, id string) error {
	c, found, err := v.Claimed(ctx, stack, what)
	if err != nil || !found || c.ID != id {
		return err
	}
	if !v.pause() {
		return errKilled
	}
	if v.held != nil && v.held.ID == id {
		v.held = nil
	}
	return nil
}

// run takes the lock, works, renews it after each piece of work, and gives it up.
func (w *world) run(name string, works int) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		alive := true
		v := view{w, func() bool { alive = alive && yield(struct{}{}); return alive }}
		l := newLock(v, "hello", "up")
		l.id, l.body, l.now = name, nil, func() time.Time { return w.now }
		if l.take(context.Background()) != nil {
			return
		}
		for range works {
			if !v.pause() || l.valid() != nil {
				return
			}
			if w.working != name && w.worked[name] {
				w.broken = name + " worked again after " + w.working
			}
			w.working, w.worked[name] = name, true
			if l.renew(context.Background()) != nil {
				return
			}
		}
		l.release()
	}
}

// simulate lets runs go on in the order that choose decides. With time, it also decides when it goes by; a run that is
// not chosen for a while is one that sleeps, and one that is never chosen again is one that was killed.
func simulate(runs, works int, ended bool, passing []time.Duration, choose func(int) int) string {
	w := &world{now: time.Unix(1e9, 0), worked: map[string]bool{}}
	if ended {
		w.held = &account.Claim{ID: "old", Expires: w.now.Add(-1)}
	}
	var going []func() (struct{}, bool)
	for n := range runs {
		next, stop := iter.Pull(w.run(fmt.Sprint("run ", n), works))
		defer stop()
		going = append(going, next)
	}
	for len(going) > 0 && w.broken == "" {
		n := choose(len(going) + len(passing))
		if n >= len(going) {
			w.now = w.now.Add(passing[n-len(going)])
			if passing[n-len(going)] == 0 {
				return w.broken // all others are killed
			}
			continue
		}
		if _, more := going[n](); !more {
			going = append(going[:n], going[n+1:]...)
		}
	}
	return w.broken
}

// every calls try with each sequence of choices.
func every(try func(choose func(int) int)) (tries int) {
	var chosen, of []int
	for {
		at := 0
		try(func(n int) int {
			if at == len(chosen) {
				chosen, of = append(chosen, 0), append(of, n)
			}
			at++
			return chosen[at-1]
		})
		tries++
		for len(chosen) > 0 && chosen[len(chosen)-1] == of[len(of)-1]-1 {
			chosen, of = chosen[:len(chosen)-1], of[:len(of)-1]
		}
		if len(chosen) == 0 {
			return tries
		}
		chosen[len(chosen)-1]++
	}
}

func TestTwoRunsNeverWorkAtOnceInAnyOrderOfTheirCalls(t *testing.T) {
	for _, ended := range []bool{false, true} {
		tries := every(func(choose func(int) int) {
			if broken := simulate(2, 2, ended, nil, choose); broken != "" {
				t.Fatal(broken)
			}
		})
		t.Logf("%d orders", tries)
	}
}

func TestRunsNeverWorkAtOnceWhoeverSleepsOrIsKilled(t *testing.T) {
	random := chance.New(t)
	times := []time.Duration{time.Second, renewEvery, lease - leaseMargin, lease, 10 * lease, 0}
	for range 50_000 {
		if broken := simulate(4, 3, random.IntN(2) == 0, times, random.IntN); broken != "" {
			t.Fatal(broken)
		}
	}
}

func TestSecondRunSaysWhoHoldsTheLockSinceWhen(t *testing.T) {
	w := &world{now: time.Unix(1e9, 0)}
	free := view{w, func() bool { return true }}
	first, second := newLock(free, "hello", "up"), newLock(free, "hello", "down")
	if err := first.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := second.await(t.Context(), 0, nil)
	for _, want := range []string{
		owner(), "understudy up", fmt.Sprint("process ", thisProcess().PID), clock(w.now), clock(w.now.Add(lease)), "understudy unlock",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	// It is given up while the second waits.
	if err := second.await(t.Context(), time.Hour, func(Holder) { first.release() }); err != nil {
		t.Error(err)
	}
	if h, err := HeldBy(t.Context(), free, "hello"); err != nil || h == nil || h.Command != "down" {
		t.Errorf("%+v, %v", h, err)
	}
	// It is removed by hand; the holder finds out at its next renewal.
	w.held = nil
	if lost := (lostError{}); !errors.As(second.renew(t.Context()), &lost) {
		t.Error("a run whose lock was removed goes on")
	}
}

func TestLockThatAnotherProgramMadeIsNotTakenOver(t *testing.T) {
	w := &world{now: time.Unix(1e9, 0), held: &account.Claim{}}
	err := newLock(view{w, func() bool { return true }}, "hello", "up").take(t.Context())
	if held := (HeldError{}); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
}
