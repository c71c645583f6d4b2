package drill

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// aborted is why a drill repairs before its end.
type aborted struct{ why string }

func (a aborted) Error() string { return a.why }

// tolerated is the share of users who may be without service for longer than predicted: above it, not a few of them have
// bad luck, but the failover does not work.
const tolerated = 0.05

// guard watches the users and the standby while the primary is broken. It returns why the drill has to end at once, or
// nil when ctx ends.
func (d *Drill) guard(ctx context.Context, failing func(now time.Time, limit time.Duration) int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var watchers sync.WaitGroup
	watchers.Go(func() { stop(d.watchUsers(ctx, failing)) })
	if d.Ill != nil {
		watchers.Go(func() { stop(d.watchStandby(ctx)) })
	}
	watchers.Wait()
	if a, ok := context.Cause(ctx).(aborted); ok {
		return a
	}
	return nil
}

// bound returns how long users may be without service, and how many of them may be so for longer.
func (d *Drill) bound() (limit time.Duration, most int) {
	if d.AbortAfter > 0 {
		return d.AbortAfter, 0
	}
	// A fifth is for what the prediction does not know, such as a busy machine.
	return d.Settings.Downtime() * 6 / 5, int(tolerated * float64(d.Clients))
}

func (d *Drill) watchUsers(ctx context.Context, failing func(time.Time, time.Duration) int) error {
	limit, most := d.bound()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if n := failing(now, limit); n > most {
				return aborted{fmt.Sprintf("%d of %d users were without service for longer than %s", n, d.Clients, limit.Round(time.Millisecond))}
			}
		}
	}
}

// watchStandby asks for the standby's health at half the rate at which it asks for the primary's. It is ill once it was so for as long as a
// checker needs to find that: what the checkers last saw may be a moment's. An error is no illness: the users tell whether the standby
// serves.
func (d *Drill) watchStandby(ctx context.Context) error {
	tick := time.NewTicker(2 * d.Settings.grain())
	defer tick.Stop()
	var since time.Time // zero while it is well
	for {
		switch why, err := d.Ill(ctx); {
		case err != nil:
		case why == "":
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= d.Settings.Detection():
			return aborted{"both regions are ill: the primary was broken, and of the secondary " + why}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
