package plan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/lock"
)

// Holder returns who holds the stack's lock, or nil. It only reads.
func (s *Stack) Holder(ctx context.Context) (*lock.Holder, error) {
	h, err := lock.HeldBy(ctx, s.Accounts[understudy.Secondary], s.Declaration.Name)
	return h, s.needsLock(err)
}

// needsLock says why a run that works on the primary alone fails with the secondary's error.
func (s *Stack) needsLock(err error) error {
	if err == nil || s.Rollout.Only != understudy.Primary {
		return err
	}
	return fmt.Errorf("%w\nhint: --only primary needs %s too: the lock that keeps other runs out is there", err, s.Declaration.Regions[understudy.Secondary].Name)
}

// Unlock removes the lock of this holder, and no other.
func (s *Stack) Unlock(ctx context.Context, h *lock.Holder) error {
	return lock.Break(ctx, s.Accounts[understudy.Secondary], s.Declaration.Name, h)
}

// Alone does work while it holds the stack's lock, and gives the lock up, however work ends. The context of work
// ends if the lock is lost. If another run holds the lock for longer than wait, the error is a HeldError; waiting is called
// when a wait begins.
func (s *Stack) Alone(ctx context.Context, command string, wait time.Duration, waiting func(lock.Holder), work func(context.Context) error) error {
	silent := s.Silent(ctx)
	if err := errors.Join(silent[understudy.Primary], s.needsLock(silent[understudy.Secondary])); err != nil {
		return err
	}
	return lock.Alone(ctx, s.Accounts[understudy.Secondary], s.Declaration.Name, command, wait, waiting, work)
}
