package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/understudy/understudy"
)

// lookUp asks where the name leads: to a side, or to both where both serve, which is none.
func (w *watcher) lookUp(ctx context.Context) (understudy.Side, error) {
	if !w.stack.Declaration.Failover.Active() {
		side, _, err := w.answers(ctx)
		return side, err
	}
	leads, _, err := w.leadsTo(ctx)
	opposite, unseen := w.stack.Standby(ctx, understudy.Primary)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leads, w.opposite = leads, ""
	if unseen == nil {
		w.opposite = opposite.Switch.Position
	}
	if len(leads) == 1 {
		return leads[0], err
	}
	return "", err
}

// lets tells whether the switches let a side serve: where both do, its own switch and that of the other may take the other away.
func (w *watcher) lets(side understudy.Side) bool {
	if !w.stack.Declaration.Failover.Active() {
		return side == w.seen.Switch
	}
	if side == understudy.Primary {
		return w.seen.Switch != understudy.Secondary
	}
	return w.opposite != understudy.Primary
}

// heldBy says what the switches of two active regions do.
func (w *watcher) heldBy(secondarys understudy.Side) string {
	switch {
	case secondarys == understudy.Secondary:
		return "the secondary is to serve alone"
	case w.opposite == understudy.Primary:
		return "the primary is to serve alone"
	}
	return "both are to serve"
}

func sidesOf(sides []understudy.Side) string {
	if len(sides) == 0 {
		return "nowhere that is known"
	}
	var names []string
	for _, side := range sides {
		names = append(names, fmt.Sprintf("the %s", side))
	}
	return strings.Join(names, " and ")
}
