package main

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan"
)

// How a standby that is declared smaller than the primary grows before users are moved to it. Nothing here needs the primary's region:
// where that does not answer, the declaration says what it carried.

// grows tells whether a side has to grow before it serves in the other's place.
func (s *scene) grows(side understudy.Side) bool {
	return side == understudy.Secondary && s.stack.Declaration.Grows()
}

// dark tells of a standby that has no instance until it is to serve.
func (s *scene) dark(side understudy.Side, now plan.Strength) bool {
	return s.grows(side) && s.stack.Declaration.Dark() && now.Desired == 0
}

// carried is the size of what the primary carries: as it is, or the largest that it is declared to be where its region does not tell.
func (s *scene) carried(now plan.Strength, err error) understudy.Size {
	if err != nil || now.Desired == 0 {
		return s.stack.Declaration.Peak(understudy.Primary)
	}
	return now.Size
}

// grow makes the standby's fleet as large as the primary's. It does not wait for the instances.
func (s *scene) grow(ctx context.Context, by string, say func(string, ...any)) (to understudy.Size, err error) {
	far, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	now, err := s.stack.Strength(far, understudy.Primary)
	to = s.carried(now, err)
	to.Desired = max(to.Desired, s.stack.Declaration.Failover.Standby.Desired)
	to.Max = max(to.Max, to.Desired)
	if err := s.stack.Grow(ctx, to, by); err != nil {
		return to, err
	}
	say("the standby grows to %d instances, from %d to %d", to.Desired, to.Min, to.Max)
	return to, nil
}

// wellGrown returns when nothing speaks against a standby that has grown: it could not be asked before.
func (s *scene) wellGrown(ctx context.Context, side understudy.Side) error {
	if !s.grows(side) || !s.stack.Declaration.Dark() {
		return nil
	}
	last := ""
	err := account.Poll(ctx, "the health of "+s.stack.Declaration.Regions[side].Name, growthTime, func(ctx context.Context) (bool, error) {
		last, _ = s.healthy(ctx, side)
		return last == "", nil
	})
	if account.IsTimeout(err) {
		return fmt.Errorf("%w; last, %s", err, last)
	}
	return err
}

// growthTime bounds the wait for the checkers, once the instances are healthy.
const growthTime = 5 * time.Minute

// settled tells whether the standby has the size that it is to have where users are. What cannot be read does not count.
func (s *scene) settled(ctx context.Context, at understudy.Side) bool {
	ctx, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	now, err := s.stack.Strength(ctx, understudy.Secondary)
	serves := at == understudy.Secondary && s.stack.Declaration.Grows()
	return err != nil || (now.Grown != "") == serves
}
