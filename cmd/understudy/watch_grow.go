package main

import (
	"context"
	"strings"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/move"
)

// calmTime is how long users have to be back at the primary before a standby that an outage has made grow shrinks.
const calmTime = 5 * time.Minute

// tend makes a standby that is declared smaller than the primary grow in an outage, and shrink after it. What fails is tried again at the
// next look.
func (w *watcher) tend(ctx context.Context, s move.Sight) {
	if !w.grows(understudy.Secondary) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 4*brief)
	defer cancel()
	now, err := w.stack.Strength(ctx, understudy.Secondary)
	if err != nil {
		w.tell("%v", err)
		return
	}
	switch w.growth.Next(s, now.Grown != "", strings.HasPrefix(now.Grown, watchName+" ")) {
	case move.Grow:
		_, err = w.grow(ctx, watchName, w.say)
	case move.Shrink:
		var did string
		if did, err = w.stack.Shrink(ctx); did != "" {
			w.say("%s", did)
		}
	}
	if err != nil {
		w.tell("%v", err)
	}
}
