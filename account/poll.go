package account

import (
	"context"
	"fmt"
	"time"
)

// The pauses between two looks. AWS takes seconds for most things and the SDK's waiters ask at 15 s at
// the earliest; a local cloud takes milliseconds. Growing by a fifth, the last pause is never more than
// about a fifth of the whole wait.
const (
	firstPause = 25 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Poll looks until done, an error, or the end of the context or of the time allowed. What is waited
// for names it in the error.
func Poll(ctx context.Context, what string, most time.Duration, look func(context.Context) (done bool, err error)) error {
	began := time.Now()
	for pause := firstPause; ; pause = min(pause+pause/5, lastPause) {
		done, err := look(ctx)
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if done {
			return nil
		}
		if time.Since(began) > most {
			return fmt.Errorf("wait for %s: not within %v", what, most)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-time.After(pause):
		}
	}
}
